"""Named time intervals: is one of them active at an instant? Alertmanager's rules (timeinterval/timeinterval.go)."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from tocsin.core.configuration import TimeInterval, TimeRange


def contains(interval: TimeInterval, now: datetime) -> bool:
    """Whether any range of the interval holds `now`."""
    return any(range_contains(entry, now) for entry in interval.ranges)


def range_contains(entry: TimeRange, now: datetime) -> bool:
    """Whether every given field of the range holds `now` in the range's own zone."""
    local = now.astimezone(_zone(entry.location))
    minute = local.hour * 60 + local.minute
    return (
        (not entry.times or any(start <= minute < end for start, end in entry.times))
        and _within(entry.weekdays, local.isoweekday() % 7)
        and (
            not entry.days_of_month or any(_on_day(first, last, local) for first, last in entry.days_of_month)
        )
        and _within(entry.months, local.month)
        and _within(entry.years, local.year)
    )


def _within(pairs: tuple[tuple[int, int], ...], value: int) -> bool:
    return not pairs or any(first <= value <= last for first, last in pairs)


def _on_day(first: int, last: int, local: datetime) -> bool:
    """Days below zero count from the month's end. A range that begins beyond the month is skipped; its end is clamped."""
    length = monthrange(local.year, local.month)[1]
    first = first if first > 0 else length + first + 1
    last = last if last > 0 else length + last + 1
    return first <= length and max(first, 1) <= local.day <= min(last, length)


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def muted_by(
    mute: tuple[str, ...], active: tuple[str, ...], intervals: Mapping[str, TimeInterval], now: datetime
) -> str | None:
    """What mutes a route now: the name of a mute interval that is active, or all names of its active intervals when none of
    them is. None: it is not muted. A name that is not configured is never active."""
    for name in mute:
        interval = intervals.get(name)
        if interval is not None and contains(interval, now):
            return name
    if active and not any(name in intervals and contains(intervals[name], now) for name in active):
        return "outside " + ", ".join(active)
    return None
