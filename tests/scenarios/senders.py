"""What monitoring tools send, as the bodies of their requests."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

FOR_EVER = timedelta(days=3650)

Labels = Mapping[str, str]


def labelled(alertname: str, labels: Labels) -> dict[str, str]:
    """The service is task-api unless said otherwise."""
    return {"alertname": alertname, "service": "task-api", **labels}


def prometheus_alert(
    labels: Labels, starts_at: datetime, ends_at: datetime, annotations: Labels | None = None
) -> dict[str, object]:
    """One alert as Prometheus posts it; a firing one ends in the future, when its lease runs out."""
    return {
        "labels": dict(labels),
        "annotations": dict(annotations or {"summary": f"{labels['alertname']} is bad"}),
        "startsAt": starts_at.isoformat(),
        "endsAt": ends_at.isoformat(),
    }


def alertmanager_webhook(
    group_key: str, firing: Iterable[Labels], resolved: Iterable[Labels], starts_at: datetime, now: datetime
) -> bytes:
    """A whole group as Alertmanager's webhook tells it."""

    def alert(labels: Labels, status: str) -> dict[str, object]:
        ended = now.isoformat() if status == "resolved" else "0001-01-01T00:00:00Z"
        return {
            "status": status,
            "labels": dict(labels),
            "annotations": {"summary": f"{labels['alertname']} is bad"},
            "startsAt": starts_at.isoformat(),
            "endsAt": ended,
            "generatorURL": "http://prometheus.example/graph",
        }

    alerts = [alert(labels, "firing") for labels in firing]
    status = "firing" if alerts else "resolved"
    alerts += [alert(labels, "resolved") for labels in resolved]
    message = {
        "version": "4",
        "groupKey": group_key,
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "tocsin",
        "alerts": alerts,
    }
    return json.dumps(message).encode()


def pagerduty_event(
    action: str, key: str, summary: str, severity: str, payload: Mapping[str, object]
) -> bytes:
    event = {
        "routing_key": "pd-key",
        "event_action": action,
        "dedup_key": key,
        "payload": {"summary": summary, "source": "probe", "severity": severity, **payload},
    }
    return json.dumps(event).encode()


def pagerduty_change(summary: str, at: datetime) -> bytes:
    change = {
        "routing_key": "pd-key",
        "payload": {"summary": summary, "source": "ci", "timestamp": at.isoformat()},
    }
    return json.dumps(change).encode()
