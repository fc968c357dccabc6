"""Webhooks in the live world: a loop, a thread and connections of their own, so that no page ever waits for them."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import structlog

from tocsin.channels.guard import Guard
from tocsin.channels.standard_webhooks import send
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.people import MissingSecret, Secret
from tocsin.engine.clock import Clock
from tocsin.engine.kinds import WEBHOOKS_TOPIC
from tocsin.engine.sending import Departure
from tocsin.engine.webhook_desk import WebhookDesk
from tocsin.engine.webhooks import LEASE, Answered, WebhookArrival, WebhookDeparture

EACH = 4  # deliveries under way at one subscription
ALL = 32
POLL = 5.0  # seconds; only a safety net
PAUSE = 1.0  # seconds after a failure of the loop itself

log = structlog.get_logger()


class WebhookLoop:
    """`carry` takes what leaves to admins when a subscription is given up; `failed` counts the loop's own failures."""

    def __init__(
        self,
        desk: Callable[[Callable[[Configuration], dict[str, int]]], WebhookDesk],
        resolve: Callable[[str | Secret], str],
        clock: Clock,
        guard: Guard,
        carry: Callable[[list[Departure]], None],
        failed: Callable[[], None],
    ) -> None:
        self._desk = desk(self._room)
        self._resolve = resolve
        self._clock = clock
        self._guard = guard
        self._carry = carry
        self._failed = failed
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="webhooks")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._open: aiohttp.ClientSession | None = None
        self._guarded: aiohttp.ClientSession | None = None

    def _room(self, facts: Configuration) -> dict[str, int]:
        left = ALL - self._under_way.total()
        return {key: min(EACH - self._under_way[key], left) for key in facts.webhooks} if left > 0 else {}

    def heard(self, topics: Iterable[str]) -> None:
        """Commits happened. Called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            told = set(topics)
            if WEBHOOKS_TOPIC in told or "configuration" in told:
                self._loop.call_soon_threadsafe(self._woken.set)

    # --- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        jar = aiohttp.DummyCookieJar()
        self._open = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=jar)
        self._guarded = aiohttp.ClientSession(connector=self._guard.connector(), cookie_jar=jar)
        self._main = asyncio.create_task(self._forever(), name="webhooks")

    async def stop(self, grace: float = 5.0) -> None:
        """Let what is under way come back; leases cover the rest."""
        if self._main is not None:
            self._main.cancel()
            await asyncio.wait([self._main], timeout=grace)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        for session in (self._open, self._guarded):
            if session is not None:
                await session.close()
        self._pool.shutdown(wait=True)

    async def _forever(self) -> None:
        while True:
            try:
                await self._turn()
            except Exception:  # the loop's edge: logged, counted, retried
                log.exception("the webhooks' loop failed; it goes on")
                self._failed()
                await asyncio.sleep(PAUSE)

    async def _turn(self) -> None:
        assert self._loop is not None
        self._woken.clear()
        departures = await self._loop.run_in_executor(self._pool, self._desk.depart, self._clock.now())
        for departure in departures:
            self._begin(departure)
        if departures:
            return
        next_due = await self._loop.run_in_executor(self._pool, self._desk.next_due)
        wait = POLL if next_due is None else min(POLL, (next_due - micros(self._clock.now())) / 1e6)
        if wait <= 0:
            wait = POLL  # it is due, and there is no room: whoever comes back wakes this loop
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), wait)

    # --- one delivery --------------------------------------------------------------------------------------------

    def _begin(self, departure: WebhookDeparture) -> None:
        self._under_way[departure.webhook.key] += 1
        task = asyncio.create_task(self._deliver(departure))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, departure: WebhookDeparture) -> None:
        assert self._loop is not None
        key = departure.webhook.key
        try:
            if self._clock.now() - departure.begun_at > LEASE / 2:
                return  # too late for its lease: it is taken again
            try:
                answered = await self._post(departure)
            except Exception as error:  # a mistake of ours must not hold the subscription for ever
                log.exception("a webhook could not be posted", webhook=key)
                answered = Answered(0, f"it could not be sent ({type(error).__name__})")
            arrival = WebhookArrival(departure, answered, self._clock.now())
            log.info("webhook", webhook=key, id=departure.delivery.message_id, status=answered.status)
            told = await self._loop.run_in_executor(
                self._pool, self._desk.arrived, [arrival], self._clock.now()
            )
            self._carry(told)
        except Exception:  # what became of it is not known: the lease runs out, and it is sent again
            log.exception("what became of a webhook could not be kept", webhook=key)
            self._failed()
        finally:
            self._under_way[key] -= 1
            self._woken.set()

    async def _post(self, departure: WebhookDeparture) -> Answered:
        webhook, now = departure.webhook, self._clock.now()
        try:
            url = self._resolve(webhook.url)
            keys = [self._resolve(webhook.secret)]
            if (
                webhook.previous_secret is not None
                and webhook.previous_until is not None
                and now < webhook.previous_until
            ):
                keys.append(self._resolve(webhook.previous_secret))
        except MissingSecret as missing:
            return Answered(0, str(missing))
        if departure.guarded and (refused := self._guard.refusal(url)):
            return Answered(0, refused)
        http = self._guarded if departure.guarded and not self._guard.trusts(url) else self._open
        assert http is not None, "deliver before start"
        delivery = departure.delivery
        try:
            return Answered(
                *await send(http, url, keys, delivery.message_id, int(now.timestamp()), departure.body)
            )
        except ValueError:
            return Answered(0, "its secret is none: rotate it")
