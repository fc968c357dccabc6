"""Links that are their own proof: whoever tries wrong ones is slowed down by address; a right one always works.

Nobody guesses a signature; what is limited is how much work and how many lines of logs guessing makes.
"""

import math
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

from tocsin.control.http import Receive, Scope, SendMessage
from tocsin.control.limits import Limit, Rate

WRONG = Rate(burst=30, every=2.0)
_asked_from: ContextVar[str] = ContextVar("asked_from", default="")
_SAID = b"Too many wrong links from this address; try again later.\n"


def asked_from() -> str:
    """The address of whoever follows the link under way."""
    return _asked_from.get()


class WrongLinks:
    """Bare ASGI around `app`: an answer of 404 is a wrong try."""

    def __init__(self, app: Any, limit: Limit | None = None) -> None:
        self._app = app
        self._limit = limit if limit is not None else Limit(WRONG)

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        refused, address = False, _address(scope)
        _asked_from.set(address)

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 404:
                wait = self._limit.take(address)
                if wait:
                    refused = True
                    await _too_many(send, wait)
            if not refused:
                await send(message)

        await self._app(scope, receive, watched)


def _address(scope: Scope) -> str:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return headers.get(b"x-forwarded-for", b"").decode("latin-1")[:64]


async def _too_many(send: SendMessage, wait: float) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(_SAID)).encode()),
        (b"retry-after", str(math.ceil(wait)).encode()),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": _SAID})
