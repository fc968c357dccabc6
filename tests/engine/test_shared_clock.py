"""Nodes go by the database's clock, and a busy moment is no difference."""

import time
from datetime import timedelta

import pytest

from tocsin.engine.clock import SharedClock

SECOND = 1_000_000


def wall() -> int:
    return time.time_ns() // 1000


def ahead(clock: SharedClock) -> float:
    """Of this host's, in seconds."""
    return clock.now().timestamp() - time.time()


def test_follows_a_database_whose_clock_differs() -> None:
    clock = SharedClock()
    behind = clock.behind(lambda: wall() + 90 * SECOND)
    assert behind.total_seconds() == pytest.approx(90, abs=0.05)
    clock.move(behind)
    assert ahead(clock) == pytest.approx(90, abs=0.05)


def test_a_slow_answer_does_not_set_the_clock_back() -> None:
    clock = SharedClock()

    def ask() -> int:
        looked = wall()
        time.sleep(0.1)
        return looked

    assert clock.behind(ask) == timedelta(0)


def test_a_step_of_the_wall_clock_is_reported_and_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SharedClock()
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + 3600 * SECOND * 1000)
    assert clock.stepped().total_seconds() == pytest.approx(3600, abs=0.05)
    assert clock.stepped().total_seconds() == pytest.approx(0, abs=0.05)
    assert ahead(clock) == pytest.approx(0, abs=0.05)  # time.time is as it was
