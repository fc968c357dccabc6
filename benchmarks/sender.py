"""Senders in Python, run in processes of their own: at a given pace whatever the answers do, or as fast as answers come."""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import cast

import httptools
import msgspec
import uvloop

from benchmarks import alerts
from benchmarks.load import BrokenRun
from benchmarks.servers import Server

PATIENCE = 120.0  # seconds for the last answers


class Target(msgspec.Struct, frozen=True):
    port: int
    path: str

    def request(self, body: bytes) -> bytes:
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def target(server: Server) -> Target:
    return Target(server.port, server.path)


class Sent(msgspec.Struct, frozen=True):
    """Seconds of the machine's monotonic clock: when the first request left, and each answer's delay from when its request
    was due to leave."""

    began_at: float
    ended_at: float
    delays: list[float]


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(0)

    async def send(self, request: bytes) -> None:
        """Raises BrokenRun unless the answer is 2xx."""
        if self._transport is None:
            raise BrokenRun("the server closed a connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        status = await self._answer
        if status // 100 != 2:
            raise BrokenRun(
                f"a request was answered {status}" if status else "a connection broke in mid-request"
            )


async def _connections(target: Target, count: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(_Connection, "127.0.0.1", target.port) for _ in range(count)]
    return [protocol for _, protocol in pairs]


# --- as fast as answers come -----------------------------------------------------------------------------------------


def flood(target: Target, bodies: Sequence[bytes], connections: int) -> Sent:
    gc.disable()
    return uvloop.run(_flood(target, bodies, connections))


async def _flood(target: Target, bodies: Iterable[bytes], connections: int) -> Sent:
    waiting = deque(target.request(body) for body in bodies)
    delays: list[float] = []

    async def send(connection: _Connection) -> None:
        while waiting:
            request = waiting.popleft()
            left_at = time.perf_counter()
            await connection.send(request)
            delays.append(time.perf_counter() - left_at)

    opened = await _connections(target, connections)
    began_at = time.perf_counter()
    await asyncio.gather(*map(send, opened))
    return Sent(began_at, time.perf_counter(), delays)


def flood_fleet(
    target: Target, fleet: alerts.Fleet, count: int, batch: int = 64, connections: int = 16
) -> Sent:
    return flood(target, list(alerts.bodies(fleet, count, batch)), connections)


def flood_outages(
    target: Target, tag: str, count: int, groups: int, desks: int, batch: int = 64, connections: int = 16
) -> Sent:
    return flood(target, list(alerts.bodies(alerts.outages(tag, groups, desks), count, batch)), connections)


# --- at a given pace, whatever the answers do ------------------------------------------------------------------------


def pace_fleet(
    target: Target,
    fleet: alerts.Fleet,
    per_second: float,
    seconds: float,
    batch: int = 64,
    connections: int = 64,
) -> Sent:
    """`per_second` alerts. A request that finds every connection busy waits, and its wait counts."""
    gc.disable()
    make = partial(alerts.body, fleet)
    requests = int(per_second * seconds / batch)
    return uvloop.run(
        _pace(target, lambda n: make(n * batch, batch), requests, per_second / batch, connections)
    )[0]


def pace_outages(
    target: Target, tag: str, count: int, per_second: float, desks: int, connections: int = 64
) -> tuple[Sent, dict[str, float]]:
    """One alert a request, each its own group; also when each left, by its name."""
    gc.disable()
    alert = alerts.outages(tag, count, desks)
    sent, left_at = uvloop.run(
        _pace(target, lambda n: alerts.body(alert, n, 1), count, per_second, connections)
    )
    return sent, {f"{tag}-{number}": at for number, at in enumerate(left_at)}


async def _pace(
    target: Target, body: Callable[[int], bytes], requests: int, per_second: float, connections: int
) -> tuple[Sent, list[float]]:
    free = deque(await _connections(target, connections))
    waiting: deque[tuple[float, bytes]] = deque()
    delays: list[float] = []
    left_at: list[float] = []
    failures: list[BrokenRun] = []
    under_way: set[asyncio.Task[None]] = set()

    async def send(connection: _Connection, due_at: float, request: bytes) -> None:
        try:
            while True:
                await connection.send(request)
                delays.append(time.perf_counter() - due_at)
                if not waiting:
                    break
                due_at, request = waiting.popleft()
        except BrokenRun as broken:
            failures.append(broken)
        free.append(connection)

    began_at = time.perf_counter() + 0.01
    for number in range(requests):
        request = target.request(body(number))
        due_at = began_at + number / per_second
        pause = due_at - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        due_at = min(due_at, time.perf_counter())  # the loop's timer may be half a millisecond early
        left_at.append(due_at)
        if free:
            task = asyncio.create_task(send(free.popleft(), due_at, request))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        else:
            waiting.append((due_at, request))
        if failures:
            raise failures[0]
    async with asyncio.timeout(PATIENCE):
        while under_way:
            await asyncio.wait(under_way)
    if failures:
        raise failures[0]
    return Sent(began_at, time.perf_counter(), delays), left_at
