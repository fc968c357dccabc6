"""The ASGI callable for machines: finds the door, checks the key, reads the body within bounds, answers.

No framework, no pattern matching, no task per request. It never answers 500 for what a sender did.
"""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

import msgspec

from tocsin.core.detect.signal import Unreadable
from tocsin.ingest.accept import Accept
from tocsin.ingest.committer import Busy
from tocsin.ingest.registry import discover
from tocsin.ingest.source import Answer, Door, KeyPlace, Source, text

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_TIMEOUT = 30.0  # seconds for the rest of a body that does not come at once
MAX_UNREAD = 256 * 1024 * 1024  # bytes of half-read bodies, over all connections

MAX_DIGITS = 18  # of a content length; Python would not even read thousands of them

_NO_DOOR = text(404, "nothing listens here; the path names the kind of sender and its key")
_SLOW = text(408, "the body took too long to arrive")
_ENCODED = text(415, "content-encoding is not supported")
_BAD_LENGTH = text(400, "content-length is not a number")


class Opened(msgspec.Struct, frozen=True, gc=False):
    """A request that may come in. `integration` is None where the key stands in the body; `by_path` says that its path alone
    let it in, as far as the key goes."""

    source: Source
    integration: str | None
    by_path: bool = False


class _TooLarge(Exception):
    pass


class _Disconnected(Exception):
    pass


class IngestApp:
    """Embeddable: whoever owns the port asks `handles` and passes the rest elsewhere."""

    def __init__(self, accept: Accept, sources: Iterable[Source] | None = None) -> None:
        self.accept = accept
        self._unread = 0
        self._exact: dict[str, tuple[Source, Door]] = {}
        self._keyed: dict[str, list[tuple[str, str, Source, Door]]] = {}
        for source in discover().values() if sources is None else sources:
            for door in source.doors:
                before, keyed, after = door.path.partition("{key}")
                if keyed:
                    self._keyed.setdefault(_first_segment(before), []).append((before, after, source, door))
                else:
                    self._exact[door.path] = (source, door)
        for doors in self._keyed.values():
            doors.sort(key=lambda door: (-len(door[0]), -len(door[1])))  # the most exact one first

    def handles(self, path: str) -> bool:
        return path in self._exact or _first_segment(path) in self._keyed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        try:
            name, answer = await self._answer(scope, receive)
        except _Disconnected:
            return
        status = answer.status
        self.accept.counters.requests[name, status] += 1
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*answer.headers, (b"content-length", b"%d" % len(answer.body))],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[str, Answer]:
        """The source's name and what it answers."""
        name, opened = self.open(scope["method"], scope["path"], dict(scope["headers"]))
        if isinstance(opened, Answer):
            return name, opened
        source = opened.source
        try:
            body = await self._read(receive)
        except TimeoutError:
            return name, _SLOW
        except _TooLarge:
            return name, source.too_large(self.accept.max_body)
        except Busy:
            return name, source.busy()
        integration = self.who_sent(opened, body)
        if isinstance(integration, Answer):
            return name, integration
        return name, await self.accept.taken(source, integration, body)

    def open(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> tuple[str, Opened | Answer]:
        """Before the body: the source's name, and whether the request may come in. Names of headers are in lower case."""
        found = self._find(path)
        if found is None:
            return "", _NO_DOOR
        source, door, key = found
        name = source.name
        if method not in door.methods:
            return name, source.wrong_method(door)
        if door.says is not None:
            return name, door.says

        if source.media_type is not None:
            given = headers.get(b"content-type", b"")
            if given != source.media_type and given.partition(b";")[0].strip().lower() != source.media_type:
                return name, source.wrong_media_type(given)
        if headers.get(b"content-encoding", b"identity") != b"identity":
            return name, _ENCODED
        if door.key is KeyPlace.AUTHORIZATION:
            key = _shown(headers.get(b"authorization", b""))
        elif door.key_header is not None and key is None:
            key = headers[door.key_header].decode("latin-1") if door.key_header in headers else None

        integration: str | None = None
        if key is not None or door.key is not KeyPlace.BODY:
            integration = self.accept.keyring.find(key or "", source.opens_for)
            if integration is None:
                return name, source.bad_key()
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return name, _BAD_LENGTH
        if len(length) > MAX_DIGITS or int(length) > self.accept.max_body:
            return name, source.too_large(self.accept.max_body)
        return name, Opened(source, integration, door.key is KeyPlace.PATH)

    def who_sent(self, opened: Opened, body: bytes) -> str | Answer:
        """The integration, from the body where the key stands there."""
        if opened.integration is not None:
            return opened.integration
        source = opened.source
        try:
            integration = self.accept.keyring.find(source.key_in(body) or "", source.opens_for)
        except Unreadable as error:
            return source.malformed(error)
        return source.bad_key() if integration is None else integration

    def _find(self, path: str) -> tuple[Source, Door, str | None] | None:
        exact = self._exact.get(path)
        if exact is not None:
            return exact[0], exact[1], None
        for before, after, source, door in self._keyed.get(_first_segment(path), ()):
            if path.startswith(before) and path.endswith(after) and len(path) > len(before) + len(after):
                return source, door, path[len(before) : len(path) - len(after)]
        return None

    async def _read(self, receive: Receive) -> bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if len(body) > self.accept.max_body:
                raise _TooLarge
            return body
        async with asyncio.timeout(BODY_TIMEOUT):
            return await self._read_on(receive, body)

    async def _read_on(self, receive: Receive, body: bytes) -> bytes:
        """The rest of a body that comes in pieces."""
        pieces, size = [body], len(body)
        self._unread += size
        more = True
        try:
            while more:
                if size > self.accept.max_body:
                    raise _TooLarge
                if self._unread > MAX_UNREAD:
                    raise Busy
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Disconnected
                body = message.get("body", b"")
                pieces.append(body)
                size += len(body)
                self._unread += len(body)
                more = message.get("more_body", False)
        finally:
            self._unread -= size
        if size > self.accept.max_body:
            raise _TooLarge
        return b"".join(pieces)


def _first_segment(path: str) -> str:
    """`/in/alertmanager/x` -> `/in/`; without a second slash the whole path."""
    end = path.find("/", 1)
    return path[: end + 1] if end > 0 else path


def _shown(authorization: bytes) -> str:
    """A bearer token, or the password of basic authentication (the user when there is none); else ""."""
    scheme, _, value = authorization.partition(b" ")
    value = value.strip()
    if scheme.lower() == b"basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return password or user
    if scheme.lower() == b"bearer":
        return value.decode("utf-8", "replace")
    return ""
