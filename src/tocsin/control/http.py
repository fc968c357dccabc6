"""The doors over HTTP: POST /api/v1/requests with one tagged request as JSON.

From outside with a bearer token; over the data directory's socket without one, because the file system already decided who
may. Errors are {"code", "message", "field"} with a 4xx.
"""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from tocsin.control.actor import Actor
from tocsin.control.requests import Refused, Request

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
SendMessage = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Perform = Callable[[Request, Actor], Awaitable[object]]

PATH = "/api/v1/requests"
MAX_BODY = 8 * 1024 * 1024
_STATUS = {"invalid": 400, "forbidden": 403, "not_found": 404, "conflict": 409}
_DECODER = msgspec.json.Decoder(Request)
_ENCODER = msgspec.json.Encoder()


class Door:
    """Bare ASGI. `token` None trusts every caller (the local socket) and takes the actor's name from `x-tocsin-actor`."""

    def __init__(self, perform: Perform, token: str | None) -> None:
        self._perform = perform
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        try:
            actor = self._actor(dict(scope["headers"]))
            if scope["path"] != PATH:
                raise Refused("not_found", f"expected POST {PATH}")
            if scope["method"] != "POST":
                await _answer(send, 405, {"code": "invalid", "message": "expected POST", "field": ""})
                return
            request = _decode(await _body(receive))
            await _answer(send, 200, await self._perform(request, actor))
        except Refused as refused:
            status = 401 if refused.code == "unauthorised" else _STATUS.get(refused.code, 400)
            await _answer(
                send, status, {"code": refused.code, "message": refused.message, "field": refused.field}
            )

    def _actor(self, headers: dict[bytes, bytes]) -> Actor:
        if self._token is None:
            name = headers.get(b"x-tocsin-actor", b"").decode("utf-8", "replace") or "local"
            via = headers.get(b"x-tocsin-via", b"cli").decode("ascii", "replace")
            return Actor(name[:200], via[:20])
        given = headers.get(b"authorization", b"").decode("latin-1")
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            token.strip().encode("latin-1"), self._token.encode("utf-8")
        ):
            raise Refused("unauthorised", "expected `Authorization: Bearer <TOCSIN_TOKEN>`", "authorization")
        return Actor("token", "api")


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


async def _answer(send: SendMessage, status: int, answer: object) -> None:
    body = _ENCODER.encode(answer)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
