"""`python -m benchmarks.sink PORT`: takes every page and webhook, and notes when its first byte came.

A process of its own for the whole run. Times are the machine's monotonic clock, which all processes share. GET /arrivals
answers {alert name: seconds} of the first request about each since the last DELETE /arrivals.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httptools
import msgspec
import uvloop

from benchmarks.processes import get, running, wait_until

ARRIVALS = b"/arrivals"


class _Incident(msgspec.Struct):
    labels: dict[str, str] = {}


class _Hook(msgspec.Struct):
    """What Tocsin's pages and Alertmanager's webhooks say of what they are about."""

    incidents: list[_Incident] = []
    groupLabels: dict[str, str] = {}


_hook = msgspec.json.Decoder(_Hook).decode


class _Request(asyncio.Protocol):
    def __init__(self, arrivals: dict[str, float]) -> None:
        self._arrivals = arrivals
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._path = b""
        self._at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        self._now = time.perf_counter()
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._at = self._now
        self._body = []

    def on_url(self, url: bytes) -> None:
        self._path = url

    def on_body(self, piece: bytes) -> None:
        self._body.append(piece)

    def on_message_complete(self) -> None:
        said = b"{}"
        if self._path != ARRIVALS:
            hook = _hook(b"".join(self._body))
            for labels in (*(incident.labels for incident in hook.incidents), hook.groupLabels):
                self._arrivals.setdefault(labels.get("alertname", ""), self._at)
        elif self._parser.get_method() == b"DELETE":
            self._arrivals.clear()
        else:
            said = msgspec.json.encode(self._arrivals)
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(said), said)
        )


async def _serve(port: int) -> None:
    arrivals: dict[str, float] = {}
    server = await asyncio.get_running_loop().create_server(lambda: _Request(arrivals), "127.0.0.1", port)
    await server.serve_forever()


class Sink:
    """The parent's view of it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def forget(self) -> None:
        get(self.port, "/arrivals", "DELETE")

    def arrivals(self) -> dict[str, float]:
        return msgspec.json.decode(get(self.port, "/arrivals")[1], type=dict[str, float])

    def wait_for(self, names: set[str], patience: float) -> dict[str, float]:
        """When each was heard of first; those not within `patience` seconds are missing."""
        deadline = time.monotonic() + patience
        while True:
            seen = self.arrivals()
            heard = {name: seen[name] for name in names if name in seen}
            if len(heard) == len(names) or time.monotonic() > deadline:
                return heard
            time.sleep(0.2)


@contextlib.contextmanager
def sink(port: int, directory: Path) -> Iterator[Sink]:
    log = directory / "sink.log"
    with running((sys.executable, "-m", "benchmarks.sink", str(port)), {}, log) as process:
        wait_until(lambda: get(port, "/arrivals")[0] == 200, process, log)
        yield Sink(port)


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
