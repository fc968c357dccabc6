"""Senders: Alertmanager's groups, PagerDuty's events and changes, and how their alerts become incidents."""

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person

KEY = '{}/{severity="critical"}:{alertname="DiskFull"}'


def disk(instance: str) -> dict[str, str]:
    return {"alertname": "DiskFull", "severity": "critical", "service": "task-api", "instance": instance}


def test_a_whole_group_from_alertmanager_is_one_incident(house: House, alice: Person) -> None:
    house.alertmanager(KEY, [disk("api-1"), disk("api-2")])
    alice.was_paged("DiskFull")
    assert house.incident().alerts == 2
    house.alertmanager(KEY, [], [disk("api-1"), disk("api-2")])
    assert house.incident().state == "resolved"
    house.tells("opened_incident", "resolved_by_source")


def test_an_alert_missing_from_its_complete_group_has_left(house: House, alice: Person) -> None:
    house.alertmanager(KEY, [disk("api-1"), disk("api-2")])
    house.passes(minutes=5)
    house.alertmanager(KEY, [disk("api-2")])
    reasons = {alert.labels["instance"]: (alert.status, alert.reason) for alert in house.alerts("DiskFull")}
    assert reasons["api-1"] == ("resolved", "left_group")
    assert reasons["api-2"][0] == "firing"
    assert house.incident().firing == 1
    house.tells("opened_incident", "left_group: instance=api-1")


def test_an_unset_group_wait_is_nothing_for_a_sender_that_has_grouped(make_house: MakeHouse) -> None:
    house = make_house(routes={"group_by": ["alertname"], "severity": "SEV2", "page": "platform"})
    house.alertmanager(KEY, [disk("api-1")])
    house.person("alice").was_paged("DiskFull")


def test_an_unset_group_wait_gathers_for_half_a_minute_otherwise(make_house: MakeHouse) -> None:
    house = make_house(routes={"group_by": ["alertname"], "severity": "SEV2", "page": "platform"})
    house.fires("DiskFull", instance="api-1")
    assert house.why("DiskFull") == "group_wait"
    house.passes(seconds=20)
    house.fires("DiskFull", instance="api-2")
    house.person("alice").hears_nothing()
    house.passes(seconds=10)
    house.person("alice").was_paged("DiskFull")
    assert house.incident().firing == 2
    assert house.why("DiskFull") == "opened_incident"


def test_what_ends_within_the_group_wait_pages_nobody(make_house: MakeHouse) -> None:
    house = make_house(routes={"group_by": ["alertname"], "severity": "SEV2", "page": "platform"})
    house.fires("Blip")
    house.passes(seconds=20)
    house.ends("Blip")
    house.passes(minutes=5)
    assert house.pages() == []
    assert house.incidents() == []


def test_two_unrelated_pagerduty_events_without_the_groups_labels_are_two_incidents(
    house: House, alice: Person
) -> None:
    house.pagerduty("trigger", "disk", "Disk is full")
    house.pagerduty("trigger", "queue", "Queue is stuck")
    house.passes(seconds=30)
    assert {one.title for one in house.incidents()} == {"Disk is full", "Queue is stuck"}
    assert sorted(n for page in alice.new() if page.is_page for n in page.incidents) == [1, 2]
    house.tells("opened_incident: Disk is full", incident=1)
    house.tells("opened_incident: Queue is stuck", incident=2)


def test_the_same_pagerduty_key_again_is_the_same_alert(house: House, alice: Person) -> None:
    house.pagerduty("trigger", "disk", "Disk is full")
    house.passes(minutes=1)
    house.pagerduty("trigger", "disk", "Disk is full")
    assert len(house.incidents()) == 1
    assert len([page for page in alice.new() if page.method == "hook"]) == 1


def test_a_pagerduty_resolve_by_key_ends_the_incident(house: House) -> None:
    house.pagerduty("trigger", "disk", "Disk is full")
    house.passes(minutes=3)
    house.pagerduty("resolve", "disk")
    assert house.incident().state == "resolved"
    house.tells("opened_incident", "resolved_by_source")


def test_a_pagerduty_acknowledge_by_the_sender_stops_the_escalation(
    house: House, alice: Person, bob: Person
) -> None:
    house.pagerduty("trigger", "disk", "Disk is full")
    alice.was_paged("Disk is full")
    house.pagerduty("acknowledge", "disk")
    assert house.incident().state == "acknowledged"
    house.passes(minutes=20)
    bob.hears_nothing()
    house.tells("opened_incident", "acknowledged: pd")


def test_a_senders_acknowledgement_expires_without_anybody_to_ask(house: House, alice: Person) -> None:
    house.pagerduty("trigger", "disk", "Disk is full")
    house.pagerduty("acknowledge", "disk")
    alice.new()
    house.passes(minutes=34, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("Disk is full")
    house.tells("acknowledged: pd", "ack_question: pd", "ack_expired: pd")


def test_a_pagerduty_acknowledge_for_nothing_known_does_no_harm(house: House) -> None:
    house.pagerduty("acknowledge", "never-heard-of")
    house.pagerduty("resolve", "never-heard-of")
    assert house.incidents() == []


def test_an_acknowledge_right_behind_its_trigger_stops_the_page_that_followed(
    house: House, alice: Person, bob: Person
) -> None:
    house.stops()
    house.pagerduty("trigger", "disk", "Disk is full")
    house.pagerduty("acknowledge", "disk")
    house.passes(seconds=30)
    house.starts_again()
    assert house.incident().state == "acknowledged"
    house.passes(minutes=30)
    alice.is_not_paged()
    bob.is_not_paged()


def test_a_deploy_is_kept_and_shown_beside_the_incident(house: House) -> None:
    house.deploys("deploy abc123 adds a column")
    house.passes(minutes=7)
    house.fires("APIHighLatency", severity="critical")
    assert [change.summary for change in house.shows().changes] == ["deploy abc123 adds a column"]
    assert len(house.incidents()) == 1


def test_the_service_comes_from_the_route_then_the_label_then_the_integration(make_house: MakeHouse) -> None:
    routed = {"matchers": ['team="billing"'], "severity": "SEV2", "page": "platform", "service": "billing"}
    routes = {
        "group_by": ["alertname"],
        "group_wait": "0s",
        "severity": "SEV2",
        "page": "platform",
        "routes": [routed],
    }
    integrations = {
        "prom": {"type": "alertmanager", "key": "prom-key", "service": "billing"},
        "pd": {"type": "pagerduty", "key": "pd-key", "service": "task-api"},
    }
    house = make_house(routes=routes, integrations=integrations)
    house.fires("Routed", team="billing", service="task-api")
    house.fires("Labelled", service="task-api")
    house.pagerduty("trigger", "disk", "Sent by pd")
    services = {one.title: one.service for one in house.incidents()}
    assert services == {"Routed is bad": "billing", "Labelled is bad": "task-api", "Sent by pd": "task-api"}


def test_an_alert_sent_again_unchanged_changes_nothing(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    before = len(house.timeline())
    alice.new()
    for _ in range(5):
        house.fires("DiskFull", severity="critical")
    alice.hears_nothing()
    assert len(house.timeline()) == before


def test_a_late_end_of_an_earlier_occurrence_ends_nothing(house: House) -> None:
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=2)
    house.ends("DiskFull", severity="critical")
    stale = house.now
    house.passes(minutes=2)
    house.fires("DiskFull", severity="critical")
    labels = {"alertname": "DiskFull", "service": "task-api", "severity": "critical"}
    house.reports(labels, stale.replace(minute=0), stale)
    assert house.incident().state == "detected"
