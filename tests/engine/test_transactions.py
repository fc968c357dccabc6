"""All or nothing, told after the commit, and reading never writes."""

import pytest

from tests.engine.cast import alert, due, group, incident, notification, page, request, state
from tocsin.core.respond.delivery import AddressState
from tocsin.engine.store.protocol import (
    AttemptRow,
    AuditRow,
    ChangeRow,
    Entry,
    HeartbeatRow,
    IncidentFilter,
    Store,
    TimelineRow,
)


def write_everything(tx):
    tx.configuration.put([Entry("people", "alice", b"{}")])
    tx.configuration.bump()
    tx.inbox.quarantine([(request(), "labels: expected an object")])
    tx.ownership.acquire("node-1", 100, 1)
    tx.alerts.add([alert(1)])
    tx.alerts.put_states([state(1, incident=1)])
    tx.groups.put([group("g", 1)])
    tx.incidents.new_ids(1)
    tx.incidents.put([incident(1)])
    tx.timeline.add([TimelineRow(1, 1, 5, "noted", "hello")])
    tx.pages.put([page(1)])
    tx.notifications.add([notification("1.1.1")])
    tx.notifications.record_attempts([AttemptRow("1.1.1", 1, "k", 1, 2, "delivered")])
    tx.notifications.put_address("ntfy|alice", AddressState(key="k"))
    tx.agenda.schedule([due("incident.step", "1", 50)])
    tx.heartbeats.put([HeartbeatRow("watchdog", 1, False)])
    tx.records.add_changes([ChangeRow(0, "ci", 1, 1, "deploy abc123", "ci", "task-api", b"{}")])
    tx.records.audit(AuditRow(1, "alice", "web", "acknowledge", "1"))


def see_everything(tx):
    return (
        tx.configuration.revision(),
        tx.configuration.entries(),
        tx.inbox.quarantined(10),
        tx.ownership.current(),
        list(tx.alerts.active()),
        tx.groups.all(),
        tx.incidents.search(IncidentFilter()),
        tx.timeline.of(1),
        tx.pages.of(1),
        tx.notifications.waiting("ntfy|alice"),
        tx.notifications.of_incident(1),
        tx.notifications.attempts_of_incident(1),
        tx.notifications.address("ntfy|alice"),
        tx.agenda.pending("1", ["incident.step"]),
        tx.heartbeats.all(),
        tx.records.changes(0, 10),
        tx.records.audited(),
    )


def test_what_is_written_is_seen_in_the_same_transaction_as_after_it(store: Store) -> None:
    empty = store.read(see_everything)

    def work(tx):
        write_everything(tx)
        return see_everything(tx)

    within = store.run(work)
    assert within == store.read(see_everything)
    assert all(seen != nothing for seen, nothing in zip(within, empty, strict=True))


def test_when_work_raises_nothing_happened(store: Store) -> None:
    before = store.read(see_everything)

    def work(tx):
        write_everything(tx)
        see_everything(tx)  # what was held back reaches the database, and must still be undone
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run(work)
    assert store.read(see_everything) == before


def test_a_store_works_on_after_work_raised(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        store.run(lambda tx: 1 // 0)
    store.run(write_everything)
    assert store.read(lambda tx: tx.configuration.revision()) == 1


def test_the_result_of_work_is_returned(store: Store) -> None:
    assert store.run(lambda tx: "done") == "done"
    assert store.read(lambda tx: "seen") == "seen"


@pytest.mark.parametrize(
    "write",
    [
        lambda tx: tx.configuration.bump(),
        lambda tx: tx.groups.put([group("g")]),
        lambda tx: tx.agenda.schedule([due("page", "1.1", 5)]),
        lambda tx: tx.incidents.put([incident(1)]),
    ],
)
def test_reading_refuses_to_write(store: Store, write) -> None:
    before = store.read(see_everything)
    with pytest.raises(Exception, match="read"):
        store.read(write)
    assert store.read(see_everything) == before


def test_wake_ups_are_told_once_after_the_commit(store: Store, woken: list[frozenset[str]]) -> None:
    def work(tx):
        tx.wake("agenda")
        tx.wake("incident:1")
        tx.wake("agenda")
        assert woken == []

    store.run(work)
    assert woken == [frozenset({"agenda", "incident:1"})]


def test_a_failed_transaction_wakes_nobody(store: Store, woken: list[frozenset[str]]) -> None:
    def work(tx):
        tx.wake("agenda")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run(work)
    store.run(lambda tx: None)
    assert woken == []


def test_the_stores_clock_moves_forward(store: Store) -> None:
    first = store.run(lambda tx: tx.now())
    assert store.read(lambda tx: tx.now()) >= first
