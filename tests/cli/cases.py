"""The walking example as answers of a server."""

from datetime import UTC, datetime
from typing import Any

from tocsin.control import requests as r
from tocsin.core.respond.incident import Incident
from tocsin.core.severity import Severity

OPENED = datetime(2026, 6, 14, 12, 32, tzinfo=UTC)


def incident(**changed: Any) -> Incident:
    given: dict[str, Any] = {
        "id": 12,
        "title": "APIHighLatency",
        "severity": Severity.SEV2,
        "opened_at": OPENED,
        "service": "task-api",
        "summary": "p99 over [2 s]",
        "labels": {"alertname": "APIHighLatency", "namespace": "prod"},
        "paged": ("alice",),
    }
    return Incident(**given | changed)


def alert() -> r.AlertView:
    return r.AlertView(
        id=7,
        labels={"alertname": "APIHighLatency", "namespace": "prod"},
        annotations={},
        status="firing",
        reason="opened_incident",
        why="It opened an incident.",
        integration="prom",
        starts_at=OPENED,
        first_seen=OPENED,
        incident=12,
    )
