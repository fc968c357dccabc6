"""Escalation: steps, waits, repeats, the last resort, and what stops it."""

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person


def test_a_critical_alert_pages_who_is_on_call_at_once(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull", by="hook")
    bob.hears_nothing()
    assert house.why("DiskFull") == "opened_incident"
    house.tells("opened_incident", "step_started: Paged alice (platform-primary, step 1 of 2)", "sent: alice")


def test_a_page_carries_all_that_a_responder_needs(house: House, alice: Person) -> None:
    house.fires(
        "DiskFull",
        severity="critical",
        annotations={"summary": "Disk is 98% full", "runbook_url": "https://runbooks.example/disk"},
    )
    (page,) = alice.was_paged("Disk is 98% full")
    assert page.message.title == "[SEV2] task-api: Disk is 98% full"
    for wanted in (
        "Since 2026-06-08 07:00 UTC (09:00 Europe/Berlin)",
        "https://runbooks.example/disk",
        "/incidents/1",
    ):
        assert wanted in page.message.text


def test_immediate_and_delayed_rules_fire_once_each_at_their_time(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull", by="hook")
    house.passes(seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("DiskFull", by="mail")
    house.passes(minutes=8)
    alice.hears_nothing()
    house.tells("page_begun: hook at once, mail after 1m", "sent: by hook", "sent: by mail")


def test_a_step_escalates_on_time_and_is_not_repeated(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull")
    house.passes(minutes=9, seconds=59)
    bob.hears_nothing()
    house.passes(seconds=1)
    bob.was_paged("DiskFull")
    house.passes(minutes=9, seconds=59)
    bob.hears_nothing()
    house.tells("step_started: alice", "step_timed_out: Paged bob (platform-secondary, step 2 of 2)")


def test_all_people_on_a_step_are_paged(make_house: MakeHouse) -> None:
    everybody = {"steps": [{"page": ["alice", "bob", "dan"], "wait": "10m"}], "last_resort": ["carol"]}
    house = make_house(policies={"platform": everybody})
    house.fires("DiskFull", severity="critical")
    for name in ("alice", "bob", "dan"):
        house.person(name).was_paged("DiskFull")
    house.person("carol").hears_nothing()
    house.tells("step_started: Paged alice, bob and dan")


def test_a_team_on_a_step_is_all_its_members_each_once(make_house: MakeHouse) -> None:
    step = {"page": [{"team": "platform"}, "bob"], "wait": "10m"}
    house = make_house(policies={"platform": {"steps": [step], "last_resort": ["carol"]}})
    house.fires("DiskFull", severity="critical")
    house.person("alice").was_paged("DiskFull")
    house.person("bob").was_paged("DiskFull")


def test_a_chat_on_a_step_hears_of_it_beside_the_people(make_house: MakeHouse) -> None:
    step = {"page": "platform-primary", "chat": "alerts", "wait": "10m"}
    house = make_house(policies={"platform": {"steps": [step], "last_resort": ["carol"]}})
    house.fires("DiskFull", severity="critical")
    house.person("alice").was_paged("DiskFull")
    assert "DiskFull" in house.posts("alerts")[0].said
    house.tells("step_started: posted to alerts")


def test_an_empty_schedule_passes_to_the_next_step_at_once_and_admins_are_told(make_house: MakeHouse) -> None:
    later = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-09-07", "people": ["carol"]}
    house = make_house(
        schedules={"autumn": {"team": "platform", "layers": [{"rotation": later}]}},
        policies={
            "platform": {
                "steps": [{"page": "autumn", "wait": "10m"}, {"page": "bob", "wait": "10m"}],
                "last_resort": ["carol"],
            }
        },
    )
    house.fires("DiskFull", severity="critical")
    house.person("bob").was_paged("DiskFull")
    house.person("dan").was_told("Nobody is on call in autumn")
    house.tells("nobody_on_call: Nobody is on call in autumn (step 1 of 2)", "step_started: Paged bob")


def test_nobody_on_call_anywhere_rings_the_last_resort_at_once(make_house: MakeHouse) -> None:
    later = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-09-07", "people": ["bob"]}
    house = make_house(
        schedules={"autumn": {"team": "platform", "layers": [{"rotation": later}]}},
        policies={
            "platform": {"steps": [{"page": "autumn", "wait": "10m"}], "repeat": 3, "last_resort": ["carol"]}
        },
    )
    house.fires("DiskFull", severity="critical")
    house.person("carol").was_paged("DiskFull")
    house.tells("nobody_on_call", "exhausted", "last_resort: Paged carol (last resort)")


def test_the_policy_repeats_as_often_as_it_says(
    house: House, alice: Person, bob: Person, carol: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged(times=1)
    house.passes(minutes=20)
    alice.was_paged(times=2)  # by mail in the first round, by hook in the second
    bob.was_paged()
    house.passes(minutes=19, seconds=59)
    carol.hears_nothing()
    house.passes(seconds=1)
    carol.was_paged("DiskFull")
    house.tells(
        "step_timed_out: bob", "policy_repeated: round 2 of 2", "step_timed_out: alice", "exhausted: 2 rounds"
    )


def test_nobody_answers_for_three_hours_and_the_last_resort_still_rings(
    house: House, carol: Person, dan: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=40)
    carol.was_paged("DiskFull")
    dan.was_paged("DiskFull")
    for _ in range(10):
        house.passes(minutes=15)
        carol.was_paged("DiskFull")
        dan.was_paged("DiskFull")
    assert house.now.hour == 10 and house.now.minute == 10
    carol.acknowledges()
    house.passes(minutes=20)
    carol.hears_nothing()
    dan.hears_nothing()
    house.tells(
        "exhausted", "last_resort: again every 15m", "last_resort", "last_resort", "acknowledged: carol"
    )


def test_a_second_alert_in_the_group_neither_pages_anew_nor_restarts_the_escalation(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical", instance="api-1")
    alice.was_paged("DiskFull")
    house.passes(minutes=5)
    alice.was_paged(by="mail")
    house.fires("DiskFull", severity="critical", instance="api-2")
    alice.hears_nothing()
    house.passes(minutes=5)
    bob.was_paged("DiskFull")
    assert len(house.incidents()) == 1
    assert house.why("DiskFull") == "joined_incident"
    house.tells("joined_incident: instance=api-2", "step_timed_out: bob")


def test_a_changed_policy_leaves_a_running_escalation_alone(
    house: House, alice: Person, bob: Person, carol: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged()
    only_carol = {"steps": [{"page": "carol", "wait": "1m"}], "repeat": 0, "last_resort": ["carol"]}
    house.applies(policies={"platform": only_carol})
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    carol.hears_nothing()
    house.fires("QueueStuck", severity="critical")
    carol.was_paged("QueueStuck")
    house.tells("step_timed_out: step 2 of 2", incident=1)


def test_a_policy_that_is_gone_still_escalates_what_began_with_it(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged()
    replacement = {"steps": [{"page": "carol", "wait": "1m"}], "last_resort": ["carol"]}
    routes = {"group_by": ["alertname"], "group_wait": "0s", "page": "other", "severity": "SEV2"}
    services = {name: {"team": "platform", "policy": "other"} for name in ("task-api", "billing")}
    house.applies(
        prune=True, policies={"platform": None, "other": replacement}, routes=routes, services=services
    )
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    assert len(house.incidents()) == 1


def test_who_is_on_call_is_asked_at_the_moment_of_each_step(
    house: House, alice: Person, carol: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    alice.was_paged()
    house.overrides("platform-secondary", "carol", house.now, house.now.replace(hour=20))
    house.passes(minutes=10)
    carol.was_paged("DiskFull")
    house.tells("step_timed_out: Paged carol (platform-secondary")
