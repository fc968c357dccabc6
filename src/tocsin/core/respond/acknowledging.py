"""Acknowledging: somebody has it. The escalation stops; a silent owner is asked, then it escalates again."""

from datetime import timedelta

from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.escalation import stop_escalation
from tocsin.core.respond.holding import start_or_hold
from tocsin.core.respond.incident import Acknowledge, State
from tocsin.core.respond.prose import clock, span

ANSWER_WITHIN = timedelta(minutes=5)  # the asked owner's time before it escalates


def acknowledge(draft: Draft, event: Acknowledge) -> Reason:
    """Stops pages and escalation. By another person: they have it now, but somebody pulled in beside the escalation only
    says that they are coming. The same person again renews it."""
    incident, actor = draft.incident, event.actor
    owner = incident.acknowledged_by
    if incident.state is State.ACKNOWLEDGED and actor != owner and actor in incident.responders:
        return _joins(draft, event)
    if incident.state is State.ACKNOWLEDGED and actor == owner and incident.snoozed_until is None:
        draft.act(actor)
        if actor in incident.paged:
            draft.stop_page(actor, Reason.ACKNOWLEDGED)
        return Reason.ACKNOWLEDGED
    if incident.state is State.MITIGATED:
        return _takes_over_mitigated(draft, event)
    waiting = tuple(person for person in incident.responders if person != actor)
    draft.stop_pages(Reason.ACKNOWLEDGED, keep=waiting)
    draft.answered_by(actor)
    stop_escalation(draft)
    draft.change(
        state=State.ACKNOWLEDGED,
        responders=waiting,
        snoozed_until=None,
        snoozed_by=None,
        quiet_until=None,
    )
    draft.act(actor)
    said = "acknowledged it" if incident.state is State.DETECTED else "has it now"
    if incident.state is State.ACKNOWLEDGED and owner is not None and owner != actor:
        said = f"took it over from {owner}"
        draft.tell(owner, Reason.ACKNOWLEDGED, f"{actor} took over {incident.title}.")
    draft.record(Reason.ACKNOWLEDGED, f"{actor} {said}{_after(draft)}. {_expiry(draft)}", actor, event.via)
    return Reason.ACKNOWLEDGED


def expire(draft: Draft) -> Reason:
    """Acknowledged and silent: the owner is asked first; five minutes later it is nobody's and escalates from the start."""
    incident = draft.incident
    expires_at = incident.ack_expires_at
    if incident.state is not State.ACKNOWLEDGED or incident.snoozed_until is not None:
        return Reason.STALE
    if expires_at is None or expires_at > draft.now:
        return Reason.STALE
    owner = incident.acknowledged_by or "the owner"
    silent_for = span(draft.now - (incident.last_act_at or draft.now))
    if incident.asked_at is None:
        again_at = draft.now + ANSWER_WITHIN
        draft.change(asked_at=draft.now, ack_expires_at=again_at)
        draft.record(
            Reason.ACK_QUESTION,
            f"Asked {owner}, who has been silent for {silent_for}, whether it is still being worked on. "
            f"Without an answer it escalates again at {clock(again_at, draft.now)}.",
        )
        draft.tell(
            incident.acknowledged_by,
            Reason.ACK_QUESTION,
            f"Are you still on {incident.title} ({incident.severity})? Acknowledge it again or write a note: without "
            f"an answer it escalates at {clock(again_at, draft.now)}.",
        )
        return Reason.ACK_QUESTION
    draft.change(state=State.DETECTED, acknowledged_by=None, asked_at=None, ack_expires_at=None)
    because = f"{owner} acknowledged it and has been silent for {silent_for}"
    draft.record(Reason.ACK_EXPIRED, f"The acknowledgement expired: {because}. It escalates from the start.")
    start_or_hold(draft, Reason.ACK_EXPIRED, because, new=False)
    return Reason.ACK_EXPIRED


def _joins(draft: Draft, event: Acknowledge) -> Reason:
    actor = event.actor
    if actor in draft.incident.paged:
        draft.stop_page(actor, Reason.ACKNOWLEDGED)
        draft.record(
            Reason.ACKNOWLEDGED,
            f"{actor} is on it too; {draft.incident.acknowledged_by} still has it.",
            actor,
            event.via,
        )
    draft.act(actor)
    return Reason.ACKNOWLEDGED


def _takes_over_mitigated(draft: Draft, event: Acknowledge) -> Reason:
    actor, owner = event.actor, draft.incident.acknowledged_by
    if draft.incident.paged:
        draft.stop_pages(Reason.ACKNOWLEDGED, keep=tuple(p for p in draft.incident.responders if p != actor))
    draft.answered_by(actor)
    draft.act(actor)
    if actor != owner:
        draft.record(Reason.ACKNOWLEDGED, f"{actor} has it now; it stays mitigated.", actor, event.via)
    return Reason.ACKNOWLEDGED


def _after(draft: Draft) -> str:
    """How long the first answer took, against what was asked for."""
    incident, target = draft.incident, draft.rule.ack_target
    if draft.given.acknowledged_at is not None:
        return ""
    took = draft.now - incident.opened_at
    if target is None:
        return f" after {span(took)}"
    verdict = "within" if took <= target else "later than"
    return f" after {span(took)}, {verdict} the {span(target)} asked of {incident.severity}"


def _expiry(draft: Draft) -> str:
    if draft.incident.ack_expires_at is None:
        return "The escalation stops here."
    timeout = draft.rule.ack_timeout
    return f"The escalation stops; it goes on after {span(timeout) if timeout else 'a long time'} without a word."
