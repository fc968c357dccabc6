"""Acknowledging, forgetting, snoozing, handing over, pulling in."""

from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import (
    Acknowledge,
    AddNote,
    AddResponder,
    EscalationStatus,
    Reassign,
    Resolve,
    SetSeverity,
    Snooze,
    State,
    StopPages,
    Timer,
)
from tocsin.core.respond.policy import Policy, Step
from tocsin.core.severity import Severity, Urgency

from .story import Story, house, minutes, on, schedule


def acknowledged(severity: Severity = Severity.SEV2) -> Story:
    story = Story().opens(severity).passes(4)
    story.happens(Acknowledge("alice"))
    return story


def snoozed(count: float = 60) -> Story:
    story = Story().opens()
    story.happens(Snooze("alice", story.now + minutes(count)))
    return story


def test_acknowledging_stops_pages_and_escalation() -> None:
    story = acknowledged()
    assert story.wanted == {}
    assert story.incident.escalation.status is EscalationStatus.STOPPED
    assert story.passes(20).paged() == [(0, "alice")]


def test_the_line_says_how_long_the_answer_took_against_its_target() -> None:
    assert (
        acknowledged().texts()[-1].startswith("alice acknowledged it after 4m, within the 15m asked of SEV2.")
    )


def test_acknowledging_twice_does_no_harm() -> None:
    story = acknowledged()
    lines = len(story.timeline)
    assert story.happens(Acknowledge("alice")).refused == ""
    assert len(story.timeline) == lines


def test_another_person_takes_it_over_and_the_owner_is_told() -> None:
    story = acknowledged()
    story.happens(Acknowledge("bob"))
    assert story.incident.acknowledged_by == "bob"
    assert [told.person for told in story.told] == ["alice"]
    assert "took it over from alice" in story.texts()[-1]


def test_the_first_acknowledgement_is_what_the_target_measures() -> None:
    story = acknowledged()
    first = story.incident.acknowledged_at
    story.passes(5).happens(Acknowledge("bob"))
    assert story.incident.acknowledged_at == first


def test_acknowledging_what_is_resolved_is_refused_with_a_sentence() -> None:
    story = acknowledged()
    story.fires(0)
    story.happens(Resolve("alice"))
    decision = story.happens(Acknowledge("bob"))
    assert decision.refused == "Incident 1 is resolved already by alice at 2026-06-15 10:04 UTC."
    assert decision.effects == ()


def test_acknowledged_and_silent_is_asked_then_escalated_again() -> None:
    story = acknowledged().passes(30)
    assert [(told.person, told.reason) for told in story.told] == [("alice", Reason.ACK_QUESTION)]
    assert story.incident.state is State.ACKNOWLEDGED
    story.passes(5)
    assert story.incident.state is State.DETECTED
    assert story.paged() == [(0, "alice"), (39, "alice")]
    assert story.passes(10).paged()[-1] == (49, "bob")


def test_any_human_act_renews_the_acknowledgement() -> None:
    story = acknowledged().passes(29)
    story.happens(AddNote("bob", "rolling back"))
    story.passes(29)
    assert story.told == []
    story.passes(1)
    assert [told.reason for told in story.told] == [Reason.ACK_QUESTION]


def test_an_answer_after_the_question_keeps_it() -> None:
    story = acknowledged().passes(31)
    story.happens(Acknowledge("alice"))
    story.passes(20)
    assert story.incident.state is State.ACKNOWLEDGED
    assert story.paged() == [(0, "alice")]


def test_a_minor_acknowledgement_does_not_expire() -> None:
    story = acknowledged(Severity.SEV3)
    assert story.agenda == {}
    assert story.passes(3000).incident.state is State.ACKNOWLEDGED


def test_a_snooze_ends_and_pages_again() -> None:
    story = snoozed().passes(60)
    assert story.paged() == [(0, "alice"), (60, "alice")]
    assert story.incident.state is State.DETECTED


