"""The machine process, put together: the one place where store, engine, ingest, channels and doors meet.

It starts the front and the people process, runs the engine, and on SIGTERM or SIGINT stops in the order that loses nothing:
no new requests, sends come back, ownership is handed over.
"""

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from tocsin.channels import registry
from tocsin.channels.guard import Guard, allowed_in
from tocsin.channels.links import LinkClaims
from tocsin.channels.replies import Listed, NotTaken, Question, Replies
from tocsin.config.load import load
from tocsin.config.secrets import resolve
from tocsin.control.actor import Actor
from tocsin.control.examining import Examiner
from tocsin.control.guarding import check_urls
from tocsin.control.http import Door, PublicDoor
from tocsin.control.live_updates import Hub, LiveUpdates
from tocsin.control.local_socket import SOCKET
from tocsin.control.oncall import offered
from tocsin.control.perform import READING, Performer, status
from tocsin.control.requests import Act, Refused, Request
from tocsin.core.configuration import Configuration
from tocsin.core.respond.incident import Acknowledge, Command, Resolve
from tocsin.engine.carrying import Carrier
from tocsin.engine.clock import SharedClock
from tocsin.engine.counters import Counters
from tocsin.engine.dead_man import DeadMansSwitchPinger
from tocsin.engine.detecting import Detecting
from tocsin.engine.engine import Engine
from tocsin.engine.facts import Facts
from tocsin.engine.forgetting import Forgetting, kept_for
from tocsin.engine.housekeeping import Housekeeping
from tocsin.engine.live import LiveWorld
from tocsin.engine.oncall.calendars_fetching import Fetcher
from tocsin.engine.oncall.calendars_loop import CalendarDesk, CalendarLoop
from tocsin.engine.store.protocol import Store
from tocsin.engine.webhook_desk import WebhookDesk
from tocsin.engine.webhook_loop import WebhookLoop
from tocsin.ingest.registry import replay
from tocsin.web import listening
from tocsin.web.asgi import MachineApp
from tocsin.web.front.process import COMMAND, FrontProcess
from tocsin.web.front_desk import FrontDesk
from tocsin.web.identifying import Identifying
from tocsin.web.links import HouseLinks, house_links
from tocsin.web.listening import CannotStart, bind_privately, make_server, until
from tocsin.web.pass_on import MACHINE_SOCKET, PEOPLE_SOCKET
from tocsin.web.people import PeopleProcess
from tocsin.web.scrape import Scrape
from tocsin.web.secret import api_token, secret_key
from tocsin.web.wrong_links import WrongLinks, asked_from

log = structlog.get_logger()

POSTGRES_THREADS = 6
READERS = 2
T = TypeVar("T")


class Settings(msgspec.Struct, frozen=True):
    data: Path
    host: str = "127.0.0.1"
    port: int = 9190
    database_url: str | None = None
    people: bool = True  # run the people process; without it only machines are served
    front: tuple[str, ...] = COMMAND

    @property
    def environment(self) -> dict[str, str]:
        """What the children of this process are told."""
        told = {"TOCSIN_DATA": str(self.data), "TOCSIN_LISTEN": f"{self.host}:{self.port}"}
        if self.database_url:
            told["TOCSIN_DATABASE_URL"] = self.database_url
        return told


