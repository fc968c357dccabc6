"""One thing that cannot be decided or sent holds up nothing else: it is set aside, tried again, and somebody is told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.core.instants import micros
from tocsin.core.respond import decide as deciding
from tocsin.engine import consequences, sending
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory import MemoryStore

Break = Callable[[str], None]


@pytest.fixture
def house() -> House:
    clock = VirtualClock(START)
    return House(MemoryStore(lambda: micros(clock.now())), clock, configured(), Provider())


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Errors are what these stories are about; printing them takes longer than they do."""
    with structlog.testing.capture_logs():
        yield


class Broken(Exception):
    """A mistake of our own."""


@pytest.fixture
def undecidable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Incidents with one of these words in their title cannot be decided."""
    words: set[str] = set()

    def decide(incident: Any, *args: Any) -> Any:
        if any(word in incident.title for word in words):
            raise Broken(incident.title)
        return deciding.decide(incident, *args)

    monkeypatch.setattr(consequences, "decide", decide)
    return words


@pytest.fixture
def unsayable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Messages about one of these cannot be composed."""
    words: set[str] = set()
    compose = sending.compose

    def composed(bundle: Any, *args: Any) -> Any:
        if any(word in notification.title for notification in bundle for word in words):
            raise Broken("no words")
        return compose(bundle, *args)

    monkeypatch.setattr(sending, "compose", composed)
    return words


@pytest.fixture
def unsendable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Addresses where one of these waits cannot be decided."""
    words: set[str] = set()
    next_send = sending.next_send

    def decided(state: Any, waiting: Any, now: Any) -> Any:
        if any(word in notification.title for notification in waiting for word in words):
            raise Broken("no order")
        return next_send(state, waiting, now)

    monkeypatch.setattr(sending, "next_send", decided)
    return words


def paged(house: House, person: str) -> list[str]:
    return [page.message.title for page in house.pages() if page.message.person == person]


def test_an_incident_that_cannot_be_decided_does_not_stop_the_escalation_of_others(
    house: House, undecidable: set[str]
) -> None:
    house.fires("Cursed", severity="critical")
    house.fires("DiskFull", severity="critical")
    undecidable.add("Cursed")
    house.passes(minutes=11)
    assert any("DiskFull" in title for title in paged(house, "bob"))
    assert not any("Cursed" in title for title in paged(house, "bob"))


def test_an_incident_that_cannot_be_decided_is_told_to_its_timeline_and_to_the_admins(
    house: House, undecidable: set[str]
) -> None:
    house.fires("Cursed", severity="critical")
    undecidable.add("Cursed")
    house.passes(minutes=11)
    house.tells("step_started", "set_aside: Broken")
    assert any("Cursed" in title for title in paged(house, "dan"))
    assert house.world.engine.counters.set_aside["incident.step"] >= 2


def test_what_was_set_aside_goes_on_once_it_can_be_decided(house: House, undecidable: set[str]) -> None:
    house.fires("Cursed", severity="critical")
    undecidable.add("Cursed")
    house.passes(minutes=30)
    undecidable.clear()
    house.passes(minutes=5)
    assert any("Cursed" in title for title in paged(house, "bob"))


def test_what_is_set_aside_is_tried_ever_more_rarely(house: House, undecidable: set[str]) -> None:
    house.fires("Cursed", severity="critical")
    undecidable.add("Cursed")
    house.passes(minutes=10)
    house.passes(hours=2)
    assert 20 <= house.world.engine.counters.set_aside["incident.step"] <= 40


def test_a_page_that_cannot_be_composed_leaves_in_few_words(house: House, unsayable: set[str]) -> None:
    unsayable.add("Cursed")
    house.fires("Cursed", severity="critical")
    assert paged(house, "alice") == ["SEV2 task-api Cursed is bad #1"]


def test_an_address_that_cannot_be_decided_keeps_no_other_waiting(house: House, unsendable: set[str]) -> None:
    unsendable.add("Cursed")
    house.fires("Cursed", severity="critical")
    house.fires("Cursed again", severity="critical")
    house.fires("DiskFull", severity="warning")
    assert [heard.method for heard in house.posts("alerts-low-priority")] == ["alerts-low-priority"]
    house.passes(minutes=12)
    assert house.world.engine.counters.set_aside["address"] > 5
    assert "Tocsin cannot decide" in paged(house, "dan")[0]
    unsendable.clear()
    house.passes(minutes=5)
    assert paged(house, "bob") == ["2 incidents need you (worst SEV2)"]


def test_an_arrival_that_cannot_be_told_does_not_hold_up_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(owed: Any, notification: Any, *args: Any) -> None:
        if "Cursed" in notification.title:
            raise Broken

    monkeypatch.setattr(sending, "_tell_timeline", tell)
    house.fires("Cursed", severity="critical")
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=5)
    assert (
        len([title for title in paged(house, "alice") if "Cursed" in title]) <= 2
    )  # by hook and by mail, once each
