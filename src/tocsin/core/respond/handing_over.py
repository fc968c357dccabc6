"""By hand: escalate, hand over to somebody else, pull somebody in. A person who asks for help gets it at once."""

from datetime import timedelta

from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.escalation import (
    advance,
    make_page_worthy,
    page_first,
    start,
    tell_last_resort,
    waited,
)
from tocsin.core.respond.incident import (
    AddResponder,
    Escalate,
    Escalation,
    EscalationStatus,
    HandedOver,
    Kind,
    Reassign,
    State,
)
from tocsin.core.respond.policy import Policy
from tocsin.core.respond.prose import listed, span

DOUBLE_CLICK = timedelta(seconds=10)


def escalate(draft: Draft, event: Escalate) -> Reason:
    """The next step now, whatever the state; nobody has it until somebody acknowledges."""
    incident, why = draft.incident, Reason.ESCALATED_BY_HAND
    unanswered = incident.escalated_by == event.actor and incident.state is State.DETECTED
    if unanswered and incident.escalated_at is not None and draft.now - incident.escalated_at < DOUBLE_CLICK:
        return why
    draft.change(escalated_by=event.actor, escalated_at=draft.now)
    draft.record(why, f"{event.actor} escalated it.", event.actor, event.via)
    make_page_worthy(draft)
    _nobodys(draft)
    draft.act(event.actor)
    because = f"{event.actor} escalated it by hand"
    if draft.escalation.status is EscalationStatus.EXHAUSTED:
        tell_last_resort(draft)
        return why
    advance(draft, why, because)
    return why


def why_not_reassign(draft: Draft, event: Reassign) -> str:
    """What is wrong with it, naming the field; "" when nothing is."""
    if (event.person is None) == (event.policy is None):
        return "person, policy: name one of the two."
    if event.person is not None and event.person not in draft.facts.people:
        return f"person: there is no {event.person}."
    if event.policy is not None and event.policy not in draft.facts.policies:
        known = listed(sorted(draft.facts.policies)) or "none"
        return f"policy: there is no {event.policy}; known: {known}."
    return ""


def reassign(draft: Draft, event: Reassign) -> Reason:
    """To a person, who is paged at once and has to acknowledge, or to a policy, which starts at its first step."""
    why = Reason.REASSIGNED
    if event.person is not None:
        return _to_person(draft, event, event.person)
    policy = draft.facts.policies[event.policy or ""]
    if draft.incident.state is State.DETECTED and _just_began(draft, policy):
        draft.act(event.actor)
        return why
    draft.record(why, f"{event.actor} handed it to the policy {policy.key}.", event.actor, event.via)
    draft.stop_pages(why, keep=draft.incident.responders)
    draft.change(kind=Kind.PAGE, escalation=Escalation(policy=policy))
    _nobodys(draft)
    draft.act(event.actor)
    start(draft, why, f"{event.actor} handed it over")
    return why


def _just_began(draft: Draft, policy: Policy) -> bool:
    escalation = draft.escalation
    began_at = escalation.step_at if escalation.policy == policy and escalation.step >= 0 else None
    return began_at is not None and draft.now - began_at < DOUBLE_CLICK


def _to_person(draft: Draft, event: Reassign, person: str) -> Reason:
    why, incident = Reason.REASSIGNED, draft.incident
    if incident.acknowledged_by == person and incident.state is State.ACKNOWLEDGED:
        draft.act(event.actor)  # has it already
        return why
    last = incident.paged[-1] if incident.paged else None
    waits_for = last if incident.state is State.DETECTED and draft.escalation.step < 0 else None
    if waits_for == person and person not in incident.responders:
        draft.act(event.actor)  # handed over a moment ago
        return why
    draft.change(responders=tuple(p for p in incident.responders if p != person))
    draft.stop_pages(why, keep=tuple(p for p in incident.responders if p != person))
    _nobodys(draft)
    draft.act(event.actor)
    if incident.kind is Kind.TICKET or draft.escalation.status is EscalationStatus.NONE:
        draft.page(person, why)
        follows = "Nobody else is paged if they do not answer."
    else:
        page_first(draft, person, why)
        first = "the first step of the policy" if draft.escalation.policy else "the last resort"
        follows = f"Unless somebody acknowledges within {span(waited(draft))}, {first} is next."
    draft.record(why, f"{event.actor} handed it to {person}, who is paged. {follows}", event.actor, event.via)
    return why


def add_responder(draft: Draft, event: AddResponder) -> Reason:
    """Pages that person beside the escalation, which goes on or stays stopped."""
    incident, person, why = draft.incident, event.person, Reason.RESPONDER_ADDED
    draft.act(event.actor)
    already = person in incident.paged
    if already and person in incident.responders:
        return why
    if person not in incident.responders:
        draft.change(responders=(*incident.responders, person))
    if already:
        text = f"{event.actor} pulled in {person}, who is being paged already."
    else:
        draft.page(person, why)
        text = f"{event.actor} pulled in {person}, who is paged beside the escalation."
    draft.record(why, text, event.actor, event.via)
    return why


def handed_over(draft: Draft, event: HandedOver) -> Reason:
    """What somebody has passes to whoever took over their shift: nothing rings, a snooze goes on, the time of silence begins
    anew. What nobody has stays nobody's."""
    incident, person = draft.incident, event.person
    owner = incident.acknowledged_by
    if not incident.is_open or owner is None or owner == person:
        return Reason.STALE
    snoozed_by = person if incident.snoozed_by is not None else None
    draft.change(acknowledged_by=person, snoozed_by=snoozed_by, asked_at=None)
    draft.act(person)
    text = f"{person} accepted the handoff of {event.schedule} and has it from {owner} now."
    draft.record(Reason.HANDED_OVER, text, person, event.via)
    return Reason.HANDED_OVER


def _nobodys(draft: Draft) -> None:
    """It wants an acknowledgement again."""
    draft.change(
        state=State.DETECTED,
        acknowledged_by=None,
        asked_at=None,
        ack_expires_at=None,
        snoozed_until=None,
        snoozed_by=None,
        mitigated_at=None,
        recheck_at=None,
        resolved_by=None,
        quiet_until=None,
    )
