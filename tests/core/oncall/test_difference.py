"""What an edit changes: who gains, who loses, which gaps open and close. It adds up with the shifts themselves."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings

from tests.core.oncall.drawn import Case, cases, relaxed
from tests.core.oncall.twin import KEYS, MINUTE
from tocsin.core.oncall.difference import difference, said
from tocsin.core.oncall.schedule import Gap, Layer, Override, Restriction, Rotation, Schedule, Shift
from tocsin.core.oncall.shifts import gaps, shifts

MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = 7 * DAY


def weekly(*people: str, key: str = "primary", **more: object) -> Schedule:
    rotation = Rotation(tuple((person,) for person in people), date(2026, 6, 1), handoff_day=0)
    return Schedule(key, layers=(Layer(rotation, **more),))  # type: ignore[arg-type]


def test_who_joins_gains_what_the_others_lose() -> None:
    before, after = {"primary": weekly("alice", "bob")}, {"primary": weekly("alice", "bob", "carol")}
    (found,) = difference(before, after, MONDAY, MONDAY + 6 * WEEK, ())
    assert [(load.person, load.gained // WEEK) for load in found.loads] == [
        ("carol", 2),
        ("alice", -1),
        ("bob", -1),
    ]
    assert said(found)[0] == "carol: 0 h -> 336 h, 0 shifts -> 2 (+336 h)"


def test_nothing_is_said_of_an_edit_that_changes_nobodys_shifts() -> None:
    assert (
        difference({"a": weekly("alice")}, {"a": weekly("alice", name="week")}, MONDAY, MONDAY + WEEK, ())
        == ()
    )


def test_those_who_only_change_places_are_named_with_nothing_gained() -> None:
    before, after = {"primary": weekly("alice", "bob")}, {"primary": weekly("bob", "alice")}
    (found,) = difference(before, after, MONDAY, MONDAY + 2 * WEEK, ())
    assert [(load.person, load.gained) for load in found.loads] == [("alice", 0 * DAY), ("bob", 0 * DAY)]
    assert [(each.before, each.after) for each in found.moved] == [
        (("alice",), ("bob",)),
        (("bob",), ("alice",)),
    ]


def test_a_restriction_opens_gaps_and_taking_it_away_closes_them() -> None:
    nights = Restriction(start=time(20), end=time(8))
    always, at_night = {"primary": weekly("alice")}, {"primary": weekly("alice", restrictions=(nights,))}
    (opened,) = difference(always, at_night, MONDAY, MONDAY + 2 * DAY, ())
    hours = timedelta(hours=1)
    assert opened.opened == (
        Gap(MONDAY, MONDAY + 11 * hours),
        Gap(MONDAY + 23 * hours, MONDAY + 35 * hours),
        Gap(MONDAY + 47 * hours, MONDAY + 2 * DAY),
    )
    (closed,) = difference(at_night, always, MONDAY, MONDAY + 2 * DAY, ())
    assert (closed.closed, closed.opened) == (opened.opened, ())


def test_the_derived_secondary_changes_with_its_primary() -> None:
    derived = Schedule("secondary", secondary_of="primary")
    before = {"primary": weekly("alice", "bob"), "secondary": derived}
    after = {"primary": weekly("alice", "carol"), "secondary": derived}
    assert [each.schedule for each in difference(before, after, MONDAY, MONDAY + WEEK, ())] == ["secondary"]


def test_a_schedule_that_is_removed_leaves_no_gap_but_hours_lost() -> None:
    (found,) = difference({"primary": weekly("alice")}, {}, MONDAY, MONDAY + WEEK, ())
    assert (found.opened, found.loads[0].gained) == ((), -WEEK)


def test_an_override_that_comes_is_a_difference_too() -> None:
    schedules = {"primary": weekly("alice")}
    cover = Override("o", "primary", "bob", MONDAY, MONDAY + DAY)
    (found,) = difference(schedules, schedules, MONDAY, MONDAY + WEEK, (), (cover,))
    assert [(load.person, load.gained) for load in found.loads] == [("bob", DAY), ("alice", -DAY)]


@given(cases(), cases())
@settings(relaxed, max_examples=40)
def test_it_adds_up_with_the_shifts_before_and_after(one: Case, other: Case) -> None:
    before, starts_at, minutes, overrides = one
    after, ends_at = other[0], starts_at + minutes * MINUTE
    found = {each.schedule: each for each in difference(before, after, starts_at, ends_at, overrides)}
    for key in KEYS:
        was = shifts(before, key, starts_at, ends_at, overrides)
        becomes = shifts(after, key, starts_at, ends_at, overrides)
        if key not in found:
            assert at_each(was) == at_each(becomes)
            continue
        for load in found[key].loads:
            assert load.before == hours(was, load.person)
            assert load.after == hours(becomes, load.person)
        named = {load.person for load in found[key].loads}
        for person in {person for s in (*was, *becomes) for person in s.people} - named:
            assert hours(was, person) == hours(becomes, person)
        holes = sum(
            (g.ends_at - g.starts_at for g in gaps(after, key, starts_at, ends_at, overrides)), 0 * DAY
        )
        holes -= sum(
            (g.ends_at - g.starts_at for g in gaps(before, key, starts_at, ends_at, overrides)), 0 * DAY
        )
        opened = sum((g.ends_at - g.starts_at for g in found[key].opened), 0 * DAY)
        closed = sum((g.ends_at - g.starts_at for g in found[key].closed), 0 * DAY)
        assert holes == opened - closed


def hours(found: list[Shift], person: str) -> timedelta:
    return sum((s.ends_at - s.starts_at for s in found if person in s.people), timedelta(0))


def at_each(found: list[Shift]) -> list[tuple[datetime, datetime, frozenset[str]]]:
    """The shifts by their people alone, neighbours of the same people joined."""
    joined: list[tuple[datetime, datetime, frozenset[str]]] = []
    for shift in found:
        people = frozenset(shift.people)
        if joined and joined[-1][1:] == (shift.starts_at, people):
            joined[-1] = (joined[-1][0], shift.ends_at, people)
        else:
            joined.append((shift.starts_at, shift.ends_at, people))
    return joined
