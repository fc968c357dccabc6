"""What the front process counts reaches the machine process's page of metrics, and each of it once."""

import pytest

from tocsin.engine.counters import Counters
from tocsin.engine.metrics import EngineCollector, exposition
from tocsin.web.front.counting import Counting, add


@pytest.fixture
def counting() -> Counting:
    return Counting()


def test_nothing_is_told_while_nothing_happens(counting: Counting) -> None:
    assert counting.since_last() is None


def test_failed_upkeep_and_answers_are_metrics_of_the_machine_process(counting: Counting) -> None:
    counters = Counters()
    for _ in range(2):
        counting.loop_failures["front"] += 1
        counting.loop_failures["answers"] += 1
        counted = counting.since_last()
        assert counted is not None
        add(counted, counters)
    page = exposition(EngineCollector(counters, list)).decode()
    assert 'tocsin_loop_failures_total{loop="front"} 2.0' in page
    assert 'tocsin_loop_failures_total{loop="answers"} 2.0' in page
    assert counting.since_last() is None
