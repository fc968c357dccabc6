"""Restrictions: whether a layer counts at an instant, by weekday and local time of day, overnight windows included."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from tocsin.core.instants import EPOCH
from tocsin.core.oncall.schedule import Restriction
from tocsin.core.oncall.wall_clock import instant_of, local_date, window

# Windows are worked out for four weeks at a time, counted from the epoch: the instants of a year share thirteen of them.
_PART = timedelta(days=28)
# A window lasts a day at most, so that of two days before may hold still (a zone may skip a day); in a week each
# restriction has come once.
_BACK, _AHEAD = 2, 9


def window_at(
    restrictions: tuple[Restriction, ...], time_zone: str, instant: datetime
) -> tuple[bool, datetime]:
    """By the restrictions (one or more; they add up): whether the layer counts at the instant, and up to when this surely
    stays so (it may stay so for longer)."""
    edges, end = _edges(restrictions, time_zone, (instant - EPOCH) // _PART)
    place = bisect_right(edges, instant)
    return place % 2 == 1, edges[place] if place < len(edges) else end


def edges_at(
    restrictions: tuple[Restriction, ...], time_zone: str, instant: datetime
) -> tuple[list[datetime], int]:
    """When the layer begins to count and ceases to, in turn, around the instant, and the place in that list of the first
    after it: at an odd place the layer counts. Beyond the list's end it has to be asked for anew."""
    edges, _ = _edges(restrictions, time_zone, (instant - EPOCH) // _PART)
    return edges, bisect_right(edges, instant)


@lru_cache(maxsize=4096)
def _edges(
    restrictions: tuple[Restriction, ...], time_zone: str, part: int
) -> tuple[list[datetime], datetime]:
    """When the layer begins to count and ceases to, in turn, for one part of time and somewhat beyond; and until when this
    is known."""
    first = local_date(EPOCH + part * _PART, time_zone).toordinal() - _BACK
    last = first + _BACK + _PART.days + _AHEAD
    edges: list[datetime] = []
    for starts_at, ends_at in sorted(_windows(restrictions, time_zone, first, last)):
        if edges and starts_at <= edges[-1]:
            edges[-1] = max(edges[-1], ends_at)
        else:
            edges += (starts_at, ends_at)
    return edges, instant_of(datetime.fromordinal(last), time_zone)


def _windows(
    restrictions: tuple[Restriction, ...], time_zone: str, first: int, last: int
) -> Iterator[tuple[datetime, datetime]]:
    """The windows that begin on these local days, but those that a clock change swallows."""
    for ordinal in range(first, last):
        day = date.fromordinal(ordinal)
        weekday = day.weekday()
        for restriction in restrictions:
            if weekday in restriction.days:
                starts_at, ends_at = window(day, restriction.start, restriction.end, time_zone)
                if starts_at < ends_at:
                    yield starts_at, ends_at
