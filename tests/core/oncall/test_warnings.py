"""What is warned of before it bites: each with its numbers, what helps, and who could step in."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.goals import Goals
from tocsin.core.oncall.schedule import Layer, Override, OverrideKind, Restriction, Rotation, Schedule, Unit
from tocsin.core.oncall.warnings import Level, OnCallWarning, is_reachable, warnings
from tocsin.core.people import ContactMethod, NotifyRule, Person, Team
from tocsin.core.reasons import Reason

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)  # a Monday
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FOUR = ("alice", "bob", "carol", "dan")
NIGHTLY = Restriction(start=time(20), end=time(8))
DAILY = Restriction(start=time(8), end=time(20))


def person(key: str, verified: bool = True, **more) -> Person:
    method = ContactMethod("hook", "webhook", "https://hooks.invalid/x", verified=verified)
    return Person(key, key.title(), **{"contact": (method,), "notify_high": (NotifyRule("hook"),), **more})


def weekly(*people: str, **more) -> Layer:
    return Layer(Rotation(tuple((p,) for p in people), starts=date(2026, 6, 1), handoff_day=0), **more)


def daily(*people: str, **more) -> Layer:
    turns = Rotation(tuple((p,) for p in people), starts=date(2026, 6, 1), unit=Unit.DAY, handoff_at=time(8))
    return Layer(turns, **more)


def primary(*layers: Layer) -> Schedule:
    return Schedule("primary", team="platform", layers=layers or (weekly(*FOUR),))


def house(*schedules: Schedule, **more) -> Configuration:
    """Four who share a rotation in turns of a week: nothing to warn of."""
    calm = Configuration(
        people={key: person(key) for key in (*FOUR, "erin")},
        teams={"platform": Team("platform", members=FOUR), "data": Team("data", members=("erin",))},
        schedules={each.key: each for each in schedules or (primary(),)},
    )
    return replace(calm, **more)


def only(facts: Configuration, reason: Reason) -> list[OnCallWarning]:
    return [warning for warning in warnings(facts, NOW) if warning.reason is reason]


def the(facts: Configuration, reason: Reason) -> OnCallWarning:
    (found,) = only(facts, reason)
    return found


def free(person_key: str, begin: timedelta, length: timedelta) -> Override:
    """They are taken out, and nobody comes in their place."""
    return Override("o1", "primary", person_key, NOW + begin, NOW + begin + length, OverrideKind.REMOVE)


def test_four_people_in_turns_of_a_week_have_nothing_to_worry_about() -> None:
    assert warnings(house(), NOW) == []


# -- gaps -------------------------------------------------------------------------------------------------------------


def test_a_gap_says_when_how_long_and_who_is_free_then() -> None:
    gap = the(house(overrides=(free("bob", WEEK + DAY, timedelta(hours=5)),)), Reason.GAP_AHEAD)
    assert gap.text == "Nobody is on call on primary from Tue 09 Jun 09:00 for 5 h."
    assert (gap.starts_at, gap.ends_at) == (NOW + WEEK + DAY, NOW + WEEK + DAY + timedelta(hours=5))
    assert [proposal.person for proposal in gap.proposals] == ["bob", "alice", "carol"]
    assert [proposal.hours for proposal in gap.proposals] == [331, 336, 336]


def test_what_is_open_every_night_is_one_warning_and_keeps_its_name() -> None:
    facts = house(primary(weekly(*FOUR, restrictions=(DAILY,))))
    gap = the(facts, Reason.GAP_AHEAD)
    assert (gap.times, "55 more times" in gap.text) == (56, True)
    (tomorrow,) = (w for w in warnings(facts, NOW + DAY) if w.reason is Reason.GAP_AHEAD)
    assert tomorrow.id == gap.id


# -- who cannot be reached --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bob", "words"),
    [
        (person("bob", verified=False), "no verified contact method"),
        (person("bob", notify_high=()), "without any rule for high urgency"),
        (person("bob", notify_high=(NotifyRule("gone"),)), "no verified contact method"),
    ],
)
def test_who_is_on_call_and_cannot_be_reached_is_named(bob: Person, words: str) -> None:
    facts = house()
    warning = the(replace(facts, people={**facts.people, "bob": bob}), Reason.UNREACHABLE_ON_CALL)
    assert (warning.people, words in warning.text) == (("bob",), True)
    assert "bob" not in [proposal.person for proposal in warning.proposals]


def test_who_holds_no_shift_need_not_be_reachable() -> None:
    facts = house()
    assert (
        warnings(replace(facts, people={**facts.people, "erin": person("erin", verified=False)}), NOW) == []
    )
    assert not is_reachable(None)


# -- away -------------------------------------------------------------------------------------------------------------


def test_a_shift_on_leave_proposes_who_is_free_then() -> None:
    away = Leave("l1", "bob", NOW + 10 * DAY, NOW + 20 * DAY)
    carol_too = Leave("l2", "carol", NOW + 6 * DAY, NOW + 12 * DAY)
    warning = the(house(leaves=(away, carol_too)), Reason.ON_CALL_ON_LEAVE)
    assert warning.text == "Bob is on leave and on call on primary, from Thu 11 Jun 09:00, 96 h in all."
    assert [proposal.person for proposal in warning.proposals] == ["alice", "dan"]


def test_a_shift_on_a_holiday_is_a_note() -> None:
    facts = house(holidays={"DE": {date(2026, 6, 4): "Corpus Christi", date(2026, 6, 9): "Another"}})
    alice = person("alice", holidays="DE")
    note = the(replace(facts, people={**facts.people, "alice": alice}), Reason.ON_CALL_ON_HOLIDAY)
    assert note.level is Level.NOTE
    assert note.text == "Alice is on call on primary on a public holiday: Corpus Christi (Thu 04 Jun)."


# -- too much ---------------------------------------------------------------------------------------------------------


def test_who_is_on_two_schedules_at_once_is_booked_twice() -> None:
    other = Schedule("other", team="data", layers=(weekly("alice", "erin", "erin", "erin"),))
    warning = the(house(primary(), other), Reason.DOUBLE_BOOKED)
    assert warning.text == (
        "Alice is on call on other and on primary at once, from Mon 01 Jun 09:00, 336 h in all."
    )
    assert warning.times == 2


def test_more_than_one_week_in_four_says_what_helps_with_numbers() -> None:
    data = Schedule("data", team="data", layers=(weekly("erin"),))
    facts = house(primary(weekly("alice", "bob")), data)
    _, warning = only(facts, Reason.MORE_THAN_ONE_WEEK_IN_FOUR)
    assert warning.people == ("alice", "bob")
    assert warning.text == (
        "More than one week in four on call, of the next 8 weeks: Alice 50 % and Bob 50 %."
    )
    hire, share, cut = warning.helps
    assert hire == "Hire, or train more people: now 2 people at 50 %, with 1 more 33 %, with 2 more 25 %."
    assert share == "Share the rotation: one for this team and data (1 more person) is 33 % each."
    assert "paged in business hours alone (24 % of the week) it is 12 % each" in cut


def test_two_schedules_at_once_are_one_burden() -> None:
    """A whole week on both is a week, and one in four."""
    facts = house(primary(), Schedule("other", team="platform", layers=(weekly(*FOUR),)))
    assert only(facts, Reason.MORE_THAN_ONE_WEEK_IN_FOUR) == []


def test_too_little_rest_between_two_short_shifts_is_told_once_with_how_often() -> None:
    night = Schedule("night", team="platform", layers=(daily(*FOUR, restrictions=(NIGHTLY,)),))
    day = Schedule(
        "day", team="platform", layers=(daily("dan", "alice", "bob", "carol", restrictions=(DAILY,)),)
    )
    found = only(house(night, day), Reason.TOO_LITTLE_REST)
    alice = next(w for w in found if w.people == ("alice",))
    assert "Alice has 0 h between two shifts, on Tue 02 Jun 08:00 from night to day" in alice.text
    assert "14 times in all" in alice.text


def test_rest_is_the_teams_own_and_long_shifts_need_none() -> None:
    half = Schedule("half", team="platform", layers=(daily("alice", restrictions=(DAILY,)),))
    strict = {"platform": Team("platform", goals=Goals(rest=timedelta(hours=13)))}
    assert only(house(half), Reason.TOO_LITTLE_REST) == []  # 12 hours between one day's shift and the next
    assert len(only(house(half, teams=strict), Reason.TOO_LITTLE_REST)) == 1
    relieved = Override("o1", "primary", "bob", NOW + DAY, NOW + DAY + timedelta(hours=3))
    assert only(house(overrides=(relieved,)), Reason.TOO_LITTLE_REST) == []


def test_those_that_page_nobody_come_first_and_notes_last() -> None:
    facts = house(
        overrides=(free("carol", 15 * DAY, DAY),),
        leaves=(Leave("l1", "bob", NOW + 8 * DAY, NOW + 9 * DAY),),
        holidays={"DE": {date(2026, 6, 4): "Corpus Christi"}},
    )
    people = {**facts.people, "alice": person("alice", holidays="DE")}
    assert [w.reason for w in warnings(replace(facts, people=people), NOW)] == [
        Reason.GAP_AHEAD,
        Reason.ON_CALL_ON_LEAVE,
        Reason.ON_CALL_ON_HOLIDAY,
    ]
