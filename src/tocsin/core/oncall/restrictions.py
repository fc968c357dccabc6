"""Restrictions: whether a layer counts at an instant, by weekday and local time of day, overnight windows included."""

from datetime import date, datetime
from functools import lru_cache

import msgspec

from tocsin.core.oncall.schedule import Restriction
from tocsin.core.oncall.wall_clock import local, window


class Window(msgspec.Struct, frozen=True):
    """Whether the layer counts, and up to when this surely stays so (it may stay so for longer)."""

    is_open: bool
    until: datetime


def window_at(restrictions: tuple[Restriction, ...], time_zone: str, instant: datetime) -> Window:
    """What the restrictions (one or more; they add up) say at the instant."""
    today = local(instant, time_zone).toordinal()

    # A window lasts a day at most; tomorrow's may have begun already where the clock went back over midnight.
    until = instant
    for day in range(today - 1, today + 3):
        for starts_at, ends_at in _windows(restrictions, time_zone, day):
            if starts_at <= until < ends_at:
                until = ends_at
    if until > instant:
        return Window(True, until)

    for day in range(today - 1, today + 9):
        for starts_at, _ in _windows(restrictions, time_zone, day):
            if starts_at > instant:
                return Window(False, starts_at)
    midnight = datetime.min.time()
    return Window(False, window(date.fromordinal(today + 9), midnight, midnight, time_zone)[0])


@lru_cache(maxsize=32768)
def _windows(
    restrictions: tuple[Restriction, ...], time_zone: str, ordinal: int
) -> tuple[tuple[datetime, datetime], ...]:
    """The windows that begin on a local day, by their start."""
    day = date.fromordinal(ordinal)
    windows = [window(day, r.start, r.end, time_zone) for r in restrictions if day.weekday() in r.days]
    return tuple(sorted((starts_at, ends_at) for starts_at, ends_at in windows if starts_at < ends_at))
