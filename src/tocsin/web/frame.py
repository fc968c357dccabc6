"""What every page's frame needs: where one is, who one is, the theme, and the token of the live stream."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from tocsin.apps.configuration.getting_started import Task, tasks
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.control import live_updates
from tocsin.web.rooms import IN_THE_THUMBS_REACH, Place, back_at, link, links, seen_rooms, tabs_at

TOPICS = (live_updates.ALL_INCIDENTS, "configuration")
THEME_COOKIE = "tocsin_theme"  # what the profile's switch sets; read here so that the first paint is right
THEMES = ("light", "dark")  # anything else is the system's
SEARCH = Place("search", "Search", "search")
MENU = (
    Place("profile", "Profile", "user"),
    Place("security", "Sign-in and sessions", "shield-check"),
    Place("password", "Change password", "key-round"),
    Place("settings", "Settings", "settings"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """For pages before sign-in only the theme: their frame has no rooms."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    theme = chosen if chosen in THEMES else ""
    reader = reader_of(request)
    if reader.account is None:
        return {"theme": theme}
    topics: tuple[str, ...] = getattr(request, "live_topics", TOPICS)
    rooms = seen_rooms(reader.grants, request.path)
    at_hand = len(rooms) if len(rooms) <= IN_THE_THUMBS_REACH else IN_THE_THUMBS_REACH - 1
    return {
        "theme": theme,
        "reader": reader,
        "rooms": rooms,
        "rooms_at_hand": at_hand,
        "rooms_more": rooms[at_hand:],
        "more_current": any(room.current for room in rooms[at_hand:]),
        "tabs": tabs_at(request.path, reader.grants),
        "nearest_above": back_at(request.path, reader.grants),
        "search_link": link(SEARCH, reader.grants),
        "menu": links(MENU, reader.grants),
        "next_step": lambda: _next_step(reader, request.path),
        "live_token": live_updates.sign(settings.SECRET_KEY.encode(), topics, timezone.now()),
    }


def _next_step(reader: Reader, path: str) -> Task | None:
    """What a new installation lacks next, for who can add it; asked for only where something was just done, and nothing
    where the page itself says it."""
    if not reader.grants.everything or path == reverse("now"):
        return None
    missing = [task for task in tasks(facts(), alerts=True) if not task.done]
    return None if any(task.address == path for task in missing) else next(iter(missing), None)
