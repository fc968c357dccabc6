"""What a restart, an outage and a handover do to what is pending: nothing stale leaves, and nothing waits for no reason."""

from datetime import timedelta

import pytest

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.detecting import Detecting
from tocsin.engine.store.memory import MemoryStore
from tocsin.engine.store.protocol import Store, StoreUnavailable


@pytest.fixture
def house() -> House:
    clock = VirtualClock(START)
    return House(MemoryStore(lambda: micros(clock.now())), clock, configured(), Provider())


def step_due(house: House) -> int:
    (entry,) = house.store.read(lambda tx: tx.agenda.pending("1", ["incident.step"]))
    return entry.due_at


def test_a_handover_without_an_outage_moves_no_timer(house: House) -> None:
    house.fires("DiskFull", severity="critical")
    due = step_due(house)
    house.passes(minutes=9)
    house.world.settle()
    house.world.detecting.release()
    house.starts_again()
    assert step_due(house) == due


def test_detection_left_in_good_order_is_free_at_once_and_its_last_instant_stays_known(store: Store) -> None:
    store.run(lambda tx: tx.ownership.acquire("one", 1_000, 900))
    store.run(lambda tx: tx.ownership.release("one"))
    left = store.read(lambda tx: tx.ownership.current())
    assert left is not None and left.until == 1_000
    assert store.run(lambda tx: tx.ownership.acquire("two", 1_910, 910)) is not None


def test_a_process_that_slept_for_hours_lets_the_senders_speak_first(house: House) -> None:
    house.fires("DiskFull", severity="critical")
    house.stops()
    house.passes(hours=8)
    house.world.running = True  # the same process wakes up, and the live world tells it for how long it slept
    house.world.detecting.acquire(house.now, afresh=True)
    house.world.settle()
    assert len(house.pages()) == 1
    house.ends("DiskFull", severity="critical")
    house.passes(minutes=5)
    assert len(house.pages()) == 1


def test_after_an_outage_what_is_still_open_goes_on_once_the_senders_have_spoken(house: House) -> None:
    house.fires("DiskFull", severity="critical")
    house.stops()
    house.passes(hours=8)
    house.starts_again()
    house.world.advance(timedelta(seconds=74))
    assert [page.message.person for page in house.pages()] == ["alice"]
    house.passes(minutes=1)
    assert "bob" in [page.message.person for page in house.pages()]


def test_after_an_outage_a_new_page_takes_along_none_that_waited(house: House) -> None:
    house.fires("DiskFull", severity="critical")
    house.fires("QueueStuck", severity="critical")  # of the same service: it waits its turn
    house.stops()
    house.passes(hours=8)
    house.starts_again()
    house.fires("CardsDeclined", severity="critical", service="billing")
    assert [page.message.title for page in house.pages()[1:]] == ["[SEV2] billing: CardsDeclined is bad"]
    house.ends("QueueStuck", severity="critical")
    house.passes(minutes=5)
    assert not any("QueueStuck" in page.said for page in house.pages())


def test_after_an_outage_a_page_that_waited_leaves_once_the_senders_have_spoken(house: House) -> None:
    house.fires("DiskFull", severity="critical")
    house.fires("QueueStuck", severity="critical")
    house.stops()
    house.passes(hours=8)
    house.starts_again()
    house.fires("CardsDeclined", severity="critical", service="billing")
    house.world.advance(timedelta(seconds=74))
    assert not any("QueueStuck" in page.said for page in house.pages())
    house.passes(seconds=2)
    assert any("QueueStuck" in page.said and page.message.person == "alice" for page in house.pages())


def test_a_node_cut_off_from_its_database_calls_itself_owner_no_longer_than_its_lease(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned: list[bool] = []
    detecting = Detecting(house.world.engine, "two", house.world.detecting.replay, on_ownership=owned.append)
    house.world.detecting.release()
    assert detecting.acquire(house.now)

    def away(work: object) -> None:
        raise StoreUnavailable("cut off")

    monkeypatch.setattr(house.store, "run", away)
    for seconds, still in ((5, True), (10, True), (11, False)):
        with pytest.raises(StoreUnavailable):
            detecting.acquire(house.now + timedelta(seconds=seconds))
        assert detecting.owned is still
    assert owned == [True, False]
