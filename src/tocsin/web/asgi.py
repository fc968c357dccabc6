"""The machine process's one ASGI application: hands each request that the front process passed on to its room."""

from collections.abc import Callable, Coroutine
from typing import Any

from tocsin.control import http, live_updates
from tocsin.control.http import Receive, Scope, SendMessage
from tocsin.control.live_updates import LiveUpdates

App = Callable[[Scope, Receive, SendMessage], Coroutine[Any, Any, None]]


class MachineApp:
    """`ready` says "" when this node serves, else why not; `metrics` renders the metrics page."""

    def __init__(
        self,
        door: http.Door,
        live: LiveUpdates,
        replies: App,
        ready: Callable[[], str],
        metrics: Callable[[], Coroutine[Any, Any, bytes]],
    ) -> None:
        self._door = door
        self._live = live
        self._replies = replies
        self._ready = ready
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.startswith("/r/"):
            await self._replies(scope, receive, send)
        elif path == live_updates.PATH:
            await self._live(scope, receive, send)
        elif path == http.PATH:
            await self._door(scope, receive, send)
        elif path == "/-/healthy":
            await _text(send, 200, b"OK\n")
        elif path == "/-/ready":
            why_not = self._ready()
            await _text(send, 503 if why_not else 200, f"{why_not or 'OK'}\n".encode())
        elif path == "/metrics":
            await _text(send, 200, await self._metrics(), b"text/plain; version=0.0.4; charset=utf-8")
        else:
            await _text(send, 404, b"not here\n")


async def _text(
    send: SendMessage, status: int, body: bytes, kind: bytes = b"text/plain; charset=utf-8"
) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
