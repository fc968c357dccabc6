"""Silences, inhibitions, maintenance and muted routes: who is held back says why, and pages when that ends."""

from datetime import UTC, datetime, timedelta

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.core.respond.incident import Incident, Opened
from tocsin.core.severity import Severity
from tocsin.engine.consequences import Consequences


def test_a_silenced_alert_pages_nobody_and_says_why(house: House, alice: Person) -> None:
    silence = house.silences('alertname="DiskFull"', hours=1)
    house.fires("DiskFull", severity="critical")
    alice.hears_nothing()
    assert house.incidents() == []
    (alert,) = house.alerts("DiskFull")
    assert (alert.reason, alert.by) == ("silenced", silence)
    assert alert.why


def test_what_still_fires_when_a_silence_ends_pages_then(house: House, alice: Person) -> None:
    house.silences('alertname="DiskFull"', hours=1)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=59, seconds=59)
    alice.hears_nothing()
    house.passes(seconds=1)
    alice.was_paged("DiskFull")
    assert house.why("DiskFull") == "opened_incident"
    house.tells("opened_incident: Until now it was silenced.", "step_started: alice")


def test_a_silence_ended_early_pages_at_once(house: House, alice: Person) -> None:
    silence = house.silences('alertname="DiskFull"', hours=8)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=10)
    house.ends_early("silences", silence)
    alice.was_paged("DiskFull")


def test_what_is_over_when_the_silence_ends_pages_nobody(house: House, alice: Person) -> None:
    house.silences('alertname="DiskFull"', hours=1)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=30)
    house.ends("DiskFull", severity="critical")
    house.passes(hours=1)
    alice.hears_nothing()
    assert house.incidents() == []


def test_a_silence_begins_when_it_says(house: House, alice: Person) -> None:
    house.silences('service="task-api"', starts_in=timedelta(hours=1), hours=1)
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull")
    alice.acknowledges()
    house.passes(hours=1)
    alice.new()
    house.fires("QueueStuck", severity="critical")
    alice.hears_nothing()
    assert house.why("QueueStuck") == "silenced"


