"""Every scenario runs on all three stores: the simulated one in memory, SQLite and PostgreSQL."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.migrated import emptied_database, migrated_directory
from tests.scenarios.house import START, House, configured
from tests.scenarios.person import Person
from tests.scenarios.provider import Provider

from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import Store

MakeHouse = Callable[..., House]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[VirtualClock], Store]]:
    """Makes this scenario's store, of each kind in turn."""
    stores: list[Store] = []
    numbers = itertools.count()

    def make(clock: VirtualClock) -> Store:
        if request.param == "memory":
            store: Store = MemoryStore(lambda: micros(clock.now()))
        elif request.param == "sqlite":
            data = migrated_directory(tmp_path / f"data{next(numbers)}")
            store = open_store(data, None, on_wake=lambda topics: None)
        else:
            url = emptied_database(request.getfixturevalue("postgres"))
            store = open_store(None, url, on_wake=lambda topics: None)
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def make_house(make_store: Callable[[VirtualClock], Store]) -> Iterator[MakeHouse]:
    """Builds a house of `house.yaml` with these nouns of its own, at an instant. Whatever the story, at its end the house
    owes nobody anything."""
    houses: list[House] = []

    def make(at: datetime = START, **nouns: Any) -> House:
        clock = VirtualClock(at.astimezone(UTC))
        house = House(make_store(clock), clock, configured(**nouns), Provider())
        houses.append(house)
        return house

    yield make
    for house in houses:
        house.owes_nobody()


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house()


@pytest.fixture
def alice(house: House) -> Person:
    """Primary in the scenarios' first week."""
    return house.person("alice")


@pytest.fixture
def bob(house: House) -> Person:
    """Secondary in the scenarios' first week."""
    return house.person("bob")


@pytest.fixture
def carol(house: House) -> Person:
    """The last resort."""
    return house.person("carol")


@pytest.fixture
def dan(house: House) -> Person:
    """The admin, who is told when something is wrong with on-call itself."""
    return house.person("dan")
