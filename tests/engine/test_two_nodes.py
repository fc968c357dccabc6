"""Two nodes on one PostgreSQL: sharing work, waiting for each other only where they must, waking each other."""

import socket
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.engine.cast import NOON, due, incident, notification, request
from tests.migrated import emptied_database
from tests.postgres import Postgres
from tocsin.core.instants import instant
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import LostOwnership, Store, StoreUnavailable, Transaction

Nodes = tuple[Store, Store, list[frozenset[str]]]
STEP, SEND = "incident.step", "address.ntfy"


class Inside:
    """A transaction that stays open until told to go on, in a thread of its own."""

    def __init__(self, store: Store, work: Callable[[Transaction], object]) -> None:
        self._reached, self._go = threading.Event(), threading.Event()
        self.result: object = None

        def held(tx: Transaction) -> None:
            self.result = work(tx)
            self._reached.set()
            self._go.wait(10)

        self._thread = threading.Thread(target=lambda: store.run(held))

    def __enter__(self) -> "Inside":
        self._thread.start()
        assert self._reached.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._go.set()
        self._thread.join(10)


def eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def test_what_one_node_is_claiming_the_other_skips(nodes: Nodes) -> None:
    first, second, _ = nodes
    first.run(lambda tx: tx.agenda.schedule([due(STEP, str(n), n) for n in range(10)]))
    with Inside(first, lambda tx: tx.agenda.claim([STEP], 99, 6)) as inside:
        theirs = second.run(lambda tx: tx.agenda.claim([STEP], 99, 10))
    assert [e.subject for e in inside.result] == list("012345")
    assert [e.subject for e in theirs] == list("6789")


def test_two_nodes_share_a_thousand_entries_and_none_is_taken_twice(nodes: Nodes) -> None:
    nodes[0].run(lambda tx: tx.agenda.schedule([due(STEP, str(n), n) for n in range(1000)]))
    taken: list[str] = []

    def drain(store: Store) -> None:
        while claimed := store.run(lambda tx: tx.agenda.claim([STEP], 5000, 17)):
            taken.extend(entry.subject for entry in claimed)

    threads = [threading.Thread(target=drain, args=(store,)) for store in nodes[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(taken, key=int) == [str(n) for n in range(1000)]


def test_a_node_that_dies_while_claiming_leaves_its_entries_to_the_other(
    nodes: Nodes, postgres: Postgres
) -> None:
    first, second, _ = nodes
    first.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 1)]))
    url = emptied_database(postgres)
    second.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 1)]))
    dying = psycopg.connect(url)
    dying.execute("SELECT * FROM agenda FOR UPDATE SKIP LOCKED")
    assert second.run(lambda tx: tx.agenda.claim([STEP], 5, 10)) == []
    dying.close()
    assert eventually(lambda: len(second.run(lambda tx: tx.agenda.claim([STEP], 5, 10))) == 1)


def test_a_lease_of_one_node_binds_the_other_and_passes_on_when_it_ends(nodes: Nodes) -> None:
    first, second, _ = nodes
    first.run(lambda tx: tx.agenda.schedule([due(SEND, "alice", 10)]))
    [mine] = first.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))
    assert second.run(lambda tx: tx.agenda.lease({SEND: 10}, 39, 70)) == []
    [theirs] = second.run(lambda tx: tx.agenda.lease({SEND: 10}, 40, 70))
    assert not first.run(lambda tx: tx.agenda.consume(SEND, "alice", mine.token))
    assert second.run(lambda tx: tx.agenda.consume(SEND, "alice", theirs.token))


def test_work_that_arrives_while_a_lease_is_being_consumed_is_not_lost(nodes: Nodes) -> None:
    first, second, _ = nodes
    first.run(lambda tx: tx.agenda.schedule([due(SEND, "alice", 10)]))
    [mine] = first.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))

    def arrive() -> None:
        def work(tx: Transaction) -> None:
            tx.notifications.add([notification("1.1.1")])
            tx.agenda.schedule_earlier([due(SEND, "alice", 15)])

        second.run(work)

    arriving = threading.Thread(target=arrive)
    with Inside(first, lambda tx: tx.agenda.consume(SEND, "alice", mine.token)):
        arriving.start()
        time.sleep(0.05)  # gives the second node time to reach the lock; right either way
    arriving.join(10)
    [left] = first.read(lambda tx: tx.agenda.pending("alice", [SEND]))
    assert (left.due_at, left.token) == (15, "")


