"""Flapping: an alert that comes and goes must neither hide an unanswered incident nor ring a working responder."""

from datetime import timedelta

from tests.scenarios.house import House
from tests.scenarios.person import Person


def test_a_one_minute_flap_that_nobody_answers_reaches_the_secondary_on_time(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull", by="hook")
    for _ in range(4):
        house.passes(minutes=1)
        house.ends("DiskFull", severity="critical")
        house.passes(minutes=1)
        house.fires("DiskFull", severity="critical")
    house.passes(minutes=1, seconds=59)
    bob.hears_nothing()
    house.passes(seconds=1)
    bob.was_paged("DiskFull")
    assert len(house.incidents()) == 1
    assert house.why("DiskFull") == "reopened_incident"
    house.tells(
        "resolved_by_source", "flapping: the next step follows at 07:10 UTC as before", "step_timed_out: bob"
    )


def test_a_wait_that_ran_out_while_it_was_away_is_over(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=9)
    house.ends("DiskFull", severity="critical")
    house.passes(minutes=5)
    bob.hears_nothing()
    house.fires("DiskFull", severity="critical")
    bob.was_paged("DiskFull")
    house.tells("resolved_by_source", "flapping: its wait is over meanwhile", "step_timed_out: bob")


def test_a_flap_does_not_ring_the_same_rule_twice(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged(by="hook")
    house.passes(minutes=1)
    alice.was_paged(by="mail")
    house.passes(minutes=2)
    house.ends("DiskFull", severity="critical")
    house.passes(minutes=2)
    house.fires("DiskFull", severity="critical")
    alice.hears_nothing()
    house.tells("flapping", "page_begun: all was heard before")


def test_a_rule_still_to_come_rings_after_the_flap(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged(by="hook")
    house.passes(seconds=30)
    house.ends("DiskFull", severity="critical")
    house.passes(seconds=20)
    house.fires("DiskFull", severity="critical")
    house.passes(seconds=10)
    assert [page.method for page in alice.new()][-1] == "mail"


def test_an_acknowledged_flap_stays_quiet_and_says_so(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.ends("DiskFull", severity="critical")
    house.passes(minutes=5)
    alice.new()
    house.fires("DiskFull", severity="critical")
    alice.was_told("nobody is paged anew before 07:35 UTC")
    house.passes(minutes=29, seconds=59)
    alice.hears_nothing()
    bob.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("DiskFull")
    house.tells("mitigated", "quiet_after_ack: alice had acknowledged it", "reopened: its quiet time is over")


def test_the_quiet_after_an_acknowledgement_is_not_prolonged_by_more_flaps(
    house: House, alice: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.new()
    for _ in range(5):
        house.passes(minutes=3)
        house.ends("DiskFull", severity="critical")
        house.passes(minutes=3)
        house.fires("DiskFull", severity="critical")
    alice.is_not_paged()
    house.passes(minutes=6)  # quiet for half an hour since it first came back, at 07:06
    alice.was_paged("DiskFull")
    house.tells(
        "quiet_after_ack: before 07:36 UTC",
        "quiet_after_ack: before 07:36 UTC",
        "reopened: its quiet time is over",
    )


def test_what_comes_back_worse_after_an_acknowledgement_pages(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.ends("DiskFull", severity="critical")
    alice.new()
    house.passes(minutes=5)
    house.fires("DiskFull", severity="outage")
    alice.was_paged("[SEV1]")


def test_what_a_person_resolved_pages_anew_when_it_comes_back(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.ends("DiskFull", severity="critical")
    alice.resolves()
    alice.new()
    house.passes(minutes=5)
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull")
    assert len(house.incidents()) == 1
    house.tells("resolved_by_person", "reopened: It fires again after 5m")


def test_after_the_flap_window_it_is_another_incident(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.ends("DiskFull", severity="critical")
    alice.new()
    house.passes(minutes=30, seconds=1)
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull")
    assert len(house.incidents()) == 2


def test_a_flap_at_the_last_resort_goes_on_ringing_on_time(house: House, carol: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=40)
    carol.was_paged()
    house.passes(minutes=5)
    house.ends("DiskFull", severity="critical")
    house.passes(minutes=5)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=4, seconds=59)
    carol.hears_nothing()
    house.passes(seconds=1)
    carol.was_paged("DiskFull")


def test_a_flap_of_two_alerts_of_one_group_is_no_flap(house: House, alice: Person, bob: Person) -> None:
    """One comes while the other goes: the incident never ended."""
    house.fires("DiskFull", severity="critical", instance="api-1")
    house.passes(minutes=3)
    house.fires("DiskFull", severity="critical", instance="api-2")
    house.ends("DiskFull", severity="critical", instance="api-1")
    house.until(house.now + timedelta(minutes=7))
    bob.was_paged("DiskFull")
    house.never_tells("flapping")
