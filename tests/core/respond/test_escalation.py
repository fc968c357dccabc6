"""Escalation: steps, waits, rounds, gaps, the last resort."""

from datetime import timedelta
from itertools import pairwise

from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Acknowledge, Escalate, EscalationStatus, State, Timer
from tocsin.core.respond.policy import Policy, Step
from tocsin.core.severity import Severity, Urgency

from .story import PLATFORM, PRIMARY, SECONDARY, Story, house, minutes, on, schedule, with_policy


def test_the_first_step_is_paged_in_the_decision_that_opens() -> None:
    story = Story().opens()
    assert story.paged() == [(0, "alice")]
    assert story.pages[0][1].urgency is Urgency.HIGH
    assert story.agenda == {Timer.STEP: story.now + minutes(10)}


def test_a_step_escalates_on_time_and_is_not_repeated() -> None:
    story = Story().opens().passes(10)
    assert story.paged() == [(0, "alice"), (10, "bob")]
    story.rings(Timer.STEP)  # the same entry found again after a crash
    assert story.paged() == [(0, "alice"), (10, "bob")]


def test_the_timeline_says_who_why_and_what_comes_next() -> None:
    story = Story().opens().passes(10)
    assert story.texts()[-1] == (
        "Paged bob (platform-secondary, step 2 of 2): nobody acknowledged within 10m. "
        "Unless somebody acknowledges within 10m, the last resort is next."
    )


def test_a_late_engine_escalates_one_step_and_waits_from_then() -> None:
    story = Story().opens()
    story.now += minutes(480)
    story.rings(Timer.STEP)
    assert story.paged_since(1) == ["bob"]
    assert story.agenda == {Timer.STEP: story.now + minutes(10)}


def test_all_people_on_a_step_are_paged_each_once() -> None:
    both = Step((on("team", "platform"), on("person", "bob"), on("person", "carol")), minutes(5))
    story = Story(with_policy(Policy("platform", (both,)))).opens()
    assert story.paged() == [(0, "alice"), (0, "bob"), (0, "carol")]


def test_somebody_already_being_paged_is_not_paged_anew_by_the_next_step() -> None:
    again = Step((on("person", "alice"), on("person", "bob")), minutes(10))
    story = Story(with_policy(Policy("platform", (PRIMARY, again)))).opens().passes(10)
    assert story.paged() == [(0, "alice"), (10, "bob")]
    assert "alice is being paged already" in story.texts()[-1]


def test_a_chat_on_a_step_is_posted_to_and_counts_as_reached() -> None:
    chat = Step((on("chat", "alerts"),), minutes(2))
    story = Story(with_policy(Policy("platform", (chat, PRIMARY)))).opens()
    assert [post.chat for post in story.posted] == ["alerts"]
    assert story.passes(2).paged() == [(2, "alice")]


def test_an_empty_schedule_passes_to_the_next_step_at_once_and_admins_are_told() -> None:
    facts = house(schedules={"platform-secondary": schedule("platform-secondary", "bob")})
    story = Story(facts).opens()
    assert story.paged() == [(0, "bob")]
    assert Reason.NOBODY_ON_CALL in story.reasons()
    assert [told.reason for told in story.admins] == [Reason.NOBODY_ON_CALL]


def test_when_no_step_has_anybody_the_last_resort_is_paged_at_once() -> None:
    story = Story(house(schedules={})).opens()
    assert {"carol", "dan"} == set(story.wanted.values())
    assert story.incident.escalation.status is EscalationStatus.EXHAUSTED


def test_a_repeat_pages_the_same_people_again_under_new_pages() -> None:
    story = Story(with_policy(Policy("platform", (PRIMARY, SECONDARY), repeat=1))).opens().passes(30)
    assert story.paged() == [(0, "alice"), (10, "bob"), (20, "alice"), (30, "bob")]
    assert len(story.wanted) == 2
    assert "round 2 of 2" in story.texts()[-1]


def test_nobody_answers_for_three_hours_and_the_last_resort_still_rings() -> None:
    story = Story().opens().passes(20)
    assert story.reasons()[-2:] == [Reason.EXHAUSTED, Reason.LAST_RESORT]
    count = len(story.pages)
    assert story.paged_since(2) == ["carol", "dan"]
    story.passes(160)
    rung = [at for at, page in story.pages[count:] if page.person == "carol"]
    assert len(rung) == 10
    assert all(told.urgent for told in story.admins)
    assert {b - a for a, b in pairwise(rung)} == {minutes(15)}


