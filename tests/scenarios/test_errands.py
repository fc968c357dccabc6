"""What is due of on-call waits behind what pages people, and goes in small pieces."""

from datetime import timedelta
from itertools import count

import pytest

from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.core.instants import micros
from tocsin.engine import kinds
from tocsin.engine.engine import ERRANDS
from tocsin.engine.store.protocol import AgendaEntry

MANY = 3 * ERRANDS


def owe_errands(house: House) -> None:
    """A Monday at nine: many schedules have something to say."""
    due = [AgendaEntry(kinds.SHIFT, f"schedule {n}", micros(house.now)) for n in range(MANY)]
    house.store.run(lambda tx: tx.agenda.schedule(due))


def left(house: House) -> int:
    return sum(
        subject.startswith("schedule ")
        for subject in house.store.read(lambda tx: tx.agenda.subjects(kinds.SHIFT))
    )


def test_what_is_decided_about_pages_leaves_errands_alone(house: House, bob: Person) -> None:
    house.fires("DiskFull", severity="critical", service="task-api")
    engine = house.world.engine
    owe_errands(house)
    house.clock.move_to(house.now + timedelta(minutes=10))
    house.world.carry(engine.run_due(house.now).departures)
    assert left(house) == MANY
    house.world.settle()
    bob.was_paged("DiskFull")


def test_errands_are_run_a_few_at_a_time(house: House) -> None:
    owe_errands(house)
    engine = house.world.engine
    assert engine.has_errands(house.now)
    assert engine.run_errands(house.now).done == ERRANDS
    assert left(house) == MANY - ERRANDS
    house.world.settle()
    assert left(house) == 0 and not engine.has_errands(house.now)


def test_an_errand_that_takes_long_goes_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    owe_errands(house)
    seconds = count()
    monkeypatch.setattr(
        "tocsin.engine.engine.monotonic", lambda: next(seconds) / 25
    )  # it is 40 ms later each time
    house.world.engine.run_errands(house.now)
    assert left(house) == MANY - 1
    monkeypatch.undo()
    house.world.settle()
    assert left(house) == 0
