"""The people process as the machine process sees it: start it, find it ready, pass requests to it, stop it.

It is a child on a Unix socket (granian serving Django's WSGI), apart because one busy Python thread starves another. It
exits when its parent does.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import structlog
from yarl import URL

from tocsin.control.http import Receive, Scope, SendMessage

log = structlog.get_logger()
_HOP = frozenset(
    b"connection keep-alive te trailer transfer-encoding upgrade proxy-connection proxy-authorization expect".split()
)
_CLAIMS = frozenset((b"forwarded", b"x-real-ip"))  # where a request came from is what this process saw
_NOT_ADDED = (
    "Accept",
    "Accept-Encoding",
    "User-Agent",
)  # what a reader did not ask for is not asked for here
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
            try:
                code = await self._live_once()
                log.error("the people process ended; starting it again", code=code)
            except OSError as error:  # no memory or no process left for it now
                log.error("the people process cannot be started; trying again", error=str(error))
            await asyncio.sleep(RESTART_AFTER)

    async def _live_once(self) -> int:
        self.socket.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tocsin.web.serve_people",
            str(self.socket),
            env={**os.environ, **self._environment, "TOCSIN_PARENT_PID": str(os.getpid())},
            stdin=asyncio.subprocess.DEVNULL,
        )
        return await self._process.wait()

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
        has_body = _has_body(scope["headers"])
        headers = _passed_on(scope["headers"], has_body)
        client = scope.get("client")
        headers.append(("x-forwarded-for", client[0] if client else ""))
        headers.append(("x-forwarded-proto", scope.get("scheme", "http")))
        started = False
        try:
            async with self._session().request(
                scope["method"],
                URL("http://people" + target, encoded=True),
                headers=headers,
                data=_stream(receive) if has_body else None,
                skip_auto_headers=_NOT_ADDED,
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


async def _starting(send: SendMessage) -> None:
    body = (
        b"<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=2><title>Tocsin</title>"
        b"<p>Tocsin's pages are starting; this one reloads by itself. Alerts and pages are not affected."
    )
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"retry-after", b"2")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
