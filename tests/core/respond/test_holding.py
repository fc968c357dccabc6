"""Holding: business hours, maintenance, release, and the report of what was over by then."""

from datetime import timedelta

from tocsin.core.configuration import Maintenance
from tocsin.core.people import Team
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import EscalationStatus, HoldsChanged, SetSeverity, Timer
from tocsin.core.severity import Severity

from .story import START, Story, house, minutes

NIGHT = START - timedelta(hours=7)  # Monday 03:00, six hours before the team is at work


def window(start: float = -10, end: float = 60) -> Maintenance:
    return Maintenance("m1", ("task-api",), START + minutes(start), START + minutes(end), comment="migration")


def under_maintenance(**changes: float) -> Story:
    return Story(house(maintenance=(window(**changes),)))


def test_a_minor_incident_waits_for_business_hours_and_is_paged_then() -> None:
    story = Story(now=NIGHT).opens(Severity.SEV3)
    assert story.agenda == {Timer.RELEASE: NIGHT + timedelta(hours=6)}
    assert "held until 09:00 UTC" in story.texts()[-1]
    story.passes(6 * 60)
    assert story.paged_since(0) == ["alice"]


def test_one_that_is_over_by_then_is_reported_instead() -> None:
    facts = house()
    team = Team(key="platform", members=("alice",), chat="alerts")
    story = Story(house(teams=facts.teams | {"platform": team}), NIGHT).opens(Severity.SEV3)
    story.passes(30).source_resolves()
    story.passes(6 * 60)
    assert story.pages == []
    assert "fired from 03:00 UTC to 03:30 UTC and is over. Nobody was paged." in story.posted[-1].text


def test_a_held_one_is_released_at_once_when_its_severity_rises() -> None:
    story = Story(now=NIGHT).opens(Severity.SEV3).passes(5)
    story.fires(2, severity=Severity.SEV2)
    assert story.paged_since(0) == ["alice"]
    assert Timer.RELEASE not in story.agenda
    by_hand = Story(now=NIGHT).opens(Severity.SEV3)
    by_hand.happens(SetSeverity("bob", Severity.SEV1))
    assert by_hand.paged_since(0) == ["alice"]


def test_a_minor_escalation_does_not_go_on_after_hours() -> None:
    story = Story(now=START + timedelta(hours=6, minutes=55)).opens(Severity.SEV3)  # 16:55
    story.passes(60)
    assert story.paged_since(0) == ["alice"]
    story.passes(15 * 60 + 10)  # Tuesday 09:05
    assert story.paged_since(1) == ["bob"]


def test_a_maintenance_window_holds_new_pages_and_pages_what_still_fires_at_its_end() -> None:
    story = under_maintenance().opens()
    assert story.pages == []
    assert story.reasons()[-1] is Reason.HELD_FOR_MAINTENANCE
    assert story.passes(60).paged() == [(60, "alice")]
    assert Reason.MAINTENANCE_ENDED in story.reasons()


def test_what_ended_under_maintenance_is_reported_on_exit() -> None:
    story = under_maintenance().opens()
    story.passes(5).source_resolves()
    story.passes(60)
    assert story.pages == []
    assert {told.person for told in story.told} == {"alice", "bob"}


def test_maintenance_of_another_service_holds_nothing() -> None:
    assert under_maintenance().opens(service="billing").paged() == [(0, "alice")]


def test_a_window_that_is_ended_early_releases_at_once() -> None:
    story = under_maintenance().opens().passes(10)
    story.facts = house(maintenance=(window(end=10),))
    story.happens(HoldsChanged())
    assert story.paged() == [(10, "alice")]


def test_a_window_that_is_extended_holds_on() -> None:
    story = under_maintenance().opens().passes(10)
    story.facts = house(maintenance=(window(end=90),))
    story.happens(HoldsChanged())
    assert story.agenda == {Timer.RELEASE: START + minutes(90)}


def test_an_open_incident_keeps_escalating_when_a_window_begins() -> None:
    story = Story().opens().passes(5)
    story.facts = house(maintenance=(window(),))
    story.happens(HoldsChanged())
    assert story.passes(5).paged() == [(0, "alice"), (10, "bob")]


def test_maintenance_then_business_hours_are_both_respected() -> None:
    early = Maintenance("m1", ("task-api",), NIGHT, NIGHT + minutes(30))
    story = Story(house(maintenance=(early,)), NIGHT).opens(Severity.SEV3)
    assert story.passes(30).pages == []
    assert story.passes(5.5 * 60).paged_since(0) == ["alice"]


def test_what_is_all_silenced_at_release_is_not_paged_until_that_ends() -> None:
    story = under_maintenance().opens()
    story.fires(0, suppressed=1, reason=Reason.SILENCED)
    story.passes(120)
    assert story.pages == []
    assert story.incident.escalation.status is EscalationStatus.HELD
    story.fires(1)
    assert story.paged_since(0) == ["alice"]
