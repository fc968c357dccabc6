"""Calendars in the live world: a loop, a thread and connections of their own, so that no page ever waits for them."""

import asyncio
import contextlib
import hashlib
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec
import structlog

from tocsin.core.instants import micros
from tocsin.core.oncall.calendar import web_address
from tocsin.core.people import MissingSecret, Secret
from tocsin.engine import kinds
from tocsin.engine.clock import Clock
from tocsin.engine.engine import Engine
from tocsin.engine.oncall import calendars, calendars_reading
from tocsin.engine.oncall.calendars import (
    READ_ANEW,
    Arrival,
    CalendarDeparture,
    Came,
    Failed,
    Unchanged,
)
from tocsin.engine.oncall.calendars_fetching import Fetched, Fetcher, NotFetched, NotModified
from tocsin.engine.sending import Departure
from tocsin.engine.store.protocol import StaleFacts, Transaction

AT_ONCE = 2  # feeds under way; each may have a process of its own for some seconds
POLL = 30.0  # seconds; only a safety net
PAUSE = 5.0  # seconds after a failure of the loop itself
READING = (
    30.0  # seconds on the clock for working a feed out; its processor time is bounded in its own process
)
COMMAND = (sys.executable, "-I", "-m", "tocsin.engine.oncall.calendars_reading")

log = structlog.get_logger()


class CalendarDesk:
    """The store's side, one step at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._arranged_at: int | None = None  # the revision at which every calendar had its timer

    def depart(self, now: datetime, room: int) -> list[CalendarDeparture]:
        self._arrange(now)
        if not self._engine.facts.current.calendars:
            return []
        while True:
            try:
                due = self.next_due()
                if due is None or due > micros(now) or room <= 0:
                    return []
                return self._engine.store.run(lambda tx: self._take(tx, now, room))
            except StaleFacts:
                self._engine.facts.reload()

    def _take(self, tx: Transaction, now: datetime, room: int) -> list[CalendarDeparture]:
        return calendars.take(tx, self._engine.facts.check(tx), now, room)

    def _arrange(self, now: datetime) -> None:
        while self._arranged_at != (revision := self._engine.facts.current.revision):
            facts = self._engine.facts.current
            try:
                if self._engine.store.read(lambda tx: calendars.needs_arranging(tx, facts)):  # noqa: B023
                    self._engine.store.run(
                        lambda tx: calendars.arrange(tx, self._engine.facts.check(tx), now)
                    )
                self._arranged_at = revision
            except StaleFacts:
                self._engine.facts.reload()

    def arrived(self, departure: CalendarDeparture, arrival: Arrival, now: datetime) -> list[Departure]:
        """Commit what came. Answers what leaves to admins about a calendar that has failed for long."""
        facts = self._engine.facts
        with facts.changing:
            _, departures = self._engine.decide(
                lambda owed: calendars.settle(owed, departure, arrival, now), now
            )
            if isinstance(arrival, Came):
                facts.reload()
        return departures

    def next_due(self) -> int | None:
        return self._engine.store.read(lambda tx: tx.agenda.next_due([kinds.CALENDAR]))


class CalendarLoop:
    """`carry` takes what leaves to admins; `failed` counts the loop's own failures."""

    def __init__(
        self,
        desk: CalendarDesk,
        fetcher: Fetcher,
        resolve: Callable[[str | Secret], str],
        clock: Clock,
        carry: Callable[[list[Departure]], None],
        failed: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._fetcher = fetcher
        self._resolve = resolve
        self._clock = clock
        self._carry = carry
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="calendars")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    def heard(self, topics: Iterable[str]) -> None:
        """Commits happened. Called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            told = set(topics)
            if kinds.CALENDARS_TOPIC in told or "configuration" in told:
                self._loop.call_soon_threadsafe(self._woken.set)

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._fetcher.start()
        self._main = asyncio.create_task(self._forever(), name="calendars")

    async def stop(self) -> None:
        """What is under way is given up: its lease runs out, and it is read again."""
        tasks = [task for task in (self._main, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5.0)
        await self._fetcher.stop()
        self._pool.shutdown(wait=True)

    async def _forever(self) -> None:
        while True:
            try:
                await self._turn()
            except Exception:  # the loop's edge: logged, counted, retried
                log.exception("the calendars' loop failed; it goes on")
                self._failed()
                await asyncio.sleep(PAUSE)

    async def _turn(self) -> None:
        assert self._loop is not None
        self._woken.clear()
        room = AT_ONCE - len(self._tasks)
        departures = await self._loop.run_in_executor(self._pool, self._desk.depart, self._clock.now(), room)
        for departure in departures:
            task = asyncio.create_task(self._read(departure))
            self._tasks.add(task)
            task.add_done_callback(self._back)
        if departures:
            return
        next_due = await self._loop.run_in_executor(self._pool, self._desk.next_due)
        wait = POLL if next_due is None else min(POLL, (next_due - micros(self._clock.now())) / 1e6)
        if wait <= 0:
            wait = POLL  # it is due, and there is no room: whoever comes back wakes this loop
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), wait)

    def _back(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._woken.set()

    async def _read(self, departure: CalendarDeparture) -> None:
        assert self._loop is not None
        key = departure.calendar.key
        try:
            arrival = await self.look(departure)
            log.info(
                "calendar",
                calendar=key,
                outcome=type(arrival).__name__.lower(),
                why=getattr(arrival, "why", ""),
            )
            told = await self._loop.run_in_executor(
                self._pool, self._desk.arrived, departure, arrival, self._clock.now()
            )
            self._carry(told)
        except Exception:  # its lease runs out, and it is read again
            log.exception("a calendar could not be read", calendar=key)
            self._failed()

    async def look(self, departure: CalendarDeparture) -> Arrival:
        """Fetch it, and work it out when it is not as it was."""
        calendar, standing, now = departure.calendar, departure.standing, self._clock.now()
        try:
            url = self._resolve(calendar.url)
        except MissingSecret as missing:
            return Failed(str(missing))
        fresh = standing.read_at is not None and now - standing.read_at < READ_ANEW
        etag, modified = (standing.etag, standing.modified) if fresh else ("", "")
        outcome = await self._fetcher.fetch(web_address(url), departure.trusted, etag, modified)
        match outcome:
            case NotFetched():
                return Failed(outcome.why)
            case NotModified():
                return Unchanged()
            case Fetched():
                digest = hashlib.sha256(outcome.body).hexdigest()
                if fresh and digest == standing.digest:
                    return Unchanged()
                answer = await work_out(outcome.body, calendar.key, now)
                if isinstance(answer, calendars_reading.Refused):
                    return Failed(answer.why)
                return Came(answer.content, digest, outcome.etag, outcome.modified)


async def work_out(feed: bytes, key: str, now: datetime) -> calendars_reading.Answer:
    """In a process of its own, which knows no secret and is stopped when it takes too long."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        key,
        now.isoformat(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(READING):
            said, _ = await process.communicate(feed)
    except TimeoutError:
        return calendars_reading.Refused(f"reading it takes longer than {READING:g} s; it was cut off")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        stopped = (
            process.returncode is not None and process.returncode < 0
        )  # by a signal: its limits were reached
        why = "takes too much work or memory; it was cut off" if stopped else "failed in a way nobody foresaw"
        return calendars_reading.Refused(f"reading it {why}")
    answer: calendars_reading.Answer = msgspec.json.decode(said, type=calendars_reading.Answer)
    return answer
