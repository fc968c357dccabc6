"""Overrides as requests: repeating, on top, ended; whatever is wrong names its field and changes nothing."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.control.requests import (
    AddOverride,
    ChangeEnd,
    EndOperational,
    ListOperational,
    OperationalView,
    Refused,
    ShowSchedules,
    Who,
)
from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory.store import MemoryStore

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def house() -> House:
    clock = VirtualClock(START)
    return House(MemoryStore(lambda: micros(clock.now())), clock, configured(), Provider())


def lunch(house: House, **more: object) -> AddOverride:
    """carol stands in for two hours from now on."""
    given = AddOverride("platform-primary", "carol", house.now + 2 * HOUR, house.now)
    return replace(given, **more)


def made(house: House, request: AddOverride) -> OperationalView:
    answer = house.ask(request)
    assert isinstance(answer, OperationalView)
    return answer


def on_call(house: House, at: timedelta) -> tuple[str, ...]:
    ((view),) = house.ask(Who("platform-primary", house.now + at))  # type: ignore[misc]
    return view.people  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"repeat": "1 month"}, "repeat", "days or weeks"),
        ({"repeat": "sometimes"}, "repeat", "such as 1 week"),
        ({"repeat": "1 day", "time_zone": "Mars/Olympus"}, "time_zone", "not a time zone"),
        ({"repeat_until": None, "repeat": "0 days"}, "repeat", "such as 1 week"),
        ({"schedule": "nothing"}, "schedule", "there is no schedule"),
        ({"person": "nobody"}, "person", "there is no person"),
        ({"kind": "swap"}, "kind", "replace, add or remove"),
    ],
)
def test_what_is_wrong_names_its_field_and_changes_nothing(
    house: House, wrong: dict[str, object], field: str, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        house.ask(lunch(house, **wrong))
    assert refused.value.field == field
    assert house.ask(ListOperational("overrides", ended=True)) == []


def test_what_repeats_longer_than_its_period_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="overlap itself"):
        house.ask(lunch(house, ends_at=house.now + 30 * HOUR, repeat="1 day"))


def test_an_end_of_repeating_without_repeating_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="how often"):
        house.ask(lunch(house, repeat_until=house.now + 9 * DAY))


def test_it_repeats_in_the_schedules_zone_unless_another_is_said(house: House) -> None:
    view = made(house, lunch(house, repeat="1 day", repeat_until=house.now + 5 * DAY))
    assert view.what.endswith("every day by the clock of Europe/Berlin until 2026-06-13 07:00 UTC")
    assert [on_call(house, n * DAY + HOUR)[0] for n in range(6)] == ["carol"] * 5 + ["alice"]


def test_what_repeats_is_active_until_it_is_ended_and_keeps_its_past(house: House) -> None:
    view = made(house, lunch(house, repeat="1 day"))
    house.passes(days=3, hours=1)
    (listed,) = house.ask(ListOperational("overrides"))  # type: ignore[misc]
    assert listed.state == "active"
    house.ask(EndOperational("overrides", view.id))
    assert on_call(house, timedelta(minutes=5)) == ("alice",)
    assert on_call(house, -DAY) == ("carol",)
    assert on_call(house, DAY) == ("alice",)


def test_two_of_one_seat_follow_each_other_without_a_refusal(house: House) -> None:
    made(house, lunch(house))
    made(house, lunch(house, person="bob", starts_at=house.now + 2 * HOUR, ends_at=house.now + 3 * HOUR))


def test_two_that_repeat_are_refused_when_they_will_meet(house: House) -> None:
    """Every second day at the same hour, one day apart, they never meet; every third day they do."""
    made(house, lunch(house, repeat="2 days"))
    other = lunch(house, person="bob", starts_at=house.now + DAY, ends_at=house.now + DAY + HOUR)
    with pytest.raises(Refused, match="carol has this seat"):
        house.ask(replace(other, repeat="3 days"))
    made(house, replace(other, repeat="2 days"))


def test_who_stands_in_for_one_of_several_leaves_the_others_seats_free(house: House) -> None:
    made(house, lunch(house, replaces="alice"))
    made(house, lunch(house, person="dan", replaces="bob"))
    with pytest.raises(Refused, match="this seat"):
        house.ask(lunch(house, person="dan"))


def test_an_end_is_not_moved_over_another(house: House) -> None:
    first = made(house, lunch(house))
    made(house, lunch(house, person="bob", starts_at=house.now + 3 * HOUR, ends_at=house.now + 4 * HOUR))
    with pytest.raises(Refused, match="bob has this seat") as refused:
        house.ask(ChangeEnd("overrides", first.id, house.now + 5 * HOUR))
    assert refused.value.field == "ends_at"
    house.ask(ChangeEnd("overrides", first.id, house.now + 3 * HOUR))


def test_a_schedule_is_shown_with_its_layers_shifts_and_gaps(house: House) -> None:
    made(house, lunch(house))
    (view,) = house.ask(ShowSchedules("platform-primary", house.now, house.now + DAY))  # type: ignore[misc]
    assert [shift.people for shift in view.shifts] == [("carol",), ("alice",)]
    assert [layer.shifts[0].people for layer in view.layers] == [("alice",)]
    assert view.gaps == ()


@pytest.mark.parametrize(
    ("schedule", "days"), [("platform-primary", 400), (None, 60), ("platform-primary", -1)]
)
def test_a_span_that_is_no_span_or_too_long_is_refused(house: House, schedule: str | None, days: int) -> None:
    with pytest.raises(Refused) as refused:
        house.ask(ShowSchedules(schedule, house.now, house.now + days * DAY))
    assert refused.value.field == "ends_at"
