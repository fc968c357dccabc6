"""Snoozing: not now, but surely later. A day at most, void when resolved, over early when it gets worse."""

from datetime import timedelta

from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.escalation import (
    in_first_step,
    on_call_in,
    page_first,
    start,
    stop_escalation,
    waited,
)
from tocsin.core.respond.holding import held_by, start_or_hold
from tocsin.core.respond.incident import EscalationStatus, Kind, Snooze, State
from tocsin.core.respond.prose import clock, span

LONGEST = timedelta(hours=24)


def why_not_snooze(draft: Draft, event: Snooze) -> str:
    """What is wrong with it, naming the field; "" when nothing is."""
    if draft.incident.state is State.MITIGATED:
        return "It is mitigated, so it pages nobody and there is nothing to snooze."
    if event.until <= draft.now:
        return f"until: {clock(event.until, draft.now)} is not in the future."
    if event.until > draft.now + LONGEST:
        latest = clock(draft.now + LONGEST, draft.now)
        return f"until: a snooze lasts {span(LONGEST)} at most, so until {latest} at the latest."
    return ""


def snooze(draft: Draft, event: Snooze) -> Reason:
    """Whoever snoozes it has it until then."""
    incident = draft.incident
    again = incident.snoozed_until == event.until and incident.snoozed_by == event.actor
    draft.stop_pages(Reason.SNOOZED, keep=tuple(p for p in incident.responders if p != event.actor))
    draft.answered_by(event.actor)
    stop_escalation(draft)
    draft.change(
        state=State.ACKNOWLEDGED,
        snoozed_until=event.until,
        snoozed_by=event.actor,
        asked_at=None,
        ack_expires_at=None,
        quiet_until=None,
        last_act_at=draft.now,
    )
    if not again:
        draft.record(
            Reason.SNOOZED,
            f"{event.actor} snoozed it until {clock(event.until, draft.now)} "
            f"({span(event.until - draft.now)}); if it is still open then, it pages again.",
            event.actor,
            event.via,
        )
    return Reason.SNOOZED


def snooze_due(draft: Draft) -> Reason:
    incident = draft.incident
    if incident.state is not State.ACKNOWLEDGED or incident.snoozed_until is None:
        return Reason.STALE
    if incident.snoozed_until > draft.now:
        return Reason.STALE
    return end_snooze(draft, Reason.SNOOZE_ENDED, "the snooze ended and it is still open")


def end_snooze(draft: Draft, why: Reason, because: str) -> Reason:
    """Back to nobody's. The snoozer is paged if on call now, before the first step; else the first step is."""
    snoozer = draft.incident.snoozed_by or ""
    draft.change(state=State.DETECTED, acknowledged_by=None, snoozed_until=None, snoozed_by=None)
    if draft.incident.kind is Kind.TICKET or draft.escalation.status is EscalationStatus.NONE:
        draft.record(Reason.SNOOZE_ENDED, f"The snooze by {snoozer} is over ({because}).")
        if why is Reason.SNOOZE_ENDED:
            draft.tell(snoozer, why, f"{draft.incident.title}: your snooze ended and it is still open.")
            return why
        return start_or_hold(draft, why, because, new=False)
    if held_by(draft, new=False) is not None or in_first_step(draft, snoozer):
        return start_or_hold(draft, why, because, new=False)
    if on_call_in(draft, snoozer):
        page_first(draft, snoozer, why)
        draft.record(
            why,
            f"Paged {snoozer}, who had snoozed it and is on call: {because}. Unless somebody acknowledges within "
            f"{span(waited(draft))}, the policy's first step is next.",
        )
        return why
    return start(draft, why, because)
