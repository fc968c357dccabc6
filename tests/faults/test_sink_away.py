"""The provider is gone, fails, hangs, answers too late: when it is back, every owed page arrives."""

from pathlib import Path

import pytest

from tests.faults.report import Report
from tests.faults.strike import running

pytestmark = pytest.mark.faults
AWAY = 6.0  # seconds


def test_every_page_arrives_once_the_provider_is_back(tmp_path: Path, seed: str, report: Report) -> None:
    with running("SQLite, the sink away", tmp_path, seed, report) as strike:
        sink = strike.sink
        strike.send(every=0.4)
        strike.rest(2.0)
        for mode in ({"mode": "fail", "status": 503}, {"mode": "hang"}, {"mode": "late", "seconds": 2.5}):
            sink.tell(mode)
            strike.rest(AWAY)
            sink.tell({"mode": "restore"})
            strike.rest(2.0)
        sink.stop()  # connections are refused
        strike.rest(AWAY)
        strike.nodes[0].kill()  # and in the middle of it the server dies, too
        strike.nodes[0].start()
        strike.rest(AWAY)
        sink.start()
        strike.end()
