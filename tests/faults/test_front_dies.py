"""The front process dies alone: its successor takes the port over, and what it had answered is not lost."""

from pathlib import Path

import pytest

from tests.faults.report import Report
from tests.faults.strike import running
from tests.migrated import migrated_database
from tests.postgres import Postgres

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_a_dead_front_process_is_replaced(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, seed: str, report: Report
) -> None:
    url = None
    if database == "PostgreSQL":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = migrated_database(postgres)
    with running(f"{database}, the front process dies", tmp_path, seed, report, url) as strike:
        (node,) = strike.nodes
        strike.send(every=0.2)
        for _ in range(4):
            strike.rest(strike.random.uniform(0.5, 1.5))
            node.kill_front()
            node.wait_ready()
        strike.end()


def test_a_front_process_does_not_outlive_its_server(tmp_path: Path, seed: str, report: Report) -> None:
    with running("SQLite, no front process is left behind", tmp_path, seed, report) as strike:
        (node,) = strike.nodes
        front = node.front()
        node.kill()
        assert front.wait(5) is not None or not front.is_running()
        node.start()  # on the same port
        node.wait_ready()
        strike.end()
