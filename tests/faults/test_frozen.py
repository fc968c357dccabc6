"""A process that stands still (a paused virtual machine, a swapped-out host) and goes on as if nothing had happened.

Its leases ran out meanwhile, others did its work, and what it still holds in its hands must count for nothing.
"""

import signal
from pathlib import Path

import pytest

from tests.faults.report import Report
from tests.faults.strike import Strike, running
from tests.migrated import migrated_database
from tests.postgres import Postgres

pytestmark = pytest.mark.faults


def freeze(strike: Strike, seconds: float) -> None:
    node = strike.random.choice(strike.nodes)
    node.signal(signal.SIGSTOP)
    strike.rest(seconds)
    node.signal(signal.SIGCONT)
    strike.rest(strike.random.uniform(1.0, 3.0))


def test_a_server_that_stood_still_goes_on(tmp_path: Path, seed: str, report: Report) -> None:
    with running("SQLite, frozen", tmp_path, seed, report) as strike:
        strike.send(every=0.4)
        strike.rest(2.0)
        for seconds in (1.0, 6.0):
            freeze(strike, seconds)
        strike.end()


def test_a_node_that_stood_still_comes_back_to_others_at_its_work(
    tmp_path: Path, postgres: Postgres, seed: str, report: Report
) -> None:
    url = migrated_database(postgres)
    with running("PostgreSQL, one of two nodes frozen", tmp_path, seed, report, url, 2) as strike:
        strike.send(every=0.3)
        strike.rest(2.0)
        for seconds in (3.0, 6.0, 18.0, 6.0):  # 18 s outlast what PostgreSQL lets a transaction stand still
            freeze(strike, seconds)
        strike.end()
