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

from tocsin.core.detect.signal import InboxRow, Parsed, Report

log = structlog.get_logger(__name__)

MAX_WAITING = 4096  # requests that may wait for one commit
MAX_WAITING_BYTES = 64 * 1024 * 1024


class Busy(Exception):
    """Too much waits for the disk already; this request was not taken."""


class NotStored(Exception):
    """The commit failed; whether its rows are on disk is unknown."""


class Waiting(msgspec.Struct, gc=False):
    """One request on its way to the disk; `touched` are the alerts that the memory holds as accepted with it."""

    row: InboxRow
    parsed: Parsed
    touched: Sequence[int]


class Generation(msgspec.Struct):
    number: int
    requests: list[Waiting]
    answers: list[asyncio.Future[None]]
    size: int = 0


class Committer:
    """`append` blocks until its rows are durable and returns the first id. Before any answer of a generation
    `on_durable` runs on this committer's thread, `on_failed` on the event loop."""

    def __init__(
        self,
        append: Callable[[Sequence[InboxRow]], int],
        on_durable: Callable[[list[Report]], None],
        on_failed: Callable[[int, list[Waiting]], None],
    ) -> None:
        self._append = append
        self._on_durable = on_durable
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
        if len(gathering.answers) >= MAX_WAITING or gathering.size >= MAX_WAITING_BYTES:
            raise Busy

    def add(self, request: Waiting) -> asyncio.Future[None]:
        """Into the generation that gathers now. The future ends when it is durable, or raises NotStored."""
        loop = self._loop or self._start()
        gathering = self._gathering
        answer: asyncio.Future[None] = loop.create_future()
        gathering.requests.append(request)
        gathering.answers.append(answer)
        gathering.size += len(request.row.body)
        if self._under_way is None and not self._begins:
            # One turn of the loop later, so that what arrived together is committed together.
            self._begins = True
            loop.call_soon(self._begin)
        return answer

    def wait_for(self, generation: int) -> asyncio.Future[None] | None:
        """Until that generation is durable; None when it is. The future raises NotStored as that of a row in it."""
        if generation <= self.durable:
            return None
        under_way = self._under_way
        joined = under_way if under_way is not None and under_way.number == generation else self._gathering
        answer: asyncio.Future[None] = (self._loop or self._start()).create_future()
        joined.answers.append(answer)
        return answer

    async def close(self) -> None:
        """End what was begun, then stop the thread. Nothing may be added any more."""
        while self._under_way is not None or self._begins:
            generation = self._under_way or self._gathering
            answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            generation.answers.append(answer)
            await asyncio.wait([answer])
            answer.exception()
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
            first = self._commit(generation)
            try:
                self._loop.call_soon_threadsafe(self._ended, generation, first)
            except RuntimeError:  # the event loop is gone, and with it whoever waited
                return

    def _commit(self, generation: Generation) -> int | None:
        """The first id, and the reports handed on from here: whoever decides need not wait for a turn of the event loop."""
        try:
            first = self._append([request.row for request in generation.requests])
        except (
            Exception
        ):  # the loop's edge: whatever the store raised, these are answered 503 and the next are tried
            log.exception("inbox_append_failed", requests=len(generation.requests))
            return None
        try:
            self._on_durable(_reports(generation, first))
        except Exception:  # they are in the inbox, whatever their listener makes of it
            log.exception("listener_failed", requests=len(generation.requests))
        return first

    def _ended(self, generation: Generation, first: int | None) -> None:
        self._under_way = None
        self.durable = generation.number
        if self._gathering.answers:
            self._begin()
        try:
            if first is None:
                self._on_failed(generation.number, generation.requests)
        finally:
            for answer in generation.answers:
                if answer.done():  # its request was cancelled
                    continue
                if first is None:
                    answer.set_exception(NotStored())
                else:
                    answer.set_result(None)


def _reports(generation: Generation, first: int) -> list[Report]:
    return [
        Report(first + index, request.row.integration, request.row.received_at, request.parsed)
        for index, request in enumerate(generation.requests)
    ]
