"""The engine proper, the same in both worlds: one synchronous step at a time over a store.

Every step is one transaction: read under lock, check the facts' revision, let the core decide, write, commit. What must
then leave the house is returned as departures, leased in the same transaction, for the world to carry to its channels.
"""

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import TypeVar

import msgspec
import structlog

from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.reasons import Reason
from tocsin.core.respond.compose import Links
from tocsin.core.respond.incident import Command, Decision, Incident, Repair, TimerDue
from tocsin.engine import kinds, sending
from tocsin.engine.consequences import Consequences
from tocsin.engine.counters import Counters
from tocsin.engine.facts import Facts
from tocsin.engine.gone import forget_what_is_gone
from tocsin.engine.oncall.due import DUE
from tocsin.engine.sending import Arrival, Departure
from tocsin.engine.setting_aside import PASSING, SettingAside, said
from tocsin.engine.step import Step as Step
from tocsin.engine.store.protocol import AgendaEntry, AuditRow, StaleFacts, Store, Transaction
from tocsin.engine.webhooks import CannotOwe

T = TypeVar("T")
Audit = Callable[[Mapping[int, Incident], Mapping[int, Decision | None]], AuditRow | None]
Check = Callable[[Mapping[int, Incident]], None]
log = structlog.get_logger()
BACKLOG_BATCH = 1000  # when much is overdue, amortising the commit matters more
ERRANDS = 5  # due timers of on-call in one transaction: some milliseconds
ERRANDS_LAST = 0.05  # seconds; a team with very many schedules takes longer by itself, and then goes alone
BATCH = 200  # due entries decided in one transaction: long enough to amortise the commit, short enough to let others in


