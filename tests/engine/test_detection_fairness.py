"""A stream of reports without end must not keep groups, leases and heartbeats waiting."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tocsin.config.answers import ConfigFile
from tocsin.config.load import load
from tocsin.config.perform import apply_view
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.simulated import SimulatedWorld
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.protocol import InboxRow, IncidentFilter
from tocsin.ingest.registry import replay
from tocsin.web.links import house_links

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
HOUSE = (
    (Path(__file__).parents[1] / "scenarios" / "house.yaml")
    .read_text()
    .replace("group_wait: 0s", "group_wait: 30s")
)


def test_a_group_that_waited_opens_its_incident_while_reports_keep_coming() -> None:
    clock = VirtualClock(NOW)
    store = MemoryStore(lambda: micros(clock.now()))
    store.run(lambda tx: apply_view(tx, ApplyConfiguration((ConfigFile("house.yaml", HOUSE),)), "tests", NOW))
    world = SimulatedWorld(
        store, load, clock, lambda facts: house_links(facts, b"s", NOW), replay, ["webhook"]
    )
    world.receive("prometheus", "prom", alert("DiskFull", "critical"))
    clock.move_to(NOW + timedelta(seconds=31))
    for number in range(5):
        rows = [InboxRow(0, micros(clock.now()), "prom", "prometheus", alert(f"Noise{number}", "warning"))]
        store.inbox.append(rows)  # there is always another one
        world.detecting.process(clock.now())
    opened = store.read(lambda tx: tx.incidents.search(IncidentFilter()))
    assert [incident.labels["alertname"] for incident in opened] == ["DiskFull"]


def alert(name: str, severity: str) -> bytes:
    labels = {"alertname": name, "severity": severity, "service": "task-api"}
    return json.dumps(
        [{"labels": labels, "startsAt": NOW.isoformat(), "endsAt": "2027-01-01T00:00:00Z"}]
    ).encode()
