"""The shifts of random schedules against a twin that looks at the wall clock every minute and walks turn by turn."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.oncall.drawn import ZONES, Case, cases, relaxed, with_former
from tests.core.oncall.twin import DAY, KEYS, MINUTE, Answer, Twin
from tocsin.core.oncall.schedule import Layer, Override, Rotation, Schedule, Shift
from tocsin.core.oncall.shifts import gaps, layers_of, next_shift, shifts, who_is_on_call
from tocsin.core.oncall.wall_clock import zone


def people_by_minute(found: list[Shift], starts_at: datetime, minutes: int) -> list[Shift | None]:
    held: list[Shift | None] = [None] * minutes
    for shift in found:
        first, end = (shift.starts_at - starts_at) // MINUTE, (shift.ends_at - starts_at) // MINUTE
        held[first:end] = [shift] * (end - first)
    assert len(held) == minutes
    return held


# -- the properties -------------------------------------------------------------------------------------------------


@given(cases())
@settings(relaxed, max_examples=80)
def test_shifts_are_what_the_wall_clock_says_every_minute(case: Case) -> None:
    schedules, starts_at, minutes, overrides = case
    twin = Twin(schedules, starts_at, minutes, overrides)
    ends_at = starts_at + minutes * MINUTE
    found = {
        key: people_by_minute(shifts(schedules, key, starts_at, ends_at, overrides), starts_at, minutes)
        for key in KEYS
    }
    for n in range(minutes):
        expected = twin.at(n)
        for key in KEYS:
            shift = found[key][n]
            if shift is None:
                assert not expected[key].people, (key, twin.minutes[n])
            else:
                assert Answer([*shift.people], [*shift.shadows]) == expected[key], (key, twin.minutes[n])
                assert not set(shift.people) & set(shift.shadows)


@given(cases())
@settings(relaxed, max_examples=40)
def test_who_looks_on_is_told_where_nobody_is_on_call_too(case: Case) -> None:
    schedules, starts_at, minutes, overrides = case
    twin = Twin(schedules, starts_at, minutes, overrides)
    for n in range(0, minutes, 97):
        answer = who_is_on_call(schedules, "primary", twin.minutes[n], overrides)
        assert Answer([*answer.people], [*answer.shadows]) == twin.of("primary", n)


@given(cases())
@settings(relaxed, max_examples=60)
def test_a_derived_seat_never_has_anybody_of_the_seats_it_is_derived_from(case: Case) -> None:
    schedules, starts_at, minutes, overrides = case
    for n in range(0, minutes, 53):
        at = starts_at + n * MINUTE
        on_call = {key: set(who_is_on_call(schedules, key, at, overrides).people) for key in KEYS}
        derived = all(at >= each.until for each in schedules["secondary"].former)
        assert not on_call["secondary"] & on_call["tertiary"]
        assert not derived or not on_call["primary"] & (on_call["secondary"] | on_call["tertiary"])


@given(cases(), st.data())
@settings(relaxed, max_examples=60)
def test_an_edit_leaves_the_past_as_it_was(case: Case, data: st.DataObject) -> None:
    """Whatever the primary becomes from an instant on, each seat answers as before up to then."""
    schedules, starts_at, minutes, overrides = case
    at = starts_at + data.draw(st.integers(0, minutes)) * MINUTE
    other = data.draw(cases())[0]["primary"]
    before = schedules["primary"]
    former = tuple(each for each in before.former if each.until < at)
    holds = next((each.schedule for each in before.former if each.until >= at), before)
    edited = with_former(other, [*((each.until, each.schedule) for each in former), (at, holds)])
    after = {**schedules, "primary": edited}
    for key in KEYS:
        was = shifts(schedules, key, starts_at, at, overrides)
        assert shifts(after, key, starts_at, at, overrides) == was
        assert gaps(after, key, starts_at, at, overrides) == gaps(schedules, key, starts_at, at, overrides)


@given(cases())
@settings(relaxed, max_examples=40)
def test_what_layers_say_alone_covers_every_shift_without_overrides(case: Case) -> None:
    schedules, starts_at, minutes, _ = case
    ends_at = starts_at + minutes * MINUTE
    for key in KEYS:
        drawn = layers_of(schedules, key, starts_at, ends_at, ())
        assert all(a.ends_at <= b.starts_at for layer in drawn for a, b in pairwise(layer.shifts)), (
            "a layer overlaps itself"
        )
        for shift in shifts(schedules, key, starts_at, ends_at, ()):
            middle = shift.starts_at + (shift.ends_at - shift.starts_at) / 2
            named = {
                person
                for layer in drawn
                if not layer.shadow
                for each in layer.shifts
                if each.starts_at <= middle < each.ends_at
                for person in each.people
            }
            assert set(shift.people) <= named


@given(cases(), st.data())
@settings(relaxed, max_examples=80)
def test_the_answer_at_an_instant_is_that_of_the_span(case: Case, data: st.DataObject) -> None:
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
                assert [(s.people, s.by, s.shadows) for s in holding] == [
                    (answer.people, answer.by, answer.shadows)
                ]
            else:
                assert holding == []
            if answer.until is not None:
                assert answer.until > instant
                last = min(answer.until, ends_at) - timedelta(microseconds=1)
                assert who_is_on_call(schedules, key, last, overrides).people == answer.people


@given(cases())
@settings(relaxed, max_examples=80)
def test_shifts_and_gaps_tile_the_span(case: Case) -> None:
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
        assert all((a.people, a.by, a.shadows) != (b.people, b.by, b.shadows) for a, b in touching)
        assert all(shift.people for shift in found)
        assert all(len(set(shift.people)) == len(shift.people) for shift in found)


@given(cases(), st.data())
@settings(relaxed, max_examples=80)
def test_a_span_in_two_parts_has_the_same_shifts(case: Case, data: st.DataObject) -> None:
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
            same = last and (last.people, last.by, last.shadows) == (shift.people, shift.by, shift.shadows)
            if last and same and last.ends_at == shift.starts_at:
                joined[-1] = Shift(last.starts_at, shift.ends_at, shift.people, shift.by, shift.shadows)
            else:
                joined.append(shift)
        assert joined == shifts(schedules, key, starts_at, ends_at, overrides)


@given(cases(), st.data())
@settings(relaxed, max_examples=80)
def test_an_override_holds_exactly_from_its_start_to_its_end(case: Case, data: st.DataObject) -> None:
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
def test_the_next_shift_is_the_first_of_other_people_in_a_long_span(case: Case) -> None:
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
