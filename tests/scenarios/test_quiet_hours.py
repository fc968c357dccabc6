"""Quiet hours: what is of low urgency waits for their end, what is of high urgency never does."""

import pytest

from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.control.requests import PutPreferences, Refused, WantedRule
from tocsin.core.severity import Severity

HIGH = (WantedRule("hook"), WantedRule("mail", 1))


def alice_is_quiet(house: House, begins: str = "08:00", ends: str = "10:00") -> None:
    """In Berlin, where it is 09:00 when a scenario begins."""
    house.ask(PutPreferences("alice", HIGH, (WantedRule("mail"),), begins, ends), "alice", "web")


def test_a_minor_incident_waits_for_the_end_of_quiet_hours(house: House, alice: Person) -> None:
    alice_is_quiet(house, ends="09:08")
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=7, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("SlowReport", by="mail")
    house.tells(
        "held_for_quiet_hours: alice's quiet hours: mail held until 07:08 UTC",
        "quiet_hours_over: alice's quiet hours are over",
        "sent: Notified alice by mail",
    )


def test_a_major_incident_rings_in_quiet_hours(house: House, alice: Person) -> None:
    alice_is_quiet(house)
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull", by="hook")
    house.never_tells("held_for_quiet_hours")


def test_a_severity_that_rises_in_quiet_hours_pages_at_once(house: House, alice: Person, bob: Person) -> None:
    alice_is_quiet(house)
    house.fires("SlowReport", severity="minor")
    alice.hears_nothing()
    bob.sets(Severity.SEV2)
    alice.was_paged("SlowReport", by="hook")


def test_what_is_over_before_quiet_hours_end_is_never_sent(house: House, alice: Person) -> None:
    alice_is_quiet(house)
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=5)
    house.ends("SlowReport", severity="minor")
    house.passes(hours=3)
    alice.is_not_paged()


def test_the_next_step_does_not_wait_for_somebody_elses_quiet_hours(
    house: House, alice: Person, bob: Person
) -> None:
    alice_is_quiet(house)
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=10)
    alice.hears_nothing()
    bob.was_paged("SlowReport")


def test_several_held_incidents_are_released_together(house: House, alice: Person) -> None:
    alice_is_quiet(house, ends="09:05")
    for name in ("SlowReport", "StaleCache", "OldBackup"):
        house.fires(name, severity="minor")
    house.passes(minutes=5)
    pages = [heard for heard in alice.new() if heard.is_page]
    house.passes(minutes=1)
    pages += [heard for heard in alice.new() if heard.is_page]
    assert sorted(number for page in pages for number in page.incidents) == [1, 2, 3]
    assert len(pages) <= 2


def test_a_repeat_waits_for_the_end_of_quiet_hours_that_began_meanwhile(house: House, alice: Person) -> None:
    alice_is_quiet(house, "09:01", "09:06")
    house.provider.is_down("email|alice")
    house.provider.is_down("9911/alice")
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=2)
    tried = len(house.provider.tried)
    house.provider.works_again("email|alice")
    house.provider.works_again("9911/alice")
    house.passes(minutes=3, seconds=59)
    assert len(house.provider.tried) == tried
    alice.hears_nothing()
    house.passes(minutes=1)
    assert [heard for heard in alice.new() if heard.is_page]


def test_news_of_a_minor_incident_wait_as_well(house: House, alice: Person, bob: Person) -> None:
    alice_is_quiet(house, "09:01", "10:00")
    house.fires("SlowReport", severity="minor")
    alice.was_paged("SlowReport")
    alice.acknowledges()
    house.passes(minutes=2)
    bob.acknowledges()
    alice.hears_nothing()
    house.tells("held_for_quiet_hours: alice is told after their quiet hours, at 08:00 UTC")
    house.passes(hours=1)
    alice.was_told("bob")


def test_a_held_page_that_flaps_is_heard_in_the_end(house: House, alice: Person) -> None:
    alice_is_quiet(house, ends="09:09")
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=3)
    house.ends("SlowReport", severity="minor")
    house.passes(minutes=1)
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=5)
    alice.was_paged("SlowReport")


def test_test_pages_ring_in_quiet_hours(house: House, alice: Person) -> None:
    alice_is_quiet(house)
    house.sends_test_page("alice")
    alice.was_paged("[TEST]")


def test_held_pages_survive_a_restart(house: House, alice: Person) -> None:
    alice_is_quiet(house, ends="09:08")
    house.fires("SlowReport", severity="minor")
    house.stops()
    house.starts_again()
    alice.hears_nothing()
    house.passes(minutes=15)
    alice.was_paged("SlowReport")


# --- shortened, moved, lifted ----------------------------------------------------------------------------------------