def test_acknowledging_ends_the_last_resort() -> None:
    story = Story().opens().passes(40)
    story.happens(Acknowledge("carol"))
    assert story.wanted == {}
    assert Timer.STEP not in story.agenda


def test_a_minor_incident_that_nobody_answers_is_told_once_and_recorded_as_exhausted() -> None:
    story = Story().opens(Severity.SEV3).passes(20)
    assert story.incident.escalation.status is EscalationStatus.EXHAUSTED
    count = len(story.pages)
    story.passes(600)
    assert len(story.pages) == count
    assert story.agenda == {}


def test_without_a_last_resort_the_admins_are_paged() -> None:
    story = Story(with_policy(Policy("platform", (PRIMARY,)))).opens().passes(10)
    assert story.paged_since(1) == ["dan"]


def test_without_last_resort_and_admins_the_whole_team_is_paged() -> None:
    facts = with_policy(Policy("platform", (PRIMARY,)))
    people = {key: p for key, p in facts.people.items() if key != "dan"}
    story = Story(house(policies=facts.policies, people=people)).opens().passes(10)
    assert set(story.paged_since(1)) == {"alice", "bob"}


def test_an_unknown_policy_pages_the_admins_rather_than_nobody() -> None:
    story = Story().opens(policy="gone")
    assert story.paged() == [(0, "dan")]
    assert Reason.NO_POLICY in story.reasons()
    assert story.admins[0].reason is Reason.NO_POLICY


def test_a_changed_policy_leaves_a_running_escalation_alone() -> None:
    story = Story().opens()
    story.facts = with_policy(Policy("platform", (Step((on("person", "carol"),), minutes(1)),)))
    assert story.passes(10).paged() == [(0, "alice"), (10, "bob")]


def test_who_is_on_call_is_asked_at_the_moment_of_each_step() -> None:
    story = Story().opens()
    story.facts = house(
        schedules={
            "platform-primary": schedule("platform-primary", "alice"),
            "platform-secondary": schedule("platform-secondary", "dan"),
        }
    )
    assert story.passes(10).paged() == [(0, "alice"), (10, "dan")]


def test_a_ticket_pages_nobody() -> None:
    story = Story().opens(policy=None)
    assert story.paged() == []
    assert story.reasons()[-1] is Reason.TICKET_ONLY
    assert story.agenda == {}


def test_a_sev4_waits_in_the_backlog() -> None:
    story = Story().opens(Severity.SEV4).passes(10_000)
    assert story.paged() == []
    assert Reason.BACKLOG in story.reasons()


def test_forced_escalation_of_an_acknowledged_incident_pages_the_next_step() -> None:
    story = Story().opens()
    story.happens(Acknowledge("alice"))
    story.passes(3)
    story.happens(Escalate("alice"))
    assert story.paged() == [(0, "alice"), (3, "bob")]
    assert story.incident.state is State.DETECTED


def test_a_double_click_on_escalate_is_one_escalation() -> None:
    story = Story(with_policy(Policy("platform", (PRIMARY, SECONDARY, SECONDARY), repeat=3))).opens()
    story.happens(Escalate("alice"))
    story.now += timedelta(seconds=1)
    story.happens(Escalate("alice"))
    assert story.paged() == [(0, "alice"), (0, "bob")]


def test_escalating_past_the_last_step_tells_the_last_resort_now() -> None:
    story = Story().opens().passes(10)
    story.happens(Escalate("bob"))
    assert story.paged_since(2) == ["carol", "dan"]


def test_escalating_a_ticket_by_hand_pages_its_services_policy() -> None:
    story = Story().opens(policy=None)
    story.happens(Escalate("carol"))
    assert story.paged() == [(0, "alice")]
    assert story.agenda


def test_a_policy_whose_people_all_left_never_loops() -> None:
    steps = tuple(Step((on("person", "zoe"),), timedelta(0)) for _ in range(5))
    story = Story(with_policy(Policy("platform", steps, repeat=99, last_resort=PLATFORM.last_resort))).opens()
    assert len(story.timeline) < 20
    assert "carol" in story.wanted.values()
