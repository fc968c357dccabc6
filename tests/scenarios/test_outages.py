"""Outages of the engine itself: crashes around a send, stops and restarts, and what nobody must hear twice or never."""

from datetime import timedelta

import pytest

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person
from tests.scenarios.provider import Crash
from tocsin.engine.sending import LEASE


def crashes(house: House) -> None:
    """The process is gone, and comes back once its leases have run out."""
    house.stops()
    house.passes(seconds=LEASE.total_seconds() + 1)
    house.starts_again()


def test_a_message_taken_before_the_crash_is_at_most_repeated_with_the_same_key(
    house: House, alice: Person
) -> None:
    house.provider.house_crashes_after_sending_to("9911/alice")
    with pytest.raises(Crash):
        house.fires("DiskFull", severity="critical")
    crashes(house)
    first, again = alice.was_paged("DiskFull", times=2, by="hook")
    assert first.key == again.key
    house.passes(seconds=20)
    alice.hears_nothing()
    assert len(house.incidents()) == 1
    house.tells("opened_incident", "step_started: alice", "sent: alice by hook")


def test_a_bundle_cut_short_by_a_crash_is_repeated_as_it_was(house: House, alice: Person) -> None:
    house.fires("First", severity="critical")
    alice.was_paged("First")
    house.fire([(name, {"severity": "critical"}) for name in ("Second", "Third")])
    house.provider.house_crashes_after_sending_to("9911/alice")
    with pytest.raises(Crash):
        house.passes(seconds=30)
    house.stops()
    house.fires("Fourth", severity="critical")
    crashes(house)
    bundle, again, fourth = [page for page in alice.new() if page.method == "hook"]
    assert bundle.key == again.key
    assert bundle.incidents == again.incidents == (2, 3)
    assert fourth.incidents == (4,)


def test_a_message_that_never_left_before_the_crash_leaves_after_it(house: House, alice: Person) -> None:
    house.provider.house_crashes_before_sending_to("9911/alice")
    with pytest.raises(Crash):
        house.fires("DiskFull", severity="critical")
    alice.hears_nothing()
    crashes(house)
    alice.was_paged("DiskFull", by="hook")


def test_a_page_no_longer_wanted_after_the_crash_is_not_repeated(house: House, alice: Person) -> None:
    house.provider.house_crashes_before_sending_to("9911/alice")
    with pytest.raises(Crash):
        house.fires("DiskFull", severity="critical")
    house.stops()
    house.ends("DiskFull", severity="critical")
    crashes(house)
    house.passes(minutes=20)
    alice.hears_nothing()
    house.tells("opened_incident", "resolved_by_source")


def test_after_an_outage_spanning_two_rules_of_one_contact_there_is_exactly_one_message(
    make_house: MakeHouse,
) -> None:
    rules = ["hook", {"after": "2m", "by": "mail"}, {"after": "4m", "by": "mail"}]
    contact = {"hook": {"webhook": "http://127.0.0.1:9911/alice"}, "mail": {"email": "alice@example.com"}}
    alice = {"name": "Alice", "contact": contact, "notify": {"high": rules, "low": ["mail"]}}
    house = make_house(people={"alice": alice})
    phone = house.person("alice")
    house.fires("DiskFull", severity="critical")
    phone.was_paged(by="hook")
    house.passes(minutes=1)
    house.stops()
    house.passes(minutes=5)
    phone.hears_nothing()
    house.starts_again()
    house.passes(minutes=2)
    phone.was_paged("DiskFull", times=1, by="mail")
    house.tells("rules_merged: lead to mail: one message", "sent: by mail")


def test_an_outage_over_a_steps_end_escalates_right_after_it(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged()
    house.stops()
    house.passes(minutes=25)
    bob.hears_nothing()
    house.starts_again()
    bob.hears_nothing()  # first the senders may say that it is over
    house.passes(seconds=75)
    bob.was_paged("DiskFull", times=1)
    house.tells("step_started", "step_timed_out: Paged bob", "sent: bob")
    house.tells("step_timed_out: 16m15s late, since Tocsin itself was away")


def test_alerts_accepted_before_a_crash_are_processed_after_it(house: House, alice: Person) -> None:
    house.stops()
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=3)
    alice.hears_nothing()
    house.starts_again()
    alice.was_paged("DiskFull", times=1)


def test_an_alert_that_came_and_went_while_stopped_pages_nobody(house: House, alice: Person) -> None:
    house.stops()
    house.fires("Blip", severity="critical")
    house.passes(minutes=3)
    house.ends("Blip", severity="critical")
    house.passes(minutes=3)
    house.starts_again()
    house.passes(minutes=30)
    alice.hears_nothing()


def test_eight_hours_stopped_and_thirty_alerts_resolved_meanwhile(
    house: House, alice: Person, bob: Person, carol: Person
) -> None:
    """No stale page, and each that still fires pages once."""
    old = [(f"Old{number}", {"severity": "critical"}) for number in range(30)]
    lasting = [(f"Lasting{number}", {"severity": "critical"}) for number in range(3)]
    house.fire([*old, *lasting])
    house.passes(minutes=5)
    everybody = (alice, bob, carol)
    for person in everybody:
        person.new()
    house.stops()
    house.passes(hours=8)
    house.end(old)
    house.fire([*lasting, ("New", {"severity": "critical"})])
    house.starts_again()
    house.passes(minutes=2)
    pages = [page for person in everybody for page in person.new() if page.is_page]
    named = [item.title.removesuffix(" is bad") for page in pages for item in page.message.items]
    assert not [name for name in named if name.startswith("Old")], named
    by_hook = [
        item.title.removesuffix(" is bad")
        for page in pages
        if page.method == "hook"
        for item in page.message.items
    ]
    assert sorted(by_hook) == ["Lasting0", "Lasting1", "Lasting2", "New"]
    states = {one.title: one.state for one in house.incidents()}
    assert {states[f"Old{number} is bad"] for number in range(30)} == {"resolved"}
    lasting_one = next(one for one in house.incidents() if one.title == "Lasting0 is bad")
    house.tells("step_started", "step_timed_out: late, since Tocsin itself was away", incident=lasting_one.id)


def test_prometheus_dies_in_mid_incident_and_nobody_hears_resolved(
    house: House, alice: Person, bob: Person, carol: Person
) -> None:
    house.fires("DiskFull", severity="critical", lasts=timedelta(minutes=4))
    alice.was_paged("DiskFull")
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.passes(minutes=30)
    carol.was_paged("DiskFull")
    assert house.incident().is_open
    assert house.why("DiskFull") == "source_silent"
    assert not [heard for heard in house.provider.heard if "resolved" in heard.said.lower()]
    house.tells("source_silent: stays open and escalates on", "step_timed_out: bob", "last_resort")


def test_a_restart_gives_every_alert_a_fresh_lease(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical", lasts=timedelta(minutes=4))
    alice.acknowledges()
    house.passes(minutes=3)
    house.stops()
    house.passes(minutes=10)
    house.starts_again()
    house.passes(minutes=4, seconds=59)
    assert house.why("DiskFull") != "source_silent"
    house.passes(seconds=2)
    assert house.why("DiskFull") == "source_silent"


def test_a_lost_timer_is_found_and_set_again(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged()
    house.store.run(lambda tx: tx.agenda.cancel([("incident.step", "1")]))
    assert house.store.read(lambda tx: tx.incidents.without_timer(10)) == [1]
    repaired, departures = house.world.engine.repair(house.now)
    house.world.carry(departures)
    assert repaired == 1
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.tells("step_started", "repaired: set again: step at 07:10 UTC", "step_timed_out: bob")
