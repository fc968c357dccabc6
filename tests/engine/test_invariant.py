"""The invariant: whoever is owed a page has a timer; and what is found broken is mended, once."""

import pytest

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.control.requests import Act
from tocsin.core.respond.incident import Acknowledge, AddResponder
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.protocol import Store


def broken(house: House) -> list[int]:
    return house.store.read(lambda tx: tx.incidents.without_timer(10))


def test_an_acknowledgement_that_never_expires_is_no_breach(store: Store) -> None:
    house = House(
        store, VirtualClock(START), configured(severities={"SEV2": {"ack_timeout": "none"}}), Provider()
    )
    house.fires("DiskFull", severity="critical")
    house.ask(Act((1,), Acknowledge("")), actor="bob")
    assert broken(house) == []


def test_a_lost_timer_is_mended_once_and_the_escalation_goes_on(store: Store) -> None:
    house = House(store, VirtualClock(START), configured(), Provider())
    house.fires("DiskFull", severity="critical")
    store.run(lambda tx: tx.agenda.cancel([("incident.step", "1")]))
    assert broken(house) == [1]
    assert house.world.engine.repair(house.now)[0] == 1
    assert broken(house) == []
    assert house.world.engine.repair(house.now)[0] == 0
    house.passes(minutes=11)
    assert "bob" in [page.message.person for page in house.pages()]


@pytest.mark.parametrize("state", ["acknowledged", "snoozed", "mitigated", "reassigned"])
def test_whatever_people_do_repairing_finds_nothing(store: Store, state: str) -> None:
    house = House(store, VirtualClock(START), configured(), Provider())
    house.fires("DiskFull", severity="critical")
    alice = house.person("alice")
    match state:
        case "acknowledged":
            alice.acknowledges()
        case "snoozed":
            alice.snoozes(minutes=30)
        case "mitigated":
            alice.mitigates()
        case "reassigned":
            house.person("dan").reassigns("carol")
    assert broken(house) == []


def test_an_admin_who_was_paged_for_want_of_others_is_left_alone_once_somebody_has_it(store: Store) -> None:
    provider = Provider()
    provider.refuses("alice")
    house = House(store, VirtualClock(START), configured(), provider)
    house.fires("DiskFull", severity="critical")
    assert [page.message.person for page in house.pages()] == ["dan"]
    house.ask(Act((1,), AddResponder("", "carol")))
    house.ask(Act((1,), Acknowledge("")), actor="bob")
    pages = store.read(lambda tx: tx.pages.of(1))
    assert [page.person for page in pages if page.state == "wanted"] == ["carol"]