def test_a_snooze_pages_nobody_while_it_lasts() -> None:
    assert snoozed().passes(59).paged() == [(0, "alice")]


def test_a_snooze_is_a_day_at_most_and_says_which_field_is_wrong() -> None:
    story = Story().opens()
    decision = story.happens(Snooze("alice", story.now + minutes(24 * 60 + 1)))
    assert decision.refused.startswith("until:")
    assert story.incident.state is State.DETECTED
    assert story.happens(Snooze("alice", story.now)).refused.startswith("until:")


def test_a_snooze_is_void_when_resolved() -> None:
    story = snoozed()
    story.fires(0)
    assert story.incident.snoozed_until is None
    assert Timer.SNOOZE_END not in story.agenda


def test_a_snooze_ends_early_on_a_higher_severity() -> None:
    story = snoozed().passes(5)
    story.fires(2, severity=Severity.SEV1)
    assert story.paged() == [(0, "alice"), (5, "alice")]
    assert story.incident.snoozed_until is None


def test_the_snoozer_who_is_no_longer_on_call_is_left_alone() -> None:
    story = snoozed()
    story.facts = house(
        schedules={
            "platform-primary": schedule("platform-primary", "carol"),
            "platform-secondary": schedule("platform-secondary", "bob"),
        }
    )
    assert story.passes(60).paged_since(1) == ["carol"]


def test_a_snoozer_on_call_elsewhere_in_the_policy_is_paged_before_its_first_step() -> None:
    story = Story().opens()
    story.happens(Snooze("bob", story.now + minutes(30)))
    assert story.passes(30).paged_since(1) == ["bob"]
    assert story.passes(10).paged_since(2) == ["alice"]
    assert story.passes(10).wanted


def test_a_minor_snooze_that_ends_at_night_waits_for_business_hours() -> None:
    story = Story().opens(Severity.SEV3)
    story.happens(Snooze("alice", story.now + minutes(12 * 60)))
    story.passes(12 * 60)
    assert story.paged_since(1) == []
    assert story.passes(11 * 60).paged_since(1) == ["alice"]


def test_reassigning_pages_that_person_who_has_to_acknowledge() -> None:
    story = acknowledged()
    story.happens(Reassign("alice", person="carol"))
    assert story.paged_since(1) == ["carol"]
    assert story.incident.state is State.DETECTED
    assert story.passes(10).paged_since(2) == ["alice"]  # unanswered: the policy's first step


def test_reassigning_twice_pages_once() -> None:
    story = acknowledged()
    story.happens(Reassign("alice", person="carol"))
    story.happens(Reassign("alice", person="carol"))
    assert story.paged_since(1) == ["carol"]


def test_reassigning_to_a_policy_starts_at_its_first_step() -> None:
    data = Policy("database", (Step((on("person", "dan"),), minutes(5)),))
    facts = house()
    story = Story(house(policies=facts.policies | {"database": data})).opens().passes(1)
    story.happens(Reassign("alice", policy="database"))
    assert story.paged_since(1) == ["dan"]
    assert set(story.wanted.values()) == {"dan"}


def test_reassigning_to_nobody_known_is_refused_naming_the_field() -> None:
    story = Story().opens()
    assert story.happens(Reassign("alice", person="zoe")).refused == "person: there is no zoe."
    assert story.happens(Reassign("alice", policy="x")).refused.startswith("policy: there is no x")
    assert story.happens(Reassign("alice")).refused.startswith("person, policy:")


def test_a_ticket_handed_to_a_person_pages_them_alone() -> None:
    story = Story().opens(policy=None)
    story.happens(Reassign("alice", person="bob"))
    assert story.paged() == [(0, "bob")]
    assert story.agenda == {}
    story.happens(Acknowledge("bob"))
    assert story.wanted == {}
    assert story.passes(300).told == []


