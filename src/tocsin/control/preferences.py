"""When and by what somebody is notified, as they chose it on screen. It goes over what the files say of them."""

import re
from datetime import datetime, time, timedelta

from msgspec.structs import replace

from tocsin.config.holidays import place_of
from tocsin.control.contacts import Own
from tocsin.control.requests import PreferencesView, PutPreferences, Refused, WantedRule
from tocsin.core.oncall.notices import Notice
from tocsin.core.oncall.wall_clock import zone
from tocsin.core.people import PREFERENCES, NotifyRule, Person, QuietHours
from tocsin.engine.store.protocol import Transaction

MOST_RULES = 20
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def put(tx: Transaction, request: PutPreferences, actor: str, now: datetime) -> PreferencesView:
    """Raises Refused, naming the field; `high[0]` is the first rule of high urgency."""
    own = Own(tx, request.person, now, actor)
    person, before = own.person, own.preferences()
    changed = replace(
        before,
        notify_high=_rules("high", request.high, person),
        notify_low=_rules("low", request.low, person),
        quiet=_quiet(request),
        time_zone=_zone(request.time_zone),
        without_notices=before.without_notices
        if request.without_notices is None
        else _without(request.without_notices),
        holidays=before.holidays if request.holidays is None else _place(request.holidays),
    )
    if not changed.notify_high:
        raise Refused("invalid", "at least one rule is needed: pages of high urgency must ring", "high")
    if changed != before:
        own.put(PREFERENCES, changed)
        own.commit()
    return PreferencesView(own.key, "Saved. Rules hold from the next page on, quiet hours at once.")


def _rules(field: str, wanted: tuple[WantedRule, ...], person: Person) -> tuple[NotifyRule, ...]:
    if len(wanted) > MOST_RULES:
        raise Refused("invalid", f"{MOST_RULES} rules at most", field)
    for number, rule in enumerate(wanted):
        if person.method(rule.by) is None:
            known = ", ".join(method.name for method in person.contact) or "none yet"
            raise Refused(
                "invalid", f"there is no contact method {rule.by!r}; known: {known}", f"{field}[{number}]"
            )
    rules = [NotifyRule(rule.by, timedelta(minutes=rule.minutes)) for rule in wanted]
    return tuple(dict.fromkeys(sorted(rules, key=lambda rule: rule.after)))


def _quiet(request: PutPreferences) -> QuietHours | None:
    given = (request.quiet_from.strip(), request.quiet_until.strip())
    if given == ("", ""):
        return None
    start, end = (
        _clock(text, field) for text, field in zip(given, ("quiet_from", "quiet_until"), strict=True)
    )
    if start == end:
        raise Refused("invalid", "quiet hours may not last all day", "quiet_until")
    return QuietHours(start, end)


def _clock(text: str, field: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise Refused("invalid", "expected a time of day, for example 22:00", field)
    return time(int(found[1]), int(found[2]))


def _without(kinds: tuple[str, ...]) -> tuple[str, ...]:
    known = [kind.value for kind in Notice]
    unknown = [kind for kind in kinds if kind not in known]
    if unknown:
        raise Refused("invalid", f"expected {', '.join(known)}, not {unknown[0][:40]!r}", "without_notices")
    return tuple(kind for kind in known if kind in kinds)


def _zone(name: str) -> str | None:
    if not name.strip():
        return None
    try:
        return str(zone(name.strip()).key)
    except ValueError as wrong:
        raise Refused("invalid", str(wrong), "time_zone") from None


def _place(text: str) -> str | None:
    try:
        return place_of(text) if text.strip() else None
    except ValueError as wrong:
        raise Refused("invalid", str(wrong), "holidays") from None
