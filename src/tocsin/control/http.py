"""The doors over HTTP: POST /api/v1/requests with one tagged request as JSON.

From outside with a bearer token, which says who may what; over the data directory's socket without one, because the file
system already decided who may. Errors are {"code", "message", "field"} with a 4xx.
"""

import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from tocsin.control.actor import Actor
from tocsin.control.authority import authorise
from tocsin.control.callers import LONGEST, Caller
from tocsin.control.limits import Limit, Rate
from tocsin.control.requests import Refused, Request
from tocsin.core.configuration import Configuration
from tocsin.core.roles import EVERYTHING

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
SendMessage = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Perform = Callable[[Request, Actor], Awaitable[object]]
Identify = Callable[[str, str], Awaitable[Caller | None]]  # token, address

PATH = "/api/v1/requests"
COMMAND_LINE = "cli"  # as the door it comes through; it says none on the socket
MAX_BODY = 8 * 1024 * 1024
_STATUS = {"invalid": 400, "forbidden": 403, "not_found": 404, "conflict": 409}
_DECODER = msgspec.json.Decoder(Request)
_ENCODER = msgspec.json.Encoder()


WRONG_TOKENS = Rate(burst=20, every=3.0)


class TooMany(Exception):
    """The address has to wait for so many seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


class Door:
    """Bare ASGI, for whoever may open its socket: the actor is whom `x-tocsin-actor` names. The command line there is the
    operator's; the people process says for each request whether it is."""

    def __init__(self, perform: Perform) -> None:
        self._perform = perform

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        try:
            caller = await self._caller(dict(scope["headers"]))
            if scope["path"] != PATH:
                raise Refused("not_found", f"expected POST {PATH}")
            if scope["method"] != "POST":
                await _answer(send, 405, {"code": "invalid", "message": "expected POST", "field": ""})
                return
            request = _decode(await _body(receive))
            self._admit(request, caller)
            await _answer(send, 200, await self._perform(request, caller.actor))
        except TooMany as many:
            said = {"code": "too_many", "message": "too many wrong tokens from this address", "field": ""}
            await _answer(send, 429, said, retry_after=math.ceil(many.wait))
        except Refused as refused:
            status = 401 if refused.code == "unauthorised" else _STATUS.get(refused.code, 400)
            await _answer(
                send, status, {"code": refused.code, "message": refused.message, "field": refused.field}
            )

    async def _caller(self, headers: dict[bytes, bytes]) -> Caller:
        name = headers.get(b"x-tocsin-actor", b"").decode("utf-8", "replace") or "local"
        via = headers.get(b"x-tocsin-via", b"").decode("ascii", "replace") or COMMAND_LINE
        address = headers.get(b"x-tocsin-address", b"").decode("ascii", "replace")
        operator = via == COMMAND_LINE or headers.get(b"x-tocsin-operator") == b"yes"
        return Caller(Actor(name[:200], via[:20], address[:64], operator), EVERYTHING)

    def _admit(self, request: Request, caller: Caller) -> None:
        """Who opened the socket was let in by the file system, and asks for people it has judged itself."""


class PublicDoor(Door):
    """For everybody with a token. Wrong ones are limited by address; right ones never are."""

    def __init__(
        self,
        perform: Perform,
        identify: Identify,
        facts: Callable[[], Configuration],
        wrong: Limit | None = None,
    ) -> None:
        super().__init__(perform)
        self._identify, self._facts = identify, facts
        self._wrong = wrong if wrong is not None else Limit(WRONG_TOKENS)

    async def _caller(self, headers: dict[bytes, bytes]) -> Caller:
        address = headers.get(b"x-forwarded-for", b"").decode("ascii", "replace")[:64]
        given = headers.get(b"authorization", b"").decode("latin-1")
        scheme, _, token = given.partition(" ")
        token = token.strip()
        caller = None
        if scheme.lower() == "bearer" and 0 < len(token) <= LONGEST:
            caller = await self._identify(token, address)
        if caller is None:
            wait = self._wrong.take(address)
            if wait:
                raise TooMany(wait)
            expected = (
                "expected `Authorization: Bearer <token>` with TOCSIN_TOKEN or an API token that is good"
            )
            raise Refused("unauthorised", expected, "authorization")
        return caller

    def _admit(self, request: Request, caller: Caller) -> None:
        authorise(request, caller.grants, self._facts(), caller.oneself)


def _decode(body: bytes) -> Request:
    if b"\\u0000" in body or b"\0" in body:
        raise Refused("invalid", "a request may not hold NUL characters")
    try:
        request: Request = _DECODER.decode(body)
        return request
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        raise Refused("invalid", message, path.rstrip("`").removeprefix("$").lstrip(".")) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("invalid", f"expected one JSON request: {error}") from None


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused("invalid", "the body ended early")
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise Refused("invalid", f"a request may have {MAX_BODY} bytes at most")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: SendMessage, status: int, answer: object, retry_after: int = 0) -> None:
    body = _ENCODER.encode(answer)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if retry_after:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
