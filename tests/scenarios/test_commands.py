"""What people do to an incident beside acknowledging: escalate, hand over, pull in, write down."""

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.core.severity import Severity


def test_forced_escalation_of_an_acknowledged_incident_pages_the_next_step(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.passes(minutes=3)
    alice.escalates()
    bob.was_paged("DiskFull")
    assert house.incident().state == "detected"
    house.tells(
        "acknowledged: alice", "escalated_by_hand: alice escalated it", "escalated_by_hand: Paged bob"
    )


def test_a_double_click_escalates_once(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.escalates()
    house.passes(seconds=2)
    alice.escalates()
    bob.was_paged(times=1)
    assert [line.reason for line in house.timeline()].count(
        "escalated_by_hand"
    ) == 2  # who did, and whom it paged


def test_escalating_by_hand_goes_on_to_the_last_resort(house: House, carol: Person) -> None:
    house.fires("DiskFull", severity="critical")
    for name in ("alice", "bob", "dan", "alice"):
        house.person(name).escalates()
        house.passes(seconds=30)
    carol.was_paged("DiskFull")
    house.tells("escalated_by_hand", "policy_repeated", "exhausted", "last_resort: carol")


def test_a_reassigned_incident_pages_the_other_person_and_comes_back_unanswered(
    house: House, alice: Person, carol: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.new()
    alice.reassigns("carol")
    carol.was_paged("DiskFull")
    house.passes(minutes=10)
    alice.was_paged("DiskFull", by="hook")
    house.tells("reassigned: alice handed it to carol", "step_timed_out: Paged alice")


def test_a_reassigned_incident_is_the_other_persons_once_acknowledged(
    house: House, alice: Person, carol: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.reassigns("carol")
    carol.acknowledges()
    assert house.incident().acknowledged_by == "carol"
    alice.new()
    house.passes(minutes=25)
    alice.hears_nothing()


def test_an_incident_handed_to_another_policy_starts_at_its_first_step(make_house: MakeHouse) -> None:
    database = {"steps": [{"page": "dan", "wait": "5m"}], "last_resort": ["carol"]}
    house = make_house(policies={"database": database})
    house.fires("DiskFull", severity="critical")
    house.person("alice").reassigns_to_policy("database")
    house.person("dan").was_paged("DiskFull")
    house.passes(minutes=5)
    house.person("carol").was_paged("DiskFull")
    house.person("bob").hears_nothing()
    house.tells(
        "reassigned: alice handed it to the policy database", "reassigned: Paged dan", "exhausted: database"
    )


def test_a_handover_to_somebody_unknown_is_refused_and_changes_nothing(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    before = house.incident()
    assert "there is no mallory" in alice.reassigns("mallory").refused
    assert "there is no mallory" in alice.pulls_in("mallory").refused
    assert house.incident() == before


def test_a_person_pulled_in_is_paged_beside_the_escalation(
    house: House, alice: Person, bob: Person, carol: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.pulls_in("carol")
    carol.was_paged("DiskFull", by="hook")
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.tells("responder_added: alice pulled in carol", "sent: carol by hook", "step_timed_out: bob")


def test_pulling_somebody_in_twice_pages_once(house: House, alice: Person, carol: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.pulls_in("carol")
    alice.pulls_in("carol")
    carol.was_paged(times=1)


def test_what_people_write_down_stands_on_the_timeline_with_their_name(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.notes("Rolled back abc123.")
    (line,) = [line for line in house.timeline() if line.reason == "noted"]
    assert (line.text, line.actor, line.via) == ("Rolled back abc123.", "alice", "phone")


def test_a_note_without_words_is_refused(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    assert alice.notes("  ").refused


def test_every_command_on_what_is_over_says_so(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.ends("DiskFull", severity="critical")
    before = house.timeline()
    for answer in (
        alice.acknowledges(),
        alice.resolves(),
        alice.escalates(),
        alice.reassigns("bob"),
        alice.snoozes(hours=1),
        alice.sets(Severity.SEV1),
    ):
        assert "resolved already" in answer.refused
    assert house.timeline() == before


def test_the_incident_says_what_comes_next(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=4)
    assert house.shows().next_step == "bob (platform-secondary) is paged in 6m if nobody acknowledges."
    alice.acknowledges()
    assert "alice has it; after 30m more of silence they are asked" in house.shows().next_step


def test_the_message_link_acknowledges_in_the_readers_name(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    (page,) = alice.was_paged()
    alice.follows(page.message.acknowledge_url)
    assert house.incident().acknowledged_by == "alice"
    house.passes(minutes=20)
    bob.hears_nothing()
    house.tells("step_started", "acknowledged: alice")
