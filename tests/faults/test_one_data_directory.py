"""Two servers on one data directory would both be the one writer: the second refuses, and the first does not notice."""

from pathlib import Path

import pytest

from tests.faults.node import Node
from tests.faults.report import Report
from tests.faults.strike import running

pytestmark = pytest.mark.faults


def test_the_second_server_refuses(tmp_path: Path, seed: str, report: Report) -> None:
    with running("SQLite, a second server", tmp_path, seed, report) as strike:
        (first,) = strike.nodes
        strike.send(every=0.4)
        second = Node("second", first.data)
        second.start()
        assert second.ended() == 1
        assert f"is in use by process {first.pid}" in second.tail()
        strike.rest(2.0)
        assert first.ready
        first.kill()
        second.start()  # the lock went with its holder
        second.wait_ready()
        second.stop()
        first.start()
        strike.end()
