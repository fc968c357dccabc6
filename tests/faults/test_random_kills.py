"""kill -9 at random instants while alerts stream in and pages go out: nothing accepted is lost, every owed page arrives."""

import random
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.node import Node
from tests.faults.report import Report
from tests.faults.strike import Strike, running
from tests.migrated import migrated_database
from tests.postgres import Postgres

pytestmark = pytest.mark.faults


def reap(strike: Strike, node: Node, kills: int, over: threading.Event, command: Sequence[str]) -> None:
    """Kill and start again: a third while starting, the others after up to three seconds of service."""
    chance = random.Random(f"{strike.seed}/{node.name}")
    for _ in range(kills):
        if chance.random() < 0.33:
            over.wait(chance.uniform(0.0, 1.6))
        else:
            node.wait_ready()
            over.wait(min(chance.expovariate(1.0), 3.0))
        if over.is_set():
            return
        node.kill()
        over.wait(chance.choice((0.0, 0.0, 0.3, 1.0)))
        node.start(command=command)


def strike_with_kills(strike: Strike, kills: int, command: Sequence[str] = ()) -> None:
    strike.sink.tell(
        {"mode": "late", "seconds": 0.1}
    )  # a provider thinks, and many a kill falls between send and settle
    strike.send(every=0.3)
    over = threading.Event()
    failed: list[BaseException] = []

    def reaping(node: Node, share: int) -> None:
        try:
            reap(strike, node, share, over, command)
        except BaseException as error:  # noqa: BLE001 (raised again below, in the test's own thread)
            failed.append(error)

    share = -(-kills // len(strike.nodes))
    reapers = [threading.Thread(target=reaping, args=(node, share), daemon=True) for node in strike.nodes]
    try:
        for reaper in reapers:
            reaper.start()
        for reaper in reapers:
            reaper.join()
    finally:
        over.set()
    if failed:
        raise failed[0]
    strike.end()


def test_sqlite_survives_kills(tmp_path: Path, seed: str, kills: int, report: Report) -> None:
    with running("SQLite", tmp_path, seed, report) as strike:
        strike_with_kills(strike, kills)


@pytest.mark.parametrize("nodes", [1, 2])
def test_postgres_survives_kills(
    tmp_path: Path, postgres: Postgres, nodes: int, seed: str, kills: int, report: Report
) -> None:
    database = migrated_database(postgres)
    name = "PostgreSQL, one node" if nodes == 1 else "PostgreSQL, two nodes"
    with running(name, tmp_path, seed, report, database=database, nodes=nodes) as strike:
        strike_with_kills(strike, kills)


def test_the_installed_command_survives_kills(tmp_path: Path, seed: str, kills: int, report: Report) -> None:
    """`tocsin serve` with its people process, every wait as long as it really is."""
    with running("tocsin serve on SQLite", tmp_path, seed, report, quick=False, start=False) as strike:
        (node,) = strike.nodes
        where = ("--data", str(node.data), "--port", str(node.port))
        command = (sys.executable, "-m", "tocsin.cli.main", "serve", *where)
        node.start(command=command)
        node.wait_ready()
        strike_with_kills(strike, kills, command)
        assert node.kill()
        until = time.monotonic() + 20
        while left := children_of(node):
            assert time.monotonic() < until, f"people processes outlived their servers: {left}"
            time.sleep(0.2)


def children_of(node: Node) -> list[str]:
    """People processes, by the socket in their data directory."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    return [line.decode("utf-8", "replace") for line in lines if f"{node.data}/people.sock".encode() in line]
