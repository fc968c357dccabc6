"""One sender behind a load balancer: each of its requests may reach another node, and each node remembers only its own."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.house import SECRETS
from tests.faults.node import Node
from tests.faults.report import Report
from tests.faults.strike import Strike, running
from tests.migrated import migrated_database
from tests.postgres import Postgres

pytestmark = pytest.mark.faults


def tell(node: Node, key: str, action: str) -> None:
    event: dict[str, Any] = {
        "routing_key": SECRETS["PD_KEY"],
        "event_action": action,
        "dedup_key": key,
        "payload": {"summary": key, "source": "task-api", "severity": "critical", "group": "chain-0"},
    }
    status, body = node.post("/v2/enqueue", event)
    assert status == 202, body


def status_of(strike: Strike, key: str) -> str:
    rows = strike.records.rows(
        "SELECT s.status FROM alert_state s JOIN alert a ON a.id = s.alert_id WHERE a.key = ? ORDER BY a.id DESC",
        (key,),
    )
    return str(rows[0][0]) if rows else ""


def becomes(strike: Strike, key: str, status: str) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if status_of(strike, key) == status:
            return True
        time.sleep(0.05)
    return False


def test_what_comes_back_over_another_node_is_not_taken_for_a_repeat(
    tmp_path: Path, postgres: Postgres, seed: str, report: Report
) -> None:
    """Triggered at one node, resolved at the other, triggered with the very same bytes at the first: it fires."""
    url = migrated_database(postgres)
    with running("PostgreSQL, one alert on two nodes", tmp_path, seed, report, url, 2) as strike:
        for name, (here, there) in (("back-00001", strike.nodes), ("back-00002", strike.nodes[::-1])):
            tell(here, name, "trigger")
            assert becomes(strike, name, "firing")
            tell(there, name, "resolve")
            assert becomes(strike, name, "resolved")
            tell(here, name, "trigger")
            assert becomes(strike, name, "firing"), (
                f"{name} was answered 202 and is {status_of(strike, name)}"
            )
