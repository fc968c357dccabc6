"""The clocks: the only places where time is read. The core is handed `now`."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from tocsin.core.instants import MICROSECOND, instant

AGREE_WITHIN = 20_000  # microseconds


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, aware UTC."""
        ...


class SharedClock:
    """The database's clock, read off this host's monotonic one: leases and timers of all nodes agree, and a step of a wall
    clock changes nothing until `move` is told of it.

    `stepped` tells how far this host's wall clock moved against the monotonic one since last asked.
    """

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()
        self._base = self._offset // 1000  # what is added to the monotonic clock, in microseconds

    def now(self) -> datetime:
        return instant(time.monotonic_ns() // 1000 + self._base)

    @property
    def base(self) -> int:
        """Microseconds to add to this host's monotonic clock for `now`; other processes of it may do so, too."""
        return self._base

    def behind(self, ask: Callable[[], int]) -> timedelta:
        """How far this clock is behind the database's, whose microseconds `ask` brings. The database is taken to have looked
        halfway through the question; zero when the difference may come from its travel time."""
        asked = time.monotonic_ns() // 1000
        database_now = ask()
        travel = time.monotonic_ns() // 1000 - asked
        behind = database_now - (asked + travel // 2) - self._base
        return timedelta(microseconds=behind if abs(behind) > AGREE_WITHIN + travel // 2 else 0)

    def move(self, by: timedelta) -> None:
        self._base += by // MICROSECOND

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
