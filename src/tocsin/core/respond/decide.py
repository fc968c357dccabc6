"""The table of what can happen to an incident. Pure: state, event, instant and facts in, decision out.

Timers follow from the state (timers.py): whatever a rule changes, the agenda is told the difference.
"""

from datetime import datetime

from tocsin.core.configuration import Configuration
from tocsin.core.reasons import Reason
from tocsin.core.respond.acknowledging import acknowledge, expire
from tocsin.core.respond.alerts_changed import alerts_changed
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.ending import close, mitigate, recheck, resolve
from tocsin.core.respond.escalation import step_due
from tocsin.core.respond.handing_over import (
    add_responder,
    escalate,
    handed_over,
    reassign,
    why_not_reassign,
)
from tocsin.core.respond.holding import look_again
from tocsin.core.respond.incident import (
    Acknowledge,
    AddNote,
    AddResponder,
    AlertsChanged,
    Decision,
    Escalate,
    Event,
    HandedOver,
    HoldsChanged,
    Incident,
    Mitigate,
    Opened,
    Reassign,
    Repair,
    Resolve,
    SetSeverity,
    Snooze,
    State,
    Timer,
    TimerDue,
)
from tocsin.core.respond.opening import opened
from tocsin.core.respond.repairing import repair
from tocsin.core.respond.severity_change import set_severity
from tocsin.core.respond.snoozing import snooze, snooze_due, why_not_snooze
from tocsin.core.respond.timers import changed_timers, pending_timers

LONGEST_NOTE = 10_000  # characters


def decide(incident: Incident, event: Event, now: datetime, facts: Configuration) -> Decision:
    """The new state, what is owed because of it, and why. Effects hold in their order.

    The same command twice does no harm; a timer that rings too early or for nothing is set again as the state demands.
    A refused command changes nothing and `refused` says why, naming the field where one is wrong.
    """
    draft = Draft(incident, now, facts)
    refusal = _why_not(draft, event)
    if refusal:
        return draft.refused(_asked(event), refusal)
    reason = _happen(draft, event)
    before = {} if isinstance(event, Opened | Repair) else pending_timers(incident)
    if isinstance(event, TimerDue):
        before.pop(event.timer, None)  # it rang, so the agenda no longer has it
    draft.effects.extend(changed_timers(before, pending_timers(draft.incident)))
    return draft.decided(reason)


def _happen(draft: Draft, event: Event) -> Reason:
    match event:
        case Opened():
            return opened(draft, event)
        case AlertsChanged():
            return alerts_changed(draft, event)
        case Acknowledge():
            return acknowledge(draft, event)
        case Resolve():
            return resolve(draft, event)
        case Mitigate():
            return mitigate(draft, event)
        case Snooze():
            return snooze(draft, event)
        case Escalate():
            return escalate(draft, event)
        case Reassign():
            return reassign(draft, event)
        case AddResponder():
            return add_responder(draft, event)
        case SetSeverity():
            return set_severity(draft, event)
        case AddNote():
            return _note(draft, event)
        case TimerDue(timer=timer):
            return _rang(draft, timer)
        case HoldsChanged():
            return look_again(draft)
        case HandedOver():
            return handed_over(draft, event)
        case Repair():
            return repair(draft)


def _rang(draft: Draft, timer: Timer) -> Reason:
    match timer:
        case Timer.STEP:
            return step_due(draft)
        case Timer.RELEASE:
            return look_again(draft)
        case Timer.ACK_EXPIRY:
            return expire(draft)
        case Timer.SNOOZE_END:
            return snooze_due(draft)
        case Timer.RECHECK:
            return recheck(draft)
        case Timer.CLOSE:
            return close(draft)


def _note(draft: Draft, event: AddNote) -> Reason:
    draft.record(Reason.NOTED, event.text.strip()[:LONGEST_NOTE], event.actor, event.via)
    draft.act(event.actor)
    return Reason.NOTED


def _why_not(draft: Draft, event: Event) -> str:
    """Why a command cannot be carried out, as a sentence for the person; "" when it can."""
    match event:
        case AddNote():
            return "" if event.text.strip() else "text: a note needs some words."
        case (
            Acknowledge()
            | Resolve()
            | Mitigate()
            | Snooze()
            | Escalate()
            | Reassign()
            | AddResponder()
            | SetSeverity()
        ):
            if not draft.incident.is_open:
                return _over(draft)
    match event:
        case Snooze():
            return why_not_snooze(draft, event)
        case Reassign():
            return why_not_reassign(draft, event)
        case AddResponder(person=person) if person not in draft.facts.people:
            return f"person: there is no {person}."
        case _:
            return ""


def _over(draft: Draft) -> str:
    incident = draft.incident
    by = f" by {incident.resolved_by}" if incident.resolved_by else " by itself"
    at = f" at {incident.resolved_at:%Y-%m-%d %H:%M} UTC" if incident.resolved_at else ""
    state = "closed" if incident.state is State.CLOSED else "resolved"
    return f"Incident {incident.id} is {state} already{by}{at}."


def _asked(event: Event) -> Reason:
    match event:
        case Acknowledge():
            return Reason.ACKNOWLEDGED
        case Resolve():
            return Reason.RESOLVED_BY_PERSON
        case Mitigate():
            return Reason.MITIGATED
        case Snooze():
            return Reason.SNOOZED
        case Escalate():
            return Reason.ESCALATED_BY_HAND
        case Reassign():
            return Reason.REASSIGNED
        case AddResponder():
            return Reason.RESPONDER_ADDED
        case SetSeverity():
            return Reason.SEVERITY_RAISED
        case _:
            return Reason.NOTED