class Engine:
    """`room` says how many more departures of each channel the world can carry at this moment; full channels are absent."""

    def __init__(
        self,
        store: Store,
        facts: Facts,
        links: Callable[[Configuration], Links],
        counters: Counters,
        room: Callable[[], Mapping[str, int]],
        channels: Sequence[str] = (),
    ) -> None:
        self.store = store
        self.facts = facts
        self.counters = counters
        self._links = links
        self._room = room
        self.channels = channels
        self.aside = SettingAside(store, counters, self.decide)

    # --- one transaction -----------------------------------------------------------------------------------------

    def decide(
        self,
        work: Callable[[Consequences], T],
        now: datetime,
        retry_stale: bool = True,
        changing: bool = False,
    ) -> tuple[T, list[Departure]]:
        """Run `work` on fresh consequences with proven facts, write them, and lease what may leave at once.

        With `retry_stale` stale facts are reloaded and the work done again; else StaleFacts is the caller's to handle. Work
        that may itself change the configuration says that it is `changing` it."""
        run = self._with_fresh_facts if retry_stale else self.store.run
        room, owing = self._room(), True
        while True:
            try:
                result, owed, departures = run(
                    functools.partial(self._transaction, work, now, room, owing, changing)
                )
            except _CannotLeave as error:
                # What waits at some address breaks; this decision stands, and the agenda finds out which it is.
                log.error("nothing could leave with a decision", error=said(error.__cause__ or error))
                if not room:
                    raise
                room = {}
            except CannotOwe as error:
                log.error("webhooks are told of a decision later", error=said(error.__cause__ or error))
                if not owing:
                    raise
                owing = False
            else:
                break
        self.counters.decided(owed.counts)
        if owed.put_off:
            self.counters.set_aside["webhook"] += owed.put_off
        return result, departures

    def _transaction(
        self,
        work: Callable[[Consequences], T],
        now: datetime,
        room: Mapping[str, int],
        owing: bool,
        changing: bool,
        tx: Transaction,
    ) -> tuple[T, Consequences, list[Departure]]:
        if changing:
            tx.configuration.hold()
        owed = Consequences(tx, self.facts.check(tx), now, owing)
        result = work(owed)
        owed.write()
        return result, owed, self._leave(owed, room)

    def _with_fresh_facts(self, transaction: Callable[[Transaction], T]) -> T:
        while True:
            try:
                return self.store.run(transaction)
            except StaleFacts:
                self.facts.reload()

    def _leave(self, owed: Consequences, room: Mapping[str, int]) -> list[Departure]:
        """What these consequences owe to addresses leaves at once; what has no room here may leave from another node."""
        if not owed.addresses:
            return []
        leased = sending.lease_at_once(owed.tx, owed.now, owed.addresses, room)
        try:
            return sending.take(
                owed.tx, owed.facts, owed.now, leased, lambda: self._links(owed.facts), self._unreadable
            )
        except PASSING:
            raise
        except Exception as error:
            raise _CannotLeave from error

    def _unreadable(self, incident_id: int, why: str) -> None:
        self.aside.count("incident", msgspec.DecodeError(why), str(incident_id))

    def _cannot_be_read(self, incidents: Collection[int]) -> Collection[int]:
        """Those of these incidents whose rows are of no use to this version."""
        unreadable = self.store.read(lambda tx: tx.incidents.unreadable(sorted(incidents)))
        for incident_id, why in unreadable.items():
            self._unreadable(incident_id, why)
        return unreadable.keys()

    # --- people --------------------------------------------------------------------------------------------------

    def submit(
        self,
        incidents: Sequence[int],
        command: Command,
        now: datetime,
        audit: Audit | None = None,
        check: Check | None = None,
    ) -> tuple[dict[int, Decision | None], list[Departure]]:
        """Carry out one person's command on these incidents, with its audit entry; None for one that does not exist or
        cannot be read. `audit` is given the incidents as they were, and what was decided; `check` them as they are, before
        anything is decided: what it raises is raised, and nothing is done."""

        def work(owed: Consequences, without: Collection[int] = ()) -> dict[int, Decision | None]:
            owed.load(incident_id for incident_id in incidents if incident_id not in without)
            readable = [incident_id for incident_id in incidents if incident_id not in without]
            before = {i: incident for i in readable if (incident := owed.incident(i)) is not None}
            if check is not None:
                check(before)
            decided = {i: None if i in without else owed.decide(i, command) for i in incidents}
            row = audit(before, decided) if audit is not None else None
            if row is not None:
                owed.tx.records.audit(row)
            return decided

        try:
            return self.decide(work, now)
        except msgspec.DecodeError:  # one of them: the others hear the command all the same
            broken = self._cannot_be_read(incidents)
            if not broken:
                raise
            return self.decide(lambda owed: work(owed, broken), now)

    # --- timers --------------------------------------------------------------------------------------------------

    def run_due(self, now: datetime, limit: int = BATCH) -> Step:
        """Claim what is due of incidents and pages, and decide it. On any node."""

        def decide_all(owed: Consequences, due: Sequence[AgendaEntry]) -> None:
            owed.load((int(entry.subject) for entry in due if entry.kind in kinds.TIMER_OF), with_pages=True)
            for entry in due:
                timer = kinds.TIMER_OF.get(entry.kind)
                if timer is not None:
                    owed.decide(int(entry.subject), TimerDue(timer))
            sending.due_pages(owed, [entry.subject for entry in due if entry.kind == kinds.PAGE], now)

        return self._run(kinds.DECIDED, decide_all, now, limit)

    def has_errands(self, now: datetime) -> bool:
        """Whether a timer of on-call is due: asked first, because a reader waits for nobody."""
        due_at = self.store.read(lambda tx: tx.agenda.next_due(kinds.ONCALL))
        return due_at is not None and due_at <= micros(now)

    def run_errands(self, now: datetime, limit: int = ERRANDS) -> Step:
        """The same for timers of on-call, which page nobody: few at a time, because on a Monday at nine every schedule has
        something to say, and a page must not wait for all of that."""

        def decide_each(owed: Consequences, due: Sequence[AgendaEntry]) -> None:
            begun = monotonic()
            for entry in due:
                if monotonic() - begun > ERRANDS_LAST:
                    owed.tx.agenda.schedule([entry])
                else:
                    DUE[entry.kind](owed, entry.subject, now)

        return self._run(kinds.ONCALL, decide_each, now, limit)

    def _run(
        self,
        of: Sequence[str],
        decide_all: Callable[[Consequences, Sequence[AgendaEntry]], None],
        now: datetime,
        limit: int,
    ) -> Step:
        """Claim and decide in one transaction; what cannot be decided together is tried one by one."""
        claimed: list[AgendaEntry] = []

        def work(owed: Consequences) -> int:
            claimed[:] = due = owed.tx.agenda.claim(of, micros(now), limit)
            decide_all(owed, due)
            return len(due)

        def decided() -> Step:
            return Step(*self.decide(work, now))

        return self.aside.each_alone_if_need_be(
            decided, lambda: self._run(of, decide_all, now, 1), claimed, now
        )

    # --- sending -------------------------------------------------------------------------------------------------

    def depart(self, now: datetime) -> list[Departure]:
        """Lease what waits at due addresses and decide what leaves."""
        return self._depart(now, self._room()).departures

    def _depart(self, now: datetime, room: Mapping[str, int]) -> Step:
        leased: list[AgendaEntry] = []
        channels = {kind(channel): channel for channel in room for kind in (kinds.address, kinds.news)}
        in_turn = (channels[entry.kind] for entry in leased)

        def transaction(tx: Transaction) -> Step:
            facts = self.facts.check(tx)
            leased[:] = sending.lease(tx, now, room)
            return Step(
                len(leased),
                sending.take(tx, facts, now, leased, lambda: self._links(facts), self._unreadable),
            )

        def alone() -> Step:
            return self._depart(now, {next(in_turn): 1})

        return self.aside.each_alone_if_need_be(
            lambda: self._with_fresh_facts(transaction), alone, leased, now
        )

    def next_due(self) -> int | None:
        """When anything of the agenda that any node may claim is due next, in microseconds."""
        rooms = [kind(channel) for channel in self._room() for kind in (kinds.address, kinds.news)]
        return self.store.read(lambda tx: tx.agenda.next_due([*kinds.DECIDED, *kinds.ONCALL, *rooms]))

    def arrived(self, arrivals: Sequence[Arrival], now: datetime) -> list[Departure]:
        """Commit what became of departures; failovers may leave at once."""
        try:
            _, departures = self.decide(lambda owed: sending.settle(owed, arrivals, now), now)
        except PASSING:
            raise
        except Exception:  # one of them: each is told by itself, so that none is sent again for want of it
            if len(arrivals) > 1:
                return [departure for arrival in arrivals for departure in self.arrived([arrival], now)]
            log.exception("what became of a message cannot be told", key=arrivals[0].departure.message.key)
            self.counters.set_aside["arrival"] += 1
            about = sending.incidents_of(arrivals)
            untold = self._cannot_be_read(about) or about
            _, departures = self.decide(lambda owed: sending.settle(owed, arrivals, now, untold), now)
        for arrival in arrivals:
            self.counters.sent(arrival.departure.message, arrival.outcome, arrival.departure.entry.subject)
        return [*departures, *forget_what_is_gone(self, arrivals, now)]

    # --- the invariant -------------------------------------------------------------------------------------------

    def repair(self, now: datetime) -> tuple[int, list[Departure]]:
        """Find open incidents that demand a timer and have none, and give them one. How many were found."""
        broken = self.store.read(lambda tx: tx.incidents.without_timer(BATCH))
        unreadable = self._cannot_be_read(broken)
        if len(unreadable) == len(broken):
            return 0, []

        def work(owed: Consequences) -> int:
            still = set(owed.tx.incidents.without_timer(BATCH)).difference(unreadable)
            owed.load(still)
            for incident_id in sorted(still):
                owed.decide(incident_id, Repair())
            return len(still)

        repaired, departures = self.decide(work, now)
        self.counters.repaired(repaired)
        return repaired, departures

    def reasons(self) -> Mapping[Reason, int]:
        return self.counters.reasons


class _CannotLeave(Exception):
    """A decision is sound, but what should have left with it is not; the cause says why."""
