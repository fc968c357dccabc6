"""What must happen now and then: old inbox rows go, the write-ahead log is cut. Never in the way of a page."""

from datetime import timedelta

from tocsin.core.instants import micros
from tocsin.engine.clock import Clock
from tocsin.engine.store.protocol import Store, Transaction

KEEP_INBOX = timedelta(days=14)  # for replay
PER_TURN = 5_000  # rows dropped in one transaction, so that the writer is never held long
EVERY = timedelta(minutes=1)


class Housekeeping:
    """Called about once a second on a store thread; does its work once a minute."""

    def __init__(self, store: Store, clock: Clock, keep_inbox: timedelta = KEEP_INBOX) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep_inbox
        self._next = clock.now() + EVERY

    def __call__(self) -> None:
        self._store.tidy()
        now = self._clock.now()
        if now < self._next:
            return
        before = micros(now - self._keep)

        def drop(tx: Transaction) -> int:
            owner = tx.ownership.current()
            return tx.inbox.drop_before(before, owner.cursor if owner else 0, PER_TURN)

        went = self._store.run(drop)
        self._next = now if went == PER_TURN else now + EVERY
