"""Ending and coming back: by the source, by a person, too soon, flapping, silent."""

from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import (
    Acknowledge,
    EscalationStatus,
    Mitigate,
    Repair,
    Resolve,
    State,
    Timer,
)
from tocsin.core.severity import Severity

from .story import Story, minutes


def acknowledged(severity: Severity = Severity.SEV2) -> Story:
    story = Story().opens(severity).passes(2)
    story.happens(Acknowledge("alice"))
    return story


def test_resolved_by_the_source_stops_the_pages() -> None:
    story = Story().opens().passes(3)
    story.source_resolves()
    assert story.incident.state is State.RESOLVED
    assert story.wanted == {}
    assert story.passes(60).paged() == [(0, "alice")]


def test_it_needs_every_alert_to_end() -> None:
    story = Story().opens(firing=2, alerts=2)
    story.fires(1, ended=("APIErrors",))
    assert story.incident.state is State.DETECTED
    story.source_resolves()
    assert story.incident.state is State.RESOLVED


def test_an_acknowledged_major_incident_is_mitigated_until_a_person_resolves_it() -> None:
    story = acknowledged()
    story.source_resolves()
    assert story.incident.state is State.MITIGATED
    story.happens(Resolve("alice"))
    assert story.incident.state is State.RESOLVED
    assert story.incident.resolved_by == "alice"


def test_or_until_an_hour_has_passed() -> None:
    story = acknowledged()
    story.source_resolves()
    assert story.passes(59).incident.state is State.MITIGATED
    assert story.passes(1).incident.state is State.RESOLVED


def test_an_acknowledged_minor_incident_is_simply_resolved() -> None:
    story = acknowledged(Severity.SEV3)
    story.source_resolves()
    assert story.incident.state is State.RESOLVED


def test_a_silent_source_has_not_recovered() -> None:
    story = Story().opens()
    story.fires(1, source_silent=1)
    assert story.incident.state is State.DETECTED
    assert story.passes(10).paged() == [(0, "alice"), (10, "bob")]
    assert any("fell silent" in text for text in story.texts())


def test_suppressed_is_not_recovery_either() -> None:
    story = Story().opens()
    story.fires(0, suppressed=1, reason=Reason.SILENCED)
    assert story.incident.state is State.DETECTED
    assert story.passes(10).paged() == [(0, "alice"), (10, "bob")]
    assert story.reasons()[1] is Reason.STEP_STARTED
    assert Reason.SILENCED in story.reasons()


def test_resolved_by_a_person_while_it_fires_is_only_mitigated_and_says_so() -> None:
    story = acknowledged()
    story.happens(Resolve("alice", note="rolled back"))
    assert story.incident.state is State.MITIGATED
    assert "comes back unacknowledged at 10:17 UTC" in story.texts()[-1]


def test_it_comes_back_unacknowledged_at_the_first_step() -> None:
    story = acknowledged()
    story.happens(Resolve("alice"))
    story.passes(15)
    assert story.incident.state is State.DETECTED
    assert story.incident.acknowledged_by is None
    assert story.paged() == [(0, "alice"), (17, "alice")]


def test_a_minor_one_gets_an_hour() -> None:
    story = acknowledged(Severity.SEV3)
    story.happens(Resolve("alice"))
    assert story.passes(59).paged() == [(0, "alice")]
    assert story.passes(1).paged_since(1) == ["alice"]


def test_saying_it_again_does_not_buy_more_time() -> None:
    story = acknowledged()
    story.happens(Resolve("alice"))
    story.passes(14).happens(Resolve("alice"))
    assert story.passes(1).paged_since(1) == ["alice"]


def test_the_source_ending_in_time_makes_it_true() -> None:
    story = acknowledged()
    story.happens(Resolve("alice"))
    story.passes(10).source_resolves()
    assert story.incident.state is State.RESOLVED
    assert story.incident.resolved_by == "alice"
    assert story.passes(60).paged() == [(0, "alice")]


def test_a_persons_word_ends_what_only_a_silent_source_keeps_open() -> None:
    story = acknowledged()
    story.fires(1, source_silent=1)
    story.happens(Resolve("alice"))
    assert story.incident.state is State.RESOLVED


