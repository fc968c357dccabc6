"""The front process as the machine process sees it: tell it things, hear from it."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterable

from tocsin.web.child import Child
from tocsin.web.front.link import Link
from tocsin.web.front.words import FromFront, Ready, ToFront

COMMAND = (sys.executable, "-m", "tocsin.web.front.serve")


class FrontProcess(Child):
    """While a crashed one is started again its port's queue waits, because the listening socket stays open here.

    `bell` is rung by the child whenever it appended; `introduce` gives what a new child is told first; `hear` gets what it
    says, on the event loop.
    """

    name = "the front process"
    restart_after = 0.2
    stops_within = 10.0

    def __init__(
        self,
        listening: socket.socket,
        bell: int,
        environment: dict[str, str],
        introduce: Callable[[], Iterable[ToFront]],
        hear: Callable[[FromFront], None],
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        super().__init__()
        self._listening = listening
        self._bell = bell
        self._environment = environment
        self._introduce = introduce
        self._hear = hear
        self._command = command
        self._link: Link[FromFront] | None = None
        self._ready = asyncio.Event()

    async def start(self) -> None:
        """Until its port is open."""
        await super().start()
        await self._ready.wait()

    def tell(self, message: ToFront) -> None:
        """A child that is not there is introduced when it comes."""
        if self._link is not None:
            self._link.send(message)

    async def live_once(self) -> int:
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
