"""Feeds of other houses, made by hand, and a server that gives them out."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Any]


def feed(*events: str, head: str = "") -> bytes:
    """Each event as its lines, without its beginning and end."""
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tests//EN\n{head}{body}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


ALICE_AWAY = "UID:1\nDTSTART;VALUE=DATE:20260710\nDTEND;VALUE=DATE:20260712\nSUMMARY:alice"


class Server:
    """Answers whatever `answer` says; `asked` are the requests that came."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.port = 0
        self.answer: Answer = lambda request: web.Response(body=feed(ALICE_AWAY))
        self.let_go = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/secret.ics?key=hush"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        found = self.answer(request)
        return await found if asyncio.iscoroutine(found) else found


@asynccontextmanager
async def serving() -> Any:
    server = Server()
    app = web.Application()
    app.router.add_get("/{tail:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        server.let_go.set()
        await runner.cleanup()
