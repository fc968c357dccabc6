"""What breaks detection, so that the rest goes on: reports that are found by taking one at a time, and groups whose change
cannot be decided. Memory of the detection owner; it decides nothing and touches no store.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from tocsin.core.instants import micros
from tocsin.engine.setting_aside import pause

TRIES = 2  # of one report alone, before it is given up
IN_A_ROW = 10  # reports given up without one taken between: then it is not the reports' fault
TELL_EVERY = timedelta(hours=1)


class SuspectReports:
    """How many reports to take at once, and which one to give up."""

    def __init__(self, helping: int) -> None:
        self._full = helping
        self._alone = 0  # how many are yet to be taken one by one
        self._failures = 0
        self._given_up = 0
        self._told_at: datetime | None = None

    @property
    def helping(self) -> int:
        return 1 if self._alone else self._full

    def taken(self, reports: int) -> None:
        self._failures = self._given_up = 0
        self._alone = max(0, self._alone - reports)

    def failed(self, reports: int) -> bool:
        """Whether the one report that failed is to be given up. What failed together is taken one by one from now on."""
        self._alone = max(self._alone, reports)
        if reports > 1:
            return False
        self._failures += 1
        if self._failures < TRIES or self._given_up >= IN_A_ROW:
            return False
        self._failures = 0
        self._given_up += 1
        self._alone -= 1
        return True

    def worth_telling(self, now: datetime) -> bool:
        """Whether people have not been told for a while."""
        if self._told_at is not None and now - self._told_at < TELL_EVERY:
            return False
        self._told_at = now
        return True


class Aside(msgspec.Struct, frozen=True):
    again_at: int  # microseconds
    failures: int


class SuspectGroups:
    """Groups to be decided again, each after a pause of its own."""

    def __init__(self) -> None:
        self._aside: dict[str, Aside] = {}

    def failed(self, key: str, now: datetime) -> int:
        """How often it has now failed in a row."""
        before = self._aside.get(key)
        failures = before.failures + 1 if before is not None else 1
        self._aside[key] = Aside(micros(now + pause(failures)), failures)
        return failures

    def decided(self, keys: Collection[str]) -> None:
        if self._aside:
            for key in self._aside.keys() & set(keys):
                del self._aside[key]

    def due(self, now: int) -> list[str]:
        return [key for key, aside in self._aside.items() if aside.again_at <= now]

    def next_due(self) -> int | None:
        return min((aside.again_at for aside in self._aside.values()), default=None)