def test_an_incident_read_for_deciding_is_locked_until_commit(nodes: Nodes) -> None:
    first, second, _ = nodes
    first.run(lambda tx: tx.incidents.put([incident(1)]))
    seen: list[str] = []

    def acknowledge(tx: Transaction) -> None:
        tx.incidents.put([incident(1, "changed by the first")])

    def decide(tx: Transaction) -> None:
        seen.append(tx.incidents.load([1])[1].title)

    waiting = threading.Thread(target=lambda: second.run(decide))
    with Inside(first, lambda tx: (tx.incidents.load([1]), acknowledge(tx))):
        waiting.start()
        assert second.read(lambda tx: tx.incidents.peek([1]))[1].title == "APIHighLatency"
        assert seen == []
    waiting.join(10)
    assert seen == ["changed by the first"]


def test_the_revision_cannot_move_under_a_transaction_that_read_it(nodes: Nodes) -> None:
    first, second, _ = nodes
    first.run(lambda tx: tx.configuration.bump())
    bumped: list[int] = []
    bumping = threading.Thread(target=lambda: bumped.append(second.run(lambda tx: tx.configuration.bump())))
    with Inside(first, lambda tx: tx.configuration.revision()) as inside:
        assert second.run(lambda tx: tx.configuration.revision()) == 1  # reading it together is fine
        bumping.start()
        time.sleep(0.05)  # gives the second node time to reach the lock; right either way
        assert bumped == []
    bumping.join(10)
    assert (inside.result, bumped) == (1, [2])


def test_a_deposed_owner_loses_at_its_next_check(nodes: Nodes) -> None:
    first, second, _ = nodes
    mine = first.run(lambda tx: tx.ownership.acquire("node-1", until=100, now=10))
    first.run(lambda tx: tx.ownership.advance(mine.epoch, 7))
    theirs = second.run(lambda tx: tx.ownership.acquire("node-2", until=300, now=200))
    assert (theirs.epoch, theirs.cursor) == (mine.epoch + 1, 7)
    with pytest.raises(LostOwnership):
        first.run(lambda tx: tx.ownership.check(mine.epoch))


def test_an_owner_in_the_middle_of_deciding_cannot_be_deposed(nodes: Nodes) -> None:
    first, second, _ = nodes
    mine = first.run(lambda tx: tx.ownership.acquire("node-1", until=100, now=10))
    taken: list[object] = []
    taking = threading.Thread(
        target=lambda: taken.append(second.run(lambda tx: tx.ownership.acquire("node-2", 300, 200)))
    )
    with Inside(first, lambda tx: (tx.ownership.check(mine.epoch), tx.ownership.advance(mine.epoch, 9))):
        taking.start()
        time.sleep(0.05)  # gives the second node time to reach the lock; right either way
        assert taken == []
    taking.join(10)
    assert taken[0].cursor == 9  # type: ignore[attr-defined]


def test_requests_appended_by_two_nodes_become_visible_in_order_without_gaps(nodes: Nodes) -> None:
    def append(store: Store) -> None:
        for _ in range(50):
            store.inbox.append([request(), request()])

    threads = [threading.Thread(target=append, args=(store,)) for store in nodes[:2]]
    cursor, seen = 0, []
    for thread in threads:
        thread.start()
    while len(seen) < 200:
        for row in nodes[0].read(lambda tx, cursor=cursor: tx.inbox.after(cursor, 1000)):
            seen.append(row.id)
            cursor = row.id
    for thread in threads:
        thread.join(10)
    assert seen == list(range(1, 201))


def test_new_incidents_of_two_nodes_get_different_ids(nodes: Nodes) -> None:
    first, second, _ = nodes
    with Inside(first, lambda tx: tx.incidents.new_ids(3)) as inside:
        theirs = second.run(lambda tx: tx.incidents.new_ids(3))
    assert not set(inside.result) & set(theirs)


