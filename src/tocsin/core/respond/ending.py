"""The ways an incident ends: a person resolves or mitigates it, its hour passes, nothing more is expected of it."""

from datetime import timedelta

from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.escalation import stop_escalation
from tocsin.core.respond.incident import Incident, Mitigate, Resolve, State
from tocsin.core.respond.prose import alerts, clock
from tocsin.core.respond.reopening import reopen_still_firing, suspend

MITIGATED_FOR = timedelta(hours=1)  # then it resolves by itself, unless it still fires


def resolved(draft: Draft, reason: Reason, text: str, by: str | None = None, via: str = "") -> Reason:
    """It is over. What nobody had answered keeps its place in the escalation, in case it flaps back."""
    incident = draft.incident
    if by is None and incident.acknowledged_by is None and incident.state is State.DETECTED:
        suspend(draft)
    else:
        stop_escalation(draft)
    draft.stop_pages(reason)
    draft.change(
        state=State.RESOLVED,
        resolved_at=draft.now,
        resolved_by=by,
        mitigated_at=incident.mitigated_at or draft.now,
        recheck_at=None,
        snoozed_until=None,
        snoozed_by=None,
        asked_at=None,
        ack_expires_at=None,
        close_at=draft.now + draft.facts.defaults.close_after,
    )
    draft.record(reason, text, by, via)
    return reason


def resolve(draft: Draft, event: Resolve) -> Reason:
    """A person's word is enough, unless alerts say otherwise at this moment: then it counts as mitigated, and says so."""
    incident = draft.incident
    firing = _known_to_fire(incident)
    note = f" {event.note}" if event.note else ""
    if not firing:
        draft.answered_by(event.actor)
        draft.change(resolution=event.note or incident.resolution, last_act_at=draft.now)
        doubt = ""
        if incident.firing:
            doubt = f" The sender of {alerts(incident.firing)} is silent, so this is a person's word alone."
        if incident.suppressed:
            doubt = (
                f" {alerts(incident.suppressed)} suppressed: what still fires when that ends opens it again."
            )
        return resolved(
            draft,
            Reason.RESOLVED_BY_PERSON,
            f"{event.actor} resolved it.{note}{doubt}",
            event.actor,
            event.via,
        )
    if incident.state is State.MITIGATED and incident.resolved_by is not None:
        draft.act(event.actor)  # said before: saying it again does not buy more time
        return Reason.STILL_FIRING
    _mitigated(draft, event.actor)
    draft.change(resolved_by=event.actor, resolution=event.note)
    comes_back = clock(draft.incident.recheck_at or draft.now, draft.now)
    draft.record(
        Reason.STILL_FIRING,
        f"{event.actor} resolved it, but {alerts(firing)} still firing: it counts as mitigated, and comes back "
        f"unacknowledged at {comes_back} unless {'it ends' if firing == 1 else 'they end'} before.{note}",
        event.actor,
        event.via,
    )
    return Reason.STILL_FIRING


def mitigate(draft: Draft, event: Mitigate) -> Reason:
    """The impact is over; a person has yet to resolve it."""
    if draft.incident.state is State.MITIGATED:
        draft.act(event.actor)
        return Reason.MITIGATED
    note = f" {event.note}" if event.note else ""
    _mitigated(draft, event.actor)
    at = clock(draft.incident.recheck_at or draft.now, draft.now)
    follows = "comes back then if it still fires" if draft.incident.firing else "resolves by itself then"
    draft.record(
        Reason.MITIGATED,
        f"{event.actor} says the impact is over.{note} Looked at again at {at}: it {follows}.",
        event.actor,
        event.via,
    )
    return Reason.MITIGATED


def recheck(draft: Draft) -> Reason:
    """Mitigated for long enough: it comes back if it never stopped firing, and is over if it did."""
    incident = draft.incident
    if incident.state is not State.MITIGATED or (incident.recheck_at or draft.now) > draft.now:
        return Reason.STALE
    still = _known_to_fire(incident) if incident.resolved_by is not None else incident.firing
    if still:
        said = f"{incident.resolved_by or incident.acknowledged_by or 'a person'} had called it over"
        return reopen_still_firing(
            draft, f"{said}, but {alerts(still)} still {'fires' if still == 1 else 'fire'}"
        )
    text = "Nothing fired any more and nobody objected: resolved."
    if incident.suppressed:
        text = f"Nothing fires but what is suppressed ({alerts(incident.suppressed)}): resolved."
    return resolved(draft, Reason.RESOLVED_BY_SOURCE, text, by=incident.resolved_by)


def close(draft: Draft) -> Reason:
    incident = draft.incident
    if incident.state is not State.RESOLVED or (incident.close_at or draft.now) > draft.now:
        return Reason.STALE
    draft.change(state=State.CLOSED, close_at=None)
    stop_escalation(draft)
    draft.record(Reason.CLOSED, "Closed: nothing more is expected of it.")
    return Reason.CLOSED


def _mitigated(draft: Draft, actor: str) -> None:
    draft.answered_by(actor)
    draft.stop_pages(Reason.MITIGATED)
    stop_escalation(draft)
    wait = draft.rule.reopen_after if draft.incident.firing else MITIGATED_FOR
    draft.change(
        state=State.MITIGATED,
        mitigated_at=draft.now,
        recheck_at=draft.now + wait,
        snoozed_until=None,
        snoozed_by=None,
        asked_at=None,
        ack_expires_at=None,
        quiet_until=None,
        last_act_at=draft.now,
    )


def _known_to_fire(incident: Incident) -> int:
    """Alerts that fire as far as anybody can tell: those of a silent sender may have ended long ago."""
    return max(incident.firing - incident.source_silent, 0)
