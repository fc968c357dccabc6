"""The rooms of the house: what stands in the frame, in which order, and which addresses belong to which room.

A name without an address, and an address that the reader may not see, are left out: whoever adds a page names it here and
is done. What a page needs is asked of its view, so that the frame never promises what the house refuses.
"""

from functools import cache

import msgspec
from django.urls import NoReverseMatch, resolve, reverse

from tocsin.apps.oncall import rooms as oncall
from tocsin.core.roles import Grants, Permission


class Place(msgspec.Struct, frozen=True):
    """A page by the name of its address. `says` is the line under its card in the settings."""

    name: str
    word: str
    icon: str = "chevron-right"
    says: str = ""


class Room(msgspec.Struct, frozen=True):
    """`under` are the first parts of the addresses inside it; `tabs` its pages when it has several."""

    place: Place
    under: tuple[str, ...]
    tabs: tuple[Place, ...] = ()


class Link(msgspec.Struct, frozen=True):
    place: Place
    address: str
    current: bool = False


ROOMS = (
    Room(Place("now", "Now", "bell-ring"), ("",)),
    Room(Place("incidents", "Incidents", "siren"), ("incidents",)),
    Room(
        Place("alerts", "Alerts", "list"),
        ("alerts", "silences", "maintenance", "explain"),
        (
            Place("alerts", "Alerts"),
            Place("silences", "Silences"),
            Place("maintenance", "Maintenance"),
            Place("explain", "What if"),
        ),
    ),
    Room(
        Place("oncall", "On-call", "calendar-days"),
        oncall.UNDER,
        tuple(Place(tab.name, tab.word) for tab in oncall.TABS),
    ),
    Room(Place("services", "Services", "box"), ("services",)),
    Room(Place("insights", "Insights", "chart-line"), ("insights",)),
    Room(
        Place("settings", "Settings", "settings"),
        ("settings", "me", "people", "teams", "integrations", "heartbeats", "api", "design"),
    ),
)
IN_THE_THUMBS_REACH = 5  # as many as a phone's bottom bar shows, "More" among them

SETTINGS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "You",
        (
            Place("profile", "Profile", "user", "How you are reached and when, time zone, calendar, theme."),
            Place(
                "security",
                "Sign-in and sessions",
                "shield-check",
                "Passkeys, second factor, where you are signed in.",
            ),
            Place("my-tokens", "Your API tokens", "key-round", "For scripts that act in your name."),
        ),
    ),
    (
        "Who is here",
        (
            Place("people", "People", "users", "Whom Tocsin can page, and how."),
            Place("teams", "Teams", "network", "Members, lead, business hours."),
            Place(
                "accounts",
                "Accounts and roles",
                "user-cog",
                "Who signs in and what they may do; invitations.",
            ),
        ),
    ),
    (
        "What comes in and goes out",
        (
            Place(
                "integrations",
                "Integrations and heartbeats",
                "plug",
                "Who may send alerts or must be heard from: address, key, snippet.",
            ),
            Place("webhooks", "Webhooks", "webhook", "Tell other programs what happens to incidents."),
            Place("tokens", "API tokens", "key", "Every token, personal and of services."),
            Place("api-docs", "API", "braces", "What scripts can do, with examples."),
        ),
    ),
    (
        "The house",
        (
            Place("start", "Get started", "sprout", "What is missing before an alert reaches somebody."),
            Place(
                "configuration",
                "Configuration",
                "git-branch",
                "What comes from Git and what from here; routes; export.",
            ),
            Place("policies", "Escalation policies", "route", "Whom to page, and whom next."),
            Place(
                "severities",
                "Severities",
                "gauge",
                "What each of the four decides: whether it pages, and when.",
            ),
            Place("audit", "Audit log", "scroll-text", "Who changed what, when and from where."),
            Place(
                "design", "Design system", "palette", "Every component, for whoever builds the next screen."
            ),
        ),
    ),
)


# What stands on another page than its address says.
LISTED_ON = (("/heartbeats/", "/integrations/"), ("/settings/chats/", "/settings/configuration/"))


@cache
def address_of(name: str) -> tuple[str, Permission | None] | None:
    """Where the page is and what it needs; None when there is none of that name, or nobody may see it."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return None
    view = resolve(address).func
    return (address, view.permission) if hasattr(view, "permission") else None


def link(place: Place, grants: Grants, path: str = "") -> Link | None:
    """None for whoever may not go there."""
    found = address_of(place.name)
    if found is None:
        return None
    address, permission = found
    if permission is not None and not grants.allow(permission):
        return None
    return Link(place, address, _is_in(path, address))


def links(places: tuple[Place, ...], grants: Grants, path: str = "") -> list[Link]:
    """At most one is current: `/on-call/mine` is a page of its own, not one of the board at `/on-call`."""
    found = [each for place in places if (each := link(place, grants, path)) is not None]
    here = max((each.address for each in found if each.current), key=len, default="")
    return [Link(each.place, each.address, each.current and each.address == here) for each in found]


def room_at(path: str) -> Room | None:
    first = path.strip("/").partition("/")[0]
    return next((room for room in ROOMS if first in room.under), None)


def seen_rooms(grants: Grants, path: str) -> list[Link]:
    """The current one is the room that the address belongs to, however deep."""
    here = room_at(path)
    found = links(tuple(room.place for room in ROOMS), grants)
    return [Link(each.place, each.address, here is not None and each.place == here.place) for each in found]


def tabs_at(path: str, grants: Grants) -> list[Link]:
    """Of the room one is in; none where there is nothing to choose."""
    room = room_at(path)
    tabs = links(room.tabs, grants, path) if room else []
    return tabs if len(tabs) > 1 else []


def settings_at(grants: Grants) -> list[tuple[str, list[Link]]]:
    groups = [(title, links(places, grants)) for title, places in SETTINGS]
    return [(title, cards) for title, cards in groups if cards]


def back_at(path: str, grants: Grants) -> Link | None:
    """The nearest page above: `/people/alice` leads to the people, the people to the settings, a room nowhere."""
    path = next((on + path.removeprefix(under) for under, on in LISTED_ON if path.startswith(under)), path)
    cards = [each for _, found in settings_at(grants) for each in found]
    above = [each for each in (*cards, *seen_rooms(grants, path)) if path.startswith(f"{each.address}/")]
    if above:
        return max(above, key=lambda each: len(each.address))
    return link(ROOMS[-1].place, grants) if path in {each.address for each in cards} else None


def _is_in(path: str, address: str) -> bool:
    return path == address or path.startswith(f"{address}/")
