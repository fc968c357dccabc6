"""Snoozing: not now, but surely later."""

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.core.severity import Severity


def test_a_worse_alert_joining_a_snoozed_incident_ends_the_snooze(make_house: MakeHouse) -> None:
    house = make_house(routes={"group_by": ["service"], "group_wait": "0s", "page": "platform"})
    alice = house.person("alice")
    house.fires("SlowAnswers", severity="SEV2")
    alice.was_paged("SlowAnswers")
    alice.snoozes(hours=3)
    house.passes(minutes=30)
    house.fires("EverythingDown", severity="SEV1")
    alice.was_paged("[SEV1]")
    house.tells("snoozed", "severity_raised: SEV1", "severity_raised: Paged alice")


def test_a_snooze_ends_and_pages_the_snoozer_who_is_on_call(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.snoozes(hours=2)
    alice.new()
    house.passes(hours=1, minutes=59)
    alice.hears_nothing()
    house.passes(minutes=1)
    alice.was_paged("DiskFull")
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.tells(
        "snoozed: alice snoozed it until 09:00 UTC (2h)", "snooze_ended: alice", "step_timed_out: bob"
    )


def test_a_snooze_by_the_secondary_pages_them_first(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    bob.snoozes(hours=1)
    alice.new()
    house.passes(hours=1)
    bob.was_paged("DiskFull")
    alice.hears_nothing()
    house.passes(minutes=10)
    alice.was_paged("DiskFull")
    house.tells(
        "snoozed: bob", "snooze_ended: Paged bob, who had snoozed it and is on call", "step_timed_out: alice"
    )


def test_a_snooze_by_somebody_off_call_ends_with_whoever_is(house: House, alice: Person, dan: Person) -> None:
    house.fires("DiskFull", severity="critical")
    dan.snoozes(hours=1)
    alice.new()
    house.passes(hours=1)
    alice.was_paged("DiskFull")
    dan.is_not_paged()
    house.tells("snoozed: dan", "snooze_ended: Paged alice")


def test_a_snooze_lasts_a_day_at_most(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    assert "1d at most" in alice.snoozes(hours=25).refused
    assert not alice.snoozes(hours=24).refused


def test_a_snooze_is_void_when_the_source_resolves(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.snoozes(hours=2)
    alice.new()
    house.passes(minutes=30)
    house.ends("DiskFull", severity="critical")
    assert house.incident().state == "mitigated"
    house.passes(hours=4)
    alice.is_not_paged()
    bob.is_not_paged()
    house.tells("snoozed", "mitigated", "resolved_by_source")


def test_a_snooze_ends_early_when_it_gets_worse(house: House, alice: Person, dan: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.snoozes(hours=2)
    alice.new()
    house.passes(minutes=10)
    dan.sets(Severity.SEV1)
    alice.was_paged("[SEV1]")
    house.tells(
        "snoozed",
        "severity_raised: dan raised the severity from SEV2 to SEV1",
        "severity_raised: Paged alice",
    )
