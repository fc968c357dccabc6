"""Route says who, severity says when: at once, in business hours, or never."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import START, House
from tests.scenarios.person import Person
from tocsin.core.severity import Severity

FRIDAY_EVENING = datetime(2026, 6, 12, 18, 0, tzinfo=UTC)
MONDAY_MORNING = datetime(2026, 6, 15, 7, 0, tzinfo=UTC)  # 09:00 in Berlin, bob's week begins


def test_a_minor_incident_in_business_hours_reaches_people_by_their_calm_rules(
    house: House, alice: Person
) -> None:
    house.fires("SlowReport", severity="minor")
    alice.was_paged("[SEV3]", by="mail")
    house.tells("opened_incident", "step_started: Paged alice", "page_begun: mail at once")


def test_a_minor_incident_waits_for_business_hours_and_who_is_on_call_then(make_house: MakeHouse) -> None:
    house = make_house(at=FRIDAY_EVENING)
    alice, bob = house.person("alice"), house.person("bob")
    house.fires("SlowReport", severity="minor")
    house.passes(hours=60)
    alice.is_not_paged()
    bob.is_not_paged()
    house.until(MONDAY_MORNING)
    bob.was_paged("SlowReport")
    alice.is_not_paged()
    house.tells("held_for_business_hours: held until 2026-06-15 07:00 UTC", "released: Paged bob")


def test_a_minor_incident_that_is_over_by_morning_is_told_once_and_pages_nobody(
    make_house: MakeHouse,
) -> None:
    house = make_house(at=FRIDAY_EVENING)
    bob = house.person("bob")
    house.fires("SlowReport", severity="minor")
    house.passes(hours=2)
    house.ends("SlowReport", severity="minor")
    house.until(MONDAY_MORNING)
    told = bob.was_told("While pages were held")
    assert "SlowReport" in told.said
    house.passes(days=1)
    bob.hears_nothing()
    house.tells("held_for_business_hours", "resolved_by_source", "released: Nobody was paged")


def test_several_minor_incidents_released_together_are_one_message(make_house: MakeHouse) -> None:
    house = make_house(at=FRIDAY_EVENING)
    bob = house.person("bob")
    for name in ("SlowReport", "StaleCache", "OldBackup"):
        house.fires(name, severity="minor")
    house.until(MONDAY_MORNING)
    house.passes(minutes=1)
    pages = [heard for heard in bob.new() if heard.is_page]
    assert sorted(number for page in pages for number in page.incidents) == [1, 2, 3]
    assert len(pages) <= 2


def test_a_holiday_is_no_business_day(make_house: MakeHouse) -> None:
    hours = {
        "time_zone": "Europe/Berlin",
        "days": "Mon-Fri",
        "hours": "09:00-17:00",
        "holidays": ["2026-06-15"],
    }
    house = make_house(
        at=FRIDAY_EVENING, teams={"platform": {"members": ["alice", "bob"], "business_hours": hours}}
    )
    house.fires("SlowReport", severity="minor")
    house.until(MONDAY_MORNING)
    house.person("bob").is_not_paged()
    house.passes(days=1)
    house.person("bob").was_paged("SlowReport")


def test_a_held_incident_is_released_at_once_when_its_severity_rises(make_house: MakeHouse) -> None:
    house = make_house(at=FRIDAY_EVENING)
    alice, dan = house.person("alice"), house.person("dan")
    house.fires("SlowReport", severity="minor")
    house.passes(hours=1)
    dan.sets(Severity.SEV2)
    alice.was_paged("[SEV2]", by="hook")
    house.tells("held_for_business_hours", "severity_raised: dan", "severity_raised: Paged alice")


def platform(hours: str, days: str = "Mon-Fri") -> dict[str, Any]:
    business = {"time_zone": "Europe/Berlin", "days": days, "hours": hours}
    return {"platform": {"members": ["alice", "bob"], "business_hours": business}}


def test_longer_business_hours_release_what_waits_for_them(make_house: MakeHouse) -> None:
    house = make_house(at=FRIDAY_EVENING)
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=1)
    house.person("alice").hears_nothing()
    house.applies(teams=platform("09:00-23:00"))
    house.person("alice").was_paged("SlowReport")
    house.tells("held_for_business_hours", "released: Paged alice")


def test_an_earlier_opening_releases_at_that(make_house: MakeHouse) -> None:
    house = make_house(at=FRIDAY_EVENING)
    house.fires("SlowReport", severity="minor")
    house.applies(teams=platform("09:00-17:00", days="Mon-Sat"))
    house.tells("held_for_business_hours: Still held")
    house.until(MONDAY_MORNING - timedelta(days=2))
    assert house.person("alice").new() or house.person("bob").new()


def test_a_step_that_waits_for_business_hours_goes_on_when_they_begin_earlier(make_house: MakeHouse) -> None:
    house = make_house(at=FRIDAY_EVENING, teams=platform("09:00-20:05"))
    house.fires("SlowReport", severity="minor")
    house.person("alice").was_paged("SlowReport")
    house.passes(minutes=30)
    house.tells("held_for_business_hours: Nobody acknowledged, and business hours are over")
    house.person("bob").hears_nothing()
    house.applies(teams=platform("09:00-23:00"))
    house.person("bob").was_paged("SlowReport")
    house.tells("step_timed_out: nobody acknowledged, and no business hours hold it any more")


def test_a_worse_alert_releases_what_was_held(make_house: MakeHouse) -> None:
    house = make_house(at=FRIDAY_EVENING)
    house.fires("DiskFull", severity="minor", instance="api-1")
    house.person("alice").hears_nothing()
    house.fires("DiskFull", severity="critical", instance="api-2")
    assert [one.severity for one in house.incidents()] == [Severity.SEV2, Severity.SEV3]
    house.person("alice").was_paged("[SEV2]")


def test_the_backlog_never_pages(make_house: MakeHouse) -> None:
    house = make_house(routes={"group_by": ["alertname"], "group_wait": "0s", "page": "platform"})
    house.fires("TypoInFooter", severity="SEV4")
    house.passes(days=2)
    assert house.pages() == []
    assert house.incident().state == "detected"
    assert house.why("TypoInFooter") == "backlog"
    house.tells("opened_incident", "backlog: SEV4 never pages")


def test_a_paging_route_without_a_severity_is_major(make_house: MakeHouse) -> None:
    house = make_house(routes={"group_by": ["alertname"], "group_wait": "0s", "page": "platform"})
    house.fires("DiskFull")
    house.fires("QueueStuck", severity="terrible")
    assert {one.severity for one in house.incidents()} == {Severity.SEV2}


def test_raising_the_severity_pages_again_at_the_new_urgency(
    house: House, alice: Person, dan: Person
) -> None:
    house.fires("SlowReport", severity="minor")
    alice.was_paged(by="mail")
    house.passes(minutes=2)
    dan.sets(Severity.SEV1)
    alice.was_paged("[SEV1]", by="hook")
    house.tells(
        "step_started",
        "severity_raised: dan raised the severity from SEV3 to SEV1",
        "page_begun: hook at once",
    )


def test_lowering_the_severity_at_night_holds_the_escalation(make_house: MakeHouse) -> None:
    house = make_house(at=FRIDAY_EVENING)
    alice, bob = house.person("alice"), house.person("bob")
    house.fires("DiskFull", severity="critical")
    alice.was_paged(by="hook")
    alice.sets(Severity.SEV3)
    house.passes(hours=12)
    alice.hears_nothing()
    bob.hears_nothing()
    house.tells("severity_lowered: alice", "held_for_business_hours")


def test_lowering_to_the_backlog_stops_the_pages(house: House, alice: Person, bob: Person) -> None:
    house.fires("DiskFull", severity="critical")
    alice.new()
    alice.sets(Severity.SEV4)
    house.passes(hours=5)
    alice.hears_nothing()
    bob.hears_nothing()
    house.tells("severity_lowered", "backlog")


def test_the_last_resort_of_a_minor_incident_rings_once(house: House, carol: Person, dan: Person) -> None:
    house.fires("SlowReport", severity="minor")
    house.passes(minutes=40)
    carol.was_paged("SlowReport")
    dan.is_not_paged()
    house.passes(hours=4)
    carol.hears_nothing()
    house.tells("exhausted", "last_resort: not again")


def test_a_ticket_waits_in_the_teams_queue_and_pages_nobody(make_house: MakeHouse) -> None:
    ticket = {"matchers": ['severity="ticket"'], "ticket": "platform"}
    routes = {"group_by": ["alertname"], "group_wait": "0s", "chat": "alerts", "routes": [ticket]}
    house = make_house(routes=routes)
    house.fires("CertificateExpires", severity="ticket")
    house.passes(days=1)
    assert house.pages() == []
    incident = house.incident()
    assert (incident.kind, incident.team, incident.state) == ("ticket", "platform", "detected")
    assert house.why("CertificateExpires") == "ticket_only"
    house.tells("opened_incident", "ticket_only: It is a ticket in the queue of platform")


def test_a_ticket_becomes_a_page_when_somebody_escalates_it(make_house: MakeHouse) -> None:
    ticket = {"matchers": ['severity="ticket"'], "ticket": "platform"}
    routes = {"group_by": ["alertname"], "group_wait": "0s", "chat": "alerts", "routes": [ticket]}
    house = make_house(routes=routes)
    house.fires("CertificateExpires", severity="ticket")
    house.person("dan").escalates()
    house.person("alice").was_paged("CertificateExpires")
    house.tells("ticket_only", "escalated_by_hand: dan", "escalated_by_hand: Paged alice")


def test_a_configured_severity_replaces_the_default(make_house: MakeHouse) -> None:
    house = make_house(at=START, severities={"SEV2": {"ack_timeout": "10m"}})
    alice = house.person("alice")
    house.fires("DiskFull", severity="critical")
    alice.acknowledges()
    alice.new()
    house.passes(minutes=10)
    alice.was_told("Are you still on")