class Machine:
    """One node of Tocsin. `serving.serve` runs it until it is told to stop."""

    def __init__(self, settings: Settings, store: Store, hub: Hub) -> None:
        self.settings = settings
        self.store = store
        self.hub = hub
        self.clock = SharedClock()
        # In containers both may repeat; who starts again must not be taken for the owner that was there before.
        self.node = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.secret = secret_key(os.environ, settings.data).encode()
        self.token = api_token(os.environ, settings.data)
        self.public_url = os.environ.get("TOCSIN_PUBLIC_URL", "")
        self.url = f"http://{settings.host}:{settings.port}"
        self.counters = Counters()
        self.guard = _guard()
        self.engine = Engine(
            store,
            Facts(store, load),
            self._links,
            self.counters,
            lambda: self.carrier.room(),
            registry.names(),
        )
        self.front_desk = FrontDesk(self.engine, self.clock, settings.database_url is None)
        self.detecting = Detecting(
            self.engine, self.node, replay, self.front_desk.unknown, self.front_desk.owns
        )
        self.world = LiveWorld(
            self.engine,
            self.detecting,
            self.clock,
            POSTGRES_THREADS if settings.database_url else 1,
            self._news,
            self._upkeep,
        )
        self._housekeeping = Housekeeping(
            store,
            self.clock,
            self.front_desk.forget_requests,
            Forgetting(store, _history(), lambda: self.detecting.owned),
        )
        self.identifying = Identifying(self.engine, self.clock, self._ask, self.world.run)
        self.carrier = Carrier(
            {name: registry.channel(name) for name in registry.names()},
            resolve,
            self.clock,
            self.world.brought,
            {
                name: {
                    **registry.derived_options(name, self.secret),
                    **registry.house_options(name, os.environ),
                }
                for name in registry.names()
            },
            self.guard,
        )
        self.webhooks = WebhookLoop(
            lambda room: WebhookDesk(self.engine, self._links, room),
            resolve,
            self.clock,
            self.guard,
            self.world.carry,
            self._webhooks_failed,
        )
        self.calendars = CalendarLoop(
            CalendarDesk(self.engine),
            Fetcher(self.guard),
            resolve,
            self.clock,
            self.world.carry,
            self._calendars_failed,
        )
        database = "PostgreSQL" if settings.database_url else "SQLite"
        self.performer = Performer(
            self.engine,
            self.world.carry,
            status(version("tocsin"), self.node, database),
            Examiner(os.environ, settings.data, settings.database_url is not None),
        )
        self.pinger = DeadMansSwitchPinger(
            lambda: self.engine.facts.current,
            resolve,
            lambda: self.detecting.owned and self.world.alive() and not self.stopping,
            self.guard,
        )
        self.live = LiveUpdates(hub, self.secret, self.clock.now)
        self.scrape = Scrape(self.engine, self.detecting, hub)
        self.readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self.loop: asyncio.AbstractEventLoop | None = None
        self.stopping = False
        self.started = False

    def _links(self, facts: Configuration) -> HouseLinks:
        return house_links(facts, self.secret, self.clock.now(), self.public_url, self.url)

    def _upkeep(self) -> None:
        """Several times a second, on a thread of its own."""
        self._housekeeping()
        self.front_desk.look_at_the_clock()

    def _webhooks_failed(self) -> None:
        self.counters.loop_failures["webhooks"] += 1

    def _calendars_failed(self) -> None:
        self.counters.loop_failures["calendars"] += 1

    def woken(self, topics: frozenset[str]) -> None:
        """Commits happened, here or on another node. Called from any thread."""
        self.world.woken(topics)
        self.webhooks.heard(topics)
        self.calendars.heard(topics)

    # --- what happens on the event loop ----------------------------------------------------------------------------

    def _news(self, topics: Iterable[str]) -> None:
        said = list(topics)
        if "configuration" in said:
            self.front_desk.renew_keys()
        self.hub.publish(said)

    # --- doors ---------------------------------------------------------------------------------------------------

    async def perform(self, request: Request, actor: Actor) -> object:
        run = self._ask if isinstance(request, READING) else self.world.run
        await check_urls(request, actor, self.guard)
        answer = await run(self.performer.perform, request, actor, self.clock.now())
        self.front_desk.renew_keys()
        return answer

    async def _ask(self, work: Callable[..., T], *args: object) -> T:
        """On a thread for readers, never one that pages depend on."""
        return await asyncio.get_running_loop().run_in_executor(self.readers, work, *args)

    async def metrics(self) -> bytes:
        return await self._ask(self.scrape.page)

    async def follow(self, claims: LinkClaims) -> str:
        """Somebody pressed the button behind a signed link."""
        if claims.subject:
            return await self._take_offer(claims)
        command: Command = Acknowledge("") if claims.action == "acknowledge" else Resolve("")
        try:
            answered = await self.perform(
                Act(claims.incidents, command), Actor(claims.person, "link", asked_from())
            )
        except Refused as refused:
            raise NotTaken(refused.message) from None
        assert isinstance(answered, list)
        return " ".join(dict.fromkeys(acted.refused or acted.said for acted in answered))

    async def _take_offer(self, claims: LinkClaims) -> str:
        request = offered.request_of(claims.action, claims.subject, claims.person)
        try:
            answered = await self.perform(request, Actor(claims.person, "link", asked_from()))
        except Refused as refused:
            raise NotTaken(refused.message, again=refused.code == "unavailable") from None
        return str(getattr(answered, "said", ""))

    async def ask_about(self, claims: LinkClaims) -> Question:
        """What a link about no incident asks before its button is pressed."""
        return await self._ask(
            self.store.read,
            lambda tx: offered.question_of(
                tx, self.engine.facts.current, claims.action, claims.subject, claims.person, self.clock.now()
            ),
        )

    async def describe(self, incidents: tuple[int, ...]) -> list[Listed]:
        found = await self._ask(self.store.read, lambda tx: tx.incidents.peek(incidents))
        links = self._links(self.engine.facts.current)
        return [
            Listed(
                i.id,
                i.title,
                i.state.value + (f" by {i.acknowledged_by}" if i.acknowledged_by and i.is_open else ""),
                links.incident(i.id),
            )
            for i in found.values()
        ]

    def ready(self) -> str:
        """Why this node does not serve; "" when it does."""
        if self.stopping:
            return "stopping"
        if not self.started:
            return "starting"
        if not self.settings.database_url and not self.detecting.owned:
            return "detection has not begun yet"
        return ""

    # --- life ----------------------------------------------------------------------------------------------------

    def app(self, token: str) -> MachineApp:
        return MachineApp(
            door=PublicDoor(
                self.perform, partial(self.identifying.caller, token), lambda: self.engine.facts.current
            ),
            live=self.live,
            replies=WrongLinks(
                Replies(self.secret, self.follow, self.clock.now, self.describe, ask=self.ask_about)
            ),
            ready=self.ready,
            metrics=self.metrics,
        )

    async def run(self, port: socket.socket) -> None:
        settings = self.settings
        stop = asyncio.Event()
        loop = self.loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        people: PeopleProcess | None = None
        await self.world.start(self.carrier)
        await self.webhooks.start()
        await self.calendars.start()
        pinging = asyncio.create_task(self.pinger.run())
        passed_on, control = settings.data / MACHINE_SOCKET, settings.data / SOCKET
        for path in (passed_on, control):
            bind_privately(path)
        public = make_server(self.app(self.token), uds=str(passed_on))
        local = make_server(Door(self.perform), uds=str(control))
        servers = [asyncio.create_task(listening.serve(server)) for server in (public, local)]
        reached = f"{settings.host}:{port.getsockname()[1]}"
        told = {**settings.environment, "TOCSIN_LISTEN": reached}
        if not settings.port:  # a free one was taken, and links in messages need it
            self.url = os.environ.get("TOCSIN_PUBLIC_URL") or f"http://{reached}"
        front = FrontProcess(
            port, self.world.bell, told, self.front_desk.introduce, self.front_desk.hear, settings.front
        )
        self.front_desk.open(loop, front, self.detecting, self.world.run)
        try:
            await until(lambda: public.started and local.started, servers)
            await front.start()
            self.started = True
            if settings.people:
                people = PeopleProcess(settings.data / PEOPLE_SOCKET, told)
                await people.start()
            log.info("ready", url=f"http://{reached}", node=self.node, data=str(settings.data))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({stopped, *servers}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
        finally:
            self.stopping = front.stopping = True
            if people is not None:
                people.stopping = True
            log.info("stopping")
            self.live.closing.set()
            pinging.cancel()
            await front.stop()
            public.should_exit = local.should_exit = True
            await asyncio.gather(*servers, return_exceptions=True)
            await self.webhooks.stop()
            await self.calendars.stop()
            await self.world.stop()
            if people is not None:
                await people.stop()
            self.readers.shutdown(wait=True, cancel_futures=True)
            for path in (passed_on, control):
                path.unlink(missing_ok=True)
            log.info("stopped")


def _history() -> timedelta:
    """Raises CannotStart."""
    try:
        return kept_for(os.environ)
    except ValueError as error:
        raise CannotStart(str(error)) from None


def _guard() -> Guard:
    """Raises CannotStart."""
    try:
        return Guard(allowed_in(os.environ))
    except ValueError as error:
        raise CannotStart(str(error)) from None
