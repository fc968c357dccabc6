"""Carries departures to their channels, with room per channel, and brings back what became of them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

import aiohttp
import structlog

from tocsin.channels.channel import Channel
from tocsin.channels.guard import Allowed, Guard
from tocsin.core.people import MissingSecret, Secret
from tocsin.core.respond.delivery import Failed, Outcome, Rejected
from tocsin.engine.clock import Clock
from tocsin.engine.sending import LEASE, Arrival, Departure

log = structlog.get_logger()
ABREAST = 4  # departures begun in one turn of the loop, so that the first is not kept by the many behind it
LEAST_ROOM = (
    8  # below that a channel waits for sends to come back, so that claims stay worth their transaction
)


class Carrier:
    """`resolve` turns a Secret into its value (raises MissingSecret); `brought` is told of every arrival. What people set
    leaves through the guard."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        resolve: Callable[[str | Secret], str],
        clock: Clock,
        brought: Callable[[Arrival], None],
        channel_defaults: Mapping[str, Mapping[str, str]],
        guard: Guard | None = None,
    ) -> None:
        self._channels = channels
        self._resolve = resolve
        self._clock = clock
        self._brought = brought
        self._defaults = channel_defaults
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._guard = guard or Guard(Allowed())
        self._http: aiohttp.ClientSession | None = None
        self._guarded: aiohttp.ClientSession | None = None
        self._full = False
        self.stopped = False

    async def start(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=60)
        self._http = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        self._guarded = aiohttp.ClientSession(
            connector=self._guard.connector(), cookie_jar=aiohttp.DummyCookieJar()
        )

    def room(self) -> dict[str, int]:
        """How many more departures each channel can take. Called from the engine's threads."""
        room = {name: channel.concurrency - self._under_way[name] for name, channel in self._channels.items()}
        return {name: free for name, free in room.items() if free >= self._least(name)}

    def _least(self, name: str) -> int:
        return min(LEAST_ROOM, self._channels[name].concurrency)

    def was_full(self) -> bool:
        """Whether some channel had no room lately, so that something may wait although it is due. Asking resets it."""
        full, self._full = self._full, False
        return full

    def carry(self, departures: list[Departure]) -> None:
        """Start sending; must be called on the event loop. Once stopped nothing leaves any more: leases cover it."""
        if self.stopped:
            return
        for place, departure in enumerate(departures):
            name = departure.notifications[0].channel
            self._under_way[name] += 1
            channel = self._channels.get(name)
            if channel is not None and channel.concurrency - self._under_way[name] < self._least(name):
                self._full = True
            task = asyncio.create_task(self._send(departure, name, place // ABREAST))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, departure: Departure, name: str, turn: int) -> None:
        try:
            for _ in range(turn):
                await asyncio.sleep(0)
            if self._clock.now() - departure.begun_at > LEASE / 2:
                log.warning("departure too late for its lease", key=departure.state.key)
                return  # the lease runs out and the same bundle is taken again, under the same key
            try:
                outcome = await self._outcome(departure, name)
            except Exception as error:  # a channel's own mistake must fail over as a provider's does
                log.exception("channel failed", channel=name, key=departure.state.key)
                outcome = Failed(f"the channel {name} failed ({type(error).__name__})")
            log.info(
                "sent",
                channel=name,
                outcome=type(outcome).__name__.lower(),
                key=departure.message.key,
                incidents=[item.incident for item in departure.message.items],
                pages=[n.page for n in departure.notifications if n.page],
            )
            self._brought(Arrival(departure, outcome, self._clock.now()))
        finally:
            self._under_way[name] -= 1

    async def _outcome(self, departure: Departure, name: str) -> Outcome:
        channel = self._channels.get(name)
        if channel is None or departure.address is None:
            return Rejected("this contact method is no longer configured")
        assert self._http is not None and self._guarded is not None, "carry before start"
        try:
            address = self._resolve(departure.address.address)
            given = {key: self._resolve(value) for key, value in departure.address.options.items()}
        except MissingSecret as missing:
            return Rejected(str(missing))
        options = {**self._defaults.get(name, {}), **given}
        http = self._http
        if departure.address.guarded:
            if refused := self._guard.refusal_of(address, given):
                return Rejected(refused)
            http = self._http if self._guard.trusts(address) else self._guarded
        return await channel.send(departure.message, address, options, http)

    async def stop(self, grace: float) -> None:
        """Let what is under way come back, at most `grace` seconds; leases cover the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        self.stopped = True
        for task in self._tasks:
            task.cancel()
        for session in (self._http, self._guarded):
            if session is not None:
                await session.close()
