"""The live world's loops: what they owe when they stop, fail, or hear late."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import structlog

from tests.engine.test_carrying import Channels, departure
from tests.scenarios.house import START, configured
from tocsin.config.answers import ConfigFile
from tocsin.config.load import load
from tocsin.config.perform import apply_view
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.respond.delivery import Delivered
from tocsin.engine import live
from tocsin.engine.carrying import Carrier
from tocsin.engine.clock import SharedClock
from tocsin.engine.counters import Counters
from tocsin.engine.detecting import Detecting
from tocsin.engine.engine import Engine
from tocsin.engine.facts import Facts
from tocsin.engine.live import LiveWorld
from tocsin.engine.step import Step
from tocsin.engine.store.memory import MemoryStore
from tocsin.ingest.registry import replay
from tocsin.web.links import HouseLinks


class Node:
    """A live world on a store in memory, with one channel that takes everything."""

    def __init__(self) -> None:
        self.clock = SharedClock()
        self.topics: list[str] = []
        self.world: LiveWorld | None = None
        self.store = MemoryStore(lambda: 0, lambda topics: self.world.woken(topics) if self.world else None)
        self.applies(configured())
        self.engine = Engine(
            self.store,
            Facts(self.store, load),
            lambda facts: HouseLinks("http://house", b"", self.clock.now()),
            Counters(),
            lambda: self.carrier.room(),
            ["ntfy"],
        )
        detecting = Detecting(self.engine, "one", replay)
        self.world = LiveWorld(self.engine, detecting, self.clock, 2, self.topics.extend, lambda: None)
        self.sent = Channels(Delivered())
        self.carrier = Carrier({"ntfy": self.sent}, str, self.clock, self.world.brought, {})

    def applies(self, configuration: str) -> None:
        files = (ConfigFile("house.yaml", configuration),)
        view = self.store.run(lambda tx: apply_view(tx, ApplyConfiguration(files), "tests", START))
        assert view.applied

    def lives(self, story: Callable[[LiveWorld], Coroutine[Any, Any, None]]) -> None:
        async def life() -> None:
            assert self.world is not None
            await self.world.start(self.carrier)
            try:
                await asyncio.wait_for(story(self.world), 20)
            finally:
                await self.world.stop(2)

        with structlog.testing.capture_logs():
            asyncio.run(life())


async def until(true: Callable[[], bool]) -> None:
    for _ in range(4000):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came true")


@pytest.fixture
def node() -> Node:
    return Node()


def test_what_a_step_has_leased_still_leaves_when_the_house_stops(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    deciding, go_on = threading.Event(), threading.Event()
    now = int(node.clock.now().timestamp() * 1e6)

    def run_due(*_: object) -> Step:
        deciding.set()
        assert go_on.wait(10)
        return Step(1, [departure(now)])

    monkeypatch.setattr(node.engine, "run_due", run_due)

    async def story(world: LiveWorld) -> None:
        await until(deciding.is_set)
        asyncio.get_running_loop().call_later(0.05, go_on.set)

    node.lives(story)
    assert node.engine.counters.sends == {("ntfy", "page", "delivered"): 1}


def test_whoever_reloads_the_configuration_it_is_told(node: Node) -> None:
    async def story(world: LiveWorld) -> None:
        node.store.run(lambda tx: tx.configuration.bump())
        node.engine.facts.reload()  # a decision found its facts stale, before the loop that tells has looked
        world._configuration.set()
        await until(lambda: "configuration" in node.topics)

    node.lives(story)


def test_a_world_whose_agenda_stands_still_is_not_alive(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_due(*_: object) -> Step:
        raise RuntimeError("broken")

    async def story(world: LiveWorld) -> None:
        assert world.alive()
        monkeypatch.setattr(live, "STUCK_AFTER", 0.1)
        monkeypatch.setattr(node.engine, "run_due", run_due)
        await until(lambda: node.engine.counters.loop_failures["agenda"] > 0)
        await until(lambda: not world.alive())

    node.lives(story)


def test_what_changes_again_and_again_is_told_to_screens_once_a_moment(node: Node) -> None:
    async def story(world: LiveWorld) -> None:
        for _ in range(5):
            node.store.run(lambda tx: tx.wake("incident:1"))
        node.store.run(lambda tx: tx.wake("incident:2"))
        await until(lambda: "incident:2" in node.topics)
        assert [topic for topic in node.topics if topic.startswith("incident:")] == [
            "incident:1",
            "incident:2",
        ]

    node.lives(story)
