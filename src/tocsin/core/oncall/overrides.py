"""Overrides by schedule and time: which of them hold at an instant, and until when that stays so.

Indexed once for each set of them, so that a house with thousands of overrides answers as fast as one with none. Repeating
ones are found by arithmetic on the wall clock, never by walking from their start.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property

from tocsin.core.oncall.schedule import OnCall, Override, Unit
from tocsin.core.oncall.wall_clock import FOREVER, instant_of, local_time

_MOST = 3_700_000  # days to the end of the calendar


class Overrides(tuple[Override, ...]):
    """All overrides of a house in the order in which they were made, with an index that is made as it is needed."""

    def of(self, schedule: str) -> "OfSchedule | None":
        """Those of one schedule; None when it has none."""
        known = self._indexed.get(schedule)
        if known is None and (held := self._by_schedule.get(schedule)):
            known = self._indexed[schedule] = OfSchedule(held)
        return known

    @cached_property
    def _by_schedule(self) -> "dict[str, list[Override]]":
        found: dict[str, list[Override]] = {}
        for override in self:
            found.setdefault(override.schedule, []).append(override)
        return found

    @cached_property
    def answered(self) -> dict[str, tuple[object, datetime, datetime, OnCall]]:
        """By schedule, what was answered last: of which schedules, from and up to when it holds, the answer."""
        return {}

    @cached_property
    def _indexed(self) -> "dict[str, OfSchedule]":
        """Filled schedule by schedule: a page that asks of one waits for no other's."""
        return {}


def indexed(overrides: Iterable[Override]) -> Overrides:
    return overrides if isinstance(overrides, Overrides) else Overrides(overrides)


# The overrides that hold, in the order in which they apply, and when other ones may (FOREVER: never).
Holding = tuple[tuple[Override, ...], datetime]


class OfSchedule:
    """The overrides of one schedule. Invariant: `_holding[n]` are the single ones that hold from `_edges[n]` up to the next
    edge, by their place in the order; before the first edge there are none."""

    def __init__(self, overrides: Iterable[Override]) -> None:
        placed = [(place, o) for place, o in enumerate(overrides) if o.starts_at < o.ends_at]
        single = [(place, o) for place, o in placed if o.repeat is None]
        self._repeating = [(place, Occurrences(o)) for place, o in placed if o.repeat is not None]
        self._edges: list[datetime] = []
        self._holding: list[tuple[tuple[int, Override], ...]] = []
        self._single: list[tuple[Override, ...]] = []
        for edge, holding in _stretches(single):
            self._edges.append(edge)
            self._holding.append(holding)
            self._single.append(tuple(o for _, o in holding))

    def at(self, instant: datetime) -> Holding:
        number = bisect_right(self._edges, instant)
        until = self._edges[number] if number < len(self._edges) else FOREVER
        if not self._repeating:
            return (self._single[number - 1] if number else ()), until
        holding = list(self._holding[number - 1]) if number else []
        for place, each in self._repeating:
            occurrence = each.at(instant)
            if occurrence is None:
                continue
            starts_at, ends_at = occurrence
            if starts_at <= instant:
                holding.append((place, each.override))
                until = min(until, ends_at)
            else:
                until = min(until, starts_at)
        holding.sort(key=lambda placed: placed[0])
        return tuple(o for _, o in holding), until


def _stretches(
    placed: list[tuple[int, Override]],
) -> Iterator[tuple[datetime, tuple[tuple[int, Override], ...]]]:
    """(from when, those that hold up to the next such instant), in the order of time."""
    coming = sorted(placed, key=lambda each: each[1].starts_at)
    edges = sorted({edge for _, o in placed for edge in (o.starts_at, o.ends_at)})
    holding: list[tuple[int, Override]] = []
    begun = 0
    for edge in edges:
        holding = [each for each in holding if each[1].ends_at > edge]
        while begun < len(coming) and coming[begun][1].starts_at == edge:
            holding.append(coming[begun])
            begun += 1
        holding.sort(key=lambda each: each[0])
        yield edge.astimezone(UTC), tuple(holding)


class Occurrences:
    """When a repeating override holds: number `n` is `n` periods after the first by the wall clock of its zone, so that it
    keeps its local times across daylight saving. None begins before `starts_at`, none overlaps the next."""

    def __init__(self, override: Override) -> None:
        repeat = override.repeat
        assert repeat is not None
        self.override = override
        self._zone = repeat.time_zone
        self._period = timedelta(days=repeat.every * (7 if repeat.unit is Unit.WEEK else 1))
        self._first = override.starts_at.astimezone(UTC)
        self._until = repeat.until or FOREVER
        self._starts = local_time(override.starts_at, self._zone)
        self._ends = local_time(override.ends_at, self._zone)
        # The last one asked for: its number, start, end, and the start of the next; a span asks for it again and again.
        self._known = (0, FOREVER, FOREVER, FOREVER)

    def at(self, instant: datetime) -> tuple[datetime, datetime] | None:
        """The occurrence that holds at the instant, or the first after it; None when none does and none comes."""
        if instant >= self._until:
            return None
        number, starts_at, ends_at, following = self._known
        if not starts_at <= instant < following:
            number = max(0, (instant - self._first) // self._period)
            # Clock changes put the estimate off by one or two.
            while number and instant < self._begin(number):
                number -= 1
            while instant >= self._begin(number + 1) and number < _MOST:
                number += 1
            starts_at, ends_at, following = self._occurrence(number)
            self._known = number, starts_at, ends_at, following
        if instant >= ends_at:
            starts_at, ends_at, _ = self._occurrence(number + 1)
        if starts_at >= self._until or starts_at >= FOREVER:
            return None
        return starts_at, min(ends_at, self._until)

    def between(self, starts_at: datetime, ends_at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Those that touch the span, in order; the first and the last may reach beyond it."""
        at = starts_at
        while at < ends_at and (found := self.at(at)) is not None and found[0] < ends_at:
            if found[0] < found[1]:  # else a clock change has swallowed it
                yield found
            at = found[1]

    def _occurrence(self, number: int) -> tuple[datetime, datetime, datetime]:
        """Its start, its end, and the start of the next."""
        begin, following = self._begin(number), self._begin(number + 1)
        try:
            end = instant_of(self._ends + number * self._period, self._zone)
        except OverflowError:
            end = FOREVER
        return begin, max(begin, min(end, following)), following

    def _begin(self, number: int) -> datetime:
        try:
            return max(self._first, instant_of(self._starts + number * self._period, self._zone))
        except OverflowError:
            return FOREVER
