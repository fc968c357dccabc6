"""How a person is reached, as their pages show it: methods with what is wrong with them, and rules as a time line."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from tocsin.apps.configuration.models import Entry
from tocsin.apps.configuration.queries import facts
from tocsin.apps.profile.deliveries import LastDelivery, last_deliveries
from tocsin.apps.profile.whose import Whose
from tocsin.channels.forms import form_of
from tocsin.config import sealing
from tocsin.config.secrets import address_is_secret
from tocsin.core.instants import format_duration
from tocsin.core.people import (
    CONTACT_CHANGES,
    CONTACT_METHODS,
    PREFERENCES,
    ContactChange,
    ContactMethod,
    NotifyRule,
    Person,
    Preferences,
)


class Method(msgspec.Struct, frozen=True):
    """`waits_for`: the address that replaces this one once its code was entered."""

    name: str
    title: str
    icon: str
    address: str
    verified: bool
    own: bool
    url: str
    rules: str  # "high at once, low after 5m"
    waits_for: str = ""
    code_until: datetime | None = None
    last: LastDelivery | None = None


class Step(msgspec.Struct, frozen=True):
    """One step of a way, as `web/way.html` draws it."""

    when: str
    what: str
    detail: str = ""
    tone: str = ""


def methods_of(whose: Whose, now: datetime) -> list[Method]:
    changes = changes_of(whose.person)
    own, last = own_methods(whose.person), last_deliveries(facts(), whose.person)
    return [
        replace(_method(whose, each, changes.get(each.name), each.name in own, now), last=last.get(each.name))
        for each in whose.person.contact
    ]


def changes_of(person: Person) -> dict[str, ContactChange]:
    """What waits for a code, by contact method."""
    found = Entry.objects.filter(kind=CONTACT_CHANGES, name__startswith=f"{person.key}.")
    decoded = (
        sealing.opened(msgspec.json.decode(bytes(entry.document), type=ContactChange)) for entry in found
    )
    return {each.method: each for each in decoded if each.person == person.key}


def own_methods(person: Person) -> set[str]:
    """The names of those that were set up on screen, not by the files."""
    prefix = f"{person.key}."
    names = Entry.objects.filter(kind=CONTACT_METHODS, name__startswith=prefix).values_list("name", flat=True)
    return {name.removeprefix(prefix) for name in names}


def chosen_zone(person: Person) -> str:
    """The time zone they chose on screen; "" when it is the files'."""
    entry = Entry.objects.filter(kind=PREFERENCES, name=person.key).first()
    if entry is None:
        return ""
    return msgspec.json.decode(bytes(entry.document), type=Preferences).time_zone or ""


def _method(
    whose: Whose, method: ContactMethod, change: ContactChange | None, own: bool, now: datetime
) -> Method:
    form = form_of(method.channel)
    expires_at = change.expires_at if change is not None and change.keyed_digest else None
    return Method(
        name=method.name,
        title=form.title if form else method.channel,
        icon=form.icon if form else "send",
        address=shown_address(method),
        verified=method.verified,
        own=own,
        url=whose.url("contact", method.name),
        rules=_used(whose.person, method.name),
        waits_for=shown_address(change.wanted) if change is not None and change.wanted else "",
        code_until=expires_at if expires_at is not None and expires_at > now else None,
    )


def shown_address(method: ContactMethod) -> str:
    """Without what would let somebody else use it; of a browser only its push service."""
    address = method.address
    if not isinstance(address, str):
        return "kept as a secret"
    if method.channel == "webpush":
        return f"by {address.partition('://')[2].partition('/')[0]}"
    if method.channel == "ntfy":
        server, _, topic = address.rpartition("/")
        return f"{server}/{topic[:6]}…" if len(topic) > 8 else address
    return "kept as a secret" if address_is_secret(method.channel, address) else address


def _used(person: Person, name: str) -> str:
    said = [
        f"{word} {_after(rule)}"
        for word, rules in (("high urgency", person.notify_high), ("low urgency", person.notify_low))
        for rule in rules
        if rule.by == name
    ]
    return ", ".join(said)


def way_of(person: Person, rules: Sequence[NotifyRule]) -> list[Step]:
    """Who has no rule is reached by everything at once."""
    shown = rules or [NotifyRule(method.name) for method in person.contact]
    return [Step(_when(rule.after), rule.by, _title(person, rule.by)) for rule in shown]


def _title(person: Person, name: str) -> str:
    method = person.method(name)
    form = form_of(method.channel) if method else None
    if method is None:
        return "is gone"
    title = form.title if form else method.channel
    return title if method.verified else f"{title}, not verified"


def _when(after: timedelta) -> str:
    return f"+{format_duration(after)}" if after else "at once"


def _after(rule: NotifyRule) -> str:
    return f"after {format_duration(rule.after)}" if rule.after else "at once"