def test_a_responder_is_paged_beside_the_escalation() -> None:
    story = Story().opens().passes(2)
    due = story.agenda[Timer.STEP]
    story.happens(AddResponder("alice", "dan"))
    story.happens(AddResponder("alice", "dan"))
    assert story.paged() == [(0, "alice"), (2, "dan")]
    assert story.agenda[Timer.STEP] == due


def test_a_responder_pulled_in_is_still_wanted_after_somebody_else_acknowledges() -> None:
    story = Story().opens()
    story.happens(AddResponder("alice", "dan"))
    decision = story.happens(Acknowledge("alice"))
    assert set(story.wanted.values()) == {"dan"}
    assert StopPages(Reason.ACKNOWLEDGED, "alice") in decision.effects


def test_a_responder_who_answers_joins_and_does_not_take_it_over() -> None:
    story = acknowledged()
    story.happens(AddResponder("alice", "dan"))
    story.happens(Acknowledge("dan"))
    story.happens(Acknowledge("dan"))
    assert story.incident.acknowledged_by == "alice"
    assert story.wanted == {}
    assert story.texts()[-1] == "dan is on it too; alice still has it."


def test_pulling_in_nobody_known_is_refused() -> None:
    assert acknowledged().happens(AddResponder("alice", "zoe")).refused == "person: there is no zoe."


def test_an_empty_note_is_refused_and_a_note_on_a_closed_incident_is_not() -> None:
    story = acknowledged()
    assert story.happens(AddNote("alice", "  ")).refused
    story.fires(0)
    story.happens(Resolve("alice"))
    assert story.happens(AddNote("alice", "the index was missing")).refused == ""


def test_a_higher_severity_joining_an_acknowledged_incident_pages_again() -> None:
    story = acknowledged()
    story.fires(2, severity=Severity.SEV1, joined=("APIDown",))
    assert story.paged_since(1) == ["alice"]
    assert story.pages[-1][1].reason is Reason.SEVERITY_RAISED
    assert story.incident.severity is Severity.SEV1


def test_a_second_alert_of_the_same_severity_neither_pages_nor_restarts() -> None:
    story = Story().opens().passes(4)
    due = story.agenda[Timer.STEP]
    story.fires(2, severity=Severity.SEV2, joined=("APIErrors",))
    assert story.paged() == [(0, "alice")]
    assert story.agenda == {Timer.STEP: due}
    assert story.texts()[-1] == "Joined by APIErrors: 2 alerts now firing."


def test_raising_by_hand_keeps_it_with_its_owner() -> None:
    story = acknowledged(Severity.SEV3)
    story.happens(SetSeverity("alice", Severity.SEV1))
    assert story.incident.state is State.ACKNOWLEDGED
    assert Timer.ACK_EXPIRY in story.agenda
    assert story.paged() == [(0, "alice")]


def test_raising_a_running_page_from_low_to_high_pages_at_the_new_urgency() -> None:
    story = Story().opens(Severity.SEV3)
    assert story.pages[0][1].urgency is Urgency.LOW
    story.happens(SetSeverity("bob", Severity.SEV2))
    assert [page.urgency for _, page in story.pages] == [Urgency.LOW, Urgency.HIGH]
    assert len(story.wanted) == 1


def test_raising_within_the_same_urgency_pages_nobody_anew() -> None:
    story = Story().opens()
    story.happens(SetSeverity("bob", Severity.SEV1))
    assert story.paged() == [(0, "alice")]


def test_lowering_to_the_backlog_stops_the_pages() -> None:
    story = Story().opens()
    story.happens(SetSeverity("bob", Severity.SEV4))
    assert story.wanted == {}
    assert story.agenda == {}


def test_setting_the_same_severity_twice_is_recorded_once() -> None:
    story = Story().opens()
    story.happens(SetSeverity("bob", Severity.SEV1))
    lines = len(story.timeline)
    story.happens(SetSeverity("bob", Severity.SEV1))
    assert len(story.timeline) == lines
