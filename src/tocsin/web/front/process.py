"""The front process as the machine process sees it: start it, tell it things, hear from it, stop it."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterable

import structlog

from tocsin.web.front.link import Link
from tocsin.web.front.words import FromFront, Ready, ToFront

log = structlog.get_logger()

RESTART_AFTER = 0.2
STOPS_WITHIN = 10.0
COMMAND = (sys.executable, "-m", "tocsin.web.front.serve")


class FrontProcess:
    """Keeps the child alive; a crashed one is started again, and its port's queue waits meanwhile, because the listening
    socket stays open here.

    `bell` is rung by the child whenever it appended; `introduce` gives what a new child is told first; `hear` gets what it
    says, on the event loop.
    """

    def __init__(
        self,
        listening: socket.socket,
        bell: int,
        environment: dict[str, str],
        introduce: Callable[[], Iterable[ToFront]],
        hear: Callable[[FromFront], None],
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._listening = listening
        self._bell = bell
        self._environment = environment
        self._introduce = introduce
        self._hear = hear
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._link: Link[FromFront] | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._stopping = False

    async def start(self) -> None:
        """Until its port is open."""
        self._task = asyncio.create_task(self._keep())
        await self._ready.wait()

    def tell(self, message: ToFront) -> None:
        """A child that is not there is introduced when it comes."""
        if self._link is not None:
            self._link.send(message)

    async def _keep(self) -> None:
        while not self._stopping:
            try:
                code = await self._live_once()
                if self._stopping:
                    return
                log.error("the front process ended; starting it again", code=code)
            except OSError as error:  # no memory or no process left for it now
                log.error("the front process cannot be started; trying again", error=str(error))
            await asyncio.sleep(RESTART_AFTER)

    async def _live_once(self) -> int:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            passed = (theirs.fileno(), self._listening.fileno(), self._bell)
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                *map(str, passed),
                env={**os.environ, **self._environment},
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=passed,
            )
        link: Link[FromFront] = await Link.over(ours, FromFront)
        try:
            for message in self._introduce():
                link.send(message)
            self._link = link
            async for said in link.messages():
                if isinstance(said, Ready):
                    self._ready.set()
                else:
                    self._hear(said)
        finally:
            self._link = None
            link.close()
        return await self._process.wait()

    async def stop(self) -> None:
        """Let it answer what it has begun. Whatever it still says is heard."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOPS_WITHIN)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
