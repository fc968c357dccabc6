"""The shifts of random schedules against a twin that looks at the wall clock every minute and walks turn by turn."""

import bisect
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.core.oncall.schedule import (
    Layer,
    Override,
    OverrideKind,
    Restriction,
    Rotation,
    Schedule,
    Shift,
    Unit,
)
from tocsin.core.oncall.shifts import gaps, next_shift, shifts, who_is_on_call
from tocsin.core.oncall.wall_clock import zone

ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Havana",
]
KEYS = ("primary", "secondary", "tertiary")
CAST = ("alice", "bob", "carol", "dan")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


# -- the twin -------------------------------------------------------------------------------------------------------


class Twin:
    """Every minute of a span. A wall time has come once the clock has shown it or later: its high-water mark."""

    def __init__(
        self, schedules: dict[str, Schedule], starts_at: datetime, minutes: int, overrides: Any
    ) -> None:
        self.schedules, self.overrides = schedules, overrides
        self.minutes = [starts_at + n * MINUTE for n in range(minutes)]
        self.marks: dict[str, list[datetime]] = {}
        self.walked: dict[tuple[int, str], list[datetime]] = {}

    def mark(self, time_zone: str, n: int) -> datetime:
        if time_zone not in self.marks:
            tz, high, marks = zone(time_zone), datetime(1, 1, 1), []
            before = [self.minutes[0] - k * MINUTE for k in range(240, 0, -1)]
            for instant in before + self.minutes:
                high = max(high, instant.astimezone(tz).replace(tzinfo=None))
                marks.append(high)
            self.marks[time_zone] = marks[240:]
        return self.marks[time_zone][n]

    def handoffs(self, rotation: Rotation, time_zone: str) -> list[datetime]:
        """The wall times of all handoffs to past the span's end, the first included."""
        key = (id(rotation), time_zone)
        if key in self.walked:
            return self.walked[key]
        end = self.mark(time_zone, len(self.minutes) - 1)
        day, found = rotation.starts, []
        while rotation.unit is Unit.WEEK and rotation.handoff_day not in (None, day.weekday()):
            day += DAY
        wall, months = datetime.combine(day, rotation.handoff_at), 0
        while wall <= end:
            found.append(wall)
            if rotation.unit is Unit.MONTH:
                months += rotation.every
                first = date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, 1)
                last = first
                while (last + DAY).month == first.month and last.day < day.day:
                    last += DAY
                wall = datetime.combine(last, rotation.handoff_at)
            else:
                hours = {Unit.HOUR: 1, Unit.DAY: 24, Unit.WEEK: 168}[rotation.unit]
                wall += timedelta(hours=hours * rotation.every)
        self.walked[key] = found
        return found

    def turn(self, rotation: Rotation, time_zone: str, n: int) -> int | None:
        """How many handoffs have come after the first one; None outside the rotation."""
        mark = self.mark(time_zone, n)
        if mark < datetime.combine(rotation.starts, time(0)):
            return None
        if rotation.until is not None and self.minutes[n] >= rotation.until:
            return None
        return max(0, bisect.bisect_right(self.handoffs(rotation, time_zone), mark) - 1)

    def allowed(self, restrictions: tuple[Restriction, ...], time_zone: str, n: int) -> bool:
        mark = self.mark(time_zone, n)
        for r in restrictions:
            for back in range(3):
                day = mark.date() - back * DAY
                start, end = datetime.combine(day, r.start), datetime.combine(day, r.end)
                if end <= start:
                    end += DAY
                if day.weekday() in r.days and start <= mark < end:
                    return True
        return not restrictions

    def layered(self, n: int) -> tuple[list[str], list[list[str]]]:
        """Who the layers name, and everybody in the order in which they would be secondary."""
        schedule = self.schedules["primary"]
        people: list[str] = []
        order: list[list[str]] = []
        for layer in reversed(schedule.layers):
            time_zone = layer.time_zone or schedule.time_zone
            number = self.turn(layer.rotation, time_zone, n)
            if number is None or not self.allowed(layer.restrictions, time_zone, n):
                continue
            groups = [list(group) for group in layer.rotation.people]
            if not groups:
                continue
            while number + layer.rotation.first >= len(groups):
                number -= len(groups)
            now = number + layer.rotation.first
            if not groups[now]:
                continue
            around = groups[now:] + groups[:now]
            if people:
                order += around
            else:
                people = groups[now]
                order += [*around[1:], around[0]]
        return people, order

    def after_overrides(self, key: str, people: list[str], taken: list[str], n: int) -> list[str]:
        for o in self.overrides:
            if o.schedule != key or not o.starts_at <= self.minutes[n] < o.ends_at:
                continue
            if o.kind is OverrideKind.REMOVE:
                people = [p for p in people if p != o.person]
            elif o.person in taken:
                continue
            elif o.kind is OverrideKind.ADD:
                people = people if o.person in people else [*people, o.person]
            elif o.replaces is None:
                people = [o.person]
            elif o.replaces in people:
                others = [p for p in people if p != o.person]
                people = (
                    [o.person if p == o.replaces else p for p in others] if o.replaces != o.person else people
                )
                if o.person not in people:
                    people = [o.person, *people]
        return people

    def at(self, n: int) -> dict[str, set[str]]:
        people, order = self.layered(n)
        people = self.after_overrides("primary", people, [], n)
        answer, taken = {"primary": set(people)}, list(people)
        for key in KEYS[1:]:
            free = [[p for p in group if p not in taken] for group in order]
            people = self.after_overrides(key, next((group for group in free if group), []), taken, n)
            answer[key] = set(people)
            taken += people
        return answer


