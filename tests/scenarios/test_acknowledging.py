"""Acknowledging: it stops the escalation, it is measured, and it does not last for ever."""

from datetime import timedelta

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person


def test_acknowledging_stops_the_escalation(house: House, alice: Person, bob: Person, carol: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.passes(minutes=25)
    bob.hears_nothing()
    carol.hears_nothing()
    house.tells("step_started", "acknowledged: alice acknowledged it")


def test_acknowledging_cancels_the_rules_that_were_still_to_come(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged(by="hook")
    house.passes(seconds=30)
    alice.acknowledges()
    house.passes(minutes=5)
    alice.hears_nothing()


def test_acknowledging_twice_does_no_harm(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    again = alice.acknowledges()
    assert not again.refused
    assert [line.reason for line in house.timeline()].count("acknowledged") == 1


def test_the_first_answer_is_measured_against_the_target_of_its_severity(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=3)
    alice.acknowledges()
    house.tells("acknowledged: after 3m, within the 15m asked of SEV2")
    house.fires("EverythingDown", severity="outage")
    house.passes(minutes=6)
    alice.acknowledges()
    house.tells("acknowledged: after 6m, later than the 5m asked of SEV1")


def test_acknowledged_and_silent_is_asked_then_escalated_again(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.new()
    house.passes(minutes=29, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_told("Are you still on")
    bob.hears_nothing()
    house.passes(minutes=5)
    alice.was_paged("DiskFull")
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.tells("acknowledged", "ack_question: alice", "ack_expired", "step_timed_out: bob")


def test_any_human_act_renews_the_acknowledgement(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.new()
    house.passes(minutes=25)
    bob.notes("It is the log volume; cleaning up.")
    house.passes(minutes=29)
    alice.hears_nothing()
    house.passes(minutes=1)
    alice.was_told("Are you still on")
    alice.notes("Still deleting.")
    house.passes(minutes=25)
    alice.is_not_paged()
    house.tells("acknowledged", "noted: log volume", "ack_question", "noted: Still deleting.")


def test_a_minor_acknowledgement_never_expires(house: House, alice: Person) -> None:
    house.fires("SlowReport", severity="minor")
    alice.acknowledges()
    alice.new()
    house.passes(days=3)
    alice.hears_nothing()
    assert house.incident().state == "acknowledged"


def test_another_person_takes_it_over_and_the_first_is_told(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.new()
    house.passes(minutes=20)
    bob.acknowledges()
    alice.was_told("bob took over")
    house.passes(minutes=30)
    bob.was_told("Are you still on")
    house.tells("acknowledged: alice", "acknowledged: bob took it over from alice")


def test_a_worse_alert_joining_an_acknowledged_incident_pages_again(make_house: MakeHouse) -> None:
    house = make_house(routes={"group_by": ["service"], "group_wait": "0s", "page": "platform"})
    alice = house.person("alice")
    house.fires("SlowAnswers", severity="SEV2")
    alice.was_paged("SlowAnswers")
    alice.acknowledges()
    house.passes(minutes=2)
    house.fires("EverythingDown", severity="SEV1")
    alice.was_paged("[SEV1]")
    assert len(house.incidents()) == 1
    house.tells(
        "acknowledged",
        "joined_incident: EverythingDown",
        "severity_raised: from SEV2 to SEV1: an alert of that severity joined",
        "severity_raised: Paged alice (platform-primary, step 1 of 2): a worse alert joined",
    )


def test_an_alert_of_the_same_severity_joins_quietly_once_acknowledged(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical", instance="api-1")
    alice.acknowledges()
    alice.new()
    house.fires("DiskFull", severity="critical", instance="api-2")
    house.passes(minutes=15)
    alice.hears_nothing()
    bob.hears_nothing()
    house.tells("acknowledged", "joined_incident: instance=api-2")


def test_a_person_pulled_in_keeps_being_paged_when_the_owner_acknowledges(
    house: House, alice: Person, carol: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.pulls_in("carol")
    carol.was_paged("DiskFull")
    carol.acknowledges()
    assert house.incident().acknowledged_by == "alice"
    house.tells("responder_added: alice pulled in carol", "acknowledged: carol is on it too")


def test_what_is_over_can_no_longer_be_acknowledged_and_says_so(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.ends("DiskFull", severity="critical")
    assert "resolved already by itself" in alice.acknowledges().refused


def test_the_bundle_acknowledges_what_it_lists_and_nothing_else(house: House, alice: Person) -> None:
    house.fires("First", severity="critical")
    house.fire([(name, {"severity": "critical"}) for name in ("Second", "Third")])
    alice.new()
    house.passes(seconds=31)
    (bundle,) = alice.was_paged("2 incidents need you")
    house.fires("Fourth", severity="critical")
    answered = alice.follows(bundle.message.acknowledge_url)
    assert [acted.incident for acted in answered] == list(bundle.incidents)
    assert {one.title: one.state for one in house.incidents()} == {
        "First is bad": "detected",
        "Second is bad": "acknowledged",
        "Third is bad": "acknowledged",
        "Fourth is bad": "detected",
    }


def test_the_acknowledgement_passes_on_when_a_shift_is_handed_over(
    house: House, alice: Person, bob: Person
) -> None:
    house.until(house.now + timedelta(days=6, hours=23, minutes=50))
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.passes(minutes=20)
    alice.reassigns("bob")
    bob.was_paged("DiskFull")
    bob.acknowledges()
    assert house.incident().acknowledged_by == "bob"
    house.tells("acknowledged: alice", "reassigned: alice handed it to bob", "acknowledged: bob")
