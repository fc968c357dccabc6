"""Group commit: what arrives while one commit is under way goes together into the next.

One thread appends, so that the event loop never waits for the disk. Generations are numbered in order; a request is
answered once its generation, or the one that holds what it repeats, is durable.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue

import msgspec
import structlog

from tocsin.core.detect.signal import InboxRow

log = structlog.get_logger(__name__)

MAX_WAITING = 4096  # requests that may wait for one commit
MAX_WAITING_BYTES = 64 * 1024 * 1024

# Told on the event loop, once, whether the commit was durable. A callback and not a future: a request costs little more
# than its future would.
Tell = Callable[[bool], None]


class Busy(Exception):
    """Too much waits for the disk already; this request was not taken."""


class Waiting(msgspec.Struct, gc=False):
    """One request on its way to the disk; `touched` are the alerts that the memory holds as accepted with it, and
    `complete_group` the group."""

    row: InboxRow
    touched: Sequence[int]
    complete_group: str | None = None


class Generation(msgspec.Struct):
    number: int
    requests: list[Waiting]
    told: list[Tell]
    size: int = 0


class Committer:
    """`append` blocks until its rows are durable and returns the first id. `on_failed` runs on the event loop, before
    whoever waits for that generation is told."""

    def __init__(
        self,
        append: Callable[[Sequence[InboxRow]], object],
        on_failed: Callable[[int, list[Waiting]], None],
    ) -> None:
        self._append = append
        self._on_failed = on_failed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._work: SimpleQueue[Generation | None] = SimpleQueue()
        self._gathering = Generation(1, [], [])
        self._under_way: Generation | None = None
        self._begins = False
        self.durable = 0  # the last generation that ended, durable or failed

    @property
    def gathering(self) -> int:
        """The number of the generation that the next row goes into."""
        return self._gathering.number

    @property
    def waiting(self) -> int:
        """Requests that are not durable yet."""
        under_way = len(self._under_way.requests) if self._under_way is not None else 0
        return len(self._gathering.requests) + under_way

    def check_room(self) -> None:
        """Raises Busy."""
        gathering = self._gathering
        if len(gathering.told) >= MAX_WAITING or gathering.size >= MAX_WAITING_BYTES:
            raise Busy

    def add(self, request: Waiting, tell: Tell) -> None:
        """Into the generation that gathers now."""
        loop = self._loop or self._start()
        gathering = self._gathering
        gathering.requests.append(request)
        gathering.told.append(tell)
        gathering.size += len(request.row.body)
        if self._under_way is None and not self._begins:
            # One turn of the loop later, so that what arrived together is committed together.
            self._begins = True
            loop.call_soon(self._begin)

    def wait_for(self, generation: int, tell: Tell) -> bool:
        """Have that generation's end told as to a row in it; False when it has ended, and nothing is told."""
        if generation <= self.durable:
            return False
        under_way = self._under_way
        joined = under_way if under_way is not None and under_way.number == generation else self._gathering
        joined.told.append(tell)
        return True

    async def close(self) -> None:
        """End what was begun, then stop the thread. Nothing may be added any more."""
        while self._under_way is not None or self._begins:
            ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            (self._under_way or self._gathering).told.append(ended.set_result)
            await ended
        if self._thread is not None:
            self._work.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _start(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._commit_all, name="inbox", daemon=True)
        self._thread.start()
        return self._loop

    def _begin(self) -> None:
        self._begins = False
        begun = self._gathering
        self._under_way = begun
        self._gathering = Generation(begun.number + 1, [], [])
        self._work.put(begun)

    def _commit_all(self) -> None:
        assert self._loop is not None
        while (generation := self._work.get()) is not None:
            stored = self._commit(generation)
            try:
                self._loop.call_soon_threadsafe(self._ended, generation, stored)
            except RuntimeError:  # the event loop is gone, and with it whoever waited
                return

    def _commit(self, generation: Generation) -> bool:
        try:
            self._append([request.row for request in generation.requests])
        except (
            Exception
        ):  # the loop's edge: whatever the store raised, these are answered 503 and the next are tried
            log.exception("inbox_append_failed", requests=len(generation.requests))
            return False
        return True

    def _ended(self, generation: Generation, stored: bool) -> None:
        self._under_way = None
        self.durable = generation.number
        if self._gathering.told:
            self._begin()
        try:
            if not stored:
                self._on_failed(generation.number, generation.requests)
        finally:
            for tell in generation.told:
                try:
                    tell(stored)
                except Exception:  # one sender's connection must not keep the others from their answers
                    log.exception("answer_failed")
