"""Escalation: steps, waits, repeats, the last resort, and what stops it."""

from tests.scenarios.house import House, Person


def test_a_critical_alert_pages_who_is_on_call_at_once(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull", by="hook")
    bob.hears_nothing()
    assert house.why("DiskFull") == "opened_incident"


def test_nobody_answers_and_the_secondary_is_paged_when_the_wait_is_over(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=9, seconds=59)
    bob.hears_nothing()
    house.passes(seconds=1)
    bob.was_paged("DiskFull")


def test_acknowledging_stops_the_escalation(house: House, alice: Person, bob: Person, carol: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.passes(minutes=25)
    bob.hears_nothing()
    carol.hears_nothing()


def test_immediate_and_delayed_rules_fire_once_each_at_their_time(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull", by="hook")
    house.passes(seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("DiskFull", by="mail")
    house.passes(minutes=8)
    alice.hears_nothing()
