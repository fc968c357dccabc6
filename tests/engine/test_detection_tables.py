"""What comes in: configuration, inbox, ownership, alerts, groups, heartbeats, records."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.engine.cast import NOON, alert, group, request, state
from tests.migrated import migrated_directory
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import (
    AlertFilter,
    AuditRow,
    ChangeRow,
    Entry,
    HeartbeatRow,
    LostOwnership,
    Store,
)

# --- configuration ---------------------------------------------------------------------------------------------------


def test_entries_are_put_replaced_and_removed_by_kind_and_name(store: Store) -> None:
    alice = Entry("people", "alice", b'{"name":"Alice Ames"}', "git", 5, 9, "bob", 3, "house.yaml:2")
    store.run(
        lambda tx: tx.configuration.put([Entry("people", "alice", b"{}"), Entry("teams", "platform", b"{}")])
    )
    store.run(lambda tx: tx.configuration.put([alice, Entry("services", "task-api", b"{}")]))
    assert store.read(lambda tx: tx.configuration.entries(["people", "services"])) == [
        alice,
        Entry("services", "task-api", b"{}"),
    ]
    store.run(lambda tx: tx.configuration.remove([("people", "alice"), ("people", "carol")]))
    assert [e.name for e in store.read(lambda tx: tx.configuration.entries())] == ["task-api", "platform"]


def test_the_revision_grows_by_one_with_every_bump(store: Store) -> None:
    assert store.read(lambda tx: tx.configuration.revision()) == 0
    assert [store.run(lambda tx: tx.configuration.bump()) for _ in range(3)] == [1, 2, 3]
    assert store.read(lambda tx: tx.configuration.revision()) == 3


# --- inbox -----------------------------------------------------------------------------------------------------------


def test_appended_requests_are_numbered_without_gaps(store: Store, woken: list[frozenset[str]]) -> None:
    assert store.inbox.append([request(b"a"), request(b"b")]) == 1
    assert store.inbox.append([request(b"\x00\xff")]) == 3
    rows = store.read(lambda tx: tx.inbox.after(0, 10))
    assert [(row.id, row.body) for row in rows] == [(1, b"a"), (2, b"b"), (3, b"\x00\xff")]
    assert [row.id for row in store.run(lambda tx: tx.inbox.after(1, 1))] == [2]
    assert store.run(lambda tx: tx.inbox.backlog(1)) == 2
    assert store.read(lambda tx: tx.inbox.backlog(3)) == 0
    assert woken == [frozenset({"inbox"})] * 2


def test_only_old_and_processed_requests_are_forgotten(store: Store) -> None:
    store.inbox.append([request(at=at) for at in (10, 20, 30, 40, 50)])
    assert store.inbox.drop_before(100, 2, 10) == 2  # the third is not processed yet
    assert store.inbox.drop_before(40, 4, 10) == 1  # the fourth is not old yet
    assert [row.id for row in store.read(lambda tx: tx.inbox.after(0, 10))] == [4, 5]


def test_forgetting_is_bounded_and_ids_are_never_given_out_again(store: Store) -> None:
    store.inbox.append([request(at=1) for _ in range(5)])
    assert store.inbox.drop_before(100, 5, 3) == 3
    store.inbox.drop_before(100, 5, 3)
    assert store.inbox.append([request()]) == 6


def test_unreadable_requests_are_kept_with_their_error_newest_first(store: Store) -> None:
    bad = replace(request(b"{"), id=7)
    store.run(lambda tx: tx.inbox.quarantine([(request(b"first"), "e1"), (bad, "not \x00 JSON")]))
    found = store.read(lambda tx: tx.inbox.quarantined(10))
    assert found == [(bad, "not \N{REPLACEMENT CHARACTER} JSON"), (request(b"first"), "e1")]
    assert len(store.read(lambda tx: tx.inbox.quarantined(1))) == 1


def test_the_quarantine_forgets_the_oldest_beyond_its_cap(store: Store) -> None:
    store.run(lambda tx: tx.inbox.quarantine([(replace(request(), id=n), "e") for n in range(10_003)]))
    store.run(lambda tx: tx.inbox.quarantine([(replace(request(), id=10_003), "e")]))
    kept = store.read(lambda tx: tx.inbox.quarantined(20_000))
    assert [len(kept), kept[0][0].id, kept[-1][0].id] == [10_000, 10_003, 4]


# --- ownership -------------------------------------------------------------------------------------------------------


def test_one_node_owns_detection_until_its_lease_ends(store: Store) -> None:
    assert store.read(lambda tx: tx.ownership.current()) is None
    first = store.run(lambda tx: tx.ownership.acquire("node-1", until=100, now=10))
    assert (first.epoch, first.cursor) == (1, 0)
    assert store.run(lambda tx: tx.ownership.acquire("node-2", until=150, now=99)) is None
    second = store.run(lambda tx: tx.ownership.acquire("node-2", until=200, now=100))
    assert second.epoch == 2
    assert store.read(lambda tx: tx.ownership.current()) == second


def test_renewing_keeps_the_epoch(store: Store) -> None:
    store.run(lambda tx: tx.ownership.acquire("node-1", 100, 10))
    assert store.run(lambda tx: tx.ownership.acquire("node-1", 200, 50)).epoch == 1
    assert store.run(lambda tx: tx.ownership.acquire("node-2", 250, 150)) is None


def test_a_deposed_owner_can_neither_check_nor_advance(store: Store) -> None:
    store.run(lambda tx: tx.ownership.acquire("node-1", 100, 10))
    store.run(lambda tx: tx.ownership.advance(1, 42))
    store.run(lambda tx: tx.ownership.acquire("node-2", 300, 200))
    for act in (lambda tx: tx.ownership.check(1), lambda tx: tx.ownership.advance(1, 50)):
        with pytest.raises(LostOwnership):
            store.run(act)
    store.run(lambda tx: tx.ownership.check(2))
    assert store.read(lambda tx: tx.ownership.current()).cursor == 42


def test_a_released_lease_is_free_at_once_and_its_holder_no_longer_owns(store: Store) -> None:
    store.run(lambda tx: tx.ownership.acquire("node-1", 100, 10))
    store.run(lambda tx: tx.ownership.release("node-2"))
    store.run(lambda tx: tx.ownership.check(1))
    store.run(lambda tx: tx.ownership.release("node-1"))
    with pytest.raises(LostOwnership):
        store.run(lambda tx: tx.ownership.check(1))
    assert store.run(lambda tx: tx.ownership.acquire("node-2", 100, 11)).epoch == 2


# --- alerts ----------------------------------------------------------------------------------------------------------


def add_alerts(store: Store, *states) -> None:
    def work(tx):
        tx.alerts.add([alert(s.alert) for s in states])
        tx.alerts.put_states(states)

    store.run(work)


def ids(pairs) -> list[int]:
    for row, its_state in pairs:
        assert row.id == its_state.alert
    return [row.id for row, _ in pairs]


def test_an_alert_comes_back_as_it_was_put(store: Store) -> None:
    hostile = alert(1, labels='{"näme":"<b>\\u0000"}'.encode(), key="dedup/1")
    full = state(1, by="silence 4", incident=9, complete_group="{}:{}")
    store.run(lambda tx: (tx.alerts.add([hostile]), tx.alerts.put_states([full])))
    assert store.read(lambda tx: list(tx.alerts.active())) == [(hostile, full)]
    assert store.read(lambda tx: tx.alerts.max_id()) == 1


def test_active_alerts_are_those_not_resolved(store: Store) -> None:
    add_alerts(store, state(1), state(2, "resolved"), state(3, "source_silent"))
    assert ids(store.read(lambda tx: list(tx.alerts.active()))) == [1, 3]
    store.run(lambda tx: tx.alerts.put_states([state(1, "resolved"), state(2, "firing")]))
    assert ids(store.read(lambda tx: list(tx.alerts.active()))) == [2, 3]


def test_alerts_are_searched_newest_first(store: Store) -> None:
    add_alerts(
        store,
        state(1, incident=5),
        state(2, "resolved", incident=5),
        state(3, reason="silenced", by="silence 1"),
        state(4, "source_silent", incident=6),
    )

    def search(**wanted) -> list[int]:
        return ids(store.read(lambda tx: tx.alerts.search(AlertFilter(**wanted))))

    assert search() == [4, 3, 2, 1]
    assert search(limit=2) == [4, 3]
    assert search(before=3) == [2, 1]
    assert search(statuses=("firing",)) == [3, 1]
    assert search(statuses=("resolved", "source_silent")) == [4, 2]
    assert search(reason="silenced") == [3]
    assert search(incident=5) == [2, 1]
    assert ids(store.read(lambda tx: tx.alerts.of_incident(5))) == [1, 2]


def test_the_last_of_two_states_in_one_transaction_stays(store: Store) -> None:
    def work(tx):
        tx.alerts.add([alert(1)])
        tx.alerts.put_states([state(1), state(1, "resolved")])
        tx.alerts.put_states([state(1, "source_silent")])

    store.run(work)
    [(_, kept)] = store.read(lambda tx: tx.alerts.search(AlertFilter()))
    assert kept.status == "source_silent"


def test_transitions_are_the_statuses_that_an_alert_left(tmp_path: Path) -> None:
    data = migrated_directory(tmp_path / "data")
    store = open_store(data, None, on_wake=lambda topics: None)
    add_alerts(store, state(1), state(2))
    store.run(lambda tx: tx.alerts.put_states([state(1), state(2, "source_silent", reason="silent")]))
    store.run(lambda tx: tx.alerts.put_states([state(2, reason="reopened_incident"), state(2, "resolved")]))
    store.close()
    with contextlib.closing(sqlite3.connect(data / "tocsin.sqlite3")) as database:
        left = database.execute("SELECT alert_id, status, reason FROM alert_transition ORDER BY id")
        assert left.fetchall() == [
            (2, "firing", "opened_incident"),
            (2, "source_silent", "silent"),
            (2, "firing", "reopened_incident"),
        ]


# --- groups, heartbeats, records -------------------------------------------------------------------------------------


def test_groups_are_put_loaded_and_removed_by_key(store: Store) -> None:
    store.run(lambda tx: tx.groups.put([group("b", 1), group("a")]))

    def work(tx):
        tx.groups.put([group("b", 2), group("c")])
        tx.groups.remove(["a"])
        assert tx.groups.load(["a", "b", "c", "d"]) == {"b": group("b", 2), "c": group("c")}

    store.run(work)
    assert store.read(lambda tx: tx.groups.all()) == [group("b", 2), group("c")]
    assert store.read(lambda tx: tx.groups.load(["c", "x"])) == {"c": group("c")}


def test_a_heartbeat_remembers_when_it_was_last_heard(store: Store) -> None:
    store.run(
        lambda tx: tx.heartbeats.put([HeartbeatRow("watchdog", 5, False), HeartbeatRow("backup", 1, False)])
    )
    store.run(lambda tx: tx.heartbeats.put([HeartbeatRow("watchdog", 9, True, b"{}")]))
    assert store.read(lambda tx: tx.heartbeats.all()) == [
        HeartbeatRow("backup", 1, False),
        HeartbeatRow("watchdog", 9, True, b"{}"),
    ]


def test_changes_are_found_by_time_and_service_newest_first(store: Store) -> None:
    deploy = ChangeRow(0, "ci", NOON, NOON + 1, "deploy abc123", "ci", "task-api", b'{"sha":"abc123"}')
    flag = replace(deploy, at=NOON + 10, summary="flag on", service=None)
    store.run(lambda tx: tx.records.add_changes([deploy, flag]))

    def summaries(*span, **wanted) -> list[str]:
        return [row.summary for row in store.read(lambda tx: tx.records.changes(*span, **wanted))]

    assert summaries(NOON, NOON + 11) == ["flag on", "deploy abc123"]
    assert summaries(NOON, NOON + 10) == ["deploy abc123"]
    assert summaries(NOON + 1, NOON + 11) == ["flag on"]
    assert summaries(NOON, NOON + 11, service="task-api") == ["deploy abc123"]
    assert summaries(NOON, NOON + 11, limit=1) == ["flag on"]
    [found] = store.read(lambda tx: tx.records.changes(NOON, NOON + 1))
    assert found == replace(deploy, id=found.id)


def test_the_audit_log_is_read_newest_first(store: Store) -> None:
    for n, what in enumerate(["acknowledge", "resolve"]):
        store.run(
            lambda tx, n=n, what=what: tx.records.audit(AuditRow(n, "alice", "cli", what, "1", "a\x00b"))
        )
    assert [row.what for row in store.read(lambda tx: tx.records.audited())] == ["resolve", "acknowledge"]
    assert store.read(lambda tx: tx.records.audited(1)) == [
        AuditRow(1, "alice", "cli", "resolve", "1", "a\N{REPLACEMENT CHARACTER}b")
    ]
