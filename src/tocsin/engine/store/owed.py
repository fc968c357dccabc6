"""What the store derives from an incident: whether it must never be without a timer, and the words it is found by."""

from tocsin.core.respond.incident import EscalationStatus, Incident, Kind, State, Timer
from tocsin.core.severity import DEFAULT_SEVERITIES
from tocsin.engine.kinds import INCIDENT
from tocsin.engine.store.prose import clean

WAKING_KINDS = tuple(INCIDENT[timer] for timer in Timer if timer is not Timer.CLOSE)  # closing wakes nobody


def owes_timer(incident: Incident) -> bool:
    """Whether it demands an acknowledgement, or will page by itself, so that sleeping without a timer would lose a page.

    Judged by the incident alone: an acknowledged one counts when its severity's default has an `ack_timeout`.
    """
    if incident.kind is not Kind.PAGE:
        return False
    match incident.state:
        case State.DETECTED:
            if incident.snoozed_until is not None:
                return True
            match incident.escalation.status:
                case EscalationStatus.RUNNING | EscalationStatus.HELD:
                    return True
                case EscalationStatus.EXHAUSTED:
                    return incident.escalation.due_at is not None  # the last resort is told again and again
                case _:
                    return False
        case State.ACKNOWLEDGED:
            return (
                incident.snoozed_until is not None
                or incident.asked_at is not None
                or DEFAULT_SEVERITIES[incident.severity].ack_timeout is not None
            )
        case State.MITIGATED:
            return incident.firing > 0  # reopens unless its source resolves
        case _:
            return False


def words(incident: Incident) -> str:
    """What a text search looks in, case-folded."""
    parts = (incident.title, incident.summary, incident.service or "", *incident.labels.values())
    return clean("\n".join(parts).casefold())
