"""The clocks: the only places where time is read. The core is handed `now`."""

import time
from datetime import datetime, timedelta
from typing import Protocol

from tocsin.core.instants import instant


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, aware UTC."""
        ...


class WallClock:
    """This host's clock. `stepped` tells how far the wall moved against the monotonic clock since last asked."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> datetime:
        return instant(time.time_ns() // 1000)

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
