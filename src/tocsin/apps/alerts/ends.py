"""When something that is only for a time ends, as people say it: one tap for the usual, words or an instant for the rest."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.control.operational import LONGEST
from tocsin.control.requests import Refused
from tocsin.core.instants import parse_duration

MORNING = time(8)
CHOICES = (("1h", "1 h"), ("4h", "4 h"), ("morning", "Until morning"))


def end_of(form: Mapping[str, str], now: datetime, zone: ZoneInfo, begin: datetime | None = None) -> datetime:
    """From `for` (a length from the beginning, or `morning`), `for_other` (a length) or `until` (wall time in the reader's
    zone). Raises Refused, naming the field."""
    begins = begin or now
    other, until = form.get("for_other", "").strip(), form.get("until", "").strip()
    chosen = form.get("for", "")
    if chosen == "morning":
        return next_morning(begins, zone)
    if chosen and chosen != "other":
        return begins + _length(chosen, "for")
    if until and not other:
        return wall_time(until, zone, "until")
    if other:
        return begins + _length(other, "for_other")
    raise Refused("invalid", "Say when it ends: it always has an end.", "for_other")


def _length(text: str, field: str) -> timedelta:
    try:
        length = parse_duration(text)
    except ValueError:
        raise Refused("invalid", "Say how long, for example 45m, 2h or 3d.", field) from None
    if not timedelta(0) < length <= LONGEST:
        raise Refused("invalid", "It lasts a year at most.", field)
    return length


def next_morning(after: datetime, zone: ZoneInfo) -> datetime:
    """The next 08:00 on the reader's wall that is at least half an hour away."""
    local = after.astimezone(zone)
    day = local.date()
    while (morning := datetime.combine(day, MORNING, zone)).timestamp() < after.timestamp() + 1800:
        day += timedelta(days=1)
    return morning


def wall_time(text: str, zone: ZoneInfo, field: str) -> datetime:
    """`2026-06-14T16:00`, as browsers send what was chosen."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("invalid", "Say day and time, for example 2026-06-14 16:00.", field) from None
    if not 2000 < said.year < 3000:
        raise Refused("invalid", "That year cannot be meant.", field)
    return said if said.tzinfo is not None else said.replace(tzinfo=zone)


def as_input(at: datetime, zone: ZoneInfo) -> str:
    """The same instant as a field of the form shows it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
