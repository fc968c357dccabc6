"""Heartbeats: silence is an alert, the next beat ends it, and our own absence is nobody's silence."""

from typing import Any

import pytest

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person

BEATS: dict[str, Any] = {
    "watchdog": {
        "every": "5m",
        "grace": "1m",
        "matchers": ['alertname="Watchdog"'],
        "labels": {"severity": "critical"},
    },
    "backup": {"every": "1h", "grace": "10m", "key": "backup-key", "labels": {"severity": "critical"}},
}


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house(heartbeats=BEATS)


def keeps_beating(house: House, minutes: int) -> None:
    for _ in range(minutes):
        house.passes(minutes=1)
        house.fires("Watchdog", severity="none")


def test_a_watchdog_that_beats_pages_nobody(house: House, alice: Person) -> None:
    keeps_beating(house, 30)
    alice.hears_nothing()
    assert house.why("Watchdog") == "heartbeat"
    assert house.posts("alerts") == []


def test_a_watchdog_that_falls_silent_pages(house: House, alice: Person) -> None:
    keeps_beating(house, 10)
    house.passes(minutes=5, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("Heartbeat watchdog is missing")
    assert house.why("HeartbeatMissed") == "opened_incident"
    house.tells("opened_incident: Heartbeat watchdog is missing", "step_started: alice")


def test_a_watchdog_that_beats_again_resolves(house: House, alice: Person) -> None:
    keeps_beating(house, 3)
    house.passes(minutes=6)
    alice.was_paged("watchdog")
    house.fires("Watchdog", severity="none")
    assert house.incident().state == "resolved"
    house.tells("opened_incident", "resolved_by_source")
    keeps_beating(house, 10)
    alice.is_not_paged()


def test_a_ping_that_does_not_come_pages(house: House, alice: Person) -> None:
    keeps_beating(house, 50)
    house.pinged("backup")
    keeps_beating(house, 69)
    alice.hears_nothing()
    keeps_beating(house, 1)
    alice.was_paged("Heartbeat backup is missing")
    house.pinged("backup")
    assert house.incident().state == "resolved"
    house.tells("opened_incident", "resolved_by_source")


def test_a_heartbeat_never_heard_of_is_waited_for_from_when_it_was_configured(
    house: House, alice: Person
) -> None:
    house.passes(minutes=6)
    (page,) = alice.was_paged("watchdog")
    description = house.incident().description
    assert "nothing heard since it was configured" in description
    assert page.at == house.now


def test_our_own_absence_is_nobodys_silence(house: House, alice: Person) -> None:
    keeps_beating(house, 5)
    house.stops()
    house.passes(hours=3)
    house.starts_again()
    house.passes(minutes=5, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("watchdog")


def test_a_missing_heartbeat_escalates_like_any_alert(house: House, bob: Person) -> None:
    house.passes(minutes=6)
    house.passes(minutes=10)
    bob.was_paged("watchdog")
    house.tells("step_started", "step_timed_out: bob")


def test_a_heartbeat_taken_out_of_the_configuration_is_waited_for_no_more(
    house: House, alice: Person
) -> None:
    keeps_beating(house, 5)
    house.applies(prune=True)
    house.passes(hours=2)
    alice.hears_nothing()
