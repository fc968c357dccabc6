"""The live world: real clock, real store, real channels; loops that claim, decide, commit, and then perform.

Every loop sleeps until the next due instant and is woken by commits; a poll each second is only a safety net. A loop
never dies of an error: it is logged, counted, and the loop goes on after a pause.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import structlog

from tocsin.core.instants import instant, micros
from tocsin.engine.carrying import Carrier
from tocsin.engine.clock import SharedClock
from tocsin.engine.detecting import OUTAGE, Detecting
from tocsin.engine.detection_thread import DetectionThread
from tocsin.engine.engine import BACKLOG_BATCH, BATCH, Engine
from tocsin.engine.kinds import AGENDA_TOPIC, INCIDENT_TOPIC, ONCALL_TOPIC
from tocsin.engine.oncall.shift_timers import ShiftTimers
from tocsin.engine.oncall.warning_timers import WarningTimers
from tocsin.engine.sending import Arrival, Departure

T = TypeVar("T")
log = structlog.get_logger()

SAFETY_POLL = 1.0
SAFETY_POLL_MICROS = 1_000_000
TELL_AFTER = 0.005  # seconds
NEVER = 2**63 - 1
TIDY_EVERY = 0.2  # seconds; a log that fills at full speed is then copied back in small pieces
CHECK_EVERY = 10.0  # the invariant
TIMERS_LOOKED_AT = 2.0  # seconds: after an edit each schedule must have its timer
STUCK_AFTER = 60.0  # seconds without a turn of a loop that pages depend on; each turns every second
CLOCK_STEP = timedelta(seconds=5)
CATCH_UP_AT_MOST = 3.0  # seconds that timers wait at a start for what was accepted before it


class LiveWorld:
    """Runs one node. `threads` is how many transactions may be under way at once (1 on SQLite)."""

    def __init__(
        self,
        engine: Engine,
        detecting: Detecting,
        clock: SharedClock,
        threads: int,
        on_topics: Callable[[Iterable[str]], None],
        housekeeping: Callable[[], None],
    ) -> None:
        self.engine = engine
        self.detecting = detecting
        self.clock = clock
        self.carrier: Carrier | None = None
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="store")
        self._upkeep = ThreadPoolExecutor(1, thread_name_prefix="upkeep")
        self._on_topics = on_topics
        self._housekeeping = housekeeping
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._agenda = asyncio.Event()
        self._next_due = NEVER  # when the agenda's loop means to wake
        self._heard_due = NEVER  # the earliest instant heard of since it last asked the store
        self._caught_up = asyncio.Event()
        self._configuration = asyncio.Event()
        self._arrivals: list[Arrival] = []
        self._news: dict[str, None] = {}  # topics to tell of, in order
        self._arrived = asyncio.Event()
        self._renewing = asyncio.Lock()
        self._detection = DetectionThread(detecting, clock, self.carry, self._rested, self._detection_failed)
        self._renewed_at = clock.now()
        self._shift_timers = ShiftTimers(engine)
        self._warning_timers = WarningTimers(engine)
        self._told_revision = engine.facts.current.revision
        self._stopping = False
        self._agenda_went_round = self._settled = time.monotonic()

    # --- doors of the world --------------------------------------------------------------------------------------

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Run engine work on a store thread."""
        assert self._loop is not None
        return await self._loop.run_in_executor(self._pool, work, *args)

    def woken(self, topics: Iterable[str]) -> None:
        """Commits happened, here or on another node. Called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, list(topics))

    def _wake(self, topics: list[str]) -> None:
        for topic in topics:
            if topic.startswith(AGENDA_TOPIC):
                self._due_at(int(topic.removeprefix(AGENDA_TOPIC)))
        if "inbox" in topics:
            self._detection.wake()
        if "configuration" in topics:
            self._configuration.set()
            self._on_topics(["configuration"])
        self._tell_soon(topics)

    def _tell_soon(self, topics: list[str]) -> None:
        """Screens are told a moment later, so that a page that leaves with the same commit goes first, and of what changes
        again and again only once."""
        news = [topic for topic in topics if topic.startswith(INCIDENT_TOPIC) or topic == ONCALL_TOPIC]
        if news and not self._news:
            assert self._loop is not None
            self._loop.call_later(TELL_AFTER, self._tell)
        self._news.update(dict.fromkeys(news))

    def _tell(self) -> None:
        news, self._news = self._news, {}
        self._on_topics(list(news))

    def _due_at(self, at: int) -> None:
        """Something of the agenda is due then: wake its loop only if it would sleep past that."""
        self._heard_due = min(self._heard_due, at)
        if at < self._next_due:
            self._next_due = at
            self._agenda.set()

    @property
    def bell(self) -> int:
        """The descriptor that whoever appended to the inbox rings (bell.py)."""
        return self._detection.bell.rung_at

    def carry(self, departures: list[Departure]) -> None:
        """From any thread."""
        if departures and self._loop is not None:
            self._loop.call_soon_threadsafe(self._carry, departures)

    def _carry(self, departures: list[Departure]) -> None:
        assert self.carrier is not None
        if departures:
            self.carrier.carry(departures)

    def _rested(self) -> None:
        """Detection has caught up. From its thread."""
        if self._loop is not None and not self._caught_up.is_set():
            self._loop.call_soon_threadsafe(self._caught_up.set)

    def _detection_failed(self) -> None:
        self.engine.counters.loop_failures["detection"] += 1

    def brought(self, arrival: Arrival) -> None:
        self._arrivals.append(arrival)
        self._arrived.set()

    # --- life ----------------------------------------------------------------------------------------------------

    async def start(self, carrier: Carrier) -> None:
        self._loop = asyncio.get_running_loop()
        self.carrier = carrier
        await carrier.start()
        await self._renew()  # after an outage, before any timer is claimed
        for name, loop in (
            ("agenda", self._agenda_loop),
            ("arrivals", self._arrivals_loop),
            ("ownership", self._ownership_loop),
            ("configuration", self._configuration_loop),
            ("oncall", self._oncall_loop),
            ("invariant", self._invariant_loop),
            ("housekeeping", self._housekeeping_loop),
            ("clock", self._clock_loop),
        ):
            self._tasks.append(asyncio.create_task(self._forever(name, loop), name=name))
        self._detection.start()

    async def stop(self, grace: float = 5.0) -> None:
        """Stop claiming, let sends come back and be settled, give up ownership. What a step leased still leaves."""
        self._stopping = True
        self._due_at(0)
        tasks = {task.get_name(): task for task in self._tasks}
        arrivals, agenda = tasks.pop("arrivals"), tasks.pop("agenda")
        for task in tasks.values():
            task.cancel()
        await asyncio.wait([agenda, *tasks.values()], timeout=grace)
        await asyncio.to_thread(self._detection.stop)
        if self.carrier is not None:
            await self.carrier.stop(grace)
        self._arrived.set()
        await asyncio.wait([arrivals], timeout=grace)
        for task in (agenda, arrivals):
            task.cancel()
        with contextlib.suppress(Exception):
            await self.run(self.detecting.release)
        self._pool.shutdown(wait=True)
        self._upkeep.shutdown(wait=True)

    def alive(self) -> bool:
        """Whether every loop that pages depend on has gone round lately."""
        late = time.monotonic() - STUCK_AFTER
        turns = [self._agenda_went_round, self._detection.went_round]
        return min([*turns, self._settled] if self._arrivals else turns) > late

    async def _forever(self, name: str, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while not self._stopping:
            try:
                await loop()
            except asyncio.CancelledError:
                raise
            except Exception:  # the loop's edge: logged, counted, retried
                log.exception("loop failed; it goes on", loop=name)
                self.engine.counters.loop_failures[name] += 1
                await asyncio.sleep(0.5)

    # --- loops ---------------------------------------------------------------------------------------------------

    async def _agenda_loop(self) -> None:
        # An end that waits in the inbox since before a crash must stop the page that waits to leave.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._caught_up.wait(), CATCH_UP_AT_MOST)
        limit = BATCH
        while not self._stopping:
            if self._stood_still():
                await self._renew()
            step = await self.run(self.engine.run_due, self.clock.now(), limit)
            self._carry(step.departures)
            full = step.done == limit
            limit = BACKLOG_BATCH if full else BATCH
            departures = await self.run(self.engine.depart, self.clock.now())
            self._carry(departures)
            self._agenda_went_round = time.monotonic()
            if full or departures:
                continue
            self._heard_due = NEVER
            next_due = await self.run(self.engine.next_due)
            if await self.run(self.engine.has_errands, self.clock.now()):
                errands = await self.run(self.engine.run_errands, self.clock.now())
                self._carry(errands.departures)
                continue
            self._next_due = min(self._heard_due, NEVER if next_due is None else next_due)
            await self._rest()

    async def _rest(self) -> None:
        """Until the next due instant, or the safety poll. Being woken only brings that instant forward."""
        until = micros(self.clock.now()) + SAFETY_POLL_MICROS
        while (
            not self._stopping and (wait := (min(until, self._next_due) - micros(self.clock.now())) / 1e6) > 0
        ):
            self._agenda.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._agenda.wait(), wait)

    async def _arrivals_loop(self) -> None:
        while not self._stopping or self._arrivals or self.carrier is None or not self.carrier.stopped:
            await self._arrived.wait()
            await self._settle()

    async def _settle(self) -> None:
        self._arrived.clear()
        arrivals, self._arrivals = self._arrivals, []
        if not arrivals:
            return
        try:
            departures = await self.run(self.engine.arrived, arrivals, self.clock.now())
        except BaseException:
            self._arrivals = arrivals + self._arrivals
            self._arrived.set()
            raise
        self._settled = time.monotonic()
        self._carry(departures)
        if self.carrier is not None and self.carrier.was_full():
            self._due_at(micros(self.clock.now()))  # room came free for what waits

    async def _ownership_loop(self) -> None:
        while True:
            if await self._renew():
                self._detection.wake()
            else:
                self._caught_up.set()  # another node's business
            await asyncio.sleep(self.detecting.lease.total_seconds() / 4)

    async def _renew(self) -> bool:
        """Take or renew ownership of detection; whether this node has it."""
        async with self._renewing:
            owned, stepped = await self.run(self._agree_and_acquire)
        if stepped:
            self._due_at(0)  # whoever rests, rests by the time before
        return owned

    def _agree_and_acquire(self) -> tuple[bool, bool]:
        """Nobody decides by a clock that stepped before it is known how long nobody was there, or what was set back."""
        behind = self.clock.behind(lambda: self.engine.store.read(lambda tx: tx.now()))
        stepped = abs(behind) > CLOCK_STEP
        with self.detecting.turn if stepped else contextlib.nullcontext():
            self.clock.move(behind)
            now = self.clock.now()
            owned = self.detecting.acquire(now, self._stood_still())
            self._renewed_at = now
        return owned, stepped

    def _stood_still(self) -> bool:
        """The machine slept, or the database was away for long: then nobody heard the senders meanwhile."""
        return self.clock.now() - self._renewed_at > OUTAGE

    async def _configuration_loop(self) -> None:
        while True:
            await self._sleep(self._configuration, None, poll=5.0)
            self._configuration.clear()
            await self.run(self.engine.facts.reload)
            revision = self.engine.facts.current.revision
            if revision != self._told_revision:  # whoever reloaded it
                self._told_revision = revision
                self._on_topics(["configuration"])
            self._detection.wake()

    async def _oncall_loop(self) -> None:
        """Apart from the configuration's loop, which must go round whatever becomes of these."""
        while True:
            await self.run(self._shift_timers.keep, self.clock.now())
            await self.run(self._warning_timers.keep, self.clock.now())
            await asyncio.sleep(TIMERS_LOOKED_AT)

    async def _invariant_loop(self) -> None:
        while True:
            repaired, departures = await self.run(self.engine.repair, self.clock.now())
            self._carry(departures)
            if repaired:
                log.error("incidents without a pending timer were repaired", count=repaired)
            await asyncio.sleep(CHECK_EVERY)

    async def _housekeeping_loop(self) -> None:
        assert self._loop is not None
        while True:
            await asyncio.sleep(TIDY_EVERY)
            await self._loop.run_in_executor(self._upkeep, self._housekeeping)

    async def _clock_loop(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            moved = self.clock.stepped()
            if abs(moved) > CLOCK_STEP:
                log.warning("the wall clock stepped", seconds=moved.total_seconds())
                self.engine.counters.clock_steps += 1
                await self.run(self.detecting.clock_stepped, self.clock.now())
                self._due_at(micros(self.clock.now()))

    async def _sleep(self, event: asyncio.Event, next_due: int | None, poll: float = SAFETY_POLL) -> None:
        """Until woken, or the next due instant, or the safety poll."""
        wait = poll
        if next_due is not None:
            wait = min(wait, (instant(next_due) - self.clock.now()).total_seconds())
        if wait <= 0:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), wait)
