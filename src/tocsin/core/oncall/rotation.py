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

import msgspec

from tocsin.core.oncall.schedule import Rotation, Unit
from tocsin.core.oncall.wall_clock import FOREVER, instant_of

# A month's mean length finds the turn give or take one; neighbours are then looked at.
_LENGTH = {
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: timedelta(days=1),
    Unit.WEEK: timedelta(weeks=1),
    Unit.MONTH: timedelta(days=30.436875),
}


class Turn(msgspec.Struct, frozen=True):
    """The turn `number` (from 0) of a rotation; `people` is empty where the rotation leaves its turn to nobody."""

    number: int
    people: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime  # FOREVER when nothing ends it


def begins_at(rotation: Rotation, time_zone: str) -> datetime:
    """The instant from which the rotation has somebody: local midnight of `starts`."""
    return _beginning(rotation, time_zone)[0]


def turn_at(rotation: Rotation, time_zone: str, instant: datetime) -> Turn | None:
    """The turn that holds the instant; None before the rotation starts and from its `until` on."""
    begins, first_handoff, length = _beginning(rotation, time_zone)
    if instant < begins or (rotation.until is not None and instant >= rotation.until):
        return None
    # Clock changes and turns of unlike length put the estimate off by one turn, for hourly rotations and for several
    # weekdays by a few, never by more the longer the rotation runs.
    turn = _turn(rotation, time_zone, max(0, (instant - first_handoff) // length))
    while instant < turn.starts_at:
        turn = _turn(rotation, time_zone, turn.number - 1)
    while instant >= turn.ends_at:
        turn = _turn(rotation, time_zone, turn.number + 1)
    return turn


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


@lru_cache(maxsize=4096)
def _beginning(rotation: Rotation, time_zone: str) -> tuple[datetime, datetime, timedelta]:
    """When it begins, its first handoff, and the mean length of a turn."""
    try:
        length = rotation.every * _LENGTH[rotation.unit]
        if rotation.days and rotation.unit is Unit.DAY:
            length = length * 7 / len(rotation.days)
        elif rotation.days and rotation.unit is Unit.WEEK:
            length /= len(rotation.days)
    except OverflowError:
        length = timedelta.max
    begins = instant_of(datetime.combine(rotation.starts, time(0)), time_zone)
    return begins, _handoff(rotation, time_zone, 0), length


@lru_cache(maxsize=32768)
def _turn(rotation: Rotation, time_zone: str, number: int) -> Turn:
    starts_at = _handoff(rotation, time_zone, number) if number else _beginning(rotation, time_zone)[0]
    ends_at = _handoff(rotation, time_zone, number + 1)
    if rotation.until is not None:
        ends_at = min(ends_at, rotation.until)
    people: tuple[str, ...] = ()
    if rotation.people:
        people = tuple(dict.fromkeys(rotation.people[(rotation.first + number) % len(rotation.people)]))
    return Turn(number, people, starts_at, ends_at)


def _handoff(rotation: Rotation, time_zone: str, number: int) -> datetime:
    """The instant of the n-th handoff."""
    try:
        if rotation.unit is Unit.HOUR:
            ahead = timedelta(hours=number * rotation.every)
            local = datetime.combine(rotation.starts, rotation.handoff_at) + ahead
        else:
            local = datetime.combine(_handoff_date(rotation, number), rotation.handoff_at)
        return min(instant_of(local, time_zone), FOREVER)
    except (OverflowError, ValueError):  # past the last year of the calendar
        return FOREVER


def _handoff_date(rotation: Rotation, number: int) -> date:
    starts, every = rotation.starts, rotation.every
    match rotation.unit:
        case Unit.WEEK:
            ahead = _days_ahead(starts, rotation.days) or (0,)
            rounds, place = divmod(number, len(ahead))
            return starts + timedelta(days=ahead[place], weeks=rounds * every)
        case Unit.MONTH:
            years, month = divmod(starts.month - 1 + number * every, 12)
            year = starts.year + years
            return date(year, month + 1, min(starts.day, monthrange(year, month + 1)[1]))
        case _ if rotation.days:
            ahead = _days_ahead(starts, rotation.days)
            weeks, place = divmod(number * every, len(ahead))
            return starts + timedelta(days=ahead[place], weeks=weeks)
        case _:
            return starts + timedelta(days=number * every)


def _days_ahead(starts: date, weekdays: tuple[int, ...]) -> tuple[int, ...]:
    """How many days after `starts` each of the weekdays first comes, the nearest first."""
    return tuple(sorted((day - starts.weekday()) % 7 for day in weekdays))
