"""Restrictions: whether a layer counts at an instant, by weekday and local time of day, overnight windows included."""

from datetime import date, datetime
from functools import lru_cache

import msgspec

from tocsin.core.oncall.schedule import Restriction
from tocsin.core.oncall.wall_clock import instant_of, local_date, window


class Window(msgspec.Struct, frozen=True):
    """Whether the layer counts, and up to when this surely stays so (it may stay so for longer)."""

    is_open: bool
    until: datetime


def window_at(restrictions: tuple[Restriction, ...], time_zone: str, instant: datetime) -> Window:
    """What the restrictions (one or more; they add up) say at the instant."""
    today = local_date(instant, time_zone).toordinal()

    # A window lasts a day at most, so yesterday's may hold still; in a week each restriction has come once.
    until = instant
    for day in range(today - 1, today + 9):
        for starts_at, ends_at in _windows(restrictions, time_zone, day):
            if until < starts_at:
                return Window(True, until) if until > instant else Window(False, starts_at)
            until = max(until, ends_at)
    if until > instant:
        return Window(True, until)
    return Window(False, instant_of(datetime.fromordinal(today + 9), time_zone))


@lru_cache(maxsize=32768)
def _windows(
    restrictions: tuple[Restriction, ...], time_zone: str, ordinal: int
) -> tuple[tuple[datetime, datetime], ...]:
    """The windows that begin on a local day, by their start."""
    day = date.fromordinal(ordinal)
    windows = [window(day, r.start, r.end, time_zone) for r in restrictions if day.weekday() in r.days]
    return tuple(sorted((starts_at, ends_at) for starts_at, ends_at in windows if starts_at < ends_at))
