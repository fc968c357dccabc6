"""What the machine process says to the front process, and hears from it.

The front process accepts by what it is told here: whose keys are good, whether this node owns detection, what time it is.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

import structlog

from tocsin.config.secrets import resolve
from tocsin.core.detect.signal import InboxRow, Renewal, Signal
from tocsin.engine.clock import SharedClock
from tocsin.engine.engine import Engine
from tocsin.engine.store.protocol import Transaction
from tocsin.web.front.counting import add
from tocsin.web.front.process import FrontProcess
from tocsin.web.front.words import (
    Counted,
    DropRequests,
    Forget,
    FromFront,
    Keys,
    Quarantined,
    Renewed,
    Standing,
    ToFront,
)
from tocsin.web.keys import credentials

log = structlog.get_logger()
Run = Callable[..., Coroutine[Any, Any, Any]]  # on a store thread


class Owner(Protocol):
    """Who decides about alerts."""

    @property
    def owned(self) -> bool: ...
    def renewed(self, renewal: Renewal) -> None: ...


class FrontDesk:
    """`alone`: no other node takes requests of the same senders. Nothing is said before `open`."""

    def __init__(self, engine: Engine, clock: SharedClock, alone: bool) -> None:
        self._engine = engine
        self._clock = clock
        self._alone = alone
        self._loop: asyncio.AbstractEventLoop | None = None
        self._front: FrontProcess | None = None
        self._owner: Owner | None = None
        self._run: Run | None = None
        self._told: Standing | None = None
        self._keys_of = engine.facts.current.revision

    def open(self, loop: asyncio.AbstractEventLoop, front: FrontProcess, owner: Owner, run: Run) -> None:
        self._loop, self._front, self._owner, self._run = loop, front, owner, run

    # --- what is heard -------------------------------------------------------------------------------------------

    def hear(self, said: FromFront) -> None:
        """On the event loop."""
        if isinstance(said, Counted):
            add(said, self._engine.counters)
        elif isinstance(said, Renewed) and self._owner is not None:
            self._owner.renewed(said.renewal)
        elif isinstance(said, Quarantined):
            self._quarantine(said.row, said.error)

    def _quarantine(self, row: InboxRow, error: str) -> None:
        def keep(tx: Transaction) -> None:
            tx.inbox.quarantine([(row, error)])

        assert self._run is not None, "heard before open"
        task = asyncio.ensure_future(self._run(self._engine.store.run, keep))
        task.add_done_callback(self._kept)

    def _kept(self, task: "asyncio.Future[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("quarantine could not be kept", error=str(error))
            self._engine.counters.loop_failures["quarantine"] += 1

    # --- what is said --------------------------------------------------------------------------------------------

    def introduce(self) -> list[ToFront]:
        """To a front process that has just begun."""
        self._told = self._standing()
        return [self._told, self._keys()]

    def look_at_the_clock(self) -> None:
        """From a thread of upkeep."""
        if self._told != (standing := self._standing()):
            self._told = standing
            self._tell(standing)

    def owns(self, owned: bool) -> None:
        """From a store thread, when detection was taken or lost."""
        self._told = Standing(owned, self._alone, self._clock.base)
        self._tell(self._told)

    def renew_keys(self) -> None:
        """Secrets are fetched anew with every configuration, not with every request."""
        facts = self._engine.facts.current
        if facts.revision != self._keys_of:
            self._keys_of = facts.revision
            self._tell(self._keys())

    def unknown(self, integration: str, signals: Sequence[Signal]) -> None:
        """From detection's thread: what the index does not hold as firing must come through the inbox again."""
        self._tell(Forget(integration, tuple(signals)))

    def forget_requests(self, received_at: int, cursor: int) -> None:
        self._tell(DropRequests(received_at, cursor))

    def _standing(self) -> Standing:
        owned = self._owner is not None and self._owner.owned
        return Standing(owned, self._alone, self._clock.base)

    def _keys(self) -> Keys:
        return Keys(tuple(credentials(self._engine.facts.current, resolve)))

    def _tell(self, message: ToFront) -> None:
        """From any thread."""
        if self._loop is not None and self._front is not None:
            self._loop.call_soon_threadsafe(self._front.tell, message)