def test_resolving_twice_is_refused_with_a_sentence() -> None:
    story = Story().opens(firing=0)
    story.happens(Resolve("alice"))
    assert story.happens(Resolve("alice")).refused.startswith("Incident 1 is resolved already by alice")


def test_resolved_is_closed_after_a_week() -> None:
    story = Story().opens(firing=0)
    story.happens(Resolve("alice"))
    story.passes(7 * 24 * 60)
    assert story.incident.state is State.CLOSED
    assert story.agenda == {}


def test_mitigated_by_a_person_comes_back_when_it_never_stops_firing() -> None:
    story = acknowledged()
    story.happens(Mitigate("alice"))
    assert story.passes(15).paged_since(1) == ["alice"]


def test_a_one_minute_flap_that_nobody_answers_reaches_the_secondary_on_time() -> None:
    story = Story().opens()
    for _ in range(4):
        story.passes(1).source_resolves()
        story.passes(1)
        story.fires(1)
    assert story.passes(2).paged()[-1] == (10, "bob")


def test_a_flap_that_outlasts_the_wait_escalates_at_once() -> None:
    story = Story().opens().passes(9)
    story.source_resolves()
    story.passes(4)
    story.fires(1)
    assert story.paged_since(1)[-1] == "bob"
    assert story.agenda == {Timer.STEP: story.now + minutes(10)}


def test_a_flapping_page_goes_on_instead_of_starting_over() -> None:
    story = Story().opens().passes(5)
    story.source_resolves()
    story.passes(1)
    story.fires(1)
    page = story.pages[-1][1]
    assert (page.person, page.reason) == ("alice", Reason.FLAPPING)
    assert page.begun_at == story.pages[0][0]
    assert page.heard_until == story.pages[0][0] + minutes(4)


def test_a_flap_of_an_exhausted_incident_goes_on_telling_the_last_resort() -> None:
    story = Story().opens().passes(21)
    story.source_resolves()
    story.passes(2)
    story.fires(1)
    assert story.incident.escalation.status is EscalationStatus.EXHAUSTED
    count = len(story.pages)
    assert "carol" in story.passes(15).paged_since(count)


def test_a_flap_after_an_acknowledgement_stays_quiet_for_half_an_hour_and_says_why() -> None:
    story = acknowledged()
    story.source_resolves()
    story.passes(1)
    story.fires(1)
    assert story.incident.state is State.DETECTED
    assert story.reasons()[-1] is Reason.QUIET_AFTER_ACK
    assert story.passes(29).paged() == [(0, "alice")]
    assert story.passes(1).paged() == [(0, "alice"), (33, "alice")]
    assert story.incident.acknowledged_by is None


def test_more_flaps_do_not_make_the_quiet_longer() -> None:
    story = acknowledged()
    for _ in range(12):
        story.source_resolves()
        story.passes(1)
        story.fires(1)
        story.passes(1)
    assert story.passes(10).paged() == [(0, "alice"), (33, "alice")]


def test_a_worse_flap_is_not_quiet() -> None:
    story = acknowledged()
    story.source_resolves()
    story.fires(1, severity=Severity.SEV1)
    assert story.paged_since(1) == ["alice"]


def test_what_a_person_resolved_pages_anew_when_it_comes_back() -> None:
    story = acknowledged()
    story.source_resolves()
    story.happens(Resolve("alice"))
    story.passes(5)
    story.fires(1)
    assert story.paged_since(1) == ["alice"]
    assert story.incident.reopened == 1


def test_a_resolution_nobody_saw_is_told_to_its_owner_only() -> None:
    story = acknowledged()
    story.source_resolves()
    assert [told.person for told in story.told] == ["alice"]
    unanswered = Story().opens()
    unanswered.source_resolves()
    assert unanswered.told == []


def test_repair_restores_a_lost_timer() -> None:
    story = Story().opens()
    due = story.agenda.pop(Timer.STEP)
    story.happens(Repair())
    assert story.agenda == {Timer.STEP: due}
    assert story.reasons()[-1] is Reason.REPAIRED
