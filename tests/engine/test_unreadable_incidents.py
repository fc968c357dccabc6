"""An incident whose row this version cannot read: it is named and counted, and it holds up nobody else's."""

from collections.abc import Iterator

import pytest
import structlog

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.core.respond.incident import Acknowledge, State
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.protocol import IncidentFilter, Store, Transaction
from tocsin.engine.store.sql.incidents import INCIDENT
from tocsin.engine.store.sql.transaction import SqlTransaction


@pytest.fixture(params=["sqlite", "postgres"])  # memory keeps incidents as they are
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(store: Store) -> House:
    return House(store, VirtualClock(START), configured(), Provider())


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


def spoil(house: House, number: int) -> None:
    def work(tx: Transaction) -> None:
        assert isinstance(tx, SqlTransaction)
        session = tx._session
        session.write(
            f"UPDATE {INCIDENT.name} SET document = ? WHERE id = ?", (b'{"id": "of a later version"}', number)
        )

    house.store.run(work)


def titles(house: House, person: str) -> list[str]:
    return [page.message.title for page in house.pages() if page.message.person == person]


def test_other_pages_of_the_same_address_leave_and_its_own_says_what_it_can(house: House) -> None:
    for name in ("DiskFull", "Cursed", "QueueStuck"):  # the first leaves at once, the others wait their turn
        house.fires(name, severity="critical")
    spoil(house, 2)
    house.passes(seconds=31)
    (together,) = [page.message for page in house.pages() if len(page.message.items) == 2]
    assert {item.title for item in together.items} == {"Cursed is bad", "QueueStuck is bad"}
    assert house.world.engine.counters.set_aside["incident"] >= 1
    house.tells("bundled: Notified alice", incident=3)


def test_the_escalation_of_others_goes_on_and_the_admins_are_told(house: House) -> None:
    house.fires("Cursed", severity="critical")
    house.fires("DiskFull", severity="critical", service="billing")
    spoil(house, 1)
    house.passes(minutes=11)
    assert any("DiskFull" in title for title in titles(house, "bob"))
    assert any("cannot decide" in title for title in titles(house, "dan"))


def test_whoever_acknowledges_several_acknowledges_those_that_can_be_read(house: House) -> None:
    house.fires("Cursed", severity="critical")
    house.fires("DiskFull", severity="critical")
    spoil(house, 1)
    answered, _ = house.world.engine.submit([1, 2], Acknowledge("alice"), house.now)
    assert answered[1] is None and answered[2] is not None
    assert house.incident(2).state is State.ACKNOWLEDGED


def test_it_is_left_out_of_lists_and_named_when_asked_for(house: House) -> None:
    house.fires("Cursed", severity="critical")
    house.fires("DiskFull", severity="critical")
    spoil(house, 1)
    assert [i.id for i in house.store.read(lambda tx: tx.incidents.search(IncidentFilter()))] == [2]
    assert house.store.read(lambda tx: tx.incidents.peek([1, 2])).keys() == {2}
    assert house.store.read(lambda tx: tx.incidents.unreadable([1, 2, 3])).keys() == {1}


def test_the_invariant_is_repaired_for_those_that_can_be_read(house: House) -> None:
    house.fires("Cursed", severity="critical")
    house.fires("DiskFull", severity="critical")
    spoil(house, 1)
    house.store.run(lambda tx: tx.agenda.cancel([("incident.step", "1"), ("incident.step", "2")]))
    repaired, _ = house.world.engine.repair(house.now)
    assert repaired == 1
