"""The short way for alerts: a whole small request on a calm connection goes from the parser straight to the accept path.

A framework's request and response objects, a task and its wake-ups cost more than accepting an alert does. Everything
else on the same port (other paths, bodies in chunks, pipelined or refused requests) takes uvicorn's ordinary way through
ASGI, with the same answers.
"""

import asyncio
import os
import socket
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tocsin.ingest.asgi import IngestApp, Opened
from tocsin.ingest.source import Answer

LONGEST = 64 * 1024  # bytes of a body; a longer one pays for the ordinary way many times over
MOST_PATHS = 10_000
STOOD_STILL = 3.0  # seconds without a tick
CAREFUL_FOR = 5.0  # seconds afterwards
COMES_WITHIN = 30.0  # seconds from the first byte of a request to the end of its head, or of a short one
RESTS_AT_MOST = 75.0  # seconds between two requests of a connection; senders send once a minute


class _Unheard:
    """In the place of the event that an ordinary request waits for."""

    def set(self) -> None:
        pass


_UNHEARD = _Unheard()


class _Taken:
    """A request on the short way; also what uvicorn asks of the request that a connection is busy with."""

    __slots__ = ("body", "disconnected", "keep_alive", "lane", "message_event", "opened", "response_complete")

    def __init__(self, lane: "Lane", opened: Opened) -> None:
        self.lane = lane
        self.opened = opened
        self.body = b""
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self.message_event = _UNHEARD

    def answer(self, answer: Answer) -> None:
        self.response_complete = True
        self.lane.answer(self, answer)


class Standstill:
    """Whether this process stood still lately (a paused host, a swapped-out one): what then lies in its sockets may be from
    senders who gave up long ago and have told another node since that it is over. `tick` wants to be called often."""

    def __init__(self, now: float) -> None:
        self._ticked_at = now
        self._until = now

    def tick(self, now: float) -> None:
        if now - self._ticked_at > STOOD_STILL:
            self._until = now + CAREFUL_FOR
        self._ticked_at = now

    def lately(self, now: float) -> bool:
        return now < self._until or now - self._ticked_at > STOOD_STILL


class Paths:
    """Paths that let somebody in lately, by the present keyring: looking a key up in constant time costs more than the
    rest of the way. Only whole right ones are here, so how long a wrong one takes tells nothing."""

    def __init__(self, ingest: IngestApp) -> None:
        self.ingest = ingest
        self._keyring = ingest.accept.keyring
        self._opened: dict[bytes, Opened] = {}

    def lately(self, url: bytes) -> Opened | None:
        if self.ingest.accept.keyring is not self._keyring:
            self._opened.clear()
            self._keyring = self.ingest.accept.keyring
        return self._opened.get(url)

    def remember(self, url: bytes, opened: Opened) -> None:
        if len(self._opened) < MOST_PATHS:
            self._opened[url] = opened


class Lane(HttpToolsProtocol):
    """uvicorn's protocol for one connection, with the short way in front."""

    def __init__(self, paths: Paths, standstill: Standstill, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._standstill = standstill
        self._paths = paths
        self._ingest = paths.ingest
        self._longest = min(LONGEST, paths.ingest.accept.max_body)
        self._coming_since: float | None = self.loop.time()  # the head of a request, or a whole short one
        self._rests_since = 0.0
        self._coming: _Taken | None = None

    def data_received(self, data: bytes) -> None:
        if self._standstill.lately(self.loop.time()) and self._hung_up():
            self.transport.abort()
        else:
            super().data_received(data)

    def _hung_up(self) -> bool:
        """Whether the sender has closed its side."""
        descriptor = self.transport.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(descriptor)) as seen:
            seen.setblocking(False)
            try:
                return not seen.recv(1, socket.MSG_PEEK)
            except BlockingIOError:  # it waits for its answer
                return False
            except OSError:
                return True

    def on_message_begin(self) -> None:
        # The scope is made where it is needed, by the ordinary way.
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        if self._coming_since is None:
            self._coming_since = self.loop.time()

    def on_headers_complete(self) -> None:
        opened = self._open()
        if opened is None:
            self._coming = self._coming_since = None
            url, expected, headers = self.url, self.expect_100_continue, self.headers
            super().on_message_begin()
            self.url, self.expect_100_continue = url, expected
            self.headers += headers  # the list that the scope has
            super().on_headers_complete()
        else:
            self._coming = self.cycle = _Taken(self, opened)  # type: ignore[assignment]

    def _open(self) -> Opened | None:
        """The way in, if this request may take the short one."""
        url, cycle = self.url, self.cycle
        if (
            (cycle is not None and not cycle.response_complete)  # answers go out in order
            or self.expect_100_continue
            or self.parser.get_method() != b"POST"
            or not self.parser.should_keep_alive()
            or b"%" in url
            or b"?" in url
        ):
            return None
        length = kind = b""
        for name, value in self.headers:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                kind = value
            elif name == b"content-encoding" or name == b"transfer-encoding":
                return None
        if not length.isdigit() or len(length) > 6 or int(length) > self._longest:
            return None
        opened = self._paths.lately(url)
        if opened is not None and opened.source.media_type in (None, kind):
            return opened
        path = url.decode("latin-1")
        if not self._ingest.handles(path):
            return None
        found = self._ingest.open("POST", path, dict(self.headers))[1]
        if not isinstance(found, Opened):
            return None
        if found.by_path:
            self._paths.remember(url, found)
        return found

    def on_body(self, body: bytes) -> None:
        if self._coming is None:
            super().on_body(body)
        else:
            self._coming.body += body

    def on_message_complete(self) -> None:
        taken = self._coming
        if taken is None:
            super().on_message_complete()
            return
        self._coming_since = None
        body, taken.body = taken.body, b""
        integration = self._ingest.who_sent(taken.opened, body)
        if isinstance(integration, Answer):
            taken.answer(integration)
        else:
            self._ingest.accept.take(taken.opened.source, integration, body, taken.answer)

    def answer(self, taken: _Taken, answer: Answer) -> None:
        self._ingest.accept.counters.requests[taken.opened.source.name, answer.status] += 1
        transport = self.transport
        if transport.is_closing():
            return
        transport.write(_on_the_wire(answer, taken.keep_alive))
        if not taken.keep_alive:
            transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """uvicorn's own sets a timer for each request; `close_overdue` looks at all connections now and then."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self._rests_since = self.loop.time()

    def overdue(self, now: float) -> bool:
        """Whether its sender dawdles in the middle of a request, or has nothing more to say."""
        if self._coming_since is not None:
            return now - self._coming_since > COMES_WITHIN
        busy = self.cycle is not None and not self.cycle.response_complete
        return not busy and now - self._rests_since > RESTS_AT_MOST


def close_overdue(connections: Iterable[asyncio.Protocol], now: float) -> None:
    for lane in list(connections):
        if isinstance(lane, Lane) and lane.overdue(now):
            lane.transport.close()


@lru_cache(maxsize=64)
def _on_the_wire(answer: Answer, keep_alive: bool) -> bytes:
    status = HTTPStatus(answer.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    lines += [name + b": " + value for name, value in answer.headers]
    lines.append(b"content-length: %d" % len(answer.body))
    if not keep_alive:
        lines.append(b"connection: close")
    return b"\r\n".join([*lines, b"", answer.body])
