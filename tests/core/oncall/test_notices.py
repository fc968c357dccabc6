"""Which shifts people are told of, and when."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.oncall.notices import (
    AT_LEAST_BETWEEN,
    LOOK_AGAIN,
    Due,
    Notice,
    due,
    next_at,
    told_key,
    words,
)
from tocsin.core.oncall.schedule import Layer, Override, Restriction, Rotation, Schedule, Unit

MONDAY = datetime(2026, 6, 8, 7, 0, tzinfo=UTC)  # 09:00 in Berlin
DAY = timedelta(days=1)


def schedule(*layers: Layer, key: str = "s") -> dict[str, Schedule]:
    return {key: Schedule(key, time_zone="Europe/Berlin", layers=layers)}


def turns(*people: str, every: int = 1, unit: Unit = Unit.WEEK) -> Rotation:
    day = 0 if unit is Unit.WEEK else None
    return Rotation(tuple((p,) for p in people), date(2026, 6, 8), every, unit, time(9), day)


WEEKLY = schedule(Layer(turns("alice", "bob")))


def told(
    schedules: dict[str, Schedule],
    since: datetime,
    now: datetime,
    overrides: tuple[Override, ...] = (),
    before: dict[str, datetime] | None = None,
) -> list[str]:
    found = due(schedules, "s", overrides, since, now, before or {})
    return [
        f"{d.at:%a %H:%M} {d.stretch.person} {d.kind.value}{' too late' if d.too_late else ''}" for d in found
    ]


def walked(
    schedules: dict[str, Schedule], since: datetime, until: datetime, overrides: tuple[Override, ...] = ()
) -> list[str]:
    """As the timer does: from one instant to the next."""
    said, seen = [], {}
    at = since
    while (then := next_at(schedules, "s", overrides, at)) <= until:
        assert then > at
        for moment in due(schedules, "s", overrides, at, then, seen):
            seen[told_key(moment.kind, moment.stretch.person)] = moment.at
            said.append(f"{moment.at:%a %H:%M} {moment.stretch.person} {moment.kind.value}")
        at = then
    return said


def test_a_weekly_shift_is_told_a_day_before_at_its_start_and_at_its_end() -> None:
    assert walked(WEEKLY, MONDAY, MONDAY + timedelta(days=7)) == [
        "Sun 07:00 bob ahead",
        "Mon 07:00 bob begins",
        "Mon 07:00 alice ends",
    ]


def test_whoever_goes_on_is_told_nothing_at_the_handoff() -> None:
    assert walked(schedule(Layer(turns("alice", "alice", "bob"))), MONDAY, MONDAY + 12 * DAY) == []


def test_a_shift_that_an_override_splits_in_name_only_is_one() -> None:
    again = Override("o", "s", "alice", MONDAY + DAY, MONDAY + 2 * DAY)
    assert walked(WEEKLY, MONDAY, MONDAY + 5 * DAY, (again,)) == []


def test_somebody_who_stands_in_is_told_and_so_is_who_comes_back() -> None:
    stands_in = Override("o", "s", "carol", MONDAY + 2 * DAY, MONDAY + 3 * DAY, replaces="alice")
    assert walked(WEEKLY, MONDAY, MONDAY + 4 * DAY, (stands_in,)) == [
        "Tue 07:00 carol ahead",
        "Wed 07:00 alice ahead",
        "Wed 07:00 carol begins",
        "Wed 07:00 alice ends",
        "Thu 07:00 alice begins",
        "Thu 07:00 carol ends",
    ]


def test_the_nights_of_a_schedule_for_business_hours_do_not_part_a_week() -> None:
    hours = Restriction((0, 1, 2, 3, 4), time(9), time(17))
    office = schedule(Layer(turns("alice", "bob"), restrictions=(hours,)))
    assert walked(office, MONDAY, MONDAY + timedelta(days=7)) == [
        "Fri 15:00 alice ends",
        "Sun 07:00 bob ahead",
        "Mon 07:00 bob begins",
    ]


def test_daily_turns_are_told_each_day() -> None:
    daily = schedule(Layer(turns("alice", "bob", unit=Unit.DAY)))
    assert walked(daily, MONDAY, MONDAY + DAY) == [
        "Tue 07:00 alice ahead",
        "Tue 07:00 bob begins",
        "Tue 07:00 alice ends",
    ]


def test_hourly_turns_do_not_ring_by_the_hour() -> None:
    hourly = schedule(Layer(turns("alice", "bob", unit=Unit.HOUR)))
    said = walked(hourly, MONDAY, MONDAY + DAY)
    for kind, most in ((Notice.AHEAD, 2), (Notice.BEGINS, 6), (Notice.ENDS, 6)):
        assert len([each for each in said if each.endswith(f"alice {kind.value}")]) <= most
    assert [each for each in said if "alice ahead" in each]


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (
            timedelta(hours=2),
            ["Sun 07:00 bob ahead too late", "Mon 07:00 bob begins", "Mon 07:00 alice ends"],
        ),
        (
            timedelta(hours=2, seconds=1),
            [
                "Sun 07:00 bob ahead too late",
                "Mon 07:00 bob begins too late",
                "Mon 07:00 alice ends too late",
            ],
        ),
    ],
)
def test_after_an_outage_a_start_is_told_for_two_hours(late: timedelta, said: list[str]) -> None:
    handoff = MONDAY + timedelta(days=7)
    assert sorted(told(WEEKLY, MONDAY + DAY, handoff + late)) == sorted(said)


def test_after_an_outage_the_day_before_is_told_until_the_shift_begins() -> None:
    handoff = MONDAY + timedelta(days=7)
    assert told(WEEKLY, MONDAY + DAY, handoff - timedelta(minutes=1)) == ["Sun 07:00 bob ahead"]


def test_what_follows_too_soon_on_another_of_its_kind_is_left_out() -> None:
    before = {told_key(Notice.AHEAD, "bob"): MONDAY + timedelta(days=5, hours=12)}
    sunday = MONDAY + timedelta(days=6)
    assert told(WEEKLY, sunday - DAY / 2, sunday, before=before) == []


def test_nothing_is_asked_later_than_in_a_day() -> None:
    assert next_at(WEEKLY, "s", (), MONDAY) == MONDAY + LOOK_AGAIN
    assert next_at({}, "s", (), MONDAY) == MONDAY + LOOK_AGAIN


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["alice", "bob", "carol"]), min_size=2, max_size=5),
    st.sampled_from([(6, Unit.HOUR), (12, Unit.HOUR), (1, Unit.DAY), (1, Unit.WEEK)]),
    st.lists(st.integers(1, 60), min_size=1, max_size=6),
)
def test_the_same_is_told_however_often_somebody_looks(
    people: list[str], length: tuple[int, Unit], looks: list[int]
) -> None:
    schedules = schedule(Layer(turns(*people, every=length[0], unit=length[1])))
    until = MONDAY + timedelta(days=9)
    once = walked(schedules, MONDAY, until)
    seen: dict[str, datetime] = {}
    said: list[str] = []
    at = MONDAY
    instants = sorted({MONDAY + timedelta(hours=2 * sum(looks[: n + 1])) for n in range(len(looks))})
    steps = [then for then in instants if then < until]
    while at < until:
        then = min([next_at(schedules, "s", (), at), until, *[step for step in steps if step > at]])
        for moment in due(schedules, "s", (), at, then, seen):
            seen[told_key(moment.kind, moment.stretch.person)] = moment.at
            said.append(f"{moment.at:%a %H:%M} {moment.stretch.person} {moment.kind.value}")
        at = then
    assert said == once
    for kind, pause in AT_LEAST_BETWEEN.items():
        assert pause > timedelta(0), kind


def test_the_words_are_in_the_readers_own_time() -> None:
    (ahead,) = due(WEEKLY, "s", (), MONDAY + 5 * DAY, MONDAY + 6 * DAY, {})
    said = words(ahead, "platform-primary", "America/New_York", MONDAY + 6 * DAY)
    assert said.title == "Your shift on platform-primary begins in a day"
    assert said.text == (
        "You are on call for platform-primary from Mon 15 Jun 03:00 until Mon 22 Jun 03:00 (America/New_York)."
    )


def test_a_notice_has_one_name_however_it_was_found() -> None:
    handoff = MONDAY + timedelta(days=7)
    first: list[Due] = due(WEEKLY, "s", (), handoff - DAY / 2, handoff, {})
    again = due(WEEKLY, "s", (), handoff - timedelta(minutes=1), handoff + timedelta(minutes=5), {})
    assert [d.id for d in first] == [d.id for d in again]
