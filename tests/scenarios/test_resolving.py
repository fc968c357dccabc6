"""The end of an incident: by its source, by a person, and by a person while it still fires."""

from datetime import timedelta

from tests.scenarios.house import House
from tests.scenarios.person import Person


def test_what_its_source_resolves_before_anybody_answers_is_over(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged()
    house.passes(minutes=5)
    house.ends("DiskFull", severity="critical")
    alice.new()
    house.passes(hours=2)
    alice.hears_nothing()
    bob.hears_nothing()
    assert house.incident().state == "resolved"
    assert house.why("DiskFull") == "source_resolved"
    house.tells("step_started", "resolved_by_source: All its alerts ended")


def test_the_source_resolves_only_with_every_alert_of_the_group(
    house: House, alice: Person, bob: Person
) -> None:
    for instance in ("api-1", "api-2"):
        house.fires("DiskFull", severity="critical", instance=instance)
    house.ends("DiskFull", severity="critical", instance="api-1")
    assert house.incident().state == "detected"
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.ends("DiskFull", severity="critical", instance="api-2")
    assert house.incident().state == "resolved"
    house.tells("source_resolved: 1 alert still firing", "step_timed_out: bob", "resolved_by_source")


def test_an_acknowledged_major_incident_is_mitigated_until_a_person_resolves_it(
    house: House, alice: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.new()
    house.passes(minutes=10)
    house.ends("DiskFull", severity="critical")
    assert house.incident().state == "mitigated"
    alice.was_told("counts as mitigated until a person")
    alice.resolves(note="Old logs deleted.")
    assert house.incident().state == "resolved"
    assert house.incident().resolved_by == "alice"
    house.tells("acknowledged", "mitigated", "resolved_by_person: Old logs deleted.")


def test_a_mitigated_incident_resolves_by_itself_after_an_hour(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.ends("DiskFull", severity="critical")
    house.passes(minutes=59, seconds=59)
    assert house.incident().state == "mitigated"
    house.passes(seconds=1)
    assert house.incident().state == "resolved"
    house.tells("mitigated", "resolved_by_source: nobody objected")


def test_an_acknowledged_minor_incident_is_simply_resolved_by_its_source(house: House, alice: Person) -> None:
    house.fires("SlowReport", severity="minor")
    alice.acknowledges()
    alice.new()
    house.ends("SlowReport", severity="minor")
    assert house.incident().state == "resolved"
    alice.was_told("all alerts ended")


def test_resolved_by_a_person_while_still_firing_comes_back(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.new()
    said = alice.resolves(note="Should be fine.").said
    assert "still firing" in said and "07:15 UTC" in said
    assert house.incident().state == "mitigated"
    house.passes(minutes=14, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("DiskFull")
    assert house.incident().state == "detected"
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.tells("still_firing: Should be fine.", "reopened: alice had called it over", "step_timed_out: bob")


def test_resolved_by_a_person_stays_so_when_the_source_agrees_in_time(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.resolves()
    house.passes(minutes=10)
    house.ends("DiskFull", severity="critical")
    assert house.incident().state == "resolved"
    alice.new()
    house.passes(hours=1)
    alice.hears_nothing()
    house.tells("still_firing", "resolved_by_source: as alice had said")


def test_resolving_again_does_not_buy_more_time(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.resolves()
    alice.new()
    house.passes(minutes=14)
    alice.resolves()
    house.passes(minutes=1)
    alice.was_paged("DiskFull")


def test_a_minor_incident_resolved_while_firing_comes_back_after_an_hour(house: House, alice: Person) -> None:
    house.fires("SlowReport", severity="minor")
    alice.resolves()
    alice.new()
    house.passes(minutes=59, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("SlowReport")
    house.tells("still_firing", "reopened")


def test_a_source_that_falls_silent_has_not_recovered(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical", lasts=timedelta(minutes=4))
    alice.was_paged()
    house.passes(minutes=5)
    assert house.incident().state == "detected"
    assert house.why("DiskFull") == "source_silent"
    house.passes(minutes=5)
    bob.was_paged("DiskFull")
    house.tells("source_silent: That is not recovery", "step_timed_out: bob")
    house.never_tells("resolved_by_source")


def test_a_person_may_resolve_what_only_a_silent_sender_keeps_open(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical", lasts=timedelta(minutes=4))
    house.passes(minutes=6)
    alice.resolves()
    assert house.incident().state == "resolved"
    house.tells("source_silent", "resolved_by_person: is silent, so this is a person's word alone")
    alice.new()
    house.passes(hours=3)
    alice.hears_nothing()


def test_a_silent_sender_that_is_heard_again_changes_nothing(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical", lasts=timedelta(minutes=4))
    house.passes(minutes=6)
    alice.new()
    house.fires("DiskFull", severity="critical", lasts=timedelta(hours=1))
    alice.hears_nothing()
    assert len(house.incidents()) == 1
    house.passes(minutes=4)
    bob.was_paged("DiskFull")
    house.tells("source_silent", "unchanged: heard again", "step_timed_out: bob")


def test_mitigated_by_a_person_comes_back_when_it_still_fires(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.mitigates(note="Traffic moved away.")
    alice.new()
    house.passes(minutes=15)
    alice.was_paged("DiskFull")
    house.tells("mitigated: Traffic moved away.", "reopened")


def test_a_resolved_incident_is_closed_after_a_week(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.ends("DiskFull", severity="critical")
    house.passes(days=7)
    assert house.incident().state == "closed"
    house.tells("resolved_by_source", "closed")
