"""Delivery: bundles and pacing, status behind pages, back-off, failover on refusal and outage, and coming back."""

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.core.respond.delivery import Failed, Tried


def test_four_waiting_pages_become_one_message_that_says_four(house: House, alice: Person) -> None:
    house.fires("First", severity="critical")
    alice.was_paged("First")
    house.fire([(name, {"severity": "critical"}) for name in ("Second", "Third", "Fourth", "Fifth")])
    alice.hears_nothing()
    house.passes(seconds=30)
    (bundle,) = alice.was_paged("4 incidents need you")
    assert len(bundle.incidents) == 4
    house.tells("step_started", "bundled: in one message with 3 more")


def test_waiting_pages_list_the_worst_first(house: House, alice: Person) -> None:
    house.fires("First", severity="critical")
    alice.new()
    house.fires("Bad", severity="critical")
    house.fires("Worst", severity="outage")
    house.passes(seconds=30)
    (bundle,) = alice.was_paged("2 incidents need you (worst SEV1)")
    assert [item.severity for item in bundle.message.items] == ["SEV1", "SEV2"]


def test_a_storm_on_one_service_does_not_delay_another_services_first_page(
    house: House, alice: Person
) -> None:
    house.fire([(f"Storm{number}", {"severity": "critical"}) for number in range(300)])
    storm = alice.new()
    assert sum(len(page.incidents) for page in storm) <= 50
    house.fires("CardsDeclined", severity="critical", service="billing")
    (page,) = alice.new()
    assert page.message.items[0].title == "CardsDeclined is bad"
    assert "CardsDeclined" in page.said
    assert page.at == house.now
    house.tells("opened_incident: CardsDeclined", "step_started: alice", "bundled: alice by hook")


def test_a_storm_becomes_few_messages_that_name_every_incident(house: House, alice: Person) -> None:
    house.fire([(f"Storm{number}", {"severity": "critical"}) for number in range(60)])
    house.passes(minutes=1)
    pages = [heard for heard in alice.new() if heard.method == "hook"]
    assert sorted(number for page in pages for number in page.incidents) == list(range(1, 61))
    assert [len(page.incidents) for page in pages] == [25, 25, 10]


def test_an_acknowledged_incident_drops_out_of_a_waiting_bundle(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("First", severity="critical")
    alice.new()
    house.fires("Second", severity="critical")
    house.fires("Third", severity="critical")
    bob.acknowledges(2)
    house.passes(seconds=30)
    alice.was_paged("Third")
    house.tells("acknowledged: bob", incident=2)
    assert [n.state for n in house.shows(2).notifications if n.person == "alice"] == ["dropped"]


def test_a_status_message_never_delays_a_page(house: House, bob: Person) -> None:
    house.fires("First", severity="critical")
    bob.acknowledges()
    house.provider.is_down("9911/bob")
    house.ends("First", severity="critical")  # bob is told, and the provider does not answer
    house.provider.works_again("9911/bob")
    bob.new()
    house.fires("Second", severity="critical")
    house.person("alice").reassigns("bob")
    (page,) = [heard for heard in bob.new() if heard.is_page]
    assert page.at == house.now


def test_a_failed_message_is_tried_again_under_the_same_key(house: House, alice: Person) -> None:
    house.provider.is_down("9911/alice")
    house.fires("DiskFull", severity="critical")
    alice.hears_nothing()
    house.passes(seconds=4)
    house.provider.works_again("9911/alice")
    house.passes(seconds=3)
    alice.was_paged("DiskFull", by="hook")
    first, second = house.provider.tried
    assert first.key == second.key
    house.tells("send_failed: 503 Service Unavailable. Tried again", "sent: alice")


def test_a_hard_rejection_moves_to_the_next_method_at_once(house: House, alice: Person) -> None:
    house.provider.refuses("9911/alice")
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull", by="mail")
    house.passes(minutes=5)
    alice.hears_nothing()
    house.tells(
        "rejected: 404 no such topic",
        "failed_over: hook failed for alice, so mail is used at once",
        "sent: by mail",
    )


def test_a_providers_outage_fails_over_and_comes_back(house: House, alice: Person) -> None:
    house.provider.is_down("9911/alice")
    house.fires("DiskFull", severity="critical")
    house.passes(seconds=30)
    alice.was_paged("DiskFull", by="mail")
    house.tells("send_failed", "failed_over: hook failed", "sent: by mail")
    house.provider.works_again("9911/alice")
    house.passes(minutes=2)
    alice.was_paged("DiskFull", by="hook")
    alice.acknowledges()
    house.passes(minutes=5)
    alice.hears_nothing()
    house.fires("QueueStuck", severity="critical")
    alice.was_paged("QueueStuck", by="hook")


def test_a_provider_that_asks_for_a_long_pause_fails_over_at_once(house: House, alice: Person) -> None:
    house.provider.is_down("9911/alice", retry_after=120)
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull", by="mail")


def test_a_person_who_cannot_be_reached_is_reported_to_the_admins(
    house: House, bob: Person, dan: Person
) -> None:
    house.provider.refuses("9911/bob")
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=10)
    bob.hears_nothing()
    dan.was_paged("DiskFull")
    house.tells("step_timed_out: bob", "rejected", "gave_up: no other contact method is left")