def test_a_commit_on_one_node_wakes_the_other(nodes: Nodes) -> None:
    first, _, heard = nodes
    first.run(lambda tx: (tx.wake("agenda"), tx.wake("incident:1")))
    assert eventually(lambda: heard == [frozenset({"agenda", "incident:1"})])
    first.inbox.append([request()])
    assert eventually(lambda: heard[1:] == [frozenset({"inbox"})])


def test_many_topics_reach_the_other_node_all_the_same(nodes: Nodes) -> None:
    first, _, heard = nodes
    topics = {f"incident:{n}" for n in range(2000)}

    def work(tx: Transaction) -> None:
        for topic in topics:
            tx.wake(topic)

    first.run(work)
    assert eventually(lambda: frozenset().union(*heard) == topics)


def test_a_nodes_own_wake_ups_are_not_told_twice(nodes: Nodes) -> None:
    first, second, heard = nodes
    second.run(lambda tx: tx.wake("agenda"))
    first.run(lambda tx: tx.wake("configuration"))
    assert eventually(lambda: frozenset({"configuration"}) in heard)
    assert heard.count(frozenset({"agenda"})) == 1


def test_a_deadlock_is_decided_again_by_the_one_who_lost(nodes: Nodes) -> None:
    first, second, _ = nodes
    first.run(lambda tx: tx.incidents.put([incident(1), incident(2)]))
    both = threading.Barrier(2)
    tries: list[int] = []

    def crossing(store: Store, one: int, other: int) -> None:
        def work(tx: Transaction) -> None:
            tries.append(one)
            tx.incidents.load([one])
            if len(tries) <= 2:
                both.wait(10)
            tx.incidents.load([other])
            tx.incidents.put([incident(one, f"seen by {one}")])

        store.run(work)

    threads = [
        threading.Thread(target=crossing, args=(first, 1, 2)),
        threading.Thread(target=crossing, args=(second, 2, 1)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(tries) > 2  # on a busy machine PostgreSQL may break the deadlock on both sides
    assert {i.title for i in first.read(lambda tx: tx.incidents.peek([1, 2])).values()} == {
        "seen by 1",
        "seen by 2",
    }


def test_connections_cut_before_the_commit_cost_nothing(nodes: Nodes, postgres: Postgres) -> None:
    first, second, _ = nodes
    cuts: list[int] = []

    def work(tx: Transaction) -> None:
        tx.incidents.new_ids(1)
        if not cuts:
            cuts.append(1)
            second.run(
                lambda other: other.agenda._session.query(  # type: ignore[attr-defined]
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE state = 'idle in transaction' AND pid <> pg_backend_pid()"
                )
            )
        tx.incidents.new_ids(1)
        tx.incidents.put([incident(7)])

    first.run(work)
    assert first.read(lambda tx: tx.incidents.peek([7])) == {7: incident(7)}


def test_a_restarted_database_is_found_again(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.engine.store.postgres_patience.PATIENCE", 0.3)
    heard: list[frozenset[str]] = []
    store = open_store(None, emptied_database(postgres), on_wake=heard.append)
    store.run(lambda tx: tx.incidents.put([incident(1)]))
    postgres.stop("immediate")
    with pytest.raises(StoreUnavailable):
        store.run(lambda tx: tx.incidents.put([incident(2)]))
    postgres.start()
    monkeypatch.undo()
    assert store.inbox.append([request(at=NOON)]) == 1
    assert store.read(lambda tx: tx.incidents.peek([1, 2])) == {1: incident(1)}
    assert eventually(lambda: frozenset({"agenda:0", "inbox", "configuration"}) in heard)
    assert instant(store.run(lambda tx: tx.now())).year >= 2025
    store.close()


def test_a_database_that_cannot_be_reached_is_said_to_be(unused_port: int) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        open_store(None, f"postgresql://tocsin@127.0.0.1:{unused_port}/none", on_wake=lambda topics: None)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
