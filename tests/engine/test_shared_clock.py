"""Nodes agree on the database's clock, and a busy moment is no difference."""

import time

import pytest

from tocsin.engine.clock import SharedClock

SECOND = 1_000_000


def wall() -> int:
    return time.time_ns() // 1000


def off(clock: SharedClock) -> float:
    """Seconds that it is ahead of this host."""
    return clock.now().timestamp() - time.time()


def test_follows_a_database_whose_clock_differs() -> None:
    clock = SharedClock()
    clock.agree(lambda: wall() + 90 * SECOND)
    assert off(clock) == pytest.approx(90, abs=0.05)


def test_a_slow_answer_does_not_set_the_clock_back() -> None:
    clock = SharedClock()

    def ask() -> int:
        looked = wall()
        time.sleep(0.1)
        return looked

    clock.agree(ask)
    assert off(clock) == pytest.approx(0, abs=0.01)
