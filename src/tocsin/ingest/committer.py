"""Group commit: what arrives while one commit is under way goes together into the next.

A thread appends, so that the event loop never waits for long, and takes what has gathered by itself, so that the disk never
waits for the event loop. A small commit on a quick disk is sooner done than handed to the thread and back; such are made on
the loop itself, for as long as they stay quick. Generations are numbered in order; a request is answered once its
generation, or the one that holds what it repeats, is durable.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue

import msgspec
import structlog

from tocsin.core.detect.signal import InboxRow
from tocsin.ingest.joining import Joinable, joined

log = structlog.get_logger(__name__)

MAX_WAITING = 4096  # requests that may wait for one commit
MAX_WAITING_BYTES = 64 * 1024 * 1024
QUICK = 0.005  # seconds a commit may take on the event loop, where nobody else is served meanwhile
QUICK_IN_A_ROW = 20  # commits, after a slow one, until the event loop makes them again
GATHERED = 64  # requests that are worth a commit, even while more come in with every turn of the event loop

# Told on the event loop, once, whether the commit was durable. A callback and not a future: a request costs little more
# than its future would.
Tell = Callable[[bool], None]


class Busy(Exception):
    """Too much waits for the disk already; this request was not taken."""


class Waiting(Joinable, gc=False):
    """One request on its way to the disk; `touched` are the alerts that the memory holds as accepted with it, and
    `complete_group` the group."""

    complete_group: str | None = None
    touched: Sequence[int] = ()


class Generation(msgspec.Struct):
    number: int
    requests: list[Waiting]
    told: list[Tell]
    size: int = 0


class Committer:
    """`append` blocks until its rows are durable. `on_failed` runs on the event loop, before whoever waits for that
    generation is told; `on_unanswered` when telling one of them failed. `at_once`: bytes of bodies up to which a commit
    may be made on the event loop."""

    def __init__(
        self,
        append: Callable[[Sequence[InboxRow]], object],
        on_failed: Callable[[int, list[Waiting]], None],
        at_once: int = 0,
        on_unanswered: Callable[[], None] = lambda: None,
    ) -> None:
        self._append = append
        self._on_unanswered = on_unanswered
        self._on_failed = on_failed
        self._at_once = at_once
        self._quick_in_a_row = QUICK_IN_A_ROW
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._calls: SimpleQueue[bool] = SimpleQueue()  # True: something has gathered; False: the end
        self._gathering = Generation(1, [], [])
        self._changing = threading.Lock()  # of `_gathering` and `_called`
        self._called = False  # the thread will take what gathers now
        self._open = {1: self._gathering}  # all that have not ended
        self.durable = 0  # the last generation that ended, durable or failed

    @property
    def waiting(self) -> int:
        """Requests that are not durable yet."""
        return sum(len(generation.requests) for generation in self._open.values())

    def check_room(self) -> None:
        """Raises Busy."""
        gathering = self._gathering
        if len(gathering.told) >= MAX_WAITING or gathering.size >= MAX_WAITING_BYTES:
            raise Busy

    def add(self, request: Waiting, tell: Tell) -> int:
        """Into the generation that gathers now; its number."""
        loop = self._loop or self._start()
        with self._changing:
            gathering = self._gathering
            gathering.requests.append(request)
            gathering.told.append(tell)
            gathering.size += len(request.row.body)
            called, self._called = self._called, True
        if not called:
            # A turn of the loop later, so that what arrived together is committed together.
            loop.call_soon(self._begin, 0)
        return gathering.number

    def wait_for(self, generation: int, tell: Tell) -> bool:
        """Have that generation's end told as to a row in it; False when it has ended, and nothing is told."""
        if generation <= self.durable:
            return False
        self._open[generation].told.append(tell)
        return True

    async def close(self) -> None:
        """End what was begun, then stop the thread. Nothing may be added any more."""
        while self._called or len(self._open) > 1:
            ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._open[min(self._open)].told.append(ended.set_result)
            await ended
        if self._thread is not None:
            self._calls.put(False)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _start(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._commit_all, name="inbox", daemon=True)
        self._thread.start()
        return self._loop

    def _begin(self, seen: int) -> None:
        assert self._loop is not None
        gathering = self._gathering
        small = self._at_once > 0 and gathering.size <= self._at_once
        if (
            small and seen < len(gathering.told) < GATHERED
        ):  # more came in this turn, and more may in the next
            self._loop.call_soon(self._begin, len(gathering.told))
            return
        idle = len(self._open) == 1  # the thread has nothing under way
        if idle and small and self._quick_in_a_row >= QUICK_IN_A_ROW:
            generation = self._take()
            self._ended(generation, self._commit(generation))
        else:
            self._calls.put(True)

    def _take(self) -> Generation:
        with self._changing:
            generation = self._gathering
            number = generation.number + 1
            self._gathering = self._open[number] = Generation(number, [], [])
            self._called = False
        return generation

    def _commit_all(self) -> None:
        assert self._loop is not None
        while self._calls.get():
            generation = self._take()
            stored = self._commit(generation)
            try:
                self._loop.call_soon_threadsafe(self._ended, generation, stored)
            except RuntimeError:  # the event loop is gone, and with it whoever waited
                return

    def _commit(self, generation: Generation) -> bool:
        began = time.monotonic()
        try:
            self._append(joined(generation.requests))
        except (
            Exception
        ):  # the loop's edge: whatever the store raised, these are answered 503 and the next are tried
            log.exception("inbox_append_failed", requests=len(generation.requests))
            return False
        finally:
            quick = time.monotonic() - began < QUICK
            self._quick_in_a_row = self._quick_in_a_row + 1 if quick else 0
        return True

    def _ended(self, generation: Generation, stored: bool) -> None:
        del self._open[generation.number]
        self.durable = generation.number
        try:
            if not stored:
                self._on_failed(generation.number, generation.requests)
        finally:
            for tell in generation.told:
                try:
                    tell(stored)
                except Exception:  # one sender's connection must not keep the others from their answers
                    log.exception("answer_failed")
                    self._on_unanswered()