def test_lifting_quiet_hours_releases_what_they_hold(house: House, alice: Person) -> None:
    alice_is_quiet(house)
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=2)
    alice.hears_nothing()
    alice_is_quiet(house, "", "")
    alice.was_paged("SlowReport", by="mail")
    alice.acknowledges()
    house.passes(hours=2)
    assert not [heard for heard in alice.new() if heard.is_page], "no second time at their former end"
    house.tells("held_for_quiet_hours", "quiet_hours_over: alice's quiet hours are over", "sent")


def test_shortening_quiet_hours_releases_at_their_new_end(house: House, alice: Person) -> None:
    alice_is_quiet(house, ends="09:09")
    house.fires("SlowReport", severity="minor")
    alice_is_quiet(house, ends="09:05")
    house.tells("held_for_quiet_hours: alice's quiet hours changed: held until 07:05 UTC")
    house.passes(minutes=4, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("SlowReport", by="mail")


def test_longer_quiet_hours_hold_longer(house: House, alice: Person) -> None:
    alice_is_quiet(house, ends="09:05")
    house.fires("SlowReport", severity="minor")
    alice_is_quiet(house, ends="09:08")
    house.passes(minutes=7, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("SlowReport", by="mail")


def test_lifting_quiet_hours_releases_news_and_repeats(house: House, alice: Person, bob: Person) -> None:
    alice_is_quiet(house, "09:01", "10:00")
    house.fires("SlowReport", severity="minor")
    alice.was_paged("SlowReport")
    alice.acknowledges()
    house.passes(minutes=2)
    bob.acknowledges()
    alice.hears_nothing()
    alice_is_quiet(house, "", "")
    alice.was_told("bob")


def test_another_time_zone_moves_quiet_hours_too(house: House, alice: Person) -> None:
    alice_is_quiet(house)
    house.fires("SlowReport", severity="minor")
    house.ask(
        PutPreferences("alice", HIGH, (WantedRule("mail"),), "08:00", "10:00", "Asia/Tokyo"), "alice", "web"
    )
    alice.was_paged("SlowReport", by="mail")


def test_somebody_elses_quiet_hours_release_nothing_of_mine(house: House, alice: Person, bob: Person) -> None:
    alice_is_quiet(house)
    house.fires("SlowReport", severity="minor")
    house.ask(PutPreferences("bob", (WantedRule("hook"),), (), "08:00", "08:30"), "bob", "web")
    house.ask(PutPreferences("bob", (WantedRule("hook"),)), "bob", "web")
    alice.hears_nothing()


def test_quiet_hours_lifted_while_nobody_owned_detection_release_at_the_next_start(
    house: House, alice: Person
) -> None:
    alice_is_quiet(house)
    house.fires("SlowReport", severity="minor")
    house.stops()
    alice_is_quiet(house, "", "")
    house.starts_again()
    house.passes(minutes=1)  # until the lease of the one that died is over
    alice.was_paged("SlowReport", by="mail")


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (PutPreferences("alice", ()), "high"),
        (PutPreferences("alice", (WantedRule("fax"),)), "high[0]"),
        (PutPreferences("alice", HIGH, (WantedRule("mail"), WantedRule("fax"))), "low[1]"),
        (PutPreferences("alice", HIGH, (), "22:00", "22:00"), "quiet_until"),
        (PutPreferences("alice", HIGH, (), "22:00", ""), "quiet_until"),
        (PutPreferences("alice", HIGH, (), "late", "07:00"), "quiet_from"),
        (PutPreferences("alice", HIGH, (), "", "", "Mars/Olympus"), "time_zone"),
        (PutPreferences("nobody", HIGH), "person"),
    ],
)
def test_bad_preferences_are_refused_with_their_field_and_change_nothing(
    house: House, wanted: PutPreferences, field: str
) -> None:
    before = house.world.engine.facts.current
    with pytest.raises(Refused) as refused:
        house.ask(wanted, "alice", "web")
    assert refused.value.field == field
    assert house.world.engine.facts.current == before


def test_what_was_chosen_on_screen_survives_an_apply_with_prune(house: House, alice: Person) -> None:
    alice_is_quiet(house)
    house.applies(prune=True)
    house.fires("SlowReport", severity="minor")
    alice.hears_nothing()


def test_a_method_that_left_the_files_leaves_the_rules_and_keeps_no_file_out(
    house: House, alice: Person
) -> None:
    house.ask(PutPreferences("alice", (WantedRule("mail"), WantedRule("hook", 2))), "alice", "web")
    person = {
        "name": "Alice Ames",
        "email": "alice@example.com",
        "time_zone": "Europe/Berlin",
        "contact": {"hook": {"webhook": "http://127.0.0.1:9911/alice"}},
        "notify": {"high": ["hook"], "low": ["hook"]},
    }
    house.applies(people={"alice": person})
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=2)
    alice.was_paged("DiskFull", by="hook")
