"""What happens next, in a sentence; and who would be paged when."""

import msgspec

from tocsin.core.respond.incident import Acknowledge, Resolve, Snooze
from tocsin.core.respond.next_step import next_step, plan_of
from tocsin.core.respond.policy import Policy
from tocsin.core.severity import Severity

from .story import PRIMARY, SECONDARY, START, Story, house, minutes, on, schedule, with_policy


def said(story: Story) -> str:
    return next_step(story.incident, story.facts, story.now)


def test_the_next_person_with_the_time_left() -> None:
    assert said(Story().opens().passes(4)) == (
        "bob (platform-secondary) is paged in 6m if nobody acknowledges."
    )


def test_the_last_resort_comes_after_the_last_step() -> None:
    assert said(Story().opens().passes(13)) == "carol (last resort) is paged in 7m if nobody acknowledges."


def test_a_round_that_repeats_begins_with_the_first_step() -> None:
    story = Story(with_policy(Policy("platform", (PRIMARY, SECONDARY), repeat=1))).opens().passes(12)
    assert said(story) == "alice (platform-primary) is paged in 8m if nobody acknowledges."


def test_a_step_with_nobody_is_passed_over() -> None:
    story = Story(house(schedules={"platform-primary": schedule("platform-primary", "alice")})).opens()
    assert said(story).startswith("carol (last resort)")


def test_the_last_resort_rings_again() -> None:
    assert "paged again in 15m" in said(Story().opens().passes(20))


def test_every_other_state_has_its_sentence() -> None:
    story = Story().opens()
    story.happens(Acknowledge("alice"))
    assert (
        said(story)
        == "alice has it; after 30m more of silence they are asked, and 5m later it escalates again."
    )
    story.passes(31)
    assert said(story) == "alice was asked and has not answered: it escalates again in 4m."
    story.happens(Snooze("alice", story.now + minutes(60)))
    assert said(story) == "Snoozed by alice until 11:31 UTC (in 1h); it pages again if it is still open then."
    story.happens(Resolve("alice"))
    assert said(story) == "It still fires: unless that ends, it comes back unacknowledged in 15m."
    story.source_resolves()
    assert said(story) == "It is closed at 2026-06-22 10:31 UTC, unless it comes back."


def test_a_held_incident_says_who_is_paged_then() -> None:
    story = Story(now=START - minutes(7 * 60)).opens(Severity.SEV3)
    assert said(story) == "alice (platform-primary) is paged in 6h, at 09:00 UTC, if it is still open."


def test_tickets_and_the_backlog_page_nobody() -> None:
    assert said(Story().opens(policy=None)) == "It is a ticket: nobody is paged."
    assert said(Story().opens(Severity.SEV4)) == "SEV4 waits in the backlog: nobody is paged."


def test_the_plan_names_who_would_be_paged_when() -> None:
    policy = Policy("platform", (PRIMARY, SECONDARY), repeat=1, last_resort=(on("person", "carol"),))
    plan = [(step.after, step.target, step.people) for step in plan_of(policy, house(), START)]
    assert plan == [
        (minutes(0), "platform-primary", ("alice",)),
        (minutes(10), "platform-secondary", ("bob",)),
        (minutes(20), "platform-primary", ("alice",)),
        (minutes(30), "platform-secondary", ("bob",)),
        (minutes(40), "carol", ("carol",)),
    ]


def test_the_plan_agrees_with_what_happens() -> None:
    policy = Policy("platform", (PRIMARY, SECONDARY), repeat=1, last_resort=(on("person", "carol"),))
    facts = with_policy(policy)
    planned = [(s.after / minutes(1), person) for s in plan_of(policy, facts, START) for person in s.people]
    story = Story(
        msgspec.structs.replace(facts, people={k: p for k, p in facts.people.items() if k != "dan"})
    )
    assert story.opens().passes(40).paged() == planned
