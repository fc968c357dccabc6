"""The wall clock jumps by an hour while people are being paged: nobody's page waits for an hour, and nobody drowns in them.

Only senders that do not speak of time are used: to a server whose clock is an hour ahead, what Prometheus says is long over.
"""

from pathlib import Path

import pytest

from tests.faults.report import Report
from tests.faults.strike import running
from tests.migrated import migrated_database
from tests.postgres import Postgres

pytestmark = pytest.mark.faults
HOUR = 3600.0
WATCHDOG = 'heartbeats: {watchdog: {every: 5m, matchers: [alertname="Watchdog"]}}'


@pytest.mark.parametrize("ahead", [HOUR, -HOUR], ids=["forward", "back"])
def test_the_clock_steps(tmp_path: Path, ahead: float, seed: str, report: Report) -> None:
    name = f"SQLite, the clock steps an hour {'forward' if ahead > 0 else 'back'}"
    with running(
        name,
        tmp_path,
        seed,
        report,
        node_options=lambda node: ("--clock", str(node.clock)),
        step_wait=4,
        more=WATCHDOG,
    ) as strike:
        (node,) = strike.nodes
        strike.send(0.5, ("webhook", "other", "pagerduty"))
        strike.rest(5.0)
        strike.set_clocks(ahead)
        strike.rest(8.0)
        assert node.metric("tocsin_clock_steps_total") == 1
        strike.end()
        missed = strike.records.rows("SELECT labels FROM alert WHERE integration = 'tocsin.heartbeats'")
        assert not missed, "an hour that never was is nobody's silence"


def test_the_clock_is_set_back_while_nobody_runs(tmp_path: Path, seed: str, report: Report) -> None:
    name = "SQLite, the clock set back in between"
    with running(
        name, tmp_path, seed, report, node_options=lambda node: ("--clock", str(node.clock)), step_wait=4
    ) as strike:
        (node,) = strike.nodes
        strike.send(0.5, ("webhook", "other", "pagerduty"))
        strike.rest(5.0)
        node.kill()
        strike.set_clocks(-HOUR)
        node.start("--clock", str(node.clock))
        node.wait_ready()
        strike.rest(3.0)
        strike.end()


def test_the_clock_of_one_node_steps(tmp_path: Path, postgres: Postgres, seed: str, report: Report) -> None:
    """Nodes go by the database's clock: what happens to a host's own is none of the pages' business."""
    url = migrated_database(postgres)
    name = "PostgreSQL, the clock of one node steps"
    with running(
        name,
        tmp_path,
        seed,
        report,
        url,
        2,
        node_options=lambda node: ("--clock", str(node.clock)),
        step_wait=4,
    ) as strike:
        first = strike.nodes[0]
        strike.send(0.5, ("webhook", "other", "pagerduty"))
        for ahead in (3600.0, -3600.0):
            strike.rest(4.0)
            first.clock.write_text(str(ahead))
        strike.rest(6.0)
        assert first.metric("tocsin_clock_steps_total") == 2
        strike.end()
