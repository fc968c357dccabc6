"""Who owns detection: this node takes the lease, renews it, hands it over or finds it gone.

One owner per database holds a lease with an epoch that every transaction of detection checks under lock. Taking it is also
where it is noticed that nobody was there for long, or that the clock was set back.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from tocsin.core.instants import instant, micros
from tocsin.engine import kinds, sending
from tocsin.engine.set_back import set_back
from tocsin.engine.store.protocol import Ownership, Store, StoreUnavailable, Transaction

log = structlog.get_logger()

LEASE = timedelta(seconds=10)
OUTAGE = timedelta(minutes=2)
SPEAK_FIRST = timedelta(seconds=75)  # Prometheus sends what fires once a minute
SET_BACK = timedelta(seconds=30)  # a clock set back by less delays timers by less


class Owning:
    """`begins` is called with the committed cursor when this node becomes the owner, `ends` when it no longer is; both while
    `turn` is held, so that a step of detection under way ends first, and finds at its commit that the epoch is gone."""

    def __init__(
        self,
        store: Store,
        node: str,
        lease: timedelta,
        channels: Sequence[str],
        begins: Callable[[int], None],
        ends: Callable[[], None],
    ) -> None:
        self.node = node
        self.lease = lease
        self.turn = threading.RLock()
        self.epoch: int | None = None  # None: not ours
        self._until = instant(0)
        self._store = store
        self._channels = channels
        self._begins = begins
        self._ends = ends

    def acquire(self, now: datetime, afresh: bool = False) -> bool:
        """Take or renew the lease. True while this node owns detection. `afresh`: this process stood still for long, and
        begins anew as another would. Raises StoreUnavailable."""

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
            held = self._store.run(take)
        except StoreUnavailable:
            if (
                self.epoch is not None and now > self._until
            ):  # perhaps another node's: renewals here reach nobody
                with self.turn:
                    self.lose()
            raise
        if held is not None:
            self._until = now + self.lease
        if held is None or held[0] != self.epoch:
            with self.turn:
                self._turn_over(held)
        return self.epoch is not None

    def _turn_over(self, held: tuple[int, int] | None) -> None:
        if held is None:
            self.lose()
            return
        log.info("owns detection", node=self.node, epoch=held[0])
        self.epoch = held[0]
        self._begins(held[1])

    def _set_back(self, tx: Transaction, before: Ownership, now: datetime) -> None:
        """No lease reaches that far: it was taken by a clock that was set back since, as all that is pending was."""
        tx.ownership.release(before.node)
        back = instant(before.until) - (now + self.lease)
        moved = set_back(tx, now, back)
        log.warning("the clock was set back", seconds=back.total_seconds(), timers=moved)

    def _let_senders_speak_first(self, tx: Transaction, now: datetime) -> None:
        """After an outage much may be over that still looks open: whatever was due meanwhile waits for the senders' next
        word, so that nobody is woken by what ended hours ago. New alerts page at once as ever."""
        waiting = tx.agenda.postpone(kinds.DECIDED, micros(now + SPEAK_FIRST))
        waiting += sending.hold_back(tx, self._channels, now, now + SPEAK_FIRST)
        log.warning("back after an outage; overdue timers wait for the senders", timers=waiting)

    def lose(self) -> None:
        """Another node has it, or may have. While `turn` is held."""
        if self.epoch is not None:
            log.warning("lost detection", node=self.node)
        self.epoch = None
        self._ends()

    def release(self) -> None:
        """Let a successor begin at once."""
        with self.turn:
            if self.epoch is not None:
                self._store.run(lambda tx: tx.ownership.release(self.node))
                self.epoch = None
                self._ends()
