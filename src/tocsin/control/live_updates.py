"""Live pages: server-sent events that say what changed, behind a short-lived signed token.

The people process signs a token into the page it renders; the machine process verifies it and streams. An event carries
only a topic; the page then asks for its own fragment, so nothing is shown here that the reader may not see.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tocsin.control.http import Receive, Scope, SendMessage
from tocsin.core.instants import micros

PATH = "/live"
VALID = timedelta(hours=12)
PING_EVERY = 20.0  # keeps proxies from closing an idle stream
ALL_INCIDENTS = "incidents"  # anything about any incident


class _Claims(msgspec.Struct, frozen=True):
    topics: tuple[str, ...]
    until: int


def sign(secret: bytes, topics: tuple[str, ...], now: datetime) -> str:
    """A token that admits to these topics (`incidents`, `incident:<id>`, `configuration`, `oncall`) for `VALID`."""
    claims = msgspec.json.encode(_Claims(topics, micros(now + VALID)))
    return f"{_text(claims)}.{_text(_mac(secret, claims))}"


def verify(secret: bytes, token: str, now: datetime) -> tuple[str, ...] | None:
    """The topics a token admits to; None when it is forged, broken or expired."""
    payload, _, mac = token.partition(".")
    try:
        claims = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        given = base64.urlsafe_b64decode(mac + "=" * (-len(mac) % 4))
        if not hmac.compare_digest(given, _mac(secret, claims)):
            return None
        decoded = msgspec.json.decode(claims, type=_Claims)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return decoded.topics if decoded.until > micros(now) else None


def _mac(secret: bytes, claims: bytes) -> bytes:
    return hmac.digest(secret, b"live\0" + claims, hashlib.sha256)[:16]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Hub:
    """Hands topics to the streams that asked for them. Lives on the event loop."""

    def __init__(self) -> None:
        self._streams: dict[asyncio.Event, tuple[frozenset[str], set[str]]] = {}

    def publish(self, topics: Iterable[str]) -> None:
        said = set(topics)
        if any(topic.startswith("incident:") for topic in said):
            said.add(ALL_INCIDENTS)
        for event, (wanted, pending) in self._streams.items():
            news = wanted & said
            if news:
                pending.update(news)
                event.set()

    def join(self, topics: Iterable[str]) -> tuple[asyncio.Event, set[str]]:
        event, pending = asyncio.Event(), set[str]()
        self._streams[event] = (frozenset(topics), pending)
        return event, pending

    def leave(self, event: asyncio.Event) -> None:
        self._streams.pop(event, None)

    @property
    def listeners(self) -> int:
        return len(self._streams)


class LiveUpdates:
    """Bare ASGI for GET /live?token=..."""

    def __init__(self, hub: Hub, secret: bytes, now: Callable[[], datetime]) -> None:
        self._hub = hub
        self._secret = secret
        self._now = now
        self.closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        topics = verify(self._secret, token, self._now())
        if topics is None:
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send(
                {"type": "http.response.body", "body": b"This live link has expired; reload the page.\n"}
            )
            return
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        event, pending = self._hub.join(topics)
        gone = asyncio.create_task(_disconnected(receive))
        closing = asyncio.create_task(self.closing.wait())
        try:
            await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
            while not gone.done() and not closing.done():
                await _first(event, gone, closing)
                said = sorted(pending) or None
                pending.clear()
                event.clear()
                if said is None:
                    body = b": still here\n\n"
                else:
                    body = b"".join(b"event: changed\ndata: %s\n\n" % topic.encode() for topic in said)
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._hub.leave(event)
            gone.cancel()
            closing.cancel()


async def _first(event: asyncio.Event, *others: "asyncio.Task[Any]") -> None:
    waiter = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({waiter, *others}, timeout=PING_EVERY, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
