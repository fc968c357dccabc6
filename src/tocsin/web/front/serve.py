"""`python -m tocsin.web.front.serve LINK LISTENING BELL`: the front process, put together. The three are descriptors.

It ends when told to (SIGTERM), having answered what it began, or at once when the machine process is gone: what it has
answered is on disk.
"""

import tocsin.web.lean  # noqa: F401  before anything else is imported

# isort: split
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic_ns

import structlog
import uvloop

from tocsin.core.detect.signal import InboxRow, Renewal
from tocsin.engine.bell import ring
from tocsin.engine.store.open import open_inbox
from tocsin.engine.store.protocol import Inbox, StoreUnavailable
from tocsin.ingest.accept import Accept
from tocsin.ingest.asgi import IngestApp
from tocsin.ingest.keyring import Keyring
from tocsin.ingest.lane import Lane, Paths, Standstill, close_overdue
from tocsin.web import listening
from tocsin.web.front.app import FrontApp
from tocsin.web.front.counting import Counting
from tocsin.web.front.link import Link
from tocsin.web.front.whence import trusted_proxies
from tocsin.web.front.words import (
    DropRequests,
    Forget,
    Keys,
    Quarantined,
    Ready,
    Renewed,
    Standing,
    ToFront,
)
from tocsin.web.pass_on import MACHINE_SOCKET, PEOPLE_SOCKET, PassOn
from tocsin.web.server_logs import configure_logging
from tocsin.web.tuning import tune

log = structlog.get_logger()

COUNT_EVERY = 0.5  # seconds
LOOK_EVERY = 1.0
TICK_EVERY = 0.5
TIDY_EVERY = 0.2
AT_ONCE = 64 * 1024  # bytes that a file takes at once; a database is a network away
DROPPED_AT_ONCE = 5_000  # rows in one transaction, so that the writer is never held long


class Front:
    """`inbox` rings whoever decides; `at_once`: bytes that it takes without a thread."""

    def __init__(self, link: Link[ToFront], inbox: Inbox, at_once: int, data: Path) -> None:
        self.link = link
        self.inbox = inbox
        self.counting = Counting()
        self._clock = 0
        self._dropping: asyncio.Task[None] | None = None
        self._introduced = asyncio.Event()
        self.accept = Accept(
            inbox.append,
            now=self._now,
            counters=self.counting,
            on_renewed=self._renewed,
            on_quarantined=self._quarantined,
            at_once=at_once,
        )
        self.ingest = IngestApp(self.accept)
        trusted = trusted_proxies(os.environ)
        self.neighbours = (
            PassOn(data / MACHINE_SOCKET, trusted=trusted),
            PassOn(data / PEOPLE_SOCKET, for_people=True, trusted=trusted),
        )
        self.app = FrontApp(self.ingest, *self.neighbours, self._count)

    def _now(self) -> int:
        return monotonic_ns() // 1000 + self._clock

    def _renewed(self, renewal: Renewal) -> None:
        if not self.link.send(Renewed(renewal)):  # nobody heard it: the next copy goes through the inbox
            self.accept.forget(renewal.integration, renewal.signals)

    def _quarantined(self, row: InboxRow, error: str) -> None:
        self.link.send(Quarantined(row, error))

    def _count(self) -> None:
        counted = self.counting.since_last()
        if counted is not None:
            self.link.send(counted)

    def hear(self, message: ToFront) -> None:
        if isinstance(message, Keys):
            self.accept.keyring = Keyring(message.credentials)
            self._introduced.set()  # they come last
        elif isinstance(message, Standing):
            self._clock = message.clock
            self.accept.memory.owner = message.owner
            self.accept.memory.alone = message.alone
        elif isinstance(message, Forget):
            self.accept.forget(message.integration, message.signals)
        elif isinstance(message, DropRequests) and (self._dropping is None or self._dropping.done()):
            self._dropping = asyncio.create_task(self._drop(message))

    async def _drop(self, old: DropRequests) -> None:
        drop = partial(self.inbox.drop_before, old.received_at, old.cursor, DROPPED_AT_ONCE)
        try:
            went = await asyncio.to_thread(drop)
            while went == DROPPED_AT_ONCE:
                await asyncio.sleep(TIDY_EVERY)
                went = await asyncio.to_thread(drop)
        except StoreUnavailable as error:
            log.warning("old requests could not be dropped now", error=str(error))
            self.counting.loop_failures["front"] += 1

    async def every(self, seconds: float, work: Callable[[], None], in_thread: bool = False) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await asyncio.to_thread(work) if in_thread else work()
            except Exception:  # the loop's edge: upkeep never ends accepting
                log.exception("upkeep failed; it goes on")
                self.counting.loop_failures["front"] += 1

    async def run(self, port: socket.socket) -> None:
        machine = asyncio.create_task(self._follow_the_machine())
        await self._introduced.wait()
        loop = asyncio.get_running_loop()
        standstill = Standstill(loop.time())
        server = listening.make_server(self.app, http=partial(Lane, Paths(self.ingest), standstill))
        loop.add_signal_handler(signal.SIGTERM, lambda: setattr(server, "should_exit", True))
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # the machine process says when
        serving = asyncio.create_task(listening.serve(server, [port]))
        upkeep = [
            asyncio.create_task(self.every(COUNT_EVERY, self._count)),
            asyncio.create_task(self.every(TICK_EVERY, lambda: standstill.tick(loop.time()))),
            asyncio.create_task(
                self.every(LOOK_EVERY, lambda: close_overdue(server.server_state.connections, loop.time()))
            ),
            asyncio.create_task(self.every(TIDY_EVERY, self.inbox.tidy, in_thread=True)),
        ]
        await listening.until(lambda: server.started, [serving])
        self.link.send(Ready())
        await serving
        await self.accept.close()
        self._count()
        for task in (machine, *upkeep):
            task.cancel()
        for neighbour in self.neighbours:
            await neighbour.stop()

    async def _follow_the_machine(self) -> None:
        async for message in self.link.messages():
            self.hear(message)
        os._exit(1)  # nobody is left to decide anything


async def serve(link: int, listening_on: int, bell: int) -> None:
    data, database_url = Path(os.environ["TOCSIN_DATA"]), os.environ.get("TOCSIN_DATABASE_URL")
    inbox = open_inbox(data, database_url, on_wake=lambda topics: ring(bell))
    inbox.tidy()
    try:
        end = await Link[ToFront].over(socket.socket(fileno=link), ToFront)
        await Front(end, inbox, 0 if database_url else AT_ONCE, data).run(socket.socket(fileno=listening_on))
    finally:
        inbox.close()


def main(arguments: Sequence[str]) -> None:
    tune()
    configure_logging(sys.stderr.isatty())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(*map(int, arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
