"""PostgreSQL stops and crashes under load: nothing is lost, and the servers recover by themselves."""

import threading
from pathlib import Path

import pytest

from tests.faults.report import Report
from tests.faults.strike import running
from tests.migrated import migrate
from tests.postgres import running_postgres

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("nodes", [1, 2])
def test_the_database_restarts(tmp_path: Path, nodes: int, seed: str, report: Report) -> None:
    with running_postgres() as postgres:
        url = postgres.new_database()
        assert migrate(TOCSIN_DATABASE_URL=url, TOCSIN_DATA=str(tmp_path)).returncode == 0
        name = f"PostgreSQL restarted, {nodes} node" + ("s" if nodes > 1 else "")
        with running(name, tmp_path, seed, report, url, nodes) as strike:
            pids = [node.pid for node in strike.nodes]
            strike.send(every=0.3)
            for mode, away in (
                ("fast", 0.0),
                ("immediate", 0.0),
                ("immediate", 2.0),
                ("fast", 9.0),
                ("immediate", 0.0),
            ):
                strike.rest(strike.random.uniform(2.0, 4.0))
                postgres.stop(mode)
                threading.Event().wait(away)
                postgres.start()
                for node in strike.nodes:
                    node.wait_ready()
            strike.rest(2.0)
            strike.end()
            assert [node.pid for node in strike.nodes] == pids, "a server had to be started again"
