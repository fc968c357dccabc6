"""The differential test: one history lived through in memory, on SQLite and on PostgreSQL is one story.

At every moment of it the house owes nobody anything, nothing stale rings, and each message has one key.
"""

import contextlib
import itertools
import uuid
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, note, settings

from tests.postgres import Postgres
from tests.scenarios.conftest import Stores
from tests.scenarios.histories import Event, Past, histories
from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.engine.clock import VirtualClock

bounded = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def lived(
    history: list[Event], kind: str, directory: Path, postgres: Callable[[], Postgres]
) -> dict[str, object]:
    stores = Stores(kind, directory, postgres)
    clock = VirtualClock(START.astimezone(UTC))
    numbers = itertools.count(1)
    with contextlib.closing(stores), mock.patch.object(uuid, "uuid4", lambda: f"fact-{next(numbers):03}"):
        house = House(stores.make(clock), clock, configured(), Provider())
        past = Past(house)
        for event in history:
            past.lives(event)
            house.owes_nobody()
        past.comes_to_rest()
        account = past.account()
        note(f"{kind}: {len(house.provider.heard)} messages, {len(house.incidents())} incidents")
        nothing_stale_rang(house)
        if not any(event[0] == "provider" and event[1][0] == "refuses" for event in history):
            whoever_is_wanted_was_reached(house)
        if not any(
            event[0] == "crashes" for event in history
        ):  # what a crash cut short, nobody could write down
            every_incident_is_explained(house)
        return account


def nothing_stale_rang(house: House) -> None:
    """No page for an incident that was over when it left; one key is one bundle at one address."""
    over = {
        incident.id: incident.resolved_at
        for incident in house.incidents()
        if incident.resolved_at is not None
    }
    bundles: dict[tuple[str, str], tuple[int, ...]] = {}
    for heard in house.provider.heard:
        if heard.is_page:
            assert not [number for number in heard.incidents if number in over and over[number] < heard.at], (
                heard
            )
        first = bundles.setdefault((heard.address, heard.key), heard.incidents)
        assert set(heard.incidents) <= set(first), "a repeat told something that the first did not"


def whoever_is_wanted_was_reached(house: House) -> None:
    """An open page has arrived, once its providers work."""
    reached = {(page.message.person, number) for page in house.pages() for number in page.incidents}
    for incident in house.incidents():
        if incident.is_open:
            missing = [person for person in incident.paged if (person, incident.id) not in reached]
            assert not missing, f"{missing} never heard of incident {incident.id}"


def every_incident_is_explained(house: House) -> None:
    """The timeline has every line, begins with how it came, and names whoever was reached."""
    for incident in house.incidents():
        lines = house.timeline(incident.id)
        assert [line.entry for line in lines] == list(range(1, len(lines) + 1))
        assert lines[0].reason == "opened_incident"
        told = {line.text for line in lines if line.reason in ("sent", "bundled")}
        reached = {page.message.person for page in house.pages() if incident.id in page.incidents}
        attempted = {person for person in reached if any(person in text for text in told)}
        settled = not any(line.reason == "step_started" for line in lines) or attempted == reached
        assert settled, (
            f"{reached - attempted} heard of incident {incident.id}, and its timeline does not say so"
        )


def no_postgres() -> Postgres:
    raise AssertionError("not asked for")


@settings(bounded, max_examples=20)
@given(histories)
def test_a_history_in_memory_is_the_same_on_sqlite(
    tmp_path_factory: pytest.TempPathFactory, history: list[Event]
) -> None:
    expected = lived(history, "memory", Path(), no_postgres)
    found = lived(history, "sqlite", tmp_path_factory.mktemp("history"), no_postgres)
    for part, value in expected.items():
        assert found[part] == value, part


@settings(bounded, max_examples=8)
@given(histories)
def test_a_history_in_memory_is_the_same_on_postgresql(postgres: Postgres, history: list[Event]) -> None:
    expected = lived(history, "memory", Path(), no_postgres)
    found = lived(history, "postgresql", Path(), lambda: postgres)
    for part, value in expected.items():
        assert found[part] == value, part
