"""Passing a request on to a neighbouring process over its Unix socket, and its answer back as it comes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import structlog
from yarl import URL

from tocsin.control.http import Receive, Scope, SendMessage
from tocsin.web.front.whence import Networks, whence

log = structlog.get_logger()

MACHINE_SOCKET = "machine.sock"
PEOPLE_SOCKET = "people.sock"
KEPT_AT_MOST = 3.0  # seconds; less than any neighbour's, lest it hangs up just when the next request leaves
QUIET_AT_MOST = 60.0  # seconds without a byte; live streams say something every 20
_HOP = frozenset(
    b"connection keep-alive te trailer transfer-encoding upgrade proxy-connection proxy-authorization expect".split()
)
# Where a request came from is what this process saw, and who acts is what its neighbours find out themselves.
_CLAIMS = frozenset(
    (
        b"forwarded",
        b"x-real-ip",
        b"x-tocsin-actor",
        b"x-tocsin-via",
        b"x-tocsin-address",
        b"x-tocsin-operator",
    )
)
_NOT_ADDED = (
    "Accept",
    "Accept-Encoding",
    "User-Agent",
)  # what a reader did not ask for is not asked for here
_STARTING = (b"text/plain; charset=utf-8", b"starting\n")
_PAGES_START = (
    b"text/html; charset=utf-8",
    b"<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    b"<meta http-equiv=refresh content=2><title>Tocsin</title>"
    b"<p>Tocsin's pages are starting; this one reloads by itself. Alerts and pages are not affected.",
)


class PassOn:
    """Bare ASGI that passes a request to the neighbour on `socket` and streams its answer back. `trusted` proxies may say
    for whom they ask."""

    def __init__(self, socket: Path, for_people: bool = False, trusted: Networks = ()) -> None:
        self._socket = socket
        self._trusted = trusted
        self._not_there = _PAGES_START if for_people else _STARTING
        self._http: aiohttp.ClientSession | None = None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(
                    path=str(self._socket), limit=0, keepalive_timeout=KEPT_AT_MOST
                ),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=QUIET_AT_MOST),
            )
        return self._http

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        target = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"]
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        has_body = _has_body(scope["headers"])
        headers = _passed_on(scope["headers"], has_body)
        client = scope.get("client")
        address, scheme = whence(
            client[0] if client else "", scope.get("scheme", "http"), scope["headers"], self._trusted
        )
        headers.append(("x-forwarded-for", address))
        headers.append(("x-forwarded-proto", scheme))
        started = False
        try:
            async with self._session().request(
                scope["method"],
                URL("http://neighbour" + target, encoded=True),
                headers=headers,
                data=_stream(receive) if has_body else None,
                skip_auto_headers=_NOT_ADDED,
                allow_redirects=False,
            ) as answer:
                raw = [(k.lower(), v) for k, v in answer.raw_headers if k.lower() not in _HOP]
                await send({"type": "http.response.start", "status": answer.status, "headers": raw})
                started = True
                await _stream_back(answer, None if has_body else receive, send)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("a neighbour did not answer", socket=self._socket.name, error=str(error))
            if not started:
                await _say(send, *self._not_there)

    async def stop(self) -> None:
        if self._http is not None:
            await self._http.close()


def _has_body(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """As HTTP frames it, whatever the method: a length that is passed on without its bytes would take them from the next
    request on that connection."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )


def _passed_on(headers: Sequence[tuple[bytes, bytes]], has_body: bool) -> list[tuple[str, str]]:
    """Without what is between this process and its neighbour only, and without what claims where a request came from."""
    named = {
        name.strip().lower() for key, value in headers if key == b"connection" for name in value.split(b",")
    }
    left_out = _HOP | _CLAIMS | named | (set() if has_body else {b"content-length"})
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers
        if name not in left_out and not name.startswith(b"x-forwarded-")
    ]


async def _stream(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise aiohttp.ClientConnectionError("the reader went away in the middle of the body")
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


async def _stream_back(answer: aiohttp.ClientResponse, receive: Receive | None, send: SendMessage) -> None:
    """Until its end, or until the reader is gone: a live page's stream has no end of its own."""
    gone = asyncio.create_task(_gone(receive)) if receive is not None and _endless(answer) else None
    if gone is not None:
        gone.add_done_callback(lambda _: answer.close())
    try:
        async for chunk in answer.content.iter_any():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except aiohttp.ClientError:
        if gone is None or not gone.done():
            raise
    finally:
        if gone is not None:
            gone.cancel()


def _endless(answer: aiohttp.ClientResponse) -> bool:
    return answer.content_type == "text/event-stream"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: SendMessage, kind: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"2"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
