"""Killed between one statement and the next: at each place where something is half done, the same guarantees hold."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.kill_points import PLACES
from tests.faults.report import Report
from tests.faults.strike import running
from tests.migrated import migrated_database
from tests.postgres import Postgres

pytestmark = pytest.mark.faults
REACHED_WITHIN = 40.0  # seconds


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_killed_at_every_place(
    tmp_path: Path, database: str, seed: str, report: Report, request: pytest.FixtureRequest
) -> None:
    url = migrated_database(request.getfixturevalue("postgres")) if database == "PostgreSQL" else None
    with running(f"{database}, at every place", tmp_path, seed, report, url, start=False) as strike:
        (node,) = strike.nodes
        strike.send(every=0.3)
        missed = []
        for count in (1, strike.random.randint(2, 5)):
            for place in strike.random.sample(PLACES, len(PLACES)):
                node.start("--kill", f"{place}:{count}")
                try:
                    code = node.ended(REACHED_WITHIN)
                except subprocess.TimeoutExpired:
                    missed.append(f"{place}:{count}")
                    node.kill()
                    continue
                assert code == -9, f"ended with {code} instead of dying at {place}:{count}\n{node.tail()}"
        assert not missed, f"never came by {missed}"
        strike.end()


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_killed_in_mid_migration(
    tmp_path: Path, database: str, seed: str, report: Report, request: pytest.FixtureRequest
) -> None:
    """The next start finishes what a killed one began, and then everything works."""
    url = None
    if database == "PostgreSQL":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.new_database()
    name = f"{database}, in mid-migration"
    with running(name, tmp_path, seed, report, url, start=False, configure=False) as strike:
        (node,) = strike.nodes
        for place in sorted(strike.random.sample(range(2, 60), 6)):
            if strike.kill_migration(place) == 0:
                break  # nothing was left to migrate at that statement
        assert node.kills
        strike.apply()
        node.start()
        node.wait_ready()
        strike.send(every=0.3)
        strike.rest(4.0)
        strike.end()


@pytest.mark.parametrize("place", ["send:before", "send:after", "settle:before"])
def test_a_page_on_its_way_leaves_right_after_the_restart(
    tmp_path: Path, place: str, seed: str, report: Report
) -> None:
    """With the real waits: the data directory's lock says that the lease's holder is gone."""
    name = f"SQLite, killed at {place}"
    with running(name, tmp_path, seed, report, quick=False, start=False) as strike:
        (node,) = strike.nodes
        node.start("--kill", f"{place}:1")
        node.wait_ready()
        strike.send(every=60.0, senders=("pagerduty",))
        assert node.ended() == -9
        again = time.time()
        node.start()
        while not (arrived := [r for r in strike.people.messages if r["at"] > again and r["status"] == 200]):
            assert time.time() - again < 15, "the page waits for the lease of who is gone"
            time.sleep(0.05)
        report.note(
            f"{name}: what was on its way arrived {arrived[0]['at'] - again:.1f} s after the restart began"
        )
