"""The facts: what an unreadable configuration may and may not do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.config.answers import ConfigFile
from tocsin.config.load import load
from tocsin.config.perform import apply_view
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.instants import micros
from tocsin.engine.facts import Facts, Unusable
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.protocol import Entry, Transaction

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
HOUSE = Path(__file__).parents[1] / "scenarios" / "house.yaml"


def house() -> MemoryStore:
    store = MemoryStore(lambda: micros(NOW))
    files = (ConfigFile("house.yaml", HOUSE.read_text()),)
    view = store.run(lambda tx: apply_view(tx, ApplyConfiguration(files), "tests", NOW))
    assert view.applied
    return store


def break_routes(tx: Transaction) -> None:
    tx.configuration.put([Entry("routes", "", b"not what it was")])
    tx.configuration.bump()


def test_unreadable_routes_leave_the_last_good_ones_in_force_at_the_new_revision() -> None:
    store = house()
    facts = Facts(store, load)
    good = facts.current.route
    store.run(break_routes)
    facts.reload()
    assert facts.current.route == good
    assert store.run(lambda tx: facts.check(tx)).route == good


def test_a_start_on_unreadable_routes_is_refused_because_alerts_would_go_nowhere() -> None:
    store = house()
    store.run(break_routes)
    with pytest.raises(Unusable, match="routes"):
        Facts(store, load)
