"""Rows of the one cast: alice and bob of team platform, service task-api."""

from datetime import timedelta
from typing import Any

from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.core.instants import instant
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Notification, Purpose
from tocsin.core.respond.incident import Escalation, EscalationStatus, Incident
from tocsin.core.respond.page import Page
from tocsin.core.respond.policy import Policy, Step, Target, TargetKind
from tocsin.core.severity import Severity, Urgency
from tocsin.engine.store.protocol import AgendaEntry, InboxRow

NOON = 1_781_438_400_000_000  # 2026-06-14 12:00 UTC
RUNNING = Escalation(
    status=EscalationStatus.RUNNING,
    policy=Policy("platform", (Step((Target(TargetKind.PERSON, "alice"),), timedelta(minutes=10)),)),
)


def incident(id: int, title: str = "APIHighLatency", **fields: Any) -> Incident:
    fields.setdefault("escalation", RUNNING)
    fields.setdefault("severity", Severity.SEV2)
    fields.setdefault("service", "task-api")
    fields.setdefault("team", "platform")
    return Incident(id=id, title=title, opened_at=instant(NOON + id), **fields)


def page(incident: int, serial: int = 1, person: str = "alice", **fields: Any) -> Page:
    return Page(incident, serial, person, Urgency.HIGH, instant(NOON), Reason.STEP_STARTED, **fields)


def notification(
    id: str, address: str = "ntfy|alice", at: int = NOON, incident: int | None = 1
) -> Notification:
    page = id.rpartition(".")[0] or None
    return Notification(
        id, Purpose.PAGE, address, "ntfy", instant(at), incident=incident, page=page, person="alice"
    )


def alert(id: int, **fields: Any) -> AlertRow:
    labels = fields.pop("labels", b'{"alertname":"APIHighLatency"}')
    return AlertRow(id, "prom", labels, NOON + id, **fields)


def state(alert: int, status: str = "firing", **fields: Any) -> AlertStateRow:
    fields.setdefault("reason", "opened_incident")
    return AlertStateRow(
        alert, status, NOON, NOON + 300_000_000, NOON + alert, b"{}", "http://prom", "g", **fields
    )


def group(key: str, incident: int | None = None) -> GroupRow:
    return GroupRow(key, "0", b'{"alertname":"APIHighLatency"}', b"{}", incident, NOON)


def request(body: bytes = b"{}", at: int = NOON) -> InboxRow:
    return InboxRow(0, at, "prom", "alertmanager", body)


def due(kind: str, subject: str, at: int, document: bytes = b"") -> AgendaEntry:
    return AgendaEntry(kind, subject, at, document)
