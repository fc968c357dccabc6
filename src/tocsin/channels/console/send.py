"""The terminal that the server runs in: for the demo and for a first look. Not for waking anybody."""

import asyncio
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

import aiohttp

from tocsin.channels.channel import Channel
from tocsin.channels.http import DEADLINE
from tocsin.core.respond.delivery import Delivered, Failed, Outcome, Rejected
from tocsin.core.respond.message import Message

if TYPE_CHECKING:
    from rich.console import Console


class Terminal:
    """`address` is a name shown on the frame: `console: alice's phone`."""

    name = "console"
    concurrency = 1  # frames must not run into each other

    def __init__(self, console: "Console | None" = None, deadline: float = DEADLINE) -> None:
        self.console = console
        self.deadline = deadline

    def check(self, address: str, options: Mapping[str, str]) -> str:
        return ""

    async def send(
        self, message: Message, address: str, options: Mapping[str, str], http: aiohttp.ClientSession
    ) -> Outcome:
        from rich.console import Console

        from tocsin.channels.console.frame import painted

        console = self.console or Console()
        text = painted(console, message, address)
        try:
            async with asyncio.timeout(self.deadline):  # whoever reads the terminal may have stopped reading
                await asyncio.to_thread(_write, console.file, text)
        except TimeoutError:
            return Failed("the terminal does not take any more")
        except (OSError, ValueError) as error:  # closed, or a broken pipe
            return Rejected(f"there is no terminal to print on ({type(error).__name__})")
        return Delivered()


def _write(terminal: IO[str], text: str) -> None:
    terminal.write(text)
    terminal.flush()


CHANNEL: Channel = Terminal()