def test_an_open_incident_keeps_escalating_when_its_alert_is_silenced(
    house: House, alice: Person, bob: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    house.silences('alertname="DiskFull"', hours=2)
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.tells("silenced: That is not recovery: it stays open", "step_timed_out: bob")


def test_an_alert_that_ends_under_a_silence_resolves_its_incident(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.silences('alertname="DiskFull"', hours=2)
    house.passes(minutes=5)
    house.ends("DiskFull", severity="critical")
    assert house.incident().state == "resolved"
    house.tells("silenced", "resolved_by_source")


def test_an_inhibited_alert_pages_nobody_and_says_why(house: House, alice: Person) -> None:
    house.fires("ClusterDown", severity="critical", cluster="eu")
    alice.was_paged("ClusterDown")
    house.fires("DiskFull", severity="critical", cluster="eu")
    house.fires("QueueStuck", severity="critical", cluster="us")
    pages = [page for page in alice.new() if page.is_page]
    assert "DiskFull" not in str(pages)
    assert house.why("DiskFull") == "inhibited"
    assert house.why("QueueStuck") == "opened_incident"
    assert len(house.incidents()) == 2


def test_an_inhibition_works_whichever_of_the_two_comes_first(house: House, alice: Person) -> None:
    house.fire(
        [
            ("DiskFull", {"severity": "critical", "cluster": "eu"}),
            ("ClusterDown", {"severity": "critical", "cluster": "eu"}),
        ]
    )
    assert [one.title for one in house.incidents()] == ["ClusterDown is bad"]
    assert house.why("DiskFull") == "inhibited"


def test_what_still_fires_when_its_inhibitor_ends_pages_then(house: House, alice: Person) -> None:
    house.fires("ClusterDown", severity="critical", cluster="eu")
    house.fires("DiskFull", severity="critical", cluster="eu")
    alice.acknowledges()
    alice.new()
    house.passes(minutes=20)
    house.ends("ClusterDown", severity="critical", cluster="eu")
    (page,) = [heard for heard in alice.new() if heard.is_page]
    assert "DiskFull" in page.said
    assert house.why("DiskFull") == "opened_incident"
    house.tells("opened_incident: Until now it was inhibited by another alert.")


def test_a_maintenance_window_holds_new_pages_and_reports_on_exit(house: House, alice: Person) -> None:
    window = house.maintains("task-api", hours=2)
    house.fires("DiskFull", severity="critical")
    alice.hears_nothing()
    (alert,) = house.alerts("DiskFull")
    assert (alert.reason, alert.by) == ("maintenance", window)
    house.passes(hours=1, minutes=59)
    alice.hears_nothing()
    house.passes(minutes=1)
    alice.was_paged("DiskFull")
    house.tells("opened_incident: Until now it was under maintenance.", "step_started: Paged alice")


def test_maintenance_of_one_service_holds_no_other(house: House, alice: Person) -> None:
    house.maintains("task-api", hours=2)
    house.fires("CardsDeclined", severity="critical", service="billing")
    alice.was_paged("CardsDeclined")


def test_maintenance_does_not_stop_what_was_already_burning(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=5)
    house.maintains("task-api", hours=2)
    house.passes(minutes=5)
    bob.was_paged("DiskFull")
    house.tells("maintenance: That is not recovery", "step_timed_out: bob")


def test_maintenance_ended_early_pages_what_still_fires(house: House, alice: Person) -> None:
    window = house.maintains("task-api", hours=8)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=30)
    house.ends_early("maintenance", window)
    alice.was_paged("DiskFull")


NIGHTLY = {
    "time_intervals": {
        "nights": [{"times": [{"start_time": "00:00", "end_time": "01:00"}], "location": "UTC"}]
    },
    "routes": {
        "group_by": ["alertname"],
        "group_wait": "0s",
        "chat": "alerts",
        "routes": [
            {
                "matchers": ['severity="critical"'],
                "severity": "SEV2",
                "page": "platform",
                "mute_time_intervals": ["nights"],
            }
        ],
    },
}


def test_a_muted_route_holds_until_its_interval_ends(make_house: MakeHouse) -> None:
    house = make_house(at=datetime(2026, 6, 9, 0, 45, tzinfo=UTC), **NIGHTLY)
    alice = house.person("alice")
    house.fires("BackupLate", severity="critical")
    house.passes(minutes=14, seconds=59)
    alice.hears_nothing()
    (alert,) = house.alerts("BackupLate")
    assert (alert.reason, alert.by) == ("muted", "nights")
    house.passes(seconds=1)
    alice.was_paged("BackupLate")
    house.tells("opened_incident: Until now it was muted by its route's times.")


def test_a_silence_and_a_window_that_overlap_hold_until_the_later_ends(house: House, alice: Person) -> None:
    house.silences('alertname="DiskFull"', hours=1)
    house.maintains("task-api", hours=2)
    house.fires("DiskFull", severity="critical")
    house.passes(hours=1, minutes=30)
    alice.hears_nothing()
    assert house.why("DiskFull") == "maintenance"
    house.passes(minutes=30)
    alice.was_paged("DiskFull")


def test_silences_and_windows_are_never_removed_by_apply(house: House, alice: Person) -> None:
    house.silences('alertname="DiskFull"', hours=1)
    house.applies(prune=True)
    house.fires("DiskFull", severity="critical")
    alice.hears_nothing()
    assert house.why("DiskFull") == "silenced"


def test_what_joins_an_open_incident_after_a_silence_says_so(house: House, alice: Person) -> None:
    house.silences('instance="api-2"', hours=1)
    house.fires("DiskFull", severity="critical", instance="api-1")
    house.fires("DiskFull", severity="critical", instance="api-2")
    assert house.incident().firing == 1
    alice.acknowledges()
    house.passes(minutes=1)
    alice.new()
    house.passes(hours=1)
    assert house.incident().firing == 2
    house.tells("joined_incident: instance=api-2): 2 alerts now firing. Until now it was silenced.")


def test_the_end_of_a_window_tells_the_teams_chat_what_it_held_back(house: House) -> None:
    house.maintains("task-api", hours=2)
    for name in ("DiskFull", "QueueStuck", "SlowQueries"):
        house.fires(name, severity="critical")
    house.passes(hours=1)
    house.ends("QueueStuck", severity="critical")
    house.passes(hours=1)
    (post,) = house.posts("alerts")
    assert post.message.title == "Maintenance of task-api is over"
    assert "3 alerts held back (upgrade): 2 still firing, 1 over." in post.said
    assert "DiskFull still fires" in post.said and "QueueStuck is over" in post.said
    house.stops()
    house.passes(minutes=1)
    house.starts_again()
    house.passes(hours=1)
    assert len(house.posts("alerts")) == 1


def test_a_window_ended_early_is_told_then_and_one_that_held_nothing_not_at_all(house: House) -> None:
    window = house.maintains("task-api", hours=2)
    house.maintains("billing", hours=1)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=10)
    house.ends_early("maintenance", window)
    house.passes(hours=3)
    (post,) = house.posts("alerts")
    assert "task-api" in post.message.title


