"""The clocks: the only places where time is read. The core is handed `now`."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from tocsin.core.instants import instant

AGREE_WITHIN = 20_000  # microseconds


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, aware UTC."""
        ...


class SharedClock:
    """This host's clock, shifted to the database's where several nodes share one: leases and timers then agree.

    `stepped` tells how far the wall moved against the monotonic clock since last asked.
    """

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()
        self._shift = 0

    def now(self) -> datetime:
        return instant(time.time_ns() // 1000 + self._shift)

    def agree(self, ask: Callable[[], int]) -> None:
        """Ask the database how late it is, in microseconds. It is taken to have looked halfway through the question, so that
        a busy moment is no difference."""
        asked = time.monotonic_ns()
        database_now = ask()
        travel = (time.monotonic_ns() - asked) // 2000
        shift = database_now + travel - time.time_ns() // 1000
        if abs(shift - self._shift) > AGREE_WITHIN + travel:
            self._shift = shift

    def stepped(self) -> timedelta:
        offset = time.time_ns() - time.monotonic_ns()
        moved, self._offset = offset - self._offset, offset
        return timedelta(microseconds=moved // 1000)


class VirtualClock:
    """Time that passes only when told to."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move_to(self, at: datetime) -> None:
        if at < self._now:
            raise ValueError("a virtual clock never runs backwards")
        self._now = at
