"""Whether two overrides would take the same seat at the same time: a mistake, unless the later one says that it is meant."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tocsin.core.oncall.overrides import Occurrences
from tocsin.core.oncall.schedule import Override, OverrideKind, Unit
from tocsin.core.oncall.wall_clock import FIRST_YEAR, FOREVER, LAST_YEAR, local_time

AHEAD = timedelta(days=400)  # two that repeat have met by then, or are not looked at further


def overlapped(override: Override, others: Iterable[Override]) -> tuple[Override, datetime] | None:
    """The first of the others whose seat it would take, and from when; None when it says `on_top`, or when there is none."""
    if override.on_top:
        return None
    for other in others:
        if other.id != override.id and _same_seat(override, other):
            at = _meet(override, other)
            if at is not None:
                return other, at
    return None


def unrepeatable(override: Override) -> str:
    """What is wrong with how it repeats; "" when it may."""
    repeat = override.repeat
    if repeat is None:
        return ""
    if not FIRST_YEAR <= override.starts_at.year <= override.ends_at.year <= LAST_YEAR:
        return f"what repeats begins in a year from {FIRST_YEAR} to {LAST_YEAR}"
    if override.ends_at >= FOREVER:
        return "it lies beyond the calendar, and cannot repeat"
    lasts = local_time(override.ends_at, repeat.time_zone) - local_time(override.starts_at, repeat.time_zone)
    if lasts > timedelta(days=repeat.every * (7 if repeat.unit is Unit.WEEK else 1)):
        return "it lasts longer than the time after which it repeats, and would overlap itself"
    if repeat.until is not None and repeat.until <= override.starts_at:
        return "it repeats until before it starts"
    return ""


def _same_seat(one: Override, other: Override) -> bool:
    if one.schedule != other.schedule or one.kind is not other.kind:
        return False
    if one.kind is OverrideKind.REPLACE:
        return one.replaces is None or other.replaces is None or one.replaces == other.replaces
    return one.person == other.person


def _meet(one: Override, other: Override) -> datetime | None:
    """The first instant at which both hold."""
    begins = max(one.starts_at, other.starts_at)
    over_at = min(one.over_at or FOREVER, other.over_at or FOREVER)
    if begins >= over_at:
        return None
    if one.repeat is None and other.repeat is None:
        return begins
    over_at = min(over_at, begins + AHEAD)
    rare, often = (one, other) if one.repeat is None else (other, one)
    occurrences = Occurrences(often)
    for starts_at, ends_at in _held(rare, begins, over_at):
        for begin, end in occurrences.between(max(starts_at, begins), min(ends_at, over_at)):
            if max(begin, starts_at) < min(end, ends_at):
                return max(begin, starts_at)
    return None


def _held(override: Override, starts_at: datetime, ends_at: datetime) -> Iterable[tuple[datetime, datetime]]:
    if override.repeat is None:
        return [(override.starts_at, override.ends_at)]
    return Occurrences(override).between(starts_at, ends_at)
