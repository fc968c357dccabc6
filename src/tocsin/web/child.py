"""A child of the machine process that is kept alive: a crashed one is started again, until told to stop."""

import asyncio
import contextlib
from abc import ABC, abstractmethod

import structlog

log = structlog.get_logger()


class Child(ABC):
    """`stopping` is set before anything ends, so that a child that was told by others to end is not missed."""

    name: str  # "the front process"
    restart_after: float  # seconds
    stops_within: float  # seconds

    def __init__(self) -> None:
        self.stopping = False
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def live_once(self) -> int:
        """Start it as `_process`, and see it to its end; its exit code."""

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while not self.stopping:
            try:
                code = await self.live_once()
                if self.stopping:
                    return
                log.error(f"{self.name} ended; starting it again", code=code)
            except OSError as error:  # no memory or no process left for it now
                log.error(f"{self.name} cannot be started; trying again", error=str(error))
            await asyncio.sleep(self.restart_after)

    async def stop(self) -> None:
        """Let it answer what it has begun. Whatever it still says is heard."""
        self.stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self.stops_within)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
