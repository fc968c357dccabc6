"""The incident's alerts changed: more, fewer, worse, suppressed, silent, over, or back."""

from datetime import timedelta

from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.ending import resolved
from tocsin.core.respond.escalation import stop_escalation
from tocsin.core.respond.holding import look_again
from tocsin.core.respond.incident import AlertsChanged, EscalationStatus, State
from tocsin.core.respond.prose import alerts, clock, listed, until_now
from tocsin.core.respond.reopening import came_back
from tocsin.core.respond.severity_change import got_worse
from tocsin.core.severity import Severity, Urgency

CONFIRM_WITHIN = timedelta(
    hours=1
)  # an acknowledged SEV1-2 that ended by itself waits that long for a person's word
MOST_NAMES = 5


def alerts_changed(draft: Draft, event: AlertsChanged) -> Reason:
    """Of the same or a lower severity, an alert that joins neither pages anew nor restarts the escalation. Only the explicit
    end of every alert is recovery: suppressed ones and a silent sender are not."""
    before = draft.incident
    draft.change(
        firing=event.firing,
        alerts=max(event.alerts, before.alerts),
        source_silent=event.source_silent,
        suppressed=event.suppressed,
    )
    if event.labels is not None and not before.labels.items() <= event.labels.items():
        draft.change(labels=_shared(before.labels, event.labels))
    worse = event.severity if event.firing and _is_worse(draft, event.severity) else None
    reason = _record_membership(draft, event)

    if not event.firing and not event.suppressed:
        return _ended(draft, reason)
    if not event.firing:
        if before.firing and before.is_open:
            why = f" ({event.reason})" if event.reason else ""
            draft.record(
                event.reason or Reason.SILENCED,
                f"All that fires ({alerts(event.suppressed)}) is suppressed{why}. That is not recovery: it stays open.",
            )
        return event.reason or reason
    if before.state in (State.RESOLVED, State.CLOSED) or (
        before.state is State.MITIGATED and not before.firing
    ):
        if worse is not None:
            _raise(draft, worse)
        return came_back(draft, worse=worse is not None)
    if worse is not None:
        _raise(draft, worse)
        return got_worse(draft)
    if draft.escalation.status is EscalationStatus.HELD and not before.firing:
        return look_again(draft)
    return reason


def _record_membership(draft: Draft, event: AlertsChanged) -> Reason:
    before = draft.given
    reason = Reason.UNCHANGED
    if event.joined:
        joined = f"Joined by {_names(event.joined)}: {alerts(event.firing)} now firing."
        draft.record(Reason.JOINED_INCIDENT, joined + until_now(event.released))
        reason = Reason.JOINED_INCIDENT
    if event.ended and (event.firing or event.suppressed):  # the end of all has a line of its own
        reason = Reason.LEFT_GROUP if event.reason is Reason.LEFT_GROUP else Reason.SOURCE_RESOLVED
        draft.record(reason, f"{_names(event.ended)} ended; {alerts(event.firing)} still firing.")
    if event.source_silent > before.source_silent:
        draft.record(
            Reason.SOURCE_SILENT,
            f"The sender of {alerts(event.source_silent)} fell silent. That is not recovery: the incident stays "
            f"{'open and escalates on' if before.state is State.DETECTED else 'open'}.",
        )
        reason = Reason.SOURCE_SILENT
    elif event.source_silent < before.source_silent and event.firing:
        draft.record(Reason.UNCHANGED, "The silent sender is heard again.")
    return reason


def _ended(draft: Draft, reason: Reason) -> Reason:
    """Every alert ended at its source."""
    incident = draft.incident
    owner = incident.acknowledged_by
    match incident.state:
        case State.RESOLVED | State.CLOSED:
            return reason
        case State.MITIGATED if incident.resolved_by is not None:
            return resolved(
                draft,
                Reason.RESOLVED_BY_SOURCE,
                f"All alerts ended, as {incident.resolved_by} had said: resolved.",
                by=incident.resolved_by,
            )
        case State.MITIGATED if draft.rule.urgency is Urgency.HIGH:
            if draft.given.firing or incident.recheck_at is None:
                _await_confirmation(draft, owner)
            return Reason.RESOLVED_BY_SOURCE
        case State.DETECTED | State.ACKNOWLEDGED if owner is not None and draft.rule.urgency is Urgency.HIGH:
            draft.stop_pages(Reason.MITIGATED)
            stop_escalation(draft)
            draft.change(
                state=State.MITIGATED,
                mitigated_at=draft.now,
                snoozed_until=None,
                snoozed_by=None,
                asked_at=None,
                ack_expires_at=None,
            )
            _await_confirmation(draft, owner)
            return Reason.RESOLVED_BY_SOURCE
    reason = resolved(draft, Reason.RESOLVED_BY_SOURCE, "All its alerts ended at their source: resolved.")
    if owner is not None:
        draft.tell(
            owner, Reason.RESOLVED_BY_SOURCE, f"{incident.title}: all alerts ended, so it is resolved."
        )
    return reason


def _await_confirmation(draft: Draft, owner: str | None) -> None:
    recheck_at = draft.now + CONFIRM_WITHIN
    draft.change(recheck_at=recheck_at)
    text = (
        f"All its alerts ended at their source. {owner or 'Somebody'} had it, so it counts as mitigated until a person "
        f"resolves it; it resolves by itself at {clock(recheck_at, draft.now)}."
    )
    draft.record(Reason.MITIGATED, text)
    draft.tell(owner, Reason.MITIGATED, f"{draft.incident.title}: {text}")


def _shared(labels: dict[str, str], by_those: dict[str, str]) -> dict[str, str]:
    """What an alert that ended said counts on, so that labels only ever become fewer."""
    return {name: value for name, value in labels.items() if by_those.get(name) == value}


def _is_worse(draft: Draft, severity: Severity | None) -> bool:
    return severity is not None and severity.worse_than(draft.incident.severity)


def _raise(draft: Draft, severity: Severity) -> None:
    old = draft.incident.severity
    draft.change(severity=severity)
    draft.record(
        Reason.SEVERITY_RAISED, f"Raised from {old} to {severity}: an alert of that severity joined."
    )


def _names(names: tuple[str, ...]) -> str:
    if len(names) <= MOST_NAMES:
        return listed(names)
    return listed([*names[:MOST_NAMES], f"{len(names) - MOST_NAMES} more"])
