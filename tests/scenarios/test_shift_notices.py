"""Everybody is told a day before a shift, at its start and at its end; never twice, and never lost."""

from datetime import timedelta

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import START, House
from tests.scenarios.person import Person
from tocsin.control.requests import PutPreferences, WantedRule
from tocsin.core.reasons import Reason

HANDOFF = START + timedelta(days=7)
DAY = timedelta(days=1)
HOOK = (WantedRule("hook"),)


def test_a_shift_is_told_a_day_before_at_its_start_and_at_its_end(
    house: House, alice: Person, bob: Person
) -> None:
    house.until(HANDOFF - DAY)
    told = bob.was_told("Your shift on platform-primary begins in a day")
    assert "from Mon 15 Jun 03:00 until Mon 22 Jun 03:00 (America/New_York)" in told.said
    assert [button.label for button in told.message.buttons] == ["Send me a test page"]
    alice.was_told("Your shift on platform-secondary begins in a day")
    house.until(HANDOFF)
    assert bob.was_told("You are on call now: platform-primary").at == HANDOFF
    assert "Bob Brandt took over." in alice.was_told("Your shift on platform-primary is over").said


def test_whoever_changes_their_seat_hears_of_both_schedules_and_of_each_once(
    house: House, bob: Person
) -> None:
    house.until(HANDOFF + DAY)
    titles = [heard.message.title for heard in bob.new()]
    assert sorted(titles) == [
        "You are on call now: platform-primary",
        "Your shift on platform-primary begins in a day",
        "Your shift on platform-secondary is over",
    ]


def test_a_crash_neither_loses_a_notice_nor_tells_it_twice(house: House, bob: Person) -> None:
    house.until(HANDOFF - DAY - timedelta(minutes=1))
    house.stops()
    house.passes(minutes=5)
    bob.hears_nothing()
    house.starts_again()
    bob.was_told("platform-primary begins in a day")
    house.starts_again()
    house.passes(hours=1)
    bob.hears_nothing()


def test_a_start_is_told_two_hours_late_and_not_later(house: House, bob: Person) -> None:
    house.until(HANDOFF - timedelta(hours=1))
    bob.new()
    house.stops()
    house.until(HANDOFF + timedelta(hours=2, minutes=1))
    house.starts_again()
    bob.hears_nothing()
    assert house.world.engine.counters.reasons[Reason.NOTICE_TOO_LATE] == 4


def test_an_override_is_told_to_whoever_stands_in(house: House, carol: Person) -> None:
    house.overrides("platform-primary", "carol", START + 2 * DAY, START + 3 * DAY)
    house.until(START + DAY)
    carol.was_told("Your shift on platform-primary begins in a day")
    house.until(START + 3 * DAY)
    assert [heard.message.title for heard in carol.new()] == [
        "You are on call now: platform-primary",
        "Your shift on platform-primary is over",
    ]


def test_somebody_may_do_without_a_kind_of_notice(house: House, bob: Person) -> None:
    house.ask(PutPreferences("bob", HOOK, HOOK, without_notices=("ahead", "ends")), "bob", "web")
    house.until(HANDOFF + DAY)
    assert [heard.message.title for heard in bob.new()] == ["You are on call now: platform-primary"]


def test_a_schedule_that_comes_later_tells_of_its_shifts_too(make_house: MakeHouse) -> None:
    house = make_house()
    night = {
        "team": "platform",
        "layers": [
            {"rotation": {"every": "1 day", "handoff": "09:00", "from": "2026-06-10", "people": ["carol"]}}
        ],
    }
    house.applies(schedules={"night": night})
    house.until(START + 2 * DAY)
    assert "night" in house.person("carol").was_told("begins in a day").said
