"""Turns: handoffs keep local time, turns follow each other, edits leave the others in order."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.oncall.rotation import begins_at, following, keep_turn, turn_at
from tocsin.core.oncall.schedule import Rotation, Unit
from tocsin.core.oncall.wall_clock import FOREVER, zone

ALICE, BOB, CAROL, DAN = ("alice",), ("bob",), ("carol",), ("dan",)
ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def handoffs(rotation: Rotation, time_zone: str, start: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        turn = turn_at(rotation, time_zone, start)
        assert turn is not None
        start = turn.ends_at
        found.append(start)
    return found


def test_the_first_turn_begins_at_midnight_of_starts_and_lasts_to_the_second_handoff() -> None:
    rotation = Rotation((ALICE, BOB), starts=date(2026, 6, 3), handoff_day=0)  # a Wednesday; Mondays 09:00
    assert begins_at(rotation, "Europe/Berlin") == at("2026-06-02 22:00")
    assert turn_at(rotation, "Europe/Berlin", at("2026-06-02 21:59")) is None
    first = turn_at(rotation, "Europe/Berlin", at("2026-06-02 22:00"))
    assert first is not None
    assert (first.number, first.people) == (0, ALICE)
    assert (first.starts_at, first.ends_at) == (at("2026-06-02 22:00"), at("2026-06-15 07:00"))
    second = turn_at(rotation, "Europe/Berlin", first.ends_at)
    assert second is not None
    assert (second.number, second.people) == (1, BOB)


def test_a_weekly_handoff_keeps_its_local_time_across_both_clock_changes() -> None:
    rotation = Rotation((ALICE, BOB), starts=date(2026, 1, 5), handoff_day=0)
    spring = handoffs(rotation, "Europe/Berlin", at("2026-03-20 12:00"), 2)
    autumn = handoffs(rotation, "Europe/Berlin", at("2026-10-14 12:00"), 2)
    assert spring == [at("2026-03-23 08:00"), at("2026-03-30 07:00")]
    assert autumn == [at("2026-10-19 07:00"), at("2026-10-26 08:00")]


def test_a_handoff_at_a_skipped_time_moves_to_the_next_existing_one() -> None:
    daily = Rotation((ALICE, BOB), starts=date(2026, 3, 1), unit=Unit.DAY, handoff_at=time(2, 30))
    assert handoffs(daily, "America/New_York", at("2026-03-07 12:00"), 2) == [
        at("2026-03-08 07:00"),  # 03:00, as 02:30 does not exist
        at("2026-03-09 06:30"),
    ]
    half_hour = msgspec.structs.replace(daily, handoff_at=time(2, 15))
    assert handoffs(half_hour, "Australia/Lord_Howe", at("2026-10-03 12:00"), 1) == [at("2026-10-03 15:30")]


def test_a_handoff_at_a_doubled_time_is_its_first() -> None:
    daily = Rotation((ALICE, BOB), starts=date(2026, 3, 1), unit=Unit.DAY, handoff_at=time(1, 30))
    assert handoffs(daily, "America/New_York", at("2026-11-01 04:00"), 2) == [
        at("2026-11-01 05:30"),
        at("2026-11-02 06:30"),
    ]


def test_a_day_that_never_was_has_no_turn_of_its_own() -> None:
    daily = Rotation((ALICE, BOB, CAROL), starts=date(2011, 12, 28), unit=Unit.DAY, handoff_at=time(0))
    # Apia went from the 29th to the 31st: the 30th's turn has no length.
    on_29 = turn_at(daily, "Pacific/Apia", at("2011-12-30 09:59"))
    on_31 = turn_at(daily, "Pacific/Apia", at("2011-12-30 10:00"))
    assert on_29 is not None and on_31 is not None
    assert (on_29.people, on_31.people) == (BOB, ALICE)
    assert (on_29.number, on_31.number) == (1, 3)


def test_twelve_hour_turns_keep_their_local_times() -> None:
    rotation = Rotation((ALICE, BOB), starts=date(2026, 3, 27), every=12, unit=Unit.HOUR)
    assert handoffs(rotation, "Europe/Berlin", at("2026-03-28 10:00"), 3) == [
        at("2026-03-28 20:00"),
        at("2026-03-29 07:00"),  # eleven hours later, 09:00 again
        at("2026-03-29 19:00"),
    ]


def test_monthly_turns_keep_their_day_or_take_the_months_last() -> None:
    rotation = Rotation((ALICE, BOB), starts=date(2026, 1, 31), unit=Unit.MONTH)
    assert handoffs(rotation, "UTC", at("2026-02-01 00:00"), 3) == [
        at("2026-02-28 09:00"),
        at("2026-03-31 09:00"),
        at("2026-04-30 09:00"),
    ]


def test_every_third_week_hands_off_every_third_week() -> None:
    rotation = Rotation((ALICE, BOB), starts=date(2026, 6, 1), every=3, handoff_day=4, handoff_at=time(17))
    assert handoffs(rotation, "UTC", at("2026-06-05 17:00"), 2) == [
        at("2026-06-26 17:00"),
        at("2026-07-17 17:00"),
    ]


def test_until_cuts_a_running_turn() -> None:
    rotation = Rotation((ALICE, BOB), starts=date(2026, 6, 1), until=at("2026-06-10 12:00"))
    last = turn_at(rotation, "UTC", at("2026-06-10 11:59"))
    assert last is not None
    assert (last.people, last.ends_at) == (BOB, at("2026-06-10 12:00"))
    assert turn_at(rotation, "UTC", at("2026-06-10 12:00")) is None


def test_first_says_who_has_the_first_turn() -> None:
    rotation = Rotation((ALICE, BOB, CAROL), starts=date(2026, 6, 1), first=2)
    people = [turn_at(rotation, "UTC", at("2026-06-01 10:00") + timedelta(weeks=n)) for n in range(4)]
    assert [turn.people for turn in people if turn] == [CAROL, ALICE, BOB, CAROL]


def test_a_rotation_without_people_has_turns_of_nobody() -> None:
    turn = turn_at(Rotation((), starts=date(2026, 6, 1)), "UTC", at("2026-06-02 00:00"))
    assert turn is not None
    assert turn.people == ()


def test_a_turn_longer_than_the_calendar_never_ends() -> None:
    for unit in Unit:
        rotation = Rotation((ALICE, BOB), starts=date(2026, 6, 1), every=10**9, unit=unit)
        turn = turn_at(rotation, "UTC", at("2027-01-01 00:00"))
        assert turn is not None
        assert (turn.people, turn.ends_at) == (ALICE, FOREVER)


@pytest.mark.parametrize("wrong", [{"every": 0}, {"every": -1}, {"handoff_day": 7}])
def test_a_rotation_that_cannot_turn_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        Rotation((ALICE,), starts=date(2026, 6, 1), **wrong)  # type: ignore[arg-type]


rotations = st.builds(
    Rotation,
    people=st.lists(st.sampled_from([ALICE, BOB, CAROL, DAN, ("alice", "bob")]), min_size=1, max_size=5).map(
        tuple
    ),
    starts=st.dates(date(2019, 1, 1), date(2030, 1, 1)),
    every=st.integers(1, 5),
    unit=st.sampled_from(Unit),
    handoff_at=st.times(),
    handoff_day=st.none() | st.integers(0, 6),
    first=st.integers(0, 4),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))


@given(rotations, st.sampled_from(ZONES), moments)
@settings(max_examples=300, deadline=None)
def test_the_turn_found_holds_the_instant_and_touches_its_neighbour(
    rotation: Rotation, time_zone: str, instant: datetime
) -> None:
    turn = turn_at(rotation, time_zone, instant)
    if turn is None:
        assert instant < begins_at(rotation, time_zone)
        return
    assert turn.starts_at <= instant < turn.ends_at
    after = turn_at(rotation, time_zone, turn.ends_at)
    assert after is not None
    assert after.starts_at == turn.ends_at
    assert after.number > turn.number
    assert turn_at(rotation, time_zone, turn.ends_at - timedelta(microseconds=1)) == turn


@given(rotations, st.sampled_from(ZONES), moments)
@settings(max_examples=300, deadline=None)
def test_a_handoff_shows_its_local_time_unless_that_time_is_skipped(
    rotation: Rotation, time_zone: str, instant: datetime
) -> None:
    turn = turn_at(rotation, time_zone, instant)
    if turn is None or rotation.unit is Unit.HOUR:
        return
    shown = turn.ends_at.astimezone(zone(time_zone))
    meant = datetime.combine(shown.date(), rotation.handoff_at, shown.tzinfo)
    if meant.astimezone(UTC).astimezone(shown.tzinfo).time() == rotation.handoff_at:
        assert shown.time() == rotation.handoff_at
        assert shown.fold == 0
    else:
        assert shown.time() > rotation.handoff_at


def test_those_who_follow_are_named_in_order_and_the_turns_own_last() -> None:
    assert following(Rotation((ALICE, BOB, CAROL), starts=date(2026, 6, 1)), 1) == [CAROL, ALICE, BOB]


class TestAnEdit:
    """alice, bob, carol, dan take weeks from 2026-06-01; it is carol's."""

    old = Rotation((ALICE, BOB, CAROL, DAN), starts=date(2026, 6, 1))
    now = at("2026-06-17 12:00")

    def weeks(self, people: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
        new = msgspec.structs.replace(self.old, people=people)
        kept = keep_turn(self.old, new, "UTC", self.now)
        assert kept.people == people
        turns = [turn_at(kept, "UTC", self.now + timedelta(weeks=n)) for n in range(4)]
        return [turn.people for turn in turns if turn]

    def test_removing_a_person_leaves_the_rest_in_order(self) -> None:
        assert self.weeks((ALICE, CAROL, DAN)) == [CAROL, DAN, ALICE, CAROL]
        assert self.weeks((BOB, CAROL, DAN)) == [CAROL, DAN, BOB, CAROL]
        assert self.weeks((ALICE, BOB, CAROL)) == [CAROL, ALICE, BOB, CAROL]

    def test_removing_whoever_has_the_turn_passes_it_to_the_next(self) -> None:
        assert self.weeks((ALICE, BOB, DAN)) == [DAN, ALICE, BOB, DAN]

    def test_adding_a_person_leaves_the_turn_where_it_is(self) -> None:
        assert self.weeks((ALICE, ("eve",), BOB, CAROL, DAN)) == [CAROL, DAN, ALICE, ("eve",)]

    def test_replacing_everybody_starts_over_the_new_list(self) -> None:
        assert set(self.weeks((("eve",), ("fay",)))) == {("eve",), ("fay",)}

    def test_a_plain_edit_keeps_the_order_too(self) -> None:
        new = msgspec.structs.replace(self.old, people=(ALICE, CAROL, DAN))
        turns = [turn_at(new, "UTC", self.now + timedelta(weeks=n)) for n in range(6)]
        people = [turn.people for turn in turns if turn]
        after: dict[tuple[str, ...], tuple[str, ...]] = {ALICE: CAROL, CAROL: DAN, DAN: ALICE}
        assert all(later == after[earlier] for earlier, later in pairwise(people))

    def test_a_person_listed_twice_keeps_the_right_one_of_two_places(self) -> None:
        old = msgspec.structs.replace(self.old, people=(ALICE, BOB, ALICE, CAROL))  # now the second alice's
        new = msgspec.structs.replace(self.old, people=(ALICE, ALICE, CAROL))
        kept = keep_turn(old, new, "UTC", self.now)
        turns = [turn_at(kept, "UTC", self.now + timedelta(weeks=n)) for n in range(3)]
        assert [turn.people for turn in turns if turn] == [ALICE, CAROL, ALICE]


@given(
    st.permutations([ALICE, BOB, CAROL, DAN]),
    st.integers(0, 3),
    st.integers(0, 500),
)
@settings(max_examples=200, deadline=None)
def test_removing_anyone_at_any_time_leaves_the_rest_in_order(
    people: list[tuple[str, ...]], gone: int, days: int
) -> None:
    old = Rotation(tuple(people), starts=date(2026, 1, 1))
    now = at("2026-01-01 12:00") + timedelta(days=days)
    rest = tuple(group for index, group in enumerate(people) if index != gone)
    new = keep_turn(old, msgspec.structs.replace(old, people=rest), "Europe/Berlin", now)

    def coming(rotation: Rotation, weeks: int) -> list[tuple[str, ...]]:
        turns = [turn_at(rotation, "Europe/Berlin", now + timedelta(weeks=n)) for n in range(weeks)]
        return [turn.people for turn in turns if turn]

    assert coming(new, 3) == [group for group in coming(old, 4) if group != people[gone]]
