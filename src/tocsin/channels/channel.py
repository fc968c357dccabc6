"""What a channel is. One folder per channel holds send.py with `CHANNEL`, its templates, its README and its test."""

from collections.abc import Mapping
from typing import Protocol

import aiohttp

from tocsin.core.respond.delivery import Outcome
from tocsin.core.respond.message import Message


class Channel(Protocol):
    """Sends one message to one address and says truthfully what became of it.

    `send` never raises for what a provider or a network does: it answers Delivered, Failed (worth another try) or
    Rejected (never going to work). It keeps its own deadline well under the lease (10 s). `options` are resolved: no Secret.
    """

    name: str
    concurrency: int  # sends under way at once, for all addresses of this channel

    def check(self, address: str, options: Mapping[str, str]) -> str:
        """What is wrong with this address or these options, or "" when nothing is. Pure."""
        ...

    async def send(
        self, message: Message, address: str, options: Mapping[str, str], http: aiohttp.ClientSession
    ) -> Outcome: ...
