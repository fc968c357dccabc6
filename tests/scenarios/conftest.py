"""Every scenario runs on all three stores: the simulated one in memory, SQLite and PostgreSQL."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.migrated import migrated_database, migrated_directory
from tests.scenarios.house import START, House, Person, Provider

from tocsin.channels import registry
from tocsin.config.answers import ConfigFile
from tocsin.config.load import load
from tocsin.config.perform import apply_view
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.simulated import SimulatedWorld
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import Store
from tocsin.ingest.registry import replay
from tocsin.web.links import HouseLinks, house_links

CONFIGURATION = Path(__file__).with_name("house.yaml")
SECRET = b"a secret of the tests"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[VirtualClock], Store]]:
    """Makes this scenario's store, of each kind in turn."""
    stores: list[Store] = []
    numbers = itertools.count()

    def make(clock: VirtualClock) -> Store:
        kind = request.param
        if kind == "memory":
            store: Store = MemoryStore(lambda: micros(clock.now()))
        elif kind == "sqlite":
            data = migrated_directory(tmp_path / f"data{next(numbers)}")
            store = open_store(data, None, on_wake=lambda topics: None)
        else:
            url = migrated_database(request.getfixturevalue("postgres"))
            store = open_store(None, url, on_wake=lambda topics: None)
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def make_house(make_store: Callable[[VirtualClock], Store]) -> Callable[..., House]:
    """Builds a house from YAML (default: house.yaml) at an instant (default: START)."""

    def make(configuration: str | None = None, at: datetime = START) -> House:
        clock = VirtualClock(at.astimezone(UTC))
        store = make_store(clock)
        text = configuration if configuration is not None else CONFIGURATION.read_text()
        files = (ConfigFile("house.yaml", text),)
        view = store.run(lambda tx: apply_view(tx, ApplyConfiguration(files), "tests", clock.now()))
        assert view.applied, view.problems
        provider = Provider()
        world = SimulatedWorld(
            store,
            load,
            clock,
            lambda facts: links(facts, clock),
            replay,
            registry.names(),
            deliver=lambda departure: provider(departure, clock.now()),
        )
        world.settle()
        return House(world, clock, provider, store)

    return make


def links(facts: Configuration, clock: VirtualClock) -> HouseLinks:
    return house_links(facts, SECRET, clock.now())


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house()


@pytest.fixture
def alice(house: House) -> Person:
    """Primary in the scenarios' first week."""
    return Person(house, "alice")


@pytest.fixture
def bob(house: House) -> Person:
    """Secondary in the scenarios' first week."""
    return Person(house, "bob")


@pytest.fixture
def carol(house: House) -> Person:
    """The last resort."""
    return Person(house, "carol")


@pytest.fixture
def dan(house: House) -> Person:
    """The admin, who is told when something is wrong with on-call itself."""
    return Person(house, "dan")