def test_why_an_alert_never_paged_is_known_when_it_is_long_over(house: House) -> None:
    silence = house.silences('alertname="DiskFull"', hours=1)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=5)
    house.ends("DiskFull", severity="critical")
    (alert,) = house.alerts("DiskFull")
    assert (alert.reason, alert.by) == ("source_resolved", f"silenced by {silence}")
    assert alert.why == f"Its sender said it is over. (silenced by {silence})"


def test_what_a_person_resolved_under_a_silence_comes_back_when_it_still_fires_at_its_end(
    house: House, alice: Person
) -> None:
    house.fires("DiskFull", severity="critical")
    house.silences('alertname="DiskFull"', minutes=20)
    alice.resolves()
    assert house.incident().state == "resolved"
    alice.new()
    house.passes(minutes=20)
    alice.was_paged("DiskFull")
    assert len(house.incidents()) == 1
    house.tells("silenced", "resolved_by_person: what still fires when that ends opens it again", "reopened")


def test_one_silenced_alert_keeps_a_group_open_when_the_others_end(
    house: House, alice: Person, bob: Person
) -> None:
    house.silences('instance="api-2"', hours=2)
    house.fires("DiskFull", severity="critical", instance="api-1")
    house.fires("DiskFull", severity="critical", instance="api-2")
    house.passes(minutes=5)
    house.ends("DiskFull", severity="critical", instance="api-1")
    assert house.incident().is_open
    house.passes(minutes=5)
    bob.was_paged("DiskFull")
    house.tells("silenced: That is not recovery", "step_timed_out: bob")


def reported(house: House, service: str) -> int:
    """An incident that no alert stands behind."""

    def work(owed: Consequences) -> int:
        (number,) = owed.tx.incidents.new_ids(1)
        owed.open(
            Incident(
                number, "Checkout is slow", Severity.SEV2, house.now, service=service, detected_by="carol"
            ),
            Opened(policy="platform"),
        )
        return number

    number, departures = house.world.engine.decide(work, house.now)
    house.world.carry(departures)
    return number


def test_a_reported_incident_that_is_held_for_maintenance_pages_when_that_is_ended_early(
    house: House, alice: Person
) -> None:
    window = house.maintains("task-api", hours=8)
    number = reported(house, "task-api")
    house.passes(minutes=30)
    alice.hears_nothing()
    house.ends_early("maintenance", window)
    alice.was_paged("Checkout is slow")
    house.tells("held_for_maintenance", "maintenance_ended: Paged alice", incident=number)


def test_a_window_ended_early_releases_what_was_reported_although_its_owner_died_over_it(
    house: House, alice: Person
) -> None:
    window = house.maintains("task-api", hours=8)
    reported(house, "task-api")
    house.stops()
    house.ends_early("maintenance", window)
    house.starts_again()
    alice.hears_nothing()
    house.passes(minutes=1)  # until the lease of the one that died is over
    alice.was_paged("Checkout is slow")


def test_a_window_that_changes_releases_nothing_that_waits_for_business_hours(house: House) -> None:
    house.passes(hours=12)
    house.fires("SlowReport", severity="minor")
    window = house.maintains("billing", hours=1)
    house.ends_early("maintenance", window)
    assert house.pages() == []
