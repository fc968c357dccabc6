"""The people process as the machine process sees it.

It is a child on a Unix socket (waitress serving Django's WSGI), apart because one busy Python thread starves another. It
exits when its parent does.
"""

import asyncio
import os
import sys
from pathlib import Path

from tocsin.web.child import Child


class PeopleProcess(Child):
    """Its address is `socket`."""

    name = "the people process"
    restart_after = 1.0
    stops_within = 5.0

    def __init__(self, socket: Path, environment: dict[str, str]) -> None:
        super().__init__()
        self.socket = socket
        self._environment = environment

    async def live_once(self) -> int:
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
        await super().stop()
        self.socket.unlink(missing_ok=True)
