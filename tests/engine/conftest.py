"""The three stores, so that one test holds for all of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.migrated import emptied_database, migrated_directory
from tocsin.engine.store.memory import MemoryStore
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import Store

OnWake = Callable[[frozenset[str]], None]
Opening = Callable[..., Store]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def woken() -> list[frozenset[str]]:
    """What `on_wake` was called with."""
    return []


@pytest.fixture
def store(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, woken: list[frozenset[str]]
) -> Iterator[Store]:
    """A fresh store of each kind."""
    opened: Store
    if kind == "memory":
        opened = MemoryStore(lambda: 1_000_000, woken.append)
    elif kind == "sqlite":
        opened = open_store(migrated_directory(tmp_path / "data"), None, on_wake=woken.append)
    else:
        url = emptied_database(request.getfixturevalue("postgres"))
        opened = open_store(None, url, on_wake=woken.append)
    yield opened
    opened.close()


@pytest.fixture
def nodes(request: pytest.FixtureRequest) -> Iterator[tuple[Store, Store, list[frozenset[str]]]]:
    """Two nodes on one PostgreSQL, and what wakes the second."""
    url = emptied_database(request.getfixturevalue("postgres"))
    heard: list[frozenset[str]] = []
    first = open_store(None, url, on_wake=lambda topics: None)
    second = open_store(None, url, on_wake=heard.append)
    yield first, second, heard
    first.close()
    second.close()
