"""What happens next if nobody does anything: for the incident page, the command line and `explain`."""

from datetime import datetime, timedelta

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.targets import people_for
from tocsin.core.respond.incident import Escalation, EscalationStatus, Incident, Kind, State
from tocsin.core.respond.policy import Policy, Step, Target, TargetKind
from tocsin.core.respond.prose import clock, listed, span


class PlannedStep(msgspec.Struct, frozen=True):
    """One target of one step (or of the last resort), reached `after` the beginning; `people` is who that would be."""

    after: timedelta
    target: str  # "platform-secondary"
    people: tuple[str, ...]
    by: str  # "step 2 of 2", "step 1 of 2, round 2 of 3", "last resort"


def plan_of(policy: Policy, configuration: Configuration, at: datetime) -> list[PlannedStep]:
    """Who would be reached when, if it began at `at` and nobody answered; who is on call is asked for each moment.

    A step with nobody takes no time, as in a real escalation.
    """
    planned: list[PlannedStep] = []
    after = timedelta(0)
    for round_ in range(policy.repeat + 1):
        somebody = False
        for number, step in enumerate(policy.steps):
            by = _step_name(policy, number, round_)
            reached = [(target, people_for(target, configuration, at + after)) for target in step.targets]
            planned += [PlannedStep(after, target.name, people, by) for target, people in reached]
            if any(people or target.kind is TargetKind.CHAT for target, people in reached):
                after += step.wait
                somebody = True
        if not somebody:
            break
    for target in policy.last_resort:
        people = people_for(target, configuration, at + after)
        planned.append(PlannedStep(after, target.name, people, "last resort"))
    return planned


def next_step(incident: Incident, facts: Configuration, now: datetime) -> str:
    """One sentence: `bob (platform-secondary) is paged in 6m if nobody acknowledges.`"""
    match incident.state:
        case State.DETECTED:
            return _detected(incident, facts, now)
        case State.ACKNOWLEDGED:
            return _acknowledged(incident, now)
        case State.MITIGATED:
            return _mitigated(incident, now)
        case State.RESOLVED:
            if incident.close_at is None:
                return "Nothing more happens by itself."
            return f"It is closed at {clock(incident.close_at, now)}, unless it comes back."
        case State.CLOSED:
            return "Nothing more happens."


def _detected(incident: Incident, facts: Configuration, now: datetime) -> str:
    escalation = incident.escalation
    if incident.kind is Kind.TICKET and escalation.status is EscalationStatus.NONE:
        return "It is a ticket: nobody is paged."
    match escalation.status:
        case EscalationStatus.NONE:
            return f"{incident.severity} waits in the backlog: nobody is paged."
        case EscalationStatus.HELD if escalation.due_at is not None:
            when = f"in {span(escalation.due_at - now)}, at {clock(escalation.due_at, now)}"
            first = _first_of(escalation, facts, escalation.due_at)
            return f"{first} paged {when}, if it is still open."
        case EscalationStatus.RUNNING if escalation.due_at is not None:
            return f"{_after_this(escalation, facts)} paged in {span(escalation.due_at - now)} if nobody acknowledges."
        case EscalationStatus.EXHAUSTED if escalation.due_at is not None:
            again = span(escalation.due_at - now)
            return f"Everybody was paged; the last resort is paged again in {again} if nobody acknowledges."
        case EscalationStatus.EXHAUSTED:
            return "Everybody was paged and nobody answered: nobody else is paged."
        case _:
            return "Nothing more happens by itself."


def _acknowledged(incident: Incident, now: datetime) -> str:
    if incident.snoozed_until is not None:
        until = f"{clock(incident.snoozed_until, now)} (in {span(incident.snoozed_until - now)})"
        return f"Snoozed by {incident.snoozed_by} until {until}; it pages again if it is still open then."
    owner = incident.acknowledged_by or "Somebody"
    if incident.ack_expires_at is None:
        return f"{owner} has it; nobody else is paged."
    left = span(incident.ack_expires_at - now)
    if incident.asked_at is None:
        return (
            f"{owner} has it; after {left} more of silence they are asked, and 5m later it escalates again."
        )
    return f"{owner} was asked and has not answered: it escalates again in {left}."


def _mitigated(incident: Incident, now: datetime) -> str:
    if incident.recheck_at is None:
        return "It waits for a person to resolve it."
    left = span(incident.recheck_at - now)
    if incident.firing:
        return f"It still fires: unless that ends, it comes back unacknowledged in {left}."
    return f"It resolves by itself in {left} unless a person does before."


def _after_this(escalation: Escalation, facts: Configuration) -> str:
    """`bob (platform-secondary) is`: who is on call when the wait ends, past steps that have nobody."""
    policy, due_at = escalation.policy, escalation.due_at
    if policy is None or due_at is None:
        return "The last resort is"
    left = [*policy.steps[escalation.step + 1 :], *(policy.steps if escalation.round < policy.repeat else ())]
    for step in left:
        found = _reached(step, facts, due_at)
        if found:
            return found
    return _last_resort(policy, facts, due_at)


def _first_of(escalation: Escalation, facts: Configuration, at: datetime) -> str:
    for step in escalation.policy.steps if escalation.policy else ():
        found = _reached(step, facts, at)
        if found:
            return found
    return _last_resort(escalation.policy, facts, at)


def _reached(step: Step, facts: Configuration, at: datetime) -> str:
    people = [name for target in step.targets if (name := _named(target, facts, at))]
    return f"{listed(people)} {'is' if len(people) == 1 else 'are'}" if people else ""


def _named(target: Target, facts: Configuration, at: datetime) -> str:
    if target.kind is TargetKind.CHAT:
        return f"the chat {target.name}"
    people = listed(people_for(target, facts, at))
    return people if not people or target.kind is TargetKind.PERSON else f"{people} ({target.name})"


def _last_resort(policy: Policy | None, facts: Configuration, at: datetime) -> str:
    targets = policy.last_resort if policy else ()
    people = tuple(dict.fromkeys(p for target in targets for p in people_for(target, facts, at)))
    people = people or facts.admins()
    named = f"{listed(people)} (last resort)" if people else "The last resort"
    return f"{named} {'is' if len(people) < 2 else 'are'}"


def _step_name(policy: Policy, number: int, round_: int) -> str:
    name = f"step {number + 1} of {len(policy.steps)}"
    return f"{name}, round {round_ + 1} of {policy.repeat + 1}" if round_ else name
