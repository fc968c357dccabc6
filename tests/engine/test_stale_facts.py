"""A configuration that changes while alerts stream in: decided on, and without detection beginning anew."""

import threading
from datetime import timedelta

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.control.actor import Actor
from tocsin.control.requests import AddSilence
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.protocol import Store, Transaction


def test_a_silence_made_here_while_alerts_stream_in_does_not_cost_detection_its_index(store: Store) -> None:
    house = House(store, VirtualClock(START), configured(), Provider())
    facts, detecting = house.world.engine.facts, house.world.detecting
    reload, streaming, done = facts.reload, threading.Event(), threading.Event()

    def slowly() -> bool:
        assert streaming.wait(
            10
        )  # by now the store has the new configuration, and the facts are the old ones
        return reload()

    facts.reload = slowly  # type: ignore[method-assign]
    index = detecting.index

    def stream() -> None:
        house.fires("DiskFull", severity="critical")
        done.set()

    alerts = threading.Thread(target=stream)
    store_run = store.run

    def run(work):  # type: ignore[no-untyped-def]
        answer = store_run(work)
        if threading.current_thread() is not alerts and not alerts.is_alive():
            alerts.start()
            done.wait(
                0.2
            )  # detection waits for the change under way; without that it would have looked by now
            streaming.set()
        return answer

    store.run = run  # type: ignore[method-assign]
    ends_at = START + timedelta(hours=1)
    house.performer.perform(AddSilence(('alertname="DiskFull"',), ends_at, START), Actor("dan", "cli"), START)
    alerts.join(10)
    store.run = store_run  # type: ignore[method-assign]
    assert detecting.index is index
    assert house.pages() == []


def test_a_configuration_changed_on_another_node_is_decided_on(store: Store) -> None:
    house = House(store, VirtualClock(START), configured(), Provider())

    def elsewhere(tx: Transaction) -> None:
        for entry in tx.configuration.entries(["people"]):
            if entry.name == "alice":
                tx.configuration.remove([("people", "alice")])
        tx.configuration.bump()

    store.run(elsewhere)
    house.fires("DiskFull", severity="critical")
    assert "alice" not in [page.message.person for page in house.pages()]
    assert house.pages()
