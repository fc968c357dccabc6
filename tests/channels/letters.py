"""Messages as the engine hands them to a channel, kind and hostile, for the tests of all channels."""

from datetime import UTC, datetime
from typing import Any

from tocsin.core.respond.delivery import Purpose
from tocsin.core.respond.message import Item, Message
from tocsin.core.severity import Severity, Urgency

NOW = datetime(2026, 6, 14, 14, 36, tzinfo=UTC)
FIRED = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)

HOSTILE = (
    "</td><script>alert(1)</script>\r\nBcc: eve@example.com\r\n\r\n@everyone @channel <!channel> <!here> <@U123> "
    "[click](javascript:alert(1)) ![x](http://evil.example/pixel) & \u202egnp.exe\u202c [bold]rich[/bold] \x1b[2J\x00 "
    "${jndi} $title %s"
)


def an_item(**changes: Any) -> Item:
    known: dict[str, Any] = {
        "incident": 7,
        "title": "API p99 latency above 2s",
        "severity": Severity.SEV2,
        "since": FIRED,
        "state": "detected",
        "url": "https://tocsin.example.com/incidents/7",
        "summary": "p99 of task-api is 4.2 s, four times its normal, since the last deploy.",
        "service": "task-api",
        "runbook_url": "https://runbooks.example.com/api-high-latency",
        "labels": {"alertname": "APIHighLatency", "namespace": "production", "severity": "critical"},
    }
    return Item(**{**known, **changes})


def a_page(**changes: Any) -> Message:
    known: dict[str, Any] = {
        "key": "7.1.1",
        "purpose": Purpose.PAGE,
        "title": "[SEV2] task-api: API p99 latency above 2s",
        "text": (
            "[SEV2] task-api: API p99 latency above 2s\n"
            "p99 of task-api is 4.2 s, four times its normal, since the last deploy.\n"
            "Severity: SEV2\nService: task-api\nSince: 14:32 UTC (16:32 Europe/Berlin), for 4m\n"
            "Runbook: https://runbooks.example.com/api-high-latency\n"
            "Incident: https://tocsin.example.com/incidents/7"
        ),
        "sent_at": NOW,
        "items": (an_item(),),
        "person": "alice",
        "person_name": "Alice Ames",
        "time_zone": "Europe/Berlin",
        "acknowledge_url": "https://tocsin.example.com/r/EWAAAAAAAAVhbGljZQcAAAAAAAAAAAAAAAAAAAAA",
        "resolve_url": "https://tocsin.example.com/r/EmAAAAAAAAVhbGljZQcAAAAAAAAAAAAAAAAAAAAA",
    }
    return Message(**{**known, **changes})


def a_bundle(count: int = 4) -> Message:
    severities = list(Severity)
    items = tuple(
        an_item(
            incident=7 + n,
            title=f"Disk of node-{n} is nearly full",
            severity=severities[n % 3 + 1],
            summary=f"node-{n} has {n + 1}% left.",
            alerts=n + 1,
            url=f"https://tocsin.example.com/incidents/{7 + n}",
        )
        for n in range(count)
    )
    text = "\n".join(f"#{item.incident} [{item.severity}] {item.title}" for item in items)
    return a_page(key="b-7", title=f"{count} incidents need you, the worst SEV2", text=text, items=items)


def a_status() -> Message:
    return a_page(
        key="s-7-3",
        purpose=Purpose.STATUS,
        title="Incident #7 acknowledged by Bob Brandt",
        text="Bob Brandt acknowledged incident #7 “API p99 latency above 2s”. Your page was stopped.",
        urgency=Urgency.LOW,
        acknowledge_url="",
        resolve_url="",
    )


def a_hostile_page() -> Message:
    item = an_item(
        title=HOSTILE,
        summary=HOSTILE,
        service=HOSTILE,
        state=HOSTILE,
        runbook_url="javascript:alert(document.domain)",
        url='https://tocsin.example.com/incidents/7?"><script>',
        labels={HOSTILE: HOSTILE},
    )
    return a_page(title=HOSTILE, text=HOSTILE * 3, items=(item,), person_name=HOSTILE)


def an_enormous_page() -> Message:
    wall = "A" * 3_000_000 + "é" * 1_000_000
    return a_page(
        title=wall,
        text=wall,
        items=(an_item(title=wall, summary=wall, service=wall, runbook_url="https://x/" + wall),),
    )
