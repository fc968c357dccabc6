"""What must happen now and then: old requests and old history go, the write-ahead log is cut. Never in the way of a page."""

from collections.abc import Callable
from datetime import timedelta

from tocsin.core.instants import micros
from tocsin.engine.clock import Clock
from tocsin.engine.forgetting import Forgetting
from tocsin.engine.store.protocol import Store

KEEP_INBOX = timedelta(days=14)  # for replay
EVERY = timedelta(minutes=1)


class Housekeeping:
    """Called several times a second, on a thread of its own; looks at the inbox once a minute. `forget(received_at, cursor)`
    drops the requests older than that and up to the cursor: whoever appends does it, because a file has one writer."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        forget: Callable[[int, int], None],
        history: Forgetting,
        keep_inbox: timedelta = KEEP_INBOX,
    ) -> None:
        self._store = store
        self._clock = clock
        self._forget = forget
        self._history = history
        self._keep = keep_inbox
        self._next = clock.now() + EVERY

    def __call__(self) -> None:
        self._store.tidy()
        now = self._clock.now()
        self._history(now)
        if now < self._next:
            return
        self._next = now + EVERY
        owner = self._store.read(lambda tx: tx.ownership.current())
        if owner is not None:
            self._forget(micros(now - self._keep), owner.cursor)
