"""The people process as the machine process sees it: start it, find it ready, pass requests to it, stop it.

It is a child on a Unix socket (granian serving Django's WSGI), apart because one busy Python thread starves another. It
exits when its parent does.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import structlog
from yarl import URL

from tocsin.control.http import Receive, Scope, SendMessage

log = structlog.get_logger()
_HOP = {
    b"connection",
    b"keep-alive",
    b"te",
    b"trailers",
    b"transfer-encoding",
    b"upgrade",
    b"proxy-connection",
}
RESTART_AFTER = 1.0


class PeopleProcess:
    """Keeps the child alive; a crashed one is started again. Its address is `socket`."""

    def __init__(self, socket: Path, environment: dict[str, str]) -> None:
        self.socket = socket
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            self.socket.unlink(missing_ok=True)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tocsin.web.serve_people",
                str(self.socket),
                env={**os.environ, **self._environment, "TOCSIN_PARENT_PID": str(os.getpid())},
                stdin=asyncio.subprocess.DEVNULL,
            )
            code = await self._process.wait()
            log.error("the people process ended; starting it again", code=code)
            await asyncio.sleep(RESTART_AFTER)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()
        self.socket.unlink(missing_ok=True)


class PassOn:
    """Bare ASGI that passes a request to the people process and streams its answer back."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._http: aiohttp.ClientSession | None = None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(path=str(self._socket), limit=64),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=60),
            )
        return self._http

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        target = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"]
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
            if name not in _HOP and not name.startswith(b"x-forwarded-")
        ]
        client = scope.get("client")
        headers.append(("x-forwarded-for", client[0] if client else ""))
        headers.append(("x-forwarded-proto", scope.get("scheme", "http")))
        started = False
        try:
            body = None if scope["method"] in ("GET", "HEAD") else _stream(receive)
            async with self._session().request(
                scope["method"],
                URL("http://people" + target, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
            ) as answer:
                raw = [(k.lower(), v) for k, v in answer.raw_headers if k.lower() not in _HOP]
                await send({"type": "http.response.start", "status": answer.status, "headers": raw})
                started = True
                async for chunk in answer.content.iter_any():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("the people process did not answer", error=str(error))
            if not started:
                await _starting(send)

    async def stop(self) -> None:
        if self._http is not None:
            await self._http.close()


async def _stream(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


async def _starting(send: SendMessage) -> None:
    body = (
        b"<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=2><title>Tocsin</title>"
        b"<p>Tocsin's pages are starting; this one reloads by itself. Alerts and pages are not affected."
    )
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"retry-after", b"2")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
