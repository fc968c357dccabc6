"""The detection owner: takes reports from the inbox in order, and commits what they change.

One owner per database holds a lease with an epoch that every transaction here checks under lock. The index in memory is
ahead of the store only while a transaction is under way; when one fails the index is dropped and loaded again, and the
inbox is read from the committed cursor.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from tocsin.core.detect.grouping import FlushDue, GroupChange, GroupChanged
from tocsin.core.detect.index import Changes, Detection, Outcome
from tocsin.core.detect.signal import InboxRow, Parsed, Renewal, Report, Signal, Unreadable
from tocsin.core.instants import instant, micros
from tocsin.engine import beating, kinds
from tocsin.engine.beating import Beating
from tocsin.engine.consequences import Consequences
from tocsin.engine.deciding_groups import acknowledge, decide_groups
from tocsin.engine.engine import Engine, Step
from tocsin.engine.recording import change_rows
from tocsin.engine.sending import Departure
from tocsin.engine.set_back import set_back
from tocsin.engine.setting_aside import PASSING, said
from tocsin.engine.store.protocol import (
    AgendaEntry,
    LostOwnership,
    Ownership,
    StaleFacts,
    StoreUnavailable,
    Transaction,
)
from tocsin.engine.suspects import SuspectGroups, SuspectReports
from tocsin.engine.window_reports import WindowReports

log = structlog.get_logger()

LEASE = timedelta(seconds=10)
OUTAGE = timedelta(minutes=2)
SPEAK_FIRST = timedelta(seconds=75)  # Prometheus sends what fires once a minute
REPORTS = 256  # reports in one transaction
OFFERED_AT_MOST = 8 * REPORTS  # reports held in memory while detection is behind
GRACE_AFTER_STEP = timedelta(minutes=5)
SET_BACK = timedelta(seconds=30)  # a clock set back by less delays timers by less


class Detecting:
    """Everything but `offer` and `renewed` runs on a store thread, one call at a time."""

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
        self.node = node
        self.lease = lease
        self.replay = replay
        self._on_unknown = on_unknown
        self._on_ownership = on_ownership
        self._beating = Beating(engine)
        self._window_reports = WindowReports(engine)
        self._suspects = SuspectReports(REPORTS)
        self._suspect_groups = SuspectGroups()
        self.turn = threading.RLock()  # whoever holds it keeps detection from deciding
        self._epoch: int | None = None
        self._until = instant(0)
        self._cursor = 0
        self._index: Detection | None = None
        self._revision = -1
        self._offered: deque[Report] = deque()
        self._renewals: deque[Renewal] = deque()
        self._caught_up = (
            False  # since it took over: what waits in the inbox may end what a timer would ring for
        )
        self._timers_turn = False
        self._next_flush: int | None = None

    # --- ownership -----------------------------------------------------------------------------------------------

    @property
    def owned(self) -> bool:
        return self._epoch is not None

    def acquire(self, now: datetime, afresh: bool = False) -> bool:
        """Take or renew the lease. True while this node owns detection. `afresh`: this process stood still for long, and
        begins anew as another would."""

        def take(tx: Transaction) -> tuple[int, int] | None:
            if afresh:
                tx.ownership.release(self.node)
            before = tx.ownership.current()
            if before is not None and instant(before.until) - (now + self.lease) > SET_BACK:
                self._set_back(tx, before, now)
            held = tx.ownership.acquire(self.node, micros(now + self.lease), micros(now))
            if held is None:
                return None
            if before is not None and held.epoch != before.epoch and micros(now - OUTAGE) > before.until:
                self._let_senders_speak_first(tx, now)
            return held.epoch, held.cursor

        try:
            held = self.engine.store.run(take)
        except StoreUnavailable:
            if self.owned and now > self._until:  # perhaps another node's by now: renewals here reach nobody
                with self.turn:
                    self._lose()
            raise
        if held is not None:
            self._until = now + self.lease
        if held is None or held[0] != self._epoch:
            with self.turn:  # a step under way ends first; its commit finds the epoch gone
                self._turn_over(held)
        return self.owned

    def _turn_over(self, held: tuple[int, int] | None) -> None:
        if held is None:
            self._lose()
            return
        log.info("owns detection", node=self.node, epoch=held[0])
        self._epoch, self._cursor = held
        self._drop()
        self._on_ownership(True)

    def _set_back(self, tx: Transaction, before: Ownership, now: datetime) -> None:
        """No lease reaches that far: it was taken by a clock that was set back since, as all that is pending was."""
        tx.ownership.release(before.node)
        back = instant(before.until) - (now + self.lease)
        moved = set_back(tx, now, back)
        log.warning("the clock was set back", seconds=back.total_seconds(), timers=moved)

    def _let_senders_speak_first(self, tx: Transaction, now: datetime) -> None:
        """After an outage much may be over that still looks open: whatever was due meanwhile waits for the senders' next
        word, so that nobody is woken by what ended hours ago. New alerts page at once as ever."""
        owed = [*kinds.DECIDED, *(kinds.address(channel) for channel in self.engine.channels)]
        waiting = tx.agenda.postpone(owed, micros(now + SPEAK_FIRST))
        log.warning("back after an outage; overdue timers wait for the senders", timers=waiting)

    def release(self) -> None:
        """Let a successor begin at once."""
        with self.turn:
            if self.owned:
                self.engine.store.run(lambda tx: tx.ownership.release(self.node))
                self._epoch = None
                self._drop()

    def _lose(self) -> None:
        if self.owned:
            log.warning("lost detection", node=self.node)
        self._epoch = None
        self._drop()
        self._on_ownership(False)

    def _drop(self) -> None:
        self._index = None

    # --- input ---------------------------------------------------------------------------------------------------

    def offer(self, reports: Sequence[Report]) -> None:
        """Reports that just became durable on this node, so that the owner need not read them back. From any thread."""
        if self.owned and len(self._offered) < OFFERED_AT_MOST:  # what is left out is read back in its turn
            self._offered.extend(reports)

    def renewed(self, renewal: Renewal) -> None:
        """Alerts sent again unchanged: their leases live on in memory. From any thread; `on_unknown` is told of those that
        do not fire as far as the index knows, so that their next copies come through the inbox."""
        if self.owned:
            self._renewals.append(renewal)

    def _renew(self, now: datetime) -> None:
        assert self._index is not None
        while self._renewals:
            renewal = self._renewals.popleft()
            unknown = self._index.renew(renewal)
            strange = [s for s in unknown if not self._beating.renewed(s, renewal.received_at, now)]
            if strange:
                self._on_unknown(renewal.integration, strange)

    @property
    def index(self) -> Detection | None:
        return self._index

    def next_due(self) -> int | None:
        """When something is due without news, in microseconds."""
        due = [
            self._index.next_due() if self._index else None,
            self._next_flush,
            self._beating.next_due,
            self._suspect_groups.next_due(),
        ]
        known = [at for at in due if at is not None]
        return min(known) if known else None

    @property
    def backlogged(self) -> bool:
        """More reports wait than one transaction takes."""
        return len(self._offered) > REPORTS

    def clock_stepped(self, now: datetime) -> None:
        with self.turn:
            if self._index is not None:
                self._index.grant_grace(micros(now + GRACE_AFTER_STEP))

    # --- one step ------------------------------------------------------------------------------------------------

    def process(self, now: datetime) -> Step:
        """Take one helping of whatever is there: reports, leases and silences that ran out, groups whose timer is due."""
        with self.turn, self.engine.facts.changing:
            return self._take_turn(now)

    def _take_turn(self, now: datetime) -> Step:
        if self._epoch is None:
            return Step(0, [])
        try:
            return self._process(now)
        except StaleFacts:
            self.engine.facts.reload()
            self._drop()
            return Step(1, [])
        except LostOwnership:
            self._lose()
            return Step(0, [])
        except BaseException:
            self._drop()
            raise

    def _process(self, now: datetime) -> Step:
        facts = self.engine.facts.current
        at = micros(now)
        if self._index is None:
            return self._load(now)
        if over := self._window_reports.due(now):
            return Step(1, self._window_reports.tell(over, now))
        if facts.revision != self._revision:
            self._revision = facts.revision
            self._beating.reconfigure(now)
            return self._commit(self._index.reconfigure(facts, at), now)
        self._renew(now)
        if self._timers_turn:  # reports without end must not keep groups waiting
            self._timers_turn = False
            step = self._timers(self._index, now)
            if step.done:
                return step
        if reports := self._reports():
            self._timers_turn = self._caught_up
            return self._take(self._index, reports, now)
        self._caught_up = True
        return self._timers(self._index, now)

    def _timers(self, index: Detection, now: datetime) -> Step:
        """What is due without news. With many reports waiting, a silence may only be theirs: no lease or heartbeat ends."""
        at = micros(now)
        if _due(index.next_due(), at) and not self.backlogged:
            return self._commit(index.tick(at), now)
        if _due(self._next_flush, at):
            return self._flush(now)
        if again := self._suspect_groups.due(at):
            return self._commit(index.tell_again(again, at), now)
        return Step(0, []) if self.backlogged else self._beating.beat(now)

    def _take(self, index: Detection, reports: Sequence[Report], now: datetime) -> Step:
        try:
            step = self._commit(index.apply(reports, micros(now)), now, reports)
        except PASSING:
            raise
        except Exception as error:
            if not self._suspects.failed(len(reports)):
                raise
            return self._give_up(reports[0], error, now)
        self._suspects.taken(len(reports))
        self.engine.counters.alerts_processed += sum(len(r.parsed.signals) for r in reports)
        return step

    def _give_up(self, report: Report, error: Exception, now: datetime) -> Step:
        """Into quarantine with the one report that detection breaks on, so that the next ones are taken."""
        self._drop()
        epoch, aside = self._epoch, self.engine.aside
        assert epoch is not None

        def keep(tx: Transaction) -> None:
            tx.ownership.check(epoch)
            tx.inbox.quarantine([(row, said(error)) for row in tx.inbox.after(report.inbox_id - 1, 1)])
            tx.ownership.advance(epoch, report.inbox_id)

        self.engine.store.run(keep)
        self._cursor = report.inbox_id
        aside.count("report", error, str(report.inbox_id))
        if not self._suspects.worth_telling(now):
            return Step(1, [])
        about = f"Request {report.inbox_id} of the integration {report.integration}, kept in quarantine,"
        return Step(1, aside.alarm(about, error, now))

    def _load(self, now: datetime) -> Step:
        self._caught_up = self._timers_turn = False
        facts = self.engine.facts.current

        def read(tx: Transaction) -> tuple[Detection, Changes, int | None]:
            index = Detection(facts, tx.alerts.max_id() + 1)
            changes = index.load(tx.alerts.active(), tx.groups.all(), micros(now))
            return index, changes, tx.agenda.next_due([kinds.FLUSH])

        index, changes, self._next_flush = self.engine.store.read(read)
        self._index, self._revision = index, facts.revision
        self._offered.clear()
        self._beating.load(now)
        return self._commit(changes, now)

    # --- reading the inbox in order ------------------------------------------------------------------------------

    def _reports(self) -> list[Report]:
        """The next reports after the cursor: those just offered where they join up, else from the store."""
        offered = self._offered
        while offered and offered[0].inbox_id <= self._cursor:
            offered.popleft()
        if offered and offered[0].inbox_id == self._cursor + 1:
            taken: list[Report] = []
            limit = self._suspects.helping
            while offered and len(taken) < limit and offered[0].inbox_id == self._cursor + 1 + len(taken):
                taken.append(offered.popleft())
            return taken
        rows = self.engine.store.read(lambda tx: tx.inbox.after(self._cursor, self._suspects.helping))
        return [Report(row.id, row.integration, row.received_at, self._parse(row)) for row in rows]

    def _parse(self, row: InboxRow) -> Parsed:
        try:
            if row.source == beating.SOURCE:
                return msgspec.json.decode(row.body, type=Parsed)
            return self.replay(row)
        except Exception as error:  # accepted by another version of the source: kept, shown, never a loop
            why = str(error) if isinstance(error, Unreadable) else said(error)
            log.exception("an accepted request cannot be read", inbox_id=row.id, source=row.source)
            self.engine.store.run(lambda tx: tx.inbox.quarantine([(row, why)]))
            return Parsed()

    # --- committing ----------------------------------------------------------------------------------------------

    def _commit(self, changes: Changes, now: datetime, reports: Sequence[Report] = ()) -> Step:
        assert self._index is not None and self._epoch is not None
        index, epoch = self._index, self._epoch
        cursor = reports[-1].inbox_id if reports else self._cursor

        def work(owed: Consequences, left_out: Collection[str] = ()) -> Collection[str]:
            owed.tx.ownership.check(epoch)
            events = [GroupChanged(change) for change in changes.groups if change.key not in left_out]
            outcomes = self._decide(owed, index, events)
            acknowledge(owed, changes.acknowledged, outcomes)
            self._write(owed.tx, index, changes, outcomes)
            rows = change_rows(reports, owed.facts)
            if rows:
                owed.tx.records.add_changes(rows)
            if cursor != self._cursor:
                owed.tx.ownership.advance(epoch, cursor)
            self._beating.seen(owed, changes.heartbeats, reports)
            return outcomes.keys()

        broken: dict[str, Exception] = {}
        try:
            decided, departures = self.engine.decide(work, now, retry_stale=False)
        except PASSING:
            raise
        except Exception:
            broken = self._what_breaks(index, changes, now)
            if not broken:
                raise
            decided, departures = self.engine.decide(lambda o: work(o, broken), now, retry_stale=False)
        index.committed(changes)
        self._cursor = cursor
        self._suspect_groups.decided(decided)
        for change in changes.groups if broken else ():
            if change.key in broken:
                departures += self._set_aside(index, change, broken[change.key], now)
        return Step(1, departures)

    def _what_breaks(self, index: Detection, changes: Changes, now: datetime) -> dict[str, Exception]:
        """Each changed group by itself, in a transaction that is never committed."""
        broken: dict[str, Exception] = {}
        for change in changes.groups:

            def attempt(tx: Transaction, change: GroupChange = change) -> None:
                owed = Consequences(tx, self.engine.facts.check(tx), now)
                decide_groups(owed, index, [GroupChanged(change)])
                owed.write()
                raise _Fine

            try:
                self.engine.store.run(attempt)
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
        failures = self._suspect_groups.failed(change.key, now)
        self.engine.aside.count("group", error, change.key, failures)
        if failures > 1:
            return []
        group = index.state(change.key)
        incident = group.incident if group is not None else None
        return self.engine.aside.alarm(f"The group of alerts {change.key}", error, now, incident)

    def _flush(self, now: datetime, limit: int = REPORTS) -> Step:
        assert self._index is not None and self._epoch is not None
        index, epoch = self._index, self._epoch
        due: list[AgendaEntry] = []

        def work(owed: Consequences) -> Changes:
            owed.tx.ownership.check(epoch)
            due[:] = owed.tx.agenda.claim([kinds.FLUSH], micros(now), limit)
            changes = index.flush([entry.subject for entry in due], micros(now))
            outcomes = self._decide(owed, index, [FlushDue(change) for change in changes.groups])
            self._write(owed.tx, index, changes, outcomes)
            return changes

        def together() -> Step:
            changes, departures = self.engine.decide(work, now, retry_stale=False)
            index.committed(changes)
            return Step(1, departures)

        self._next_flush = None
        step = self.engine.aside.each_alone_if_need_be(together, lambda: self._flush(now, 1), due, now)
        self._next_flush = self.engine.store.read(lambda tx: tx.agenda.next_due([kinds.FLUSH]))
        return step

    def _decide(
        self, owed: Consequences, index: Detection, events: Sequence[GroupChanged | FlushDue]
    ) -> dict[str, Outcome]:
        outcomes, flush_at = decide_groups(owed, index, events)
        if flush_at is not None and (self._next_flush is None or flush_at < self._next_flush):
            self._next_flush = flush_at
        return outcomes

    def _write(
        self, tx: Transaction, index: Detection, changes: Changes, outcomes: dict[str, Outcome]
    ) -> None:
        alerts, states, groups = index.rows(changes, outcomes)
        if alerts:
            tx.alerts.add(alerts)
        if states:
            tx.alerts.put_states(states)
        if groups:
            tx.groups.put(groups)
        if changes.removed:
            tx.groups.remove(changes.removed)


def _due(at: int | None, now: int) -> bool:
    return at is not None and at <= now


class _Fine(Exception):
    """Nothing breaks: what was tried is rolled back."""
