"""Incidents, their timeline, pages and notifications."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.engine.cast import NOON, RUNNING, due, incident, notification, page
from tocsin.core.instants import instant
from tocsin.core.oncall.paged import Paged
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import AddressState, NotificationState
from tocsin.core.respond.incident import Escalation, EscalationStatus, Kind, State
from tocsin.core.respond.page import Page, PageState, Planned
from tocsin.core.severity import Severity, Urgency
from tocsin.engine.store.protocol import AttemptRow, IncidentFilter, NotificationRow, Store, TimelineRow

# --- incidents -------------------------------------------------------------------------------------------------------


def put(store: Store, *incidents) -> None:
    store.run(lambda tx: tx.incidents.put(incidents))


def test_ids_of_new_incidents_are_fresh_and_grow(store: Store) -> None:
    def work(tx):
        first = tx.incidents.new_ids(3)
        tx.incidents.put([incident(first[0])])
        second = tx.incidents.new_ids(2)
        tx.incidents.put([incident(i) for i in (*first[1:], *second)])
        return [*first, *second]

    given = store.run(work)
    given += store.run(work)
    assert given == sorted(set(given)) and len(given) == 10


def test_an_incident_comes_back_whole(store: Store) -> None:
    whole = incident(
        1,
        "p99 über \x00 2 s",
        labels={"alertname": "APIHighLatency", "näme": "\x00<b>"},
        snoozed_until=instant(NOON) + timedelta(hours=1),
        paged=("alice", "bob"),
        acknowledged_at=instant(NOON + 1),
    )
    put(store, whole)
    assert store.run(lambda tx: tx.incidents.load([1, 2])) == {1: whole}
    assert store.read(lambda tx: tx.incidents.peek([1, 2])) == {1: whole}


def test_a_loaded_incident_is_the_one_just_put(store: Store) -> None:
    put(store, incident(1))

    def work(tx):
        tx.incidents.put([incident(1, "renamed"), incident(2)])
        assert tx.incidents.load([1])[1].title == "renamed"
        assert tx.incidents.peek([1, 2, 3]).keys() == {1, 2}

    store.run(work)


def test_incidents_are_searched_newest_first(store: Store) -> None:
    put(
        store,
        incident(1, "Disk full", state=State.RESOLVED, severity=Severity.SEV1, service="db"),
        incident(2, "Disk slow", kind=Kind.TICKET, team="storage"),
        incident(
            3, "STRASSE dicht", state=State.ACKNOWLEDGED, summary="p99 over 2 s", labels={"pod": "API-7"}
        ),
    )

    def search(**wanted) -> list[int]:
        return [found.id for found in store.read(lambda tx: tx.incidents.search(IncidentFilter(**wanted)))]

    assert search() == [3, 2, 1]
    assert search(limit=1) == [3]
    assert search(before=3) == [2, 1]
    assert search(states=("detected", "acknowledged")) == [3, 2]
    assert search(severities=("SEV1",)) == [1]
    assert search(service="db") == [1]
    assert search(team="storage") == [2]
    assert search(kind="ticket") == [2]
    assert search(text="DISK") == [2, 1]
    assert search(text="straße") == [3]  # folded, not merely lowered
    assert search(text="P99 over") == [3]
    assert search(text="api-7") == [3]
    assert search(text="100%_'") == []
    assert search(text="disk", states=("resolved",), service="db") == [1]
    assert store.read(lambda tx: tx.incidents.count_open()) == 2


def test_only_incidents_that_would_sleep_through_are_without_a_timer(store: Store) -> None:
    exhausted = replace(RUNNING, status=EscalationStatus.EXHAUSTED)
    put(
        store,
        incident(1),
        incident(2),
        incident(3, escalation=replace(RUNNING, status=EscalationStatus.HELD)),
        incident(4, escalation=Escalation()),  # backlog
        incident(5, kind=Kind.TICKET),
        incident(6, escalation=exhausted),
        incident(7, state=State.RESOLVED),
        incident(8, state=State.ACKNOWLEDGED, ack_expires_at=instant(NOON)),
        incident(9, state=State.ACKNOWLEDGED),  # it never expires
        incident(10, state=State.ACKNOWLEDGED, severity=Severity.SEV3, snoozed_until=instant(NOON)),
        incident(11, state=State.MITIGATED, firing=1),
        incident(12, state=State.MITIGATED),
        incident(13, escalation=replace(exhausted, due_at=instant(NOON))),  # the last resort is told again
    )
    store.run(lambda tx: tx.agenda.schedule([due("incident.step", "2", 5), due("incident.close", "1", 5)]))
    assert store.read(lambda tx: tx.incidents.without_timer(100)) == [1, 3, 8, 10, 11, 12, 13]
    assert store.read(lambda tx: tx.incidents.without_timer(2)) == [1, 3]


def test_a_timer_set_in_the_same_transaction_counts(store: Store) -> None:
    def work(tx):
        tx.incidents.put([incident(1)])
        assert tx.incidents.without_timer(10) == [1]
        tx.agenda.schedule([due("incident.step", "1", 5)])
        assert tx.incidents.without_timer(10) == []

    store.run(work)


# --- timeline --------------------------------------------------------------------------------------------------------


def test_the_timeline_is_read_in_the_order_of_its_numbers(store: Store) -> None:
    rows = [TimelineRow(1, n, NOON - n, "noted", f"line {n}", "alice", "web") for n in (1, 2, 10)]
    store.run(lambda tx: tx.timeline.add([rows[2], rows[0], TimelineRow(2, 1, 5, "noted", "elsewhere")]))
    store.run(lambda tx: tx.timeline.add([rows[1]]))
    assert store.read(lambda tx: tx.timeline.of(1)) == rows


def test_a_line_of_the_timeline_is_never_overwritten(store: Store) -> None:
    store.run(lambda tx: tx.timeline.add([TimelineRow(1, 1, 5, "noted", "first")]))
    with pytest.raises(Exception, match=r"(?i)already|unique"):
        store.run(lambda tx: tx.timeline.add([TimelineRow(1, 1, 6, "noted", "second")]))
    assert [row.text for row in store.read(lambda tx: tx.timeline.of(1))] == ["first"]


# --- pages -----------------------------------------------------------------------------------------------------------


def test_pages_are_found_by_id_and_by_incident(store: Store) -> None:
    first = page(1, 1, plan=(Planned("mail", instant(NOON)),))
    tenth, second = page(1, 10, "bob"), page(1, 2)
    store.run(lambda tx: tx.pages.put([tenth, first, second, page(2)]))
    assert store.read(lambda tx: tx.pages.load(["1.1", "1.3"])) == {"1.1": first}
    assert store.read(lambda tx: tx.pages.of(1)) == [first, second, tenth]


def test_a_stopped_page_is_no_longer_wanted(store: Store) -> None:
    store.run(lambda tx: tx.pages.put([page(1, 1), page(1, 2, "bob")]))

    def work(tx):
        tx.pages.put([page(1, 1, state=PageState.STOPPED), page(1, 3, "carol")])
        return [p.serial for p in tx.pages.wanted(1)]

    assert store.run(work) == [2, 3]
    assert [p.serial for p in store.read(lambda tx: tx.pages.wanted(1))] == [2, 3]


def test_pages_of_an_incident_begun_in_this_transaction_are_seen(store: Store) -> None:
    def work(tx):
        [new] = tx.incidents.new_ids(1)
        assert tx.pages.wanted(new) == []
        tx.pages.put([page(new, 1)])
        assert [p.serial for p in tx.pages.wanted(new)] == [1]
        tx.incidents.search(IncidentFilter())
        tx.pages.put([page(new, 2)])
        assert [p.serial for p in tx.pages.of(new)] == [1, 2]
        return new

    new = store.run(work)
    assert [p.serial for p in store.read(lambda tx: tx.pages.of(new))] == [1, 2]


# --- notifications ---------------------------------------------------------------------------------------------------


def waiting(store: Store, address: str = "ntfy|alice") -> list[str]:
    return [n.id for n in store.read(lambda tx: tx.notifications.waiting(address))]


def test_waiting_notifications_are_read_oldest_first(store: Store) -> None:
    store.run(
        lambda tx: tx.notifications.add(
            [
                notification("1.1.2", at=NOON + 5),
                notification("1.1.1"),
                notification("1.2.1", at=NOON - 5),
                notification("1.3.1", "mail|bob"),
            ]
        )
    )
    assert waiting(store) == ["1.2.1", "1.1.1", "1.1.2"]
    assert [n.id for n in store.read(lambda tx: tx.notifications.waiting("ntfy|alice", 2))] == [
        "1.2.1",
        "1.1.1",
    ]
    newest = store.read(lambda tx: tx.notifications.newest_waiting("ntfy|alice", 2))
    assert [n.id for n in newest] == ["1.1.1", "1.1.2"]
    assert waiting(store, "mail|bob") == ["1.3.1"]
    assert waiting(store, "sms|carol") == []


def test_adding_a_notification_again_leaves_it_as_it_is(store: Store) -> None:
    store.run(lambda tx: tx.notifications.add([notification("1.1.1")]))
    store.run(
        lambda tx: tx.notifications.settle(["1.1.1"], NotificationState.SENT, Reason.SENT, "", NOON + 9)
    )
    store.run(lambda tx: tx.notifications.add([notification("1.1.1", at=NOON + 1)]))
    assert waiting(store) == []
    assert store.read(lambda tx: tx.notifications.load(["1.1.1", "x"])) == {
        "1.1.1": NotificationRow(notification("1.1.1"), NotificationState.SENT, "sent", "", 0, NOON + 9)
    }


def test_what_was_settled_no_longer_waits_even_within_the_transaction(store: Store) -> None:
    def work(tx):
        tx.notifications.add([notification(f"1.1.{n}", at=NOON + n) for n in range(1, 5)])
        tx.notifications.foresee(["ntfy|alice", "mail|bob"])
        tx.notifications.settle(["1.1.2"], NotificationState.FAILED, "gave_up", "refused", 9)
        assert [n.id for n in tx.notifications.waiting("ntfy|alice")] == ["1.1.1", "1.1.3", "1.1.4"]
        assert [n.id for n in tx.notifications.waiting("ntfy|alice", 2)] == ["1.1.1", "1.1.3"]
        tx.notifications.add([notification("1.1.5", at=NOON)])
        assert tx.notifications.load(["1.1.2"])["1.1.2"].detail == "refused"
        assert [n.id for n in tx.notifications.waiting("ntfy|alice")] == ["1.1.5", "1.1.1", "1.1.3", "1.1.4"]

    store.run(work)
    assert waiting(store) == ["1.1.5", "1.1.1", "1.1.3", "1.1.4"]


def test_dropping_touches_only_what_still_waits_for_these_pages(store: Store) -> None:
    store.run(
        lambda tx: (
            tx.notifications.add([notification(i) for i in ("1.1.1", "1.1.2", "1.2.1", "1.11.1")]),
            tx.notifications.settle(["1.1.2"], NotificationState.SENT, "sent", "", 5),
        )
    )
    store.run(lambda tx: tx.notifications.drop_waiting(["1.1", "9.9"], "page_stopped", NOON + 7))
    rows = store.read(lambda tx: tx.notifications.load(["1.1.1", "1.1.2", "1.2.1", "1.11.1"]))
    assert {i: row.state.value for i, row in rows.items()} == {
        "1.1.1": "dropped",
        "1.1.2": "sent",
        "1.2.1": "waiting",
        "1.11.1": "waiting",
    }
    assert (rows["1.1.1"].reason, rows["1.1.1"].updated_at) == ("page_stopped", NOON + 7)


def test_a_bundle_under_way_may_arrive_after_its_page_was_stopped(store: Store) -> None:
    store.run(lambda tx: tx.notifications.add([notification("1.1.1")]))
    store.run(lambda tx: tx.notifications.drop_waiting(["1.1"], "page_stopped", 7))
    store.run(lambda tx: tx.notifications.settle(["1.1.1"], NotificationState.SENT, "sent", "", 8))
    assert store.read(lambda tx: tx.notifications.load(["1.1.1"]))["1.1.1"].state is NotificationState.SENT


def test_attempts_are_kept_and_counted(store: Store) -> None:
    tries = [AttemptRow("1.1.1", n, "key", NOON + n, NOON + n + 1, "failed", "500") for n in (1, 2)]
    store.run(lambda tx: tx.notifications.add([notification("1.1.1"), notification("2.1.1", incident=2)]))
    store.run(
        lambda tx: tx.notifications.record_attempts(
            [tries[0], AttemptRow("2.1.1", 1, "k", 1, 2, "delivered")]
        )
    )
    store.run(lambda tx: tx.notifications.record_attempts([tries[1]]))
    assert store.read(lambda tx: tx.notifications.attempts_of_incident(1)) == tries
    [row] = store.read(lambda tx: tx.notifications.of_incident(1))
    assert (row.attempts, row.updated_at, row.state) == (2, NOON + 3, NotificationState.WAITING)


def test_a_notification_of_no_incident_waits_like_any_other(store: Store) -> None:
    store.run(lambda tx: tx.notifications.add([notification("s1", "slack|alerts", incident=None)]))
    assert waiting(store, "slack|alerts") == ["s1"]


def test_an_address_remembers_its_bundle(store: Store) -> None:
    assert store.read(lambda tx: tx.notifications.address("ntfy|alice")) == AddressState()
    under_way = AddressState(
        bundle=("1.1.1",),
        key="key",
        attempt=2,
        last_page_at=instant(NOON),
        services={"task-api": instant(NOON)},
    )

    def work(tx):
        tx.notifications.put_address("ntfy|alice", under_way)
        tx.notifications.foresee(["ntfy|alice", "mail|bob"])
        assert tx.notifications.address("ntfy|alice") == under_way
        assert tx.notifications.address("mail|bob") == AddressState()

    store.run(work)
    assert store.read(lambda tx: tx.notifications.address("ntfy|alice")) == under_way


def test_what_people_received_is_counted_by_minute_and_urgency_without_tests(store: Store) -> None:
    minute = 60_000_000
    noon = NOON - NOON % minute

    def received(serial: int, at: int, person: str = "alice", about: int = 1, **fields) -> Page:
        return replace(page(about, serial, person), begun_at=instant(at), **fields)

    def work(tx) -> None:
        tx.incidents.put([incident(1), incident(2, test=True)])
        tx.pages.put(
            [
                received(1, noon),
                received(2, noon + minute - 1),
                received(3, noon + 1, urgency=Urgency.LOW),
                received(4, noon + minute),
                received(5, noon - 1),
                received(6, noon, "bob"),
                received(7, noon, "carol"),
                received(1, noon, about=2),
            ]
        )

    store.run(work)
    assert store.read(lambda tx: tx.pages.received(["alice", "bob"], noon, noon + 2 * minute)) == [
        Paged("alice", instant(noon), Urgency.HIGH, 2),
        Paged("alice", instant(noon), Urgency.LOW, 1),
        Paged("alice", instant(noon + minute), Urgency.HIGH, 1),
        Paged("bob", instant(noon), Urgency.HIGH, 1),
    ]
