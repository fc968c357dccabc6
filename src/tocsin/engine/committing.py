"""What the detection index says, in one transaction: changed groups decided, alerts and groups stored, the cursor moved.

A group whose change cannot be decided is found by trying each by itself; it is set aside and told again after a pause, and
all others are committed without it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import structlog

from tocsin.core.detect.grouping import FlushDue, GroupChange, GroupChanged
from tocsin.core.detect.index import Changes, Detection, Outcome
from tocsin.core.instants import micros
from tocsin.engine import kinds
from tocsin.engine.beating import Beating
from tocsin.engine.consequences import Consequences
from tocsin.engine.deciding_groups import acknowledge, decide_groups
from tocsin.engine.engine import Engine, Step
from tocsin.engine.hearing import Hearing
from tocsin.engine.reading import Helping
from tocsin.engine.recording import change_rows
from tocsin.engine.sending import Departure
from tocsin.engine.setting_aside import PASSING
from tocsin.engine.store.protocol import AgendaEntry, Transaction
from tocsin.engine.suspects import SuspectGroups

log = structlog.get_logger()

FLUSHES = 256  # groups whose timer rang, in one transaction


class Committing:
    """`next_flush` is when the first of the groups' timers rings, in microseconds. The index is the caller's: when a commit
    fails it is ahead of the store."""

    def __init__(self, engine: Engine, beating: Beating, hearing: Hearing) -> None:
        self.next_flush: int | None = None
        self.suspect_groups = SuspectGroups()
        self._engine = engine
        self._beating = beating
        self._hearing = hearing

    def changes(
        self,
        index: Detection,
        epoch: int,
        changes: Changes,
        now: datetime,
        helping: Helping | None = None,
    ) -> Step:
        """Commit what the index changed, and that this helping was taken."""
        noted = helping.noted if helping is not None else ()
        if helping is not None:
            self._hearing.note(helping.heard)

        def work(owed: Consequences, left_out: Collection[str] = ()) -> Collection[str]:
            owed.tx.ownership.check(epoch)
            events = [GroupChanged(change) for change in changes.groups if change.key not in left_out]
            outcomes = self._decide(owed, index, events)
            acknowledge(owed, changes.acknowledged, outcomes)
            _write(owed.tx, index, changes, outcomes)
            rows = change_rows(noted, owed.facts)
            if rows:
                owed.tx.records.add_changes(rows)
            if helping is not None:
                owed.tx.ownership.advance(epoch, helping.last)
            self._beating.seen(owed, changes.heartbeats, noted)
            self._hearing.write(owed.tx)
            return outcomes.keys()

        broken: dict[str, Exception] = {}
        try:
            decided, departures = self._engine.decide(work, now, retry_stale=False)
        except PASSING:
            raise
        except Exception:
            broken = self._what_breaks(index, changes, now)
            if not broken:
                raise
            decided, departures = self._engine.decide(lambda o: work(o, broken), now, retry_stale=False)
        index.committed(changes)
        self._hearing.written()
        self.suspect_groups.decided(decided)
        for change in changes.groups if broken else ():
            if change.key in broken:
                departures += self._set_aside(index, change, broken[change.key], now)
        return Step(1, departures)

    def _what_breaks(self, index: Detection, changes: Changes, now: datetime) -> dict[str, Exception]:
        """Each changed group by itself, in a transaction that is never committed."""
        broken: dict[str, Exception] = {}
        for change in changes.groups:

            def attempt(tx: Transaction, change: GroupChange = change) -> None:
                owed = Consequences(tx, self._engine.facts.check(tx), now, owing=False)
                decide_groups(owed, index, [GroupChanged(change)])
                owed.write()
                raise _Fine

            try:
                self._engine.store.run(attempt)
            except _Fine:
                continue
            except PASSING:
                raise
            except Exception as error:
                log.exception("the change of a group cannot be decided", group=change.key)
                broken[change.key] = error
        return broken

    def _set_aside(
        self, index: Detection, change: GroupChange, error: Exception, now: datetime
    ) -> list[Departure]:
        failures = self.suspect_groups.failed(change.key, now)
        self._engine.aside.count("group", error, change.key, failures)
        if failures > 1:
            return []
        group = index.state(change.key)
        incident = group.incident if group is not None else None
        return self._engine.aside.alarm(f"The group of alerts {change.key}", error, now, incident)

    def flush(self, index: Detection, epoch: int, now: datetime, limit: int = FLUSHES) -> Step:
        """Decide the groups whose timer rang."""
        due: list[AgendaEntry] = []

        def work(owed: Consequences) -> Changes:
            owed.tx.ownership.check(epoch)
            due[:] = owed.tx.agenda.claim([kinds.FLUSH], micros(now), limit)
            changes = index.flush([entry.subject for entry in due], micros(now))
            outcomes = self._decide(owed, index, [FlushDue(change) for change in changes.groups])
            _write(owed.tx, index, changes, outcomes)
            return changes

        def together() -> Step:
            changes, departures = self._engine.decide(work, now, retry_stale=False)
            index.committed(changes)
            return Step(1, departures)

        def alone() -> Step:
            return self.flush(index, epoch, now, 1)

        self.next_flush = None
        step = self._engine.aside.each_alone_if_need_be(together, alone, due, now)
        self.next_flush = self._engine.store.read(lambda tx: tx.agenda.next_due([kinds.FLUSH]))
        return step

    def _decide(
        self, owed: Consequences, index: Detection, events: Sequence[GroupChanged | FlushDue]
    ) -> dict[str, Outcome]:
        outcomes, flush_at = decide_groups(owed, index, events)
        if flush_at is not None and (self.next_flush is None or flush_at < self.next_flush):
            self.next_flush = flush_at
        return outcomes


def _write(tx: Transaction, index: Detection, changes: Changes, outcomes: dict[str, Outcome]) -> None:
    alerts, states, groups = index.rows(changes, outcomes)
    if alerts:
        tx.alerts.add(alerts)
    if states:
        tx.alerts.put_states(states)
    if groups:
        tx.groups.put(groups)
    if changes.removed:
        tx.groups.remove(changes.removed)


class _Fine(Exception):
    """Nothing breaks: what was tried is rolled back."""