# -- what is drawn --------------------------------------------------------------------------------------------------


@lru_cache
def clock_changes(time_zone: str) -> list[datetime]:
    """To the hour, 2020 to 2035, and the week in which Apia skipped a day."""
    tz = zone(time_zone)
    hours = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=6 * n) for n in range(16 * 365 * 4)]
    offsets = [hour.astimezone(tz).utcoffset() for hour in hours]
    found = [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]
    if time_zone == "Pacific/Apia":
        found += [datetime(2011, 12, 30, 10, tzinfo=UTC)] * 10
    return found or [datetime(2026, 3, 29, tzinfo=UTC)]


wall_times = st.sampled_from(
    [
        time.fromisoformat(text)
        for text in ["00:00", "00:30", "01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00"]
    ]
) | st.sampled_from([time(9), time(17), time(22), time(23, 59)])
groups = st.lists(st.sampled_from(CAST), max_size=2, unique=True).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Schedule], datetime, int, tuple[Override, ...]]:
    """Schedules, a span of minutes (mostly around a clock change), and overrides in and around it."""
    time_zone = draw(st.sampled_from(ZONES))
    if draw(st.integers(0, 3)):
        center = draw(st.sampled_from(clock_changes(time_zone)))
    else:
        center = draw(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 1))).replace(
            second=0, microsecond=0, tzinfo=UTC
        )
    starts_at = center - draw(st.integers(0, 24 * 60)) * MINUTE
    minutes = draw(st.integers(1, 36 * 60))
    near = st.integers(-600, minutes + 600).map(lambda n: starts_at + n * MINUTE)

    @st.composite
    def layers(draw: st.DrawFn) -> Layer:
        unit = draw(st.sampled_from(Unit))
        longest = 30 if unit is Unit.HOUR else 800
        rotation = Rotation(
            people=tuple(draw(st.lists(groups, max_size=4))),
            starts=center.date() - draw(st.integers(-1, longest)) * DAY,
            every=draw(st.integers(1, 12 if unit is Unit.HOUR else 3)),
            unit=unit,
            handoff_at=draw(wall_times),
            handoff_day=draw(st.none() | st.integers(0, 6)) if unit is Unit.WEEK else None,
            until=draw(st.none() | st.none() | near),
            first=draw(st.integers(0, 3)),
        )
        restrictions = st.builds(
            Restriction,
            days=st.just((0, 1, 2, 3, 4, 5, 6)) | st.sets(st.integers(0, 6)).map(lambda d: tuple(sorted(d))),
            start=wall_times,
            end=wall_times,
        )
        return Layer(
            rotation,
            restrictions=tuple(draw(st.lists(restrictions, max_size=2))),
            time_zone=draw(st.none() | st.none() | st.sampled_from(ZONES)),
        )

    overrides = st.builds(
        lambda n, key, person, starts, length, kind, replaces: Override(
            str(n), key, person, starts, starts + length * MINUTE, kind, replaces
        ),
        st.integers(0, 99),
        st.sampled_from(KEYS),
        st.sampled_from(CAST),
        near,
        st.integers(-60, 1500),
        st.sampled_from(OverrideKind),
        st.none() | st.sampled_from(CAST),
    )
    schedules = {
        "primary": Schedule(
            "primary", time_zone=time_zone, layers=tuple(draw(st.lists(layers(), max_size=3)))
        ),
        "secondary": Schedule("secondary", secondary_of="primary"),
        "tertiary": Schedule("tertiary", secondary_of="secondary"),
    }
    return schedules, starts_at, minutes, tuple(draw(st.lists(overrides, max_size=4)))


relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def people_by_minute(found: list[Shift], starts_at: datetime, minutes: int) -> list[tuple[str, ...]]:
    people: list[tuple[str, ...]] = [()] * minutes
    for shift in found:
        first, end = (shift.starts_at - starts_at) // MINUTE, (shift.ends_at - starts_at) // MINUTE
        people[first:end] = [shift.people] * (end - first)
    assert len(people) == minutes
    return people


# -- the properties -------------------------------------------------------------------------------------------------


@given(cases())
@settings(relaxed, max_examples=150)
def test_shifts_are_what_the_wall_clock_says_every_minute(case: Any) -> None:
    schedules, starts_at, minutes, overrides = case
    twin = Twin(schedules, starts_at, minutes, overrides)
    ends_at = starts_at + minutes * MINUTE
    found = {
        key: people_by_minute(shifts(schedules, key, starts_at, ends_at, overrides), starts_at, minutes)
        for key in KEYS
    }
    for n in range(minutes):
        expected = twin.at(n)
        assert {key: set(found[key][n]) for key in KEYS} == expected, twin.minutes[n]
        assert not expected["primary"] & expected["secondary"]
        assert not (expected["primary"] | expected["secondary"]) & expected["tertiary"]


@given(cases(), st.data())
@settings(relaxed, max_examples=150)
def test_the_answer_at_an_instant_is_that_of_the_span(case: Any, data: st.DataObject) -> None:
    schedules, starts_at, minutes, overrides = case
    ends_at = starts_at + minutes * MINUTE
    for key in KEYS:
        found = shifts(schedules, key, starts_at, ends_at, overrides)
        edges = [instant for shift in found for instant in (shift.starts_at, shift.ends_at)]
        inside = st.timedeltas(timedelta(0), ends_at - starts_at - timedelta(microseconds=1))
        drawn = [starts_at + data.draw(inside) for _ in range(5)]
        just_before = [edge - timedelta(microseconds=1) for edge in edges]
        for instant in drawn + edges + just_before:
            if not starts_at <= instant < ends_at:
                continue
            answer = who_is_on_call(schedules, key, instant, overrides)
            holding = [s for s in found if s.starts_at <= instant < s.ends_at]
            if answer.people:
                assert [(s.people, s.by) for s in holding] == [(answer.people, answer.by)]
            else:
                assert holding == []
            if answer.until is not None:
                assert answer.until > instant
                last = min(answer.until, ends_at) - timedelta(microseconds=1)
                assert who_is_on_call(schedules, key, last, overrides).people == answer.people


@given(cases())
@settings(relaxed, max_examples=150)
def test_shifts_and_gaps_tile_the_span(case: Any) -> None:
    schedules, starts_at, minutes, overrides = case
    ends_at = starts_at + minutes * MINUTE
    for key in KEYS:
        found = shifts(schedules, key, starts_at, ends_at, overrides)
        holes = gaps(schedules, key, starts_at, ends_at, overrides)
        pieces = sorted([(s.starts_at, s.ends_at) for s in found] + [(g.starts_at, g.ends_at) for g in holes])
        assert pieces[0][0] == starts_at and pieces[-1][1] == ends_at
        assert all(a < b for a, b in pieces)
        assert all(left[1] == right[0] for left, right in pairwise(pieces))
        touching = [(a, b) for a, b in pairwise(found) if a.ends_at == b.starts_at]
        assert all((a.people, a.by) != (b.people, b.by) for a, b in touching)
        assert all(shift.people for shift in found)
        assert all(len(set(shift.people)) == len(shift.people) for shift in found)


