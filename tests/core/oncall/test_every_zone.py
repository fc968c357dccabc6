"""Every zone of the world, every change of its clocks from 2020 to 2035: handoffs keep local time, no hour is uncovered."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import pytest

from tocsin.core.oncall.schedule import Layer, Restriction, Rotation, Schedule, Unit
from tocsin.core.oncall.shifts import shifts, who_is_on_call
from tocsin.core.oncall.wall_clock import instant_of, zone

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PEOPLE = (("alice",), ("bob",), ("carol",))
# Several times of day that some zone skips or repeats.
HANDOFFS = (time(0), time(1, 30), time(2), time(2, 15), time(2, 30), time(3), time(9))


@lru_cache
def changes(name: str) -> tuple[datetime, ...]:
    """To the minute, by halving the days on which the offset differs at both ends."""
    tz, found, at = zone(name), [], FIRST
    while at < LAST:
        before, after = at.astimezone(tz).utcoffset(), (at + 7 * DAY).astimezone(tz).utcoffset()
        if before != after:
            early, late = at, at + 7 * DAY
            while late - early > MINUTE:
                middle = early + (late - early) // 2 // MINUTE * MINUTE
                early, late = (
                    (middle, late) if middle.astimezone(tz).utcoffset() == before else (early, middle)
                )
            found.append(late)
        at += 7 * DAY
    return tuple(found)


@lru_cache
def zones() -> tuple[str, ...]:
    """One zone for each history of changes: a hundred names share few of them."""
    seen: dict[tuple[tuple[datetime, timedelta | None], ...], str] = {}
    for name in files("tzdata").joinpath("zones").read_text("utf-8").split():
        found = changes(name)
        if found:
            tz = zone(name)
            offsets = tuple((at, at.astimezone(tz).utcoffset()) for at in found)
            seen.setdefault(offsets, name)
    return tuple(seen.values())


def test_there_are_many_histories_and_lord_howe_among_them() -> None:
    assert len(zones()) > 50
    assert len(changes("Australia/Lord_Howe")) == 32
    assert len(changes("Europe/Berlin")) == 32


def test_daily_handoffs_keep_local_time_around_every_change() -> None:
    """For each history and each change: the handoffs of the days around it are at the first instant at which the clock shows
    the time or later, and each person follows the one before."""
    for name in zones():
        tz = zone(name)
        for number, at in enumerate(changes(name)):
            handoff = HANDOFFS[number % len(HANDOFFS)]
            starts = (at - 5 * DAY).astimezone(tz).date()
            rotation = Rotation(PEOPLE, starts, unit=Unit.DAY, handoff_at=handoff)
            schedules = {"s": Schedule("s", time_zone=name, layers=(Layer(rotation),))}
            found = shifts(schedules, "s", at - 3 * DAY, at + 3 * DAY, ())
            assert (found[0].starts_at, found[-1].ends_at) == (at - 3 * DAY, at + 3 * DAY), name
            assert all(a.ends_at == b.starts_at for a, b in pairwise(found)), name
            for before, after in pairwise(found):
                order = [group[0] for group in PEOPLE]
                assert after.people[0] == order[(order.index(before.people[0]) + 1) % 3], name
                shown = after.starts_at.astimezone(tz).replace(tzinfo=None)
                earlier = (after.starts_at - MINUTE).astimezone(tz).replace(tzinfo=None)
                assert shown.time() >= handoff, (name, shown)
                assert earlier.date() != shown.date() or earlier.time() < handoff, (name, shown)


def test_a_window_and_the_rest_of_the_day_cover_every_change_once() -> None:
    """Two layers, one by night and one by day, in every zone: at each minute around a change exactly one of them counts."""
    for name in zones():
        for number, at in enumerate(changes(name)):
            start, end = HANDOFFS[number % 7], HANDOFFS[(number + 3) % 7]
            rotation = Rotation((("day",),), (at - 9 * DAY).date(), unit=Unit.DAY)
            other = Rotation((("night",),), (at - 9 * DAY).date(), unit=Unit.DAY)
            schedules = {
                "s": Schedule(
                    "s",
                    time_zone=name,
                    layers=(
                        Layer(rotation, restrictions=(Restriction(start=start, end=end),)),
                        Layer(other, restrictions=(Restriction(start=end, end=start),), beside=True),
                    ),
                )
            }
            found = shifts(schedules, "s", at - 2 * DAY, at + 2 * DAY, ())
            assert (found[0].starts_at, found[-1].ends_at) == (at - 2 * DAY, at + 2 * DAY), (name, at)
            assert all(len(shift.people) == 1 for shift in found), (name, at)
            assert all(a.ends_at == b.starts_at for a, b in pairwise(found)), (name, at)


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca"]
)
def test_every_minute_around_every_change_is_what_a_high_water_mark_says(name: str) -> None:
    """The clock watched minute by minute: a wall time has come once it was shown, or a later one."""
    tz = zone(name)
    for at in changes(name):
        starts = (at - 2 * DAY).astimezone(tz).date()
        rotation = Rotation(PEOPLE, starts, unit=Unit.HOUR, handoff_at=time(0, 30))
        schedules = {"s": Schedule("s", time_zone=name, layers=(Layer(rotation),))}
        mark, walls = datetime(1, 1, 1), [datetime.combine(starts, time(0, 30)) + n * HOUR for n in range(80)]
        for n in range(-180, 180):
            instant = at + n * MINUTE
            mark = max(mark, instant.astimezone(tz).replace(tzinfo=None))
            turn = max(0, bisect_right(walls, mark) - 1)
            assert who_is_on_call(schedules, "s", instant, ()).people == PEOPLE[turn % 3], (name, instant)


def test_no_wall_time_of_a_day_with_a_change_comes_before_an_earlier_one() -> None:
    for name in zones():
        tz = zone(name)
        for at in changes(name):
            midnight = datetime.combine(at.astimezone(tz).date(), time(0))
            instants = [instant_of(midnight + n * 30 * MINUTE, name) for n in range(-8, 56)]
            assert all(a <= b for a, b in pairwise(instants)), name


def test_a_rotation_that_starts_on_the_eve_of_any_change_is_whole() -> None:
    for name in zones():
        tz = zone(name)
        for at in changes(name):
            eve: date = (at - DAY).astimezone(tz).date()
            schedules = {"s": Schedule("s", time_zone=name, layers=(Layer(Rotation(PEOPLE, eve)),))}
            first = instant_of(datetime.combine(eve, time(0)), name)
            found = shifts(schedules, "s", first, first + 21 * DAY, ())
            assert [shift.people[0] for shift in found[:3]] == ["alice", "bob", "carol"], name
            assert found[0].starts_at == first
            assert [s.starts_at.astimezone(tz).time() for s in found[1:3]] == [time(9), time(9)], name
