"""The people process as the machine process sees it: start it, keep it alive, stop it.

It is a child on a Unix socket (waitress serving Django's WSGI), apart because one busy Python thread starves another. It
exits when its parent does.
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import structlog

log = structlog.get_logger()

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