def test_the_escalation_goes_on_while_nobody_can_be_reached(house: House, carol: Person) -> None:
    for person in ("alice", "bob"):
        house.provider.is_down(person)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=40)
    carol.was_paged("DiskFull")
    house.tells("send_failed", "step_timed_out", "exhausted", "last_resort")


def test_a_page_is_tried_for_as_long_as_it_is_wanted(house: House, bob: Person) -> None:
    house.provider.is_down("9911/bob")
    house.fires("DiskFull", severity="critical")
    house.passes(hours=3)
    house.provider.works_again("9911/bob")
    house.passes(minutes=6)
    assert any("DiskFull" in heard.said for heard in bob.new())


def test_nothing_stale_is_sent_after_an_outage(house: House, alice: Person) -> None:
    for address in ("9911/alice", "alice@example.com"):
        house.provider.is_down(address)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=5)
    house.ends("DiskFull", severity="critical")
    for address in ("9911/alice", "alice@example.com"):
        house.provider.works_again(address)
    house.passes(hours=1)
    alice.is_not_paged()
    assert {n.state for n in house.shows().notifications if n.purpose == "page" and n.person == "alice"} == {
        "dropped"
    }


def test_status_messages_are_given_up_after_an_hour(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    house.provider.is_down("alice@example.com")
    house.ends("DiskFull", severity="critical")
    house.passes(hours=2)
    told = [n for n in house.shows().notifications if n.purpose == "status"]
    assert told and {n.state for n in told} == {"failed"}
    assert {n.reason for n in told} == {"gave_up"}


def test_a_test_page_goes_the_real_way_marked_test(house: House, alice: Person) -> None:
    house.sends_test_page("alice")
    (page,) = alice.was_paged("[TEST]", by="hook")
    assert page.message.test
    alice.follows(page.message.acknowledge_url)
    assert house.incident().test
    house.passes(hours=2)
    alice.is_not_paged()
    house.tells("opened_incident: TEST.", "test: dan asked for a test page to alice", "acknowledged: alice")


def test_a_test_alert_pages_marked_test(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical", tocsin_test="true")
    (page,) = alice.was_paged("DiskFull")
    assert page.message.title.startswith("[TEST]")


def test_one_phone_behind_two_rules_hears_one_message(make_house: MakeHouse) -> None:
    contact = {
        "hook": {"webhook": "http://127.0.0.1:9911/dora"},
        "same": {"webhook": "http://127.0.0.1:9911/dora"},
    }
    dora = {"name": "Dora", "contact": contact, "notify": {"high": ["hook", "same"], "low": ["hook"]}}
    policy = {"steps": [{"page": "dora", "wait": "10m"}], "last_resort": ["carol"]}
    house = make_house(people={"dora": dora}, policies={"platform": policy})
    house.fires("DiskFull", severity="critical")
    house.person("dora").was_paged("DiskFull", times=1)
    house.tells("rules_merged: dora")


def test_a_contact_method_taken_away_while_it_failed_gives_way_to_the_next(
    house: House, alice: Person
) -> None:
    house.provider.is_down("9911/alice")
    house.fires("DiskFull", severity="critical")
    mail = {
        "contact": {"mail": {"email": "alice@example.com"}},
        "notify": {"high": ["mail"], "low": ["mail"]},
    }
    house.applies(prune=True, people={"alice": {"name": "Alice", "email": "alice@example.com", **mail}})
    house.passes(seconds=30)
    alice.was_paged("DiskFull", by="mail")
    house.tells("send_failed", "rejected: no longer configured", "failed_over: mail is used at once")


def test_a_changed_address_is_used_for_what_still_waits(house: House, bob: Person) -> None:
    house.provider.is_down("9911/bob")
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=10)
    hook = {"contact": {"hook": {"webhook": "http://127.0.0.1:9911/robert"}}}
    house.applies(people={"bob": {"name": "Bob", "notify": {"high": ["hook"], "low": ["hook"]}, **hook}})
    house.passes(minutes=1)
    bob.was_paged("DiskFull")


def test_an_admin_chat_hears_of_gaps_beside_the_admins(make_house: MakeHouse) -> None:
    later = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-09-07", "people": ["carol"]}
    steps = [{"page": "autumn", "wait": "10m"}, {"page": "bob", "wait": "10m"}]
    house = make_house(
        schedules={"autumn": {"team": "platform", "layers": [{"rotation": later}]}},
        policies={"platform": {"steps": steps, "last_resort": ["carol"]}},
        defaults={"admin_chat": "alerts"},
    )
    house.fires("DiskFull", severity="critical")
    assert "Nobody is on call in autumn" in house.posts("alerts")[0].said
    house.person("dan").was_told("Nobody is on call in autumn")


def test_an_address_remembers_what_became_of_its_last_message(house: House, alice: Person) -> None:
    house.provider.answers("9911/alice", Failed("x" * 1000))
    house.fires("First", severity="critical")
    failed = last(house, "webhook|http://127.0.0.1:9911/alice")
    assert failed == Tried(house.now, False, "x" * 300)
    house.provider.works_again("9911/alice")
    house.passes(minutes=1)
    worked = last(house, "webhook|http://127.0.0.1:9911/alice")
    assert worked is not None and worked.delivered and not worked.why


def last(house: House, address: str) -> Tried | None:
    return house.world.engine.store.read(lambda tx: tx.notifications.address(address)).last
