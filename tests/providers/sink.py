"""A provider that speaks HTTP over a real socket, remembers what it was sent and can be told to fail.

In an asyncio test: `async with Sink() as sink`. Beside a blocking test: `with Sink().in_thread() as sink`. As a process of
its own: `python -m tests.providers.sink --port 9911 --log received.jsonl`, which appends each request as a JSON line before
it answers, and obeys `POST /-/mode {"mode": "fail", "status": 503}` (modes: restore, fail, reject, hang, late).

By itself it is a webhook: it answers 200. NtfySink and SlackSink answer as those do.
"""

import argparse
import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

LARGEST_BODY = 16 * 1024 * 1024


@dataclass
class Received:
    """One request as it arrived. `status` is what it was answered, None while it is left hanging."""

    at: float  # Unix seconds
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None = None

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.headers.get("Idempotency-Key", "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass
class Mode:
    """What happens to a request: answered with `status` (None: as the provider would) after `wait` seconds; None hangs."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    wait: float | None = 0.0


class Sink:
    def __init__(self, port: int = 0, log: str | None = None) -> None:
        self.port = port
        self.requests: list[Received] = []
        self._modes: list[tuple[str, Mode]] = []
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644) if log else None
        self._restored = asyncio.Event()
        self._runner: web.ServerRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- where it is, what it heard ----------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, name: str) -> str:
        """`http://127.0.0.1:port/name`."""
        return f"{self.url}/{name}"

    @property
    def messages(self) -> list[Received]:
        """What it took, in order of arrival."""
        return [one for one in self.requests if one.taken]

    def sent_to(self, name: str) -> list[Received]:
        """What it took for one address."""
        return [one for one in self.messages if self.recipient(one) == name]

    def recipient(self, one: Received) -> str:
        return one.path.strip("/")

    @property
    def keys(self) -> list[str]:
        return [one.key for one in self.messages]

    async def asked(self, count: int = 1, within: float = 5.0) -> None:
        """Wait until so many requests arrived, answered or not."""
        async with asyncio.timeout(within):
            while len(self.requests) < count:  # noqa: ASYNC110 (the sink may live in another thread)
                await asyncio.sleep(0.005)

    async def heard(
        self, count: int = 1, within: float = 5.0, of: Callable[[Received], bool] | None = None
    ) -> list[Received]:
        """Wait until so many messages were taken; raises AssertionError that says what came instead."""
        until = time.monotonic() + within
        while len(found := [m for m in self.messages if of is None or of(m)]) < count:
            if time.monotonic() > until:
                raise AssertionError(f"heard {len(found)} of {count} messages; requests: {self.requests}")
            await asyncio.sleep(0.005)
        return found

    def wait_for(self, count: int = 1, within: float = 5.0) -> list[Received]:
        """`heard` for blocking tests beside `in_thread`."""
        until = time.monotonic() + within
        while len(found := self.messages) < count:
            if time.monotonic() > until:
                raise AssertionError(f"heard {len(found)} of {count} messages; requests: {self.requests}")
            time.sleep(0.005)
        return found

    def forget(self) -> None:
        self.requests.clear()

    # --- what it is told ---------------------------------------------------------------------------------------------
    # Each holds for addresses that begin with `only` ("" means all), until `restore`; the latest that fits wins.

    def fail(
        self, status: int = 503, retry_after: int | None = None, body: bytes = b"", only: str = ""
    ) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._modes.append((only, Mode(status, headers, body or None)))

    def reject(self, status: int = 404, body: bytes = b"", only: str = "") -> None:
        self._modes.append((only, Mode(status, {}, body or None)))

    def hang(self, only: str = "") -> None:
        """Take the request and never answer, until `restore`, which drops the connection."""
        self._modes.append((only, Mode(wait=None)))

    def late(self, seconds: float, only: str = "") -> None:
        """Take the request at once and answer after so many real seconds."""
        self._modes.append((only, Mode(wait=seconds)))

    def answer(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, only: str = ""
    ) -> None:
        """Exactly this."""
        self._modes.append((only, Mode(status, headers or {}, body)))

    def restore(self) -> None:
        """Work again."""
        self._modes.clear()
        released, self._restored = self._restored, asyncio.Event()
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(released.set)

    # --- speaking ----------------------------------------------------------------------------------------------------

    def respond(self, one: Received) -> web.Response:
        """The provider's own answer to a request that it handles; its kinds override this."""
        return web.json_response({"ok": True})

    def refusal(self, mode: Mode) -> bytes:
        """The body of a failure, in the provider's form."""
        return b"told to fail"

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if request.path.startswith("/-/"):
            return self._command(request.path, body)
        one = Received(time.time(), request.method, request.path, request.headers, body)
        self.requests.append(one)
        mode = next((m for only, m in reversed(self._modes) if self.recipient(one).startswith(only)), Mode())
        if mode.wait is None:
            self._write(one)
            await self._restored.wait()
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        if mode.wait:
            await asyncio.sleep(mode.wait)
        if mode.status is None:
            response = self.respond(one)
        else:
            content = self.refusal(mode) if mode.body is None else mode.body
            response = web.Response(status=mode.status, body=content, headers=dict(mode.headers))
        one.status = response.status
        self._write(one)
        return response

    def _command(self, path: str, body: bytes) -> web.Response:
        if path == "/-/mode":
            told = json.loads(body)
            modes: dict[str, Callable[..., None]] = {
                "fail": self.fail,
                "reject": self.reject,
                "hang": self.hang,
                "late": self.late,
            }
            modes.get(told.pop("mode"), self.restore)(**told)
        return web.json_response({"requests": len(self.requests), "taken": len(self.messages)})

    def _write(self, one: Received) -> None:
        """One line in one write, before the answer leaves: what a sender was told was taken is in the file."""
        if self._log is None:
            return
        try:
            body: Any = json.loads(one.body)
        except ValueError:
            body = one.body.decode("utf-8", "replace")
        entry = {
            "at": one.at,
            "method": one.method,
            "path": one.path,
            "key": one.key,
            "status": one.status,
            "body": body,
        }
        os.write(self._log, json.dumps(entry).encode() + b"\n")

    # --- starting and stopping ---------------------------------------------------------------------------------------

    async def start(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._runner = await self._prepare()
        await self.up()
        return self

    async def _prepare(self) -> web.ServerRunner:
        server = web.Server(self._handle, request_factory=_request)
        runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        return runner

    async def up(self) -> None:
        """Listen (again), on the same port."""
        assert self._runner is not None
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def down(self) -> None:
        """Stop listening and drop every connection: the provider is gone."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            self.restore()
            await runner.cleanup()
            self._runner = await self._prepare()

    async def stop(self) -> None:
        if self._runner is not None:
            self.restore()
            await self._runner.cleanup()
            self._runner = None
        if self._log is not None:
            os.close(self._log)
            self._log = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Run in a thread of its own, beside a blocking test."""
        started = threading.Event()
        loop = asyncio.new_event_loop()
        finished: asyncio.Event = asyncio.Event()

        async def live() -> None:
            async with self:
                started.set()
                await finished.wait()

        thread = threading.Thread(target=lambda: loop.run_until_complete(live()), daemon=True)
        thread.start()
        if not started.wait(10):
            raise AssertionError("the sink did not start")
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(finished.set)
            thread.join(10)
            loop.close()


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY)


@asynccontextmanager
async def sinks(*kinds: type[Sink]) -> AsyncIterator[list[Sink]]:
    """Several at once."""
    running: list[Sink] = []
    try:
        for kind in kinds:
            running.append(await kind().start())
        yield running
    finally:
        for sink in running:
            await sink.stop()


def kinds() -> dict[str, type[Sink]]:
    from tests.providers.ntfy import NtfySink
    from tests.providers.slack import SlackSink

    return {"webhook": Sink, "ntfy": NtfySink, "slack": SlackSink}


async def _serve(sink: Sink) -> None:
    async with sink:
        print(f"listening on {sink.url}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    wanted = argparse.ArgumentParser(description="A fake provider that writes down what it is sent.")
    wanted.add_argument("--port", type=int, default=0, help="0 picks a free one and prints it")
    wanted.add_argument("--log", help="file that received requests are appended to, one JSON document a line")
    wanted.add_argument("--kind", default="webhook", choices=("webhook", "ntfy", "slack"))
    told = wanted.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(kinds()[told.kind](told.port, told.log)))


if __name__ == "__main__":
    main()
