"""The calendars' loop from a feed on a real server to leave in force, on a real store."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from tests.engine.feeds import ALICE_AWAY, Server, feed, serving
from tests.migrated import migrated_directory
from tests.scenarios.house import House, configured
from tests.scenarios.provider import Provider
from tocsin.channels.guard import Allowed, Guard
from tocsin.config.secrets import resolve
from tocsin.control.requests import PutNoun, ReadCalendar
from tocsin.core.configuration import Configuration
from tocsin.engine.clock import VirtualClock
from tocsin.engine.oncall.calendars import Arrival, CalendarDeparture, Standing, standings
from tocsin.engine.oncall.calendars_fetching import Fetcher
from tocsin.engine.oncall.calendars_loop import CalendarDesk, CalendarLoop
from tocsin.engine.sending import Departure
from tocsin.engine.store.open import open_store

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Watched(CalendarDesk):
    """Says when an outcome was committed."""

    def __init__(self, house: House) -> None:
        super().__init__(house.world.engine)
        self.settled: asyncio.Queue[Arrival] = asyncio.Queue()
        self.loop = asyncio.get_running_loop()

    def arrived(self, departure: CalendarDeparture, arrival: Arrival, now: datetime) -> list[Departure]:
        told = super().arrived(departure, arrival, now)
        self.loop.call_soon_threadsafe(self.settled.put_nowait, arrival)
        return told


class Node:
    def __init__(self, data: Path, server: Server, *, by: str = "git") -> None:
        woken: list[Callable[[frozenset[str]], None]] = []
        self.store = open_store(
            migrated_directory(data), None, on_wake=lambda topics: [wake(topics) for wake in woken] and None
        )
        calendar = {"url": server.url, "for": "leave"}
        self.house = House(
            self.store,
            VirtualClock(NOW),
            configured(calendars={"hr": calendar} if by == "git" else None),
            Provider(),
        )
        if by != "git":
            self.house.ask(PutNoun("calendars", "hr", calendar), "dan")
        self.desk = Watched(self.house)
        self.loop = CalendarLoop(
            self.desk, Fetcher(Guard(Allowed())), resolve, self.house.clock, lambda told: None, self.failed
        )
        self.failures = 0
        woken.append(self.loop.heard)

    def failed(self) -> None:
        self.failures += 1

    @property
    def facts(self) -> Configuration:
        return self.house.world.engine.facts.current

    def later(self, **span: float) -> None:
        self.house.clock.move_to(self.house.now + timedelta(**span))

    async def settles(self) -> Standing:
        async with asyncio.timeout(30):
            await self.desk.settled.get()
        return self.store.read(standings)["hr"]


@pytest.fixture
def story(tmp_path: Path) -> Callable[..., None]:
    """Runs a coroutine with a server and a node whose loop runs."""

    def run(tell: Callable[[Server, Node], object], by: str = "git") -> None:
        async def told() -> None:
            async with serving() as server:
                node = Node(tmp_path / "data", server, by=by)
                await node.loop.start()
                try:
                    await tell(server, node)  # type: ignore[misc]
                    assert node.failures == 0
                finally:
                    server.let_go.set()
                    await node.loop.stop()
                    node.store.close()

        asyncio.run(told())

    return run


def test_a_feed_becomes_leave_and_is_asked_for_again_by_its_mark(story: Callable[..., None]) -> None:
    async def tell(server: Server, node: Node) -> None:
        def answer(request: web.Request) -> web.Response:
            if request.headers.get("If-None-Match") == '"1"':
                return web.Response(status=304)
            return web.Response(body=feed(ALICE_AWAY), headers={"ETag": '"1"'})

        server.answer = answer
        assert (await node.settles()).state == "good"
        assert [leave.person for leave in node.facts.leaves] == ["alice"]
        revision = node.facts.revision
        for _ in range(2):
            node.later(minutes=17)
            node.loop.heard(["configuration"])
            await node.settles()
        assert [request.headers.get("If-None-Match") for request in server.asked] == [None, '"1"', '"1"']
        assert node.facts.revision == revision
        node.later(hours=21)  # what repeats goes on into new days
        node.loop.heard(["configuration"])
        await node.settles()
        assert server.asked[-1].headers.get("If-None-Match") is None
        assert node.facts.revision == revision

    story(tell)


def test_whoever_asks_for_it_has_it_read_now(story: Callable[..., None]) -> None:
    async def tell(server: Server, node: Node) -> None:
        await node.settles()
        server.answer = lambda request: web.Response(body=feed(ALICE_AWAY.replace("alice", "bob")))
        await asyncio.to_thread(node.house.ask, ReadCalendar("hr"), "dan")
        await node.settles()
        assert [leave.person for leave in node.facts.leaves] == ["bob"]

    story(tell)


def test_a_server_that_breaks_leaves_the_last_events_in_force(story: Callable[..., None]) -> None:
    async def tell(server: Server, node: Node) -> None:
        await node.settles()
        for body, status in (
            (b"<html>sign in</html>", 200),
            (b"", 200),
            (feed(ALICE_AWAY)[:-20], 200),
            (b"", 503),
        ):
            server.answer = lambda request, body=body, status=status: web.Response(body=body, status=status)
            node.later(minutes=17)
            node.loop.heard(["configuration"])
            assert (await node.settles()).state == "failing"
            assert [leave.person for leave in node.facts.leaves] == ["alice"]

    story(tell)


def test_an_address_set_on_screen_that_leads_inside_is_never_asked(story: Callable[..., None]) -> None:
    async def tell(server: Server, node: Node) -> None:
        stands = await node.settles()
        assert "not public" in stands.why and server.asked == []

    story(tell, by="people")
