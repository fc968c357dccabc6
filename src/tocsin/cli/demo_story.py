"""The walking example, told by the engine itself in the simulated world: nothing here is a recording.

2026-06-14, service task-api: a deploy adds a column without an index, latency rises, Alertmanager reports it, and the house
does the rest. Told twice: once as it went, once as it would have gone had nobody answered.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import msgspec

from tocsin.channels import registry
from tocsin.config.answers import ConfigFile
from tocsin.config.load import load
from tocsin.config.perform import apply_view
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.instants import instant, micros
from tocsin.core.respond.delivery import Delivered, Outcome, Purpose
from tocsin.core.respond.incident import Acknowledge, AddNote, Command, Mitigate, Resolve
from tocsin.engine.clock import VirtualClock
from tocsin.engine.sending import Departure
from tocsin.engine.simulated import SimulatedWorld
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.ingest.registry import replay
from tocsin.web.links import house_links

DAY = datetime(2026, 6, 14, tzinfo=UTC)
CONFIGURATION = files("tocsin.cli").joinpath("demo.yaml")
GROUP = '{}/{severity="critical"}:{alertname="APIHighLatency", namespace="production"}'
LABELS = {
    "alertname": "APIHighLatency",
    "namespace": "production",
    "service": "task-api",
    "severity": "critical",
}
ANNOTATIONS = {
    "summary": "p99 latency of task-api is above 2 s",
    "description": "p99 of http_request_duration_seconds has been over 2 s for 5 minutes.",
    "runbook_url": "https://runbooks.example/api-high-latency",
}


class Line(msgspec.Struct, frozen=True):
    """One thing that happened. `who` is a sender, a person, or "tocsin"; `rings` marks a page."""

    at: datetime
    who: str
    text: str
    rings: bool = False


def alertmanager(status: str, started: datetime, ended: datetime | None = None) -> bytes:
    """The webhook that Alertmanager sends for the story's group."""
    alert = {
        "status": status,
        "labels": LABELS,
        "annotations": ANNOTATIONS,
        "startsAt": started.isoformat(),
        "endsAt": ended.isoformat() if ended else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
    }
    return json.dumps(
        {
            "version": "4",
            "groupKey": GROUP,
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "tocsin",
            "groupLabels": {"alertname": "APIHighLatency", "namespace": "production"},
            "commonLabels": LABELS,
            "commonAnnotations": ANNOTATIONS,
            "externalURL": "http://alertmanager.example",
            "alerts": [alert],
        }
    ).encode()


def deploy() -> bytes:
    return json.dumps(
        {
            "routing_key": "demo-ci-key",
            "payload": {
                "summary": "Deployed abc123 to task-api: add column tasks.due_on",
                "timestamp": (DAY + timedelta(hours=14, minutes=25)).isoformat(),
                "source": "ci",
            },
        }
    ).encode()


class Story:
    """One telling. Iterate `tell`; each Line was just done by the engine."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._entries = 0
        self.clock = VirtualClock(DAY + timedelta(hours=14, minutes=20))
        self.store = MemoryStore(lambda: micros(self.clock.now()))
        text = CONFIGURATION.read_text(encoding="utf-8")
        request = ApplyConfiguration((ConfigFile("demo.yaml", text),))
        self.store.run(lambda tx: apply_view(tx, request, "demo", self.clock.now()))
        self.world = SimulatedWorld(
            self.store,
            load,
            self.clock,
            lambda facts: house_links(facts, b"demo", self.clock.now()),
            replay,
            registry.names(),
            self._deliver,
        )

    def _deliver(self, departure: Departure) -> Outcome:
        message = departure.message
        rings = message.purpose is Purpose.PAGE
        where = departure.address.address if departure.address else "nobody"
        said = f"{where} rings" if rings else f"{where} gets a message"
        self._lines.append(Line(self.clock.now(), said, message.title, rings))
        return Delivered()

    def tell(self, answered: bool = True) -> Iterator[Line]:
        """As it went on that day, or (not `answered`) as it would have gone had nobody picked up."""
        for minute, act in self._as_it_went() if answered else self._unanswered():
            self.world.advance_to(DAY + timedelta(hours=14, minutes=minute))
            yield from self._news()
            act()
            yield from self._news()

    def _as_it_went(self) -> list[tuple[int, Callable[[], None]]]:
        fired = DAY + timedelta(hours=14, minutes=32)
        return [
            (25, lambda: self._change()),
            (32, lambda: self._report("firing", fired)),
            (35, lambda: self._does(Acknowledge("alice", "phone"))),
            (38, lambda: self._does(AddNote("alice", "p99 is 4.2 s; the database is at 100% CPU."))),
            (
                42,
                lambda: self._does(
                    AddNote("alice", "Deploy abc123 is suspected: a column without an index.")
                ),
            ),
            (45, lambda: self._does(AddNote("alice", "Rolling back abc123."))),
            (48, lambda: self._does(Mitigate("alice", note="rolled back"))),
            (55, lambda: self._does(AddNote("alice", "p99 is 280 ms."))),
            (58, lambda: self._report("resolved", fired)),
            (
                59,
                lambda: self._does(
                    Resolve("alice", note="rolled back abc123; the index comes with the next deploy")
                ),
            ),
        ]

    def _unanswered(self) -> list[tuple[int, Callable[[], None]]]:
        fired = DAY + timedelta(hours=14, minutes=32)
        return [(32, lambda: self._report("firing", fired)), (44, lambda: None)]

    def _change(self) -> None:
        self._lines.append(
            Line(self.clock.now(), "ci", "deploys abc123 to task-api: adds a column without an index")
        )
        self.world.receive("pagerduty.change", "ci", deploy())

    def _report(self, status: str, started: datetime) -> None:
        now = self.clock.now()
        self._lines.append(Line(now, "alertmanager", f"reports APIHighLatency {status}"))
        body = alertmanager(status, started, now if status == "resolved" else None)
        self.world.receive("alertmanager", "prometheus", body)

    def _does(self, command: Command) -> None:
        self.world.command(1, command)

    def _news(self) -> list[Line]:
        """What the timeline gained and whose phone rang, in the order of time."""
        rows = self.store.read(lambda tx: tx.timeline.of(1))[self._entries :]
        self._entries += len(rows)
        for row in rows:
            self._lines.append(Line(instant(row.at), row.actor or "tocsin", row.text))
        told, self._lines = sorted(self._lines, key=lambda line: line.at), []
        return told
