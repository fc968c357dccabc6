"""Who watches the watchman: while detection works, somebody outside is pinged; when the pings stop, they raise the alarm."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import aiohttp
import structlog

from tocsin.channels.guard import Allowed, Guard
from tocsin.core.configuration import Configuration
from tocsin.core.people import MissingSecret, Secret

log = structlog.get_logger()
IDLE = timedelta(seconds=5)


class DeadMansSwitchPinger:
    """`working` says whether this node owns detection and its loops are alive: only then does it ping. A URL that people set
    is pinged through the guard."""

    def __init__(
        self,
        facts: Callable[[], Configuration],
        resolve: Callable[[str | Secret], str],
        working: Callable[[], bool],
        guard: Guard | None = None,
    ) -> None:
        self._facts = facts
        self._resolve = resolve
        self._working = working
        self._guard = guard or Guard(Allowed())

    async def run(self) -> None:
        limit = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(timeout=limit) as trusted,
            aiohttp.ClientSession(timeout=limit, connector=self._guard.connector()) as guarded,
        ):
            while True:
                facts = self._facts()
                switch = facts.dead_mans_switch
                if switch is None or not self._working():
                    await asyncio.sleep(IDLE.total_seconds())
                    continue
                try:
                    url = self._resolve(switch.url)
                    by_people = ("dead_mans_switch", "") in facts.by_people
                    if by_people and (why_not := self._guard.refusal(url)):
                        raise ValueError(why_not)
                    http = guarded if by_people and not self._guard.trusts(url) else trusted
                    async with http.get(url, allow_redirects=False) as answer:
                        why_not = f"it answered {answer.status}" if answer.status >= 400 else ""
                except MissingSecret as missing:
                    why_not = str(missing)
                except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                    why_not = type(error).__name__  # not its words: they may hold the URL, which is the key
                if why_not:
                    log.error("the dead man's switch could not be pinged", error=why_not)
                await asyncio.sleep(switch.every.total_seconds())
