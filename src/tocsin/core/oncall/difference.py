"""What an edit of schedules would change in a span: who gains, who loses, which gaps open and which close."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from tocsin.core.oncall.overrides import indexed
from tocsin.core.oncall.schedule import Gap, Override, Schedule, Shift
from tocsin.core.oncall.shifts import gaps, shifts

AHEAD = timedelta(weeks=8)  # what is shown before an edit is saved


class Load(msgspec.Struct, frozen=True):
    """What one person has of a schedule in the span, before and after. A shift is a stretch without a break."""

    person: str
    before: timedelta
    after: timedelta
    shifts_before: int
    shifts_after: int

    @property
    def gained(self) -> timedelta:
        """Negative for what is lost."""
        return self.after - self.before


class Moved(msgspec.Struct, frozen=True):
    """One stretch that other people hold after the edit than before; () is nobody."""

    starts_at: datetime
    ends_at: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True):
    """`loads` names everybody whose hours or shifts change or who has other ones, who gains most first. `opened` and
    `closed` are gaps."""

    schedule: str
    loads: tuple[Load, ...]
    moved: tuple[Moved, ...]
    opened: tuple[Gap, ...] = ()
    closed: tuple[Gap, ...] = ()


def difference(
    before: Mapping[str, Schedule],
    after: Mapping[str, Schedule],
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
    overrides_after: Iterable[Override] | None = None,
) -> tuple[Difference, ...]:
    """Each schedule that differs within the span, those that are derived from an edited one too, by name. Without
    `overrides_after` the overrides are the same."""
    overrides = indexed(overrides)
    later = overrides if overrides_after is None else indexed(overrides_after)
    found = []
    for key in sorted({*before, *after}):
        if overrides == later and _untouched(before, after, key):
            continue
        was = shifts(before, key, starts_at, ends_at, overrides)
        becomes = shifts(after, key, starts_at, ends_at, later)
        moved = tuple(_moved(was, becomes, starts_at, ends_at))
        if moved:
            # A schedule that is not there has no gaps: nobody expects anybody of it.
            holes = gaps(before, key, starts_at, ends_at, overrides) if key in before else []
            left = gaps(after, key, starts_at, ends_at, later) if key in after else []
            found.append(
                Difference(key, _loads(was, becomes, moved), moved, _only(left, holes), _only(holes, left))
            )
    return tuple(found)


def said(difference: Difference) -> tuple[str, ...]:
    """As lines for people: `alice: 336 h -> 168 h, 2 shifts -> 1 (-168 h)`, then gaps."""
    lines = [
        f"{load.person}: {_hours(load.before)} -> {_hours(load.after)}, "
        f"{_shifts(load.shifts_before)} -> {load.shifts_after} ({_signed(load.gained)})"
        for load in difference.loads
    ]
    for which, found in (("new gap", difference.opened), ("closed gap", difference.closed)):
        lines += [
            f"{which}: {gap.starts_at:%Y-%m-%d %H:%M} to {gap.ends_at:%Y-%m-%d %H:%M} UTC"
            for gap in found[:5]
        ]
        if len(found) > 5:
            lines.append(f"and {len(found) - 5} more {which}s")
    return tuple(lines)


def _untouched(before: Mapping[str, Schedule], after: Mapping[str, Schedule], key: str) -> bool:
    """Neither the schedule nor what it is derived from has changed."""
    seen: set[str] = set()
    pending = [key]
    while pending:
        each = pending.pop()
        if each in seen:
            continue
        seen.add(each)
        if before.get(each) != after.get(each):
            return False
        known = before.get(each)
        if known is not None:
            versions = (known, *(former.schedule for former in known.former))
            pending += [version.secondary_of for version in versions if version.secondary_of]
    return True


def _moved(
    before: list[Shift], after: list[Shift], starts_at: datetime, ends_at: datetime
) -> Iterator[Moved]:
    edges = sorted(
        {starts_at, ends_at, *(edge for s in (*before, *after) for edge in (s.starts_at, s.ends_at))}
    )
    held: Moved | None = None
    was, becomes = _Holder(before), _Holder(after)
    for begin, end in pairwise(edges):
        had, has = was.at(begin), becomes.at(begin)
        if set(had) == set(has):
            continue
        if held is not None and (held.ends_at, held.before, held.after) == (begin, had, has):
            held = Moved(held.starts_at, end, had, has)
            continue
        if held is not None:
            yield held
        held = Moved(begin, end, had, has)
    if held is not None:
        yield held


class _Holder:
    """Who holds at instants that are asked for in order."""

    def __init__(self, found: list[Shift]) -> None:
        self._found, self._next = found, 0

    def at(self, instant: datetime) -> tuple[str, ...]:
        while self._next < len(self._found) and self._found[self._next].ends_at <= instant:
            self._next += 1
        if self._next < len(self._found) and self._found[self._next].starts_at <= instant:
            return self._found[self._next].people
        return ()


def _loads(before: list[Shift], after: list[Shift], moved: tuple[Moved, ...]) -> tuple[Load, ...]:
    touched = {person for each in moved for person in {*each.before} ^ {*each.after}}
    was, becomes = _per_person(before), _per_person(after)
    none = (timedelta(0), 0)
    loads = [
        Load(
            person, was.get(person, none)[0], becomes.get(person, none)[0],
            was.get(person, none)[1], becomes.get(person, none)[1],
        )
        for person in touched
    ]  # fmt: skip
    return tuple(sorted(loads, key=lambda load: (-load.gained, load.person)))


def _per_person(found: list[Shift]) -> dict[str, tuple[timedelta, int]]:
    """Hours and shifts; shifts that touch are one."""
    totals: dict[str, tuple[timedelta, int]] = {}
    last: dict[str, datetime] = {}
    for shift in found:
        for person in shift.people:
            hours, count = totals.get(person, (timedelta(0), 0))
            count += last.get(person) != shift.starts_at
            totals[person] = (hours + (shift.ends_at - shift.starts_at), count)
            last[person] = shift.ends_at
    return totals


def _only(these: list[Gap], not_those: list[Gap]) -> tuple[Gap, ...]:
    """The parts of these gaps that are in none of those; both by time."""
    found: list[Gap] = []
    for gap in these:
        at = gap.starts_at
        for other in not_those:
            if other.ends_at <= at or other.starts_at >= gap.ends_at:
                continue
            if at < other.starts_at:
                found.append(Gap(at, other.starts_at))
            at = max(at, other.ends_at)
        if at < gap.ends_at:
            found.append(Gap(at, gap.ends_at))
    return tuple(found)


def _hours(span: timedelta) -> str:
    return (
        f"{span / timedelta(hours=1):.10g} h" if span % timedelta(hours=1) == timedelta(0) else _exact(span)
    )


def _exact(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.1f} h"


def _signed(span: timedelta) -> str:
    return f"-{_hours(-span)}" if span < timedelta(0) else f"+{_hours(span)}"


def _shifts(count: int) -> str:
    return f"{count} shift{'' if count == 1 else 's'}"
