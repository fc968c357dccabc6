"""Nothing can be written: accept says 503 and never 2xx; when there is room again, everything goes on by itself."""

import http.client
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.house import SECRETS
from tests.faults.node import Node
from tests.faults.report import Report
from tests.faults.senders import stamp
from tests.faults.strike import running

pytestmark = pytest.mark.faults


def fill_up(node: Node, full: bool) -> None:
    """No file of its processes may grow beyond what no file is below: every write fails, as on a full disk."""
    for pid in (node.pid, node.front().pid):
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 if full else most, most))


def knock(node: Node, name: str) -> int:
    """One new alert over each door; the status, 0 when there was none."""
    alert = {
        "labels": {"alertname": name, "severity": "warning"},
        "annotations": {},
        "startsAt": stamp(datetime.now(UTC)),
        "endsAt": "0001-01-01T00:00:00Z",
        "status": "firing",
    }
    message = {"version": "4", "groupKey": name, "status": "firing", "alerts": [alert]}
    try:
        return node.post(f"/in/alertmanager/{SECRETS['PROM_KEY']}", message)[0]
    except (OSError, http.client.HTTPException):
        return 0


def test_a_full_disk_takes_nothing_and_loses_nothing(tmp_path: Path, seed: str, report: Report) -> None:
    with running("SQLite, the disk full", tmp_path, seed, report) as strike:
        (node,) = strike.nodes
        pid = node.pid
        strike.send(every=0.4)
        strike.rest(3.0)
        for turn in range(3):
            fill_up(node, True)
            answers = [knock(node, f"full-{turn}-{n}") for n in range(10)]
            strike.rest(4.0)
            answers += [knock(node, f"full-{turn}-{n}") for n in range(10, 20)]
            assert set(answers) == {503}, answers
            fill_up(node, False)
            assert knock(node, f"room-{turn}") == 200
            strike.rest(3.0)
        strike.end()
        assert node.pid == pid, "the server had to be started again"
