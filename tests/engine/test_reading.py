"""Detection reads the inbox in order and in helpings, and parses a request when it is its turn."""

import pytest

from tests.engine.cast import NOON, request
from tocsin.core.detect.signal import ChangeEvent, InboxRow, Parsed, Signal, SignalKind, Unreadable
from tocsin.engine.helpings import MOST
from tocsin.engine.reading import ROWS, Reading
from tocsin.engine.store.memory import MemoryStore
from tocsin.engine.store.protocol import Store


@pytest.fixture
def store() -> Store:
    return MemoryStore(lambda: NOON, lambda topics: None)


def replay(row: InboxRow) -> Parsed:
    """A body is how many alerts it holds."""
    if not row.body.isdigit():
        raise Unreadable("", "a number")
    return Parsed(signals=(Signal(SignalKind.FIRING, {"alertname": "DiskFull"}),) * int(row.body))


def taken(reading: Reading, requests: int = 10_000) -> list[int]:
    """The ids of one helping, which is committed."""
    helping = reading.helping(requests)
    if helping is None:
        return []
    ids = [report.inbox_id for report in helping]
    reading.cursor = helping.last
    return ids


def test_requests_are_taken_in_order_and_once(store: Store) -> None:
    reading = Reading(store, replay)
    store.inbox.append([request(b"1")] * (2 * ROWS + 3))
    assert taken(reading) == list(range(1, 2 * ROWS + 4))
    assert taken(reading) == []
    store.inbox.append([request(b"1")])
    assert taken(reading) == [2 * ROWS + 4]


def test_a_helping_ends_with_the_request_that_makes_it_large_enough(store: Store) -> None:
    reading = Reading(store, replay)
    store.inbox.append([request(b"%d" % (MOST // 2))] * 5)
    assert taken(reading) == [1, 2]
    assert reading.more
    assert taken(reading) == [3, 4]
    assert taken(reading) == [5]
    assert not reading.more


def test_a_helping_may_be_one_request(store: Store) -> None:
    reading = Reading(store, replay)
    store.inbox.append([request(b"1")] * 3)
    assert [taken(reading, 1) for _ in range(4)] == [[1], [2], [3], []]


def test_what_was_taken_and_not_committed_is_read_again(store: Store) -> None:
    reading = Reading(store, replay)
    store.inbox.append([request(b"1")] * 3)
    assert taken(reading, 1) == [1]
    assert [report.inbox_id for report in reading.helping() or ()] == [2, 3]
    reading.begin(reading.cursor)
    assert taken(reading) == [2, 3]


def test_a_request_that_cannot_be_read_says_nothing_and_is_kept(store: Store) -> None:
    reading = Reading(store, replay)
    store.inbox.append([request(b"1"), request(b"one"), request(b"1")])
    helping = reading.helping()
    assert helping is not None
    assert [len(report.parsed.signals) for report in helping] == [1, 0, 1]
    assert (helping.requests, helping.alerts, helping.last) == (3, 2, 3)
    ((row, error),) = store.read(lambda tx: tx.inbox.quarantined(10))
    assert row.id == 2 and "a number" in error


def test_only_what_says_more_than_alerts_is_noted(store: Store) -> None:
    said = {b"change": Parsed(changes=(ChangeEvent("deploy abc123"),)), b"ping": Parsed(ping="cron")}
    reading = Reading(store, lambda row: said.get(row.body) or replay(row))
    store.inbox.append([request(b"1"), request(b"change"), request(b"ping"), request(b"0")])
    helping = reading.helping()
    assert helping is not None
    assert len(list(helping)) == 4
    assert [report.inbox_id for report in helping.noted] == [2, 3]
