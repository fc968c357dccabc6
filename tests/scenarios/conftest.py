"""Every scenario runs on all three stores: the simulated one in memory, SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.migrated import emptied_database, migrated_directory
from tests.postgres import Postgres
from tests.scenarios.house import START, House, configured
from tests.scenarios.person import Person
from tests.scenarios.provider import Provider
from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import Store

MakeHouse = Callable[..., House]


class Stores:
    """Makes the stores of one scenario, all of one kind."""

    def __init__(self, kind: str, directory: Path, postgres: Callable[[], Postgres]) -> None:
        self.kind = kind
        self._directory, self._postgres = directory, postgres
        self._made: list[Store] = []
        self._url = ""

    def make(self, clock: VirtualClock) -> Store:
        """A fresh one."""
        if self.kind == "memory":
            store: Store = MemoryStore(lambda: micros(clock.now()))
        elif self.kind == "sqlite":
            data = migrated_directory(self._directory / f"data{len(self._made)}")
            store = open_store(data, None, on_wake=lambda topics: None)
        else:
            self._url = emptied_database(self._postgres())
            store = open_store(None, self._url, on_wake=lambda topics: None)
        self._made.append(store)
        return store

    def another(self) -> Store:
        """The same database for a second node. Only PostgreSQL has more than one door to it."""
        if self.kind != "postgresql":
            return self._made[-1]
        self._made.append(open_store(None, self._url, on_wake=lambda topics: None))
        return self._made[-1]

    def close(self) -> None:
        for store in self._made:
            store.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    made = Stores(request.param, tmp_path, lambda: request.getfixturevalue("postgres"))
    yield made
    made.close()


@pytest.fixture
def make_house(stores: Stores) -> Iterator[MakeHouse]:
    """Builds a house of `house.yaml` with these nouns of its own, at an instant. Whatever the story, at its end the house
    owes nobody anything."""
    houses: list[House] = []

    def make(at: datetime = START, **nouns: Any) -> House:
        clock = VirtualClock(at.astimezone(UTC))
        house = House(stores.make(clock), clock, configured(**nouns), Provider())
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
