"""An incident's timers, derived from its state: what is pending, and whether something has to be.

The agenda only mirrors this. A decision's `Remind` and `Cancel` are the difference between two answers of `pending_timers`,
so that state and agenda cannot drift apart, and a lost entry is restored by asking again.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from tocsin.core.respond.incident import Cancel, EscalationStatus, Incident, Kind, Remind, State, Timer

_STEPPING = frozenset({EscalationStatus.RUNNING, EscalationStatus.EXHAUSTED})


def pending_timers(incident: Incident) -> dict[Timer, datetime]:
    """Which timers this state owes, and when each is due."""
    return dict(_owed(incident))


def demands_timer(incident: Incident) -> bool:
    """Whether nobody would ever come back to this incident without a timer: the invariant says then one is pending.

    False for tickets and the backlog, for an acknowledgement that does not expire, and for what is recorded as exhausted and
    told only once.
    """
    escalation = incident.escalation
    match incident.state:
        case State.DETECTED:
            if escalation.status is EscalationStatus.NONE:
                return False
            told_once = escalation.status is EscalationStatus.EXHAUSTED and escalation.due_at is None
            return incident.kind is Kind.PAGE and not told_once
        case State.ACKNOWLEDGED:
            return incident.snoozed_until is not None or incident.ack_expires_at is not None
        case State.MITIGATED:
            return True
        case _:
            return False


def changed_timers(
    before: Mapping[Timer, datetime], after: Mapping[Timer, datetime]
) -> Iterator[Remind | Cancel]:
    """What the agenda has to do to get from one to the other."""
    for timer in Timer:
        if timer in after:
            if before.get(timer) != after[timer]:
                yield Remind(timer, after[timer])
        elif timer in before:
            yield Cancel(timer)


def _owed(incident: Incident) -> Iterator[tuple[Timer, datetime]]:
    escalation = incident.escalation
    match incident.state:
        case State.DETECTED:
            if escalation.due_at is None:
                return
            if escalation.status in _STEPPING:
                yield Timer.STEP, escalation.due_at
            elif escalation.status is EscalationStatus.HELD:
                yield Timer.RELEASE, escalation.due_at
        case State.ACKNOWLEDGED:
            if incident.snoozed_until is not None:
                yield Timer.SNOOZE_END, incident.snoozed_until
            elif incident.ack_expires_at is not None:
                yield Timer.ACK_EXPIRY, incident.ack_expires_at
        case State.MITIGATED:
            if incident.recheck_at is not None:
                yield Timer.RECHECK, incident.recheck_at
        case State.RESOLVED:
            if incident.close_at is not None:
                yield Timer.CLOSE, incident.close_at
            if escalation.status is EscalationStatus.HELD and escalation.due_at is not None:
                yield Timer.RELEASE, escalation.due_at  # over before anybody was paged: reported then
        case State.CLOSED:
            return