@given(cases(), st.data())
@settings(relaxed, max_examples=100)
def test_a_span_in_two_parts_has_the_same_shifts(case: Any, data: st.DataObject) -> None:
    schedules, starts_at, minutes, overrides = case
    ends_at = starts_at + minutes * MINUTE
    middle = starts_at + data.draw(st.timedeltas(timedelta(0), ends_at - starts_at))
    for key in KEYS:
        joined: list[Shift] = []
        for shift in [
            *shifts(schedules, key, starts_at, middle, overrides),
            *shifts(schedules, key, middle, ends_at, overrides),
        ]:
            last = joined[-1] if joined else None
            if last and (last.ends_at, last.people, last.by) == (shift.starts_at, shift.people, shift.by):
                joined[-1] = Shift(last.starts_at, shift.ends_at, shift.people, shift.by)
            else:
                joined.append(shift)
        assert joined == shifts(schedules, key, starts_at, ends_at, overrides)


@given(cases(), st.data())
@settings(relaxed, max_examples=100)
def test_an_override_holds_exactly_from_its_start_to_its_end(case: Any, data: st.DataObject) -> None:
    schedules, starts_at, minutes, overrides = case
    span = st.timedeltas(timedelta(0), minutes * MINUTE)
    first, second = sorted((starts_at + data.draw(span), starts_at + data.draw(span)))
    if first == second:
        return
    microsecond = timedelta(microseconds=1)
    wins = Override("last", "primary", "erin", first, second)
    with_it = (*overrides, wins)
    for instant in (first, first + (second - first) / 2, second - microsecond):
        answer = who_is_on_call(schedules, "primary", instant, with_it)
        assert answer.people == ("erin",)
        assert answer.until is not None and answer.until <= second
    for instant in (first - microsecond, second):
        answer = who_is_on_call(schedules, "primary", instant, with_it)
        assert answer.people == who_is_on_call(schedules, "primary", instant, overrides).people


@given(cases())
@settings(relaxed, max_examples=60)
def test_the_next_shift_is_the_first_of_other_people_in_a_long_span(case: Any) -> None:
    schedules, now, _, overrides = case
    for key in KEYS:
        people = who_is_on_call(schedules, key, now, overrides).people
        later = shifts(schedules, key, now, now + 30 * DAY, overrides)
        expected = next((s for s in later if s.people != people), None)
        found = next_shift(schedules, key, now, overrides)
        if expected is None:
            assert found is None or found.starts_at >= now + 30 * DAY
        else:
            assert found is not None
            assert (found.starts_at, found.people, found.by) == (
                expected.starts_at,
                expected.people,
                expected.by,
            )
            assert min(found.ends_at, now + 30 * DAY) == expected.ends_at


@pytest.mark.parametrize("time_zone", ZONES)
def test_a_year_of_weeks_hands_off_at_nine_in_every_zone(time_zone: str) -> None:
    rotation = Rotation((("alice",), ("bob",), ("carol",)), starts=date(2025, 1, 1), handoff_day=0)
    schedules = {"primary": Schedule("primary", time_zone=time_zone, layers=(Layer(rotation),))}
    starts_at = datetime(2026, 1, 1, tzinfo=UTC)
    found = shifts(schedules, "primary", starts_at, starts_at + 365 * DAY, ())
    assert len(found) == 53
    for shift in found[1:]:
        shown = shift.starts_at.astimezone(zone(time_zone))
        assert (shown.weekday(), shown.time()) == (0, time(9))
    following = {"alice": "bob", "bob": "carol", "carol": "alice"}
    for left, right in pairwise(found):
        assert right.people[0] == following[left.people[0]]
