"""Who watches the watchman: while detection works, somebody outside is pinged; when the pings stop, they raise the alarm."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import aiohttp
import structlog

from tocsin.core.configuration import Configuration
from tocsin.core.people import MissingSecret, Secret

log = structlog.get_logger()
IDLE = timedelta(seconds=5)


class DeadMansSwitchPinger:
    """`working` says whether this node owns detection and its loops are alive: only then does it ping."""

    def __init__(
        self,
        facts: Callable[[], Configuration],
        resolve: Callable[[str | Secret], str],
        working: Callable[[], bool],
    ) -> None:
        self._facts = facts
        self._resolve = resolve
        self._working = working

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
            while True:
                switch = self._facts().dead_mans_switch
                if switch is None or not self._working():
                    await asyncio.sleep(IDLE.total_seconds())
                    continue
                try:
                    async with http.get(self._resolve(switch.url), allow_redirects=False) as answer:
                        why_not = f"it answered {answer.status}" if answer.status >= 400 else ""
                except MissingSecret as missing:
                    why_not = str(missing)
                except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                    why_not = type(error).__name__  # not its words: they may hold the URL, which is the key
                if why_not:
                    log.error("the dead man's switch could not be pinged", error=why_not)
                await asyncio.sleep(switch.every.total_seconds())
