"""Answers about incidents and alerts, read from the store."""

from datetime import datetime

import msgspec

from tocsin.control.requests import (
    AlertView,
    AttemptView,
    ChangeView,
    IncidentView,
    ListAlerts,
    ListIncidents,
    NotificationView,
    PendingTimer,
    Refused,
    TimelineLine,
)
from tocsin.core.configuration import ROOT_ROUTE, Configuration
from tocsin.core.detect.records import AlertRow, AlertStateRow
from tocsin.core.instants import instant, micros
from tocsin.core.reasons import EXPLANATIONS, Reason
from tocsin.core.respond.incident import OPEN_STATES, Incident
from tocsin.core.respond.next_step import next_step
from tocsin.engine import kinds
from tocsin.engine.store.protocol import AlertFilter, AttemptRow, IncidentFilter, NotificationRow, Transaction

CHANGES_BEFORE = 6 * 3_600_000_000  # what changed within the hours before is likely what broke it
CHANGES_READ, CHANGES_SHOWN = 1000, 100


def list_incidents(tx: Transaction, request: ListIncidents) -> list[Incident]:
    return tx.incidents.search(
        IncidentFilter(
            states=request.states or tuple(sorted(OPEN_STATES)),
            severities=request.severities,
            service=request.service,
            team=request.team,
            text=request.text,
            before=request.before,
            limit=max(1, min(request.limit, 1000)),
        )
    )


def show_incident(tx: Transaction, incident_id: int, facts: Configuration, now: datetime) -> IncidentView:
    incident = tx.incidents.peek([incident_id]).get(incident_id)
    if incident is None:
        raise Refused("not_found", f"there is no incident {incident_id}", "incident")
    opened = micros(incident.opened_at)
    attempts: dict[str, list[AttemptRow]] = {}
    for row in tx.notifications.attempts_of_incident(incident_id):
        attempts.setdefault(row.notification, []).append(row)
    return IncidentView(
        incident=incident,
        timeline=tuple(
            TimelineLine(line.entry, instant(line.at), line.reason, line.text, line.actor, line.via)
            for line in tx.timeline.of(incident_id)
        ),
        alerts=tuple(alert_view(row, state) for row, state in tx.alerts.of_incident(incident_id)),
        pages=tuple(tx.pages.of(incident_id)),
        notifications=tuple(
            _notification_view(row, attempts.get(row.notification.id, []))
            for row in tx.notifications.of_incident(incident_id)
        ),
        changes=tuple(
            ChangeView(instant(row.at), row.summary, row.source, row.integration)
            for row in tx.records.changes(
                opened - CHANGES_BEFORE, micros(incident.resolved_at or now), limit=CHANGES_READ
            )
            if row.service in (None, incident.service)  # one that names no service may have broken any
        )[:CHANGES_SHOWN],
        pending=tuple(
            PendingTimer(entry.kind, instant(entry.due_at))
            for entry in tx.agenda.pending(str(incident_id), kinds.INCIDENT_KINDS)
        ),
        next_step=next_step(incident, facts, now),
    )


def _notification_view(row: NotificationRow, attempts: list[AttemptRow]) -> NotificationView:
    notification = row.notification
    return NotificationView(
        id=notification.id,
        purpose=notification.purpose.value,
        channel=notification.channel,
        person=notification.person,
        method=notification.method,
        state=row.state.value,
        reason=row.reason or notification.reason,
        detail=row.detail,
        created_at=notification.created_at,
        attempts=tuple(AttemptView(instant(a.ended_at), a.outcome, a.detail) for a in attempts),
    )


def list_alerts(tx: Transaction, request: ListAlerts) -> list[AlertView]:
    found = tx.alerts.search(
        AlertFilter(
            statuses=request.statuses or ("firing", "source_silent"),
            reason=request.reason,
            before=request.before,
            limit=max(1, min(request.limit, 1000)),
        )
    )
    return [alert_view(row, state) for row, state in found]


def alert_view(row: AlertRow, state: AlertStateRow) -> AlertView:
    return AlertView(
        id=row.id,
        labels=msgspec.json.decode(row.labels, type=dict[str, str]),
        annotations=msgspec.json.decode(state.annotations, type=dict[str, str]) if state.annotations else {},
        status=state.status,
        reason=state.reason,
        why=why(state.reason, state.by),
        integration=row.integration,
        starts_at=instant(state.starts_at),
        first_seen=instant(row.first_seen),
        ends_at=instant(state.ends_at) if state.ends_at is not None else None,
        by=state.by,
        generator_url=state.generator_url,
        incident=state.incident,
    )


def why(reason: str, by: str) -> str:
    """The reason as a sentence, with the rule that decided."""
    sentence = EXPLANATIONS[Reason(reason)] if reason in Reason.__members__.values() else reason
    return f"{sentence} ({by})" if by and by != ROOT_ROUTE else sentence
