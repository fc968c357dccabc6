"""The detection owner: takes reports from the inbox in order, and commits what they change.

The index in memory is ahead of the store only while a transaction is under way; when one fails the index is dropped and
loaded again, and the inbox is read from the committed cursor.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import RLock
from time import perf_counter

import structlog

from tocsin.core.detect.index import Changes, Detection
from tocsin.core.detect.signal import InboxRow, Parsed, Renewal, Signal
from tocsin.core.instants import micros
from tocsin.engine import kinds
from tocsin.engine.beating import Beating
from tocsin.engine.committing import Committing
from tocsin.engine.engine import Engine, Step
from tocsin.engine.hearing import Hearing
from tocsin.engine.held import Held
from tocsin.engine.helpings import Helpings
from tocsin.engine.owning import LEASE, OUTAGE, Owning
from tocsin.engine.reading import REQUESTS, Helping, Reading
from tocsin.engine.sending import Departure
from tocsin.engine.setting_aside import PASSING, said
from tocsin.engine.store.protocol import LostOwnership, StaleFacts, Transaction
from tocsin.engine.suspects import SuspectReports
from tocsin.engine.window_reports import WindowReports

__all__ = ["OUTAGE", "Detecting"]

log = structlog.get_logger()

GRACE_AFTER_STEP = timedelta(minutes=5)


class Detecting:
    """Everything but `renewed` runs on a store thread, one call at a time."""

    def __init__(
        self,
        engine: Engine,
        node: str,
        replay: Callable[[InboxRow], Parsed],
        on_unknown: Callable[[str, Sequence[Signal]], None] = lambda integration, signals: None,
        on_ownership: Callable[[bool], None] = lambda owned: None,
        lease: timedelta = LEASE,
    ) -> None:
        self.engine = engine
        self._on_unknown = on_unknown
        self._on_ownership = on_ownership
        self._owning = Owning(engine.store, node, lease, engine.channels, self._begin, self._end)
        self._reading = Reading(engine.store, replay)
        self._beating = Beating(engine)
        self._hearing = Hearing(engine)
        self._committing = Committing(engine, self._beating, self._hearing)
        self._window_reports = WindowReports(engine)
        self._held = Held(engine)
        self._helpings = Helpings()
        self._suspects = SuspectReports(REQUESTS)
        self._index: Detection | None = None
        self._revision = -1
        self._renewals: deque[Renewal] = deque()
        self._caught_up = (
            False  # since it took over: what waits in the inbox may end what a timer would ring for
        )
        self._timers_turn = False

    # --- ownership -----------------------------------------------------------------------------------------------

    @property
    def node(self) -> str:
        return self._owning.node

    @property
    def lease(self) -> timedelta:
        return self._owning.lease

    @property
    def turn(self) -> RLock:
        """Whoever holds it keeps detection from deciding."""
        return self._owning.turn

    @property
    def owned(self) -> bool:
        return self._owning.epoch is not None

    def acquire(self, now: datetime, afresh: bool = False) -> bool:
        """As `Owning.acquire`."""
        return self._owning.acquire(now, afresh)

    def release(self) -> None:
        """Let a successor begin at once."""
        self._owning.release()

    def _begin(self, cursor: int) -> None:
        self._reading.begin(cursor)
        self._index = None
        self._on_ownership(True)

    def _end(self) -> None:
        self._index = None
        self._on_ownership(False)

    # --- input ---------------------------------------------------------------------------------------------------

    @property
    def replay(self) -> Callable[[InboxRow], Parsed]:
        return self._reading.replay

    def renewed(self, renewal: Renewal) -> None:
        """Alerts sent again unchanged: their leases live on in memory. From any thread; `on_unknown` is told of those that
        do not fire as far as the index knows, so that their next copies come through the inbox."""
        if self.owned:
            self._renewals.append(renewal)

    def _renew(self, index: Detection, now: datetime) -> None:
        while self._renewals:
            renewal = self._renewals.popleft()
            unknown = index.renew(renewal)
            self._hearing.note({renewal.integration: renewal.received_at})
            strange = [s for s in unknown if not self._beating.renewed(s, renewal.received_at, now)]
            if strange:
                self._on_unknown(renewal.integration, strange)

    @property
    def index(self) -> Detection | None:
        return self._index

    @property
    def backlogged(self) -> bool:
        """More reports wait than one transaction takes."""
        return self._reading.more

    def next_due(self) -> int | None:
        """When something is due without news, in microseconds."""
        due = [
            self._index.next_due() if self._index else None,
            self._committing.next_flush,
            self._beating.next_due,
            self._committing.suspect_groups.next_due(),
        ]
        known = [at for at in due if at is not None]
        return min(known) if known else None

    def clock_stepped(self, now: datetime) -> None:
        with self.turn:
            if self._index is not None:
                self._index.grant_grace(micros(now + GRACE_AFTER_STEP))

    # --- one step ------------------------------------------------------------------------------------------------

    def process(self, now: datetime) -> Step:
        """Take one helping of whatever is there: reports, leases and silences that ran out, groups whose timer is due."""
        with self.turn, self.engine.facts.changing:
            epoch = self._owning.epoch
            if epoch is None:
                return Step(0, [])
            try:
                return self._process(epoch, now)
            except StaleFacts:
                self.engine.facts.reload()
                self._drop()
                return Step(1, [])
            except LostOwnership:
                self._owning.lose()
                return Step(0, [])
            except BaseException:
                self._drop()
                raise

    def _drop(self) -> None:
        """The index is ahead of the store: it is loaded anew, and what was taken since the last commit is read again."""
        self._index = None
        self._reading.begin(self._reading.cursor)

    def _process(self, epoch: int, now: datetime) -> Step:
        facts, index = self.engine.facts.current, self._index
        if index is None:
            return self._load(epoch, now)
        if over := self._window_reports.due(now):
            return Step(1, self._window_reports.tell(over, now))
        if self._held.outdated():
            return Step(1, self._held.look_again(now))
        if facts.revision != self._revision:
            self._revision = facts.revision
            self._beating.reconfigure(now)
            self._hearing.reconfigure(now)
            return self._commit(index, epoch, index.reconfigure(facts, micros(now)), now)
        self._renew(index, now)
        if self._timers_turn:  # reports without end must not keep groups waiting
            self._timers_turn = False
            step = self._timers(index, epoch, now)
            if step.done:
                return step
        if helping := self._reading.helping(self._suspects.helping, self._helpings.alerts):
            self._timers_turn = self._caught_up
            return self._take(index, epoch, helping, now)
        self._caught_up = True
        self._helpings.rested()
        return self._timers(index, epoch, now)

    def _timers(self, index: Detection, epoch: int, now: datetime) -> Step:
        """What is due without news. With many reports waiting, a silence may only be theirs: no lease or heartbeat ends."""
        at = micros(now)
        if _due(index.next_due(), at) and not self.backlogged:
            return self._commit(index, epoch, index.tick(at), now)
        if _due(self._committing.next_flush, at):
            return self._committing.flush(index, epoch, now)
        if again := self._committing.suspect_groups.due(at):
            return self._commit(index, epoch, index.tell_again(again, at), now)
        if self.backlogged:
            return Step(0, [])
        step = self._beating.beat(now)
        return step if step.done or not self._hearing.changed else self._write_heard(epoch)

    def _write_heard(self, epoch: int) -> Step:
        """Of what was only sent again, which commits nothing else."""

        def work(tx: Transaction) -> None:
            tx.ownership.check(epoch)
            self._hearing.write(tx)

        self.engine.store.run(work)
        self._hearing.written()
        return Step(1, [])

    def _commit(
        self, index: Detection, epoch: int, changes: Changes, now: datetime, helping: Helping | None = None
    ) -> Step:
        step = self._committing.changes(index, epoch, changes, now, helping)
        if helping is not None:
            self._reading.cursor = helping.last
        return step

    def _take(self, index: Detection, epoch: int, helping: Helping, now: datetime) -> Step:
        began = perf_counter()
        try:
            step = self._commit(index, epoch, index.apply(helping, micros(now)), now, helping)
        except PASSING:
            raise
        except Exception as error:
            if not self._suspects.failed(helping.requests):
                raise
            return self._give_up(epoch, helping.last, error, now)
        self._suspects.taken(helping.requests)
        self._helpings.took(helping.alerts, perf_counter() - began)
        self.engine.counters.alerts_processed += helping.alerts
        return step

    def _give_up(self, epoch: int, request: int, error: Exception, now: datetime) -> Step:
        """Into quarantine with the one request that detection breaks on, so that the next ones are taken; of its alerts,
        those that break nothing are taken all the same."""
        aside = self.engine.aside
        self._drop()
        rows = self._reading.again(request)
        departures = [departure for row in rows for departure in self._take_apart(epoch, row, now)]

        def keep(tx: Transaction) -> None:
            tx.ownership.check(epoch)
            tx.inbox.quarantine([(row, said(error)) for row in rows])
            tx.ownership.advance(epoch, request)

        self.engine.store.run(keep)
        self._drop()
        self._reading.begin(request)
        aside.count("report", error, str(request))
        if not self._suspects.worth_telling(now):
            return Step(1, departures)
        integration = ", ".join(row.integration for row in rows)
        about = f"Request {request} of the integration {integration}, kept in quarantine,"
        return Step(1, departures + aside.alarm(about, error, now))

    def _take_apart(self, epoch: int, row: InboxRow, now: datetime) -> list[Departure]:
        """Each alert of the request by itself. That others left its sender's group is told by its next report."""
        departures: list[Departure] = []
        for part in self._reading.apart(row):
            try:
                while self._index is None:
                    departures += self._load(epoch, now).departures
                changes = self._index.apply([part], micros(now))
                departures += self._commit(self._index, epoch, changes, now).departures
            except PASSING:
                raise
            except Exception:  # this one, or one of those that are like it
                log.exception("an alert breaks detection", inbox_id=row.id)
                self.engine.counters.set_aside["alert"] += 1
                self._drop()
        return departures

    def _load(self, epoch: int, now: datetime) -> Step:
        self._caught_up = self._timers_turn = False
        facts = self.engine.facts.current

        def read(tx: Transaction) -> tuple[Detection, Changes, int | None]:
            index = Detection(facts, tx.alerts.max_id() + 1)
            changes = index.load(tx.alerts.active(), tx.groups.all(), micros(now))
            return index, changes, tx.agenda.next_due([kinds.FLUSH])

        index, changes, self._committing.next_flush = self.engine.store.read(read)
        self._index, self._revision = index, facts.revision
        for row in changes.unreadable:  # what it was stays as it is; its sender's next word makes it anew
            log.error("a stored row cannot be read", what=row.what, name=row.name, error=row.why)
            self.engine.counters.set_aside[f"stored {row.what}"] += 1
        self._beating.load(now)
        self._hearing.load(now)
        return self._commit(index, epoch, changes, now)


def _due(at: int | None, now: int) -> bool:
    return at is not None and at <= now
