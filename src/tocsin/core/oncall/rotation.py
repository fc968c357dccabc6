"""Turns of a rotation: whose turn it is at an instant, by arithmetic, never by walking from the start.

Turn `n` belongs to `people[(first + n) % len(people)]` and begins at the n-th handoff after the first one. Handoffs are
counted on the wall clock (hours too), so 09:00 and 21:00 stay 09:00 and 21:00 across daylight saving; a turn that a clock
change swallows whole has no length. The first handoff is `handoff_at` on `starts`, or on the first of the rotation's
weekdays from `starts` on; monthly ones keep the day of `starts`, or the month's last where it has fewer. Several weekdays
recur week by week from `starts` on, so that the n-th of them is found by division too.

An edit counts turns anew over the edited list: the people who remain follow each other in the same order, but who has
the turn right now may jump, because the remainder changes with the length. `keep_turn` sets `first` so that it does not.
"""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

import msgspec

from tocsin.core.oncall.schedule import Rotation, Unit
from tocsin.core.oncall.wall_clock import FOREVER, instant_of

_LENGTH = {Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1), Unit.WEEK: timedelta(weeks=1)}
_MONTH = timedelta(
    days=30.436875
)  # in the mean: finds the turn give or take one; neighbours are then looked at


class Turn(msgspec.Struct, frozen=True):
    """The turn `number` (from 0) of a rotation; `people` is empty where the rotation leaves its turn to nobody."""

    number: int
    people: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime  # FOREVER when nothing ends it


class _Wheel(NamedTuple):
    """A rotation made ready for one zone. Handoff `n` is at local time `bases[place] + rounds * period`, where
    `rounds, place = divmod(n * stride, len(bases))`; months are counted by the calendar instead."""

    begins_at: datetime  # from when the rotation has somebody: local midnight of `starts`
    first_handoff: datetime
    length: timedelta  # of a turn, in the mean
    bases: tuple[datetime, ...]
    period: timedelta
    stride: int


def begins_at(rotation: Rotation, time_zone: str) -> datetime:
    """The instant from which the rotation has somebody: local midnight of `starts`."""
    return _wheel(rotation, time_zone).begins_at


def turn_at(rotation: Rotation, time_zone: str, instant: datetime) -> Turn | None:
    """The turn that holds the instant; None before the rotation starts and from its `until` on."""
    wheel = _wheel(rotation, time_zone)
    if instant < wheel.begins_at or (rotation.until is not None and instant >= rotation.until):
        return None
    # Clock changes and turns of unlike length put the estimate off by one turn, for hourly rotations and for several
    # weekdays by a few, never by more the longer the rotation runs.
    turn = _turn(rotation, time_zone, max(0, (instant - wheel.first_handoff) // wheel.length))
    while instant < turn.starts_at:
        turn = _turn(rotation, time_zone, turn.number - 1)
    while instant >= turn.ends_at:
        turn = _turn(rotation, time_zone, turn.number + 1)
    return turn


def turn_after(rotation: Rotation, time_zone: str, turn: Turn) -> Turn:
    """The turn that follows; without any length where a clock change swallows it, or once the rotation has ended."""
    number = turn.number + 1
    ends_at = _handoff(rotation, time_zone, number + 1)
    if rotation.until is not None and rotation.until < ends_at:
        ends_at = rotation.until
    return Turn(number, _people(rotation, number), turn.ends_at, ends_at)


def following(rotation: Rotation, number: int) -> list[tuple[str, ...]]:
    """The people in the order in which they come after turn `number`; those of that turn itself are last."""
    count = len(rotation.people)
    now = rotation.first + number
    return [rotation.people[(now + step) % count] for step in range(1, count + 1)]


def keep_turn(old: Rotation, new: Rotation, time_zone: str, now: datetime) -> Rotation:
    """`new`, with `first` such that whoever has the turn now keeps it.

    When the new list lacks them, the next in the old order who is still listed has it. The order of the list is untouched.
    """
    had, has = turn_at(old, time_zone, now), turn_at(new, time_zone, now)
    if had is None or has is None or not old.people or not new.people:
        return new
    order = following(old, had.number)
    listed = {person for group in new.people for person in group}
    stay = [group for group in (order[-1], *order[:-1]) if not listed.isdisjoint(group)]

    # Someone may stand in the list twice: take the place from which it goes on as the old one would have.
    def agreement(index: int) -> int:
        pairs = zip(new.people[index:] + new.people[:index], stay, strict=False)
        return sum(1 for _ in takewhile(lambda pair: not set(pair[0]).isdisjoint(pair[1]), pairs))

    place = max(range(len(new.people)), key=agreement)
    return msgspec.structs.replace(new, first=(place - has.number) % len(new.people)) if stay else new


@lru_cache(maxsize=8192)
def _wheel(rotation: Rotation, time_zone: str) -> _Wheel:
    every, unit = rotation.every, rotation.unit
    # How many days after `starts` each of the weekdays first comes, the nearest first.
    days = rotation.days if unit in (Unit.DAY, Unit.WEEK) else ()
    ahead = sorted((day - rotation.starts.weekday()) % 7 for day in days) or [0]
    stride = 1
    try:
        if unit is Unit.DAY and days:
            period, stride = timedelta(weeks=1), every
            length = every * period / len(ahead)
        elif unit is Unit.MONTH:
            period = length = every * _MONTH
        else:
            period = every * _LENGTH[unit]
            length = period / len(ahead)
    except OverflowError:
        period = length = timedelta.max
    begins = datetime.combine(rotation.starts, time(0))
    first = datetime.combine(rotation.starts, rotation.handoff_at)
    bases = tuple(first + timedelta(days=later) for later in ahead)
    return _Wheel(
        instant_of(begins, time_zone), instant_of(bases[0], time_zone), length, bases, period, stride
    )


@lru_cache(maxsize=32768)
def _turn(rotation: Rotation, time_zone: str, number: int) -> Turn:
    starts_at = _handoff(rotation, time_zone, number) if number else _wheel(rotation, time_zone).begins_at
    ends_at = _handoff(rotation, time_zone, number + 1)
    if rotation.until is not None:
        ends_at = min(ends_at, rotation.until)
    return Turn(number, _people(rotation, number), starts_at, ends_at)


def _people(rotation: Rotation, number: int) -> tuple[str, ...]:
    if not rotation.people:
        return ()
    people = rotation.people[(rotation.first + number) % len(rotation.people)]
    return tuple(dict.fromkeys(people)) if len(people) > 1 else people


def _handoff(rotation: Rotation, time_zone: str, number: int) -> datetime:
    """The instant of the n-th handoff."""
    wheel = _wheel(rotation, time_zone)
    try:
        if rotation.unit is Unit.MONTH:
            local = datetime.combine(
                _months_on(rotation.starts, number * rotation.every), rotation.handoff_at
            )
        else:
            rounds, place = divmod(number * wheel.stride, len(wheel.bases))
            local = wheel.bases[place] + rounds * wheel.period
        found = instant_of(local, time_zone)
        return found if found < FOREVER else FOREVER
    except (OverflowError, ValueError):  # past the last year of the calendar
        return FOREVER


def _months_on(starts: date, count: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(starts.month - 1 + count, 12)
    year = starts.year + years
    return date(year, month + 1, min(starts.day, monthrange(year, month + 1)[1]))
