"""The agenda: durable timers, claimed by one, leased under a token."""

import pytest

from tests.engine.cast import due
from tocsin.engine.store.protocol import AgendaEntry, Store

STEP, FLUSH, SEND = "incident.step", "group.flush", "address.ntfy"


def pending(store: Store, subject: str, kind: str) -> AgendaEntry | None:
    found = store.read(lambda tx: tx.agenda.pending(subject, [kind]))
    return found[0] if found else None


def test_due_entries_are_claimed_earliest_first(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 30), due(FLUSH, "g", 10), due(STEP, "2", 20)]))
    claimed = store.run(lambda tx: tx.agenda.claim([STEP, FLUSH], 30, 10))
    assert [(e.kind, e.subject, e.due_at) for e in claimed] == [
        (FLUSH, "g", 10),
        (STEP, "2", 20),
        (STEP, "1", 30),
    ]


def test_an_entry_is_due_at_its_instant_and_not_before(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 30)]))
    assert store.run(lambda tx: tx.agenda.claim([STEP], 29, 10)) == []
    assert len(store.run(lambda tx: tx.agenda.claim([STEP], 30, 10))) == 1


def test_only_the_kinds_asked_for_are_claimed(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 1), due(FLUSH, "g", 1)]))
    assert [e.kind for e in store.run(lambda tx: tx.agenda.claim([FLUSH], 5, 10))] == [FLUSH]
    assert store.run(lambda tx: tx.agenda.claim([], 5, 10)) == []
    assert store.read(lambda tx: dict(tx.agenda.count())) == {STEP: 1}


def test_no_more_than_the_limit_is_claimed_over_all_kinds(store: Store) -> None:
    entries = [due(kind, str(n), n) for n, kind in enumerate([STEP, FLUSH] * 5)]
    store.run(lambda tx: tx.agenda.schedule(entries))
    assert [e.due_at for e in store.run(lambda tx: tx.agenda.claim([STEP, FLUSH], 99, 4))] == [0, 1, 2, 3]
    assert [e.due_at for e in store.run(lambda tx: tx.agenda.claim([STEP, FLUSH], 99, 99))] == [
        4,
        5,
        6,
        7,
        8,
        9,
    ]


def test_what_a_process_leased_that_is_gone_is_due_at_once(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "alice", 10, b"kept"), due(SEND, "bob", 90)]))
    (leased,) = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 20, 50))
    assert store.run(lambda tx: tx.agenda.free_leases(21)) == 1
    assert pending(store, "alice", SEND) == due(SEND, "alice", 21, b"kept")
    assert pending(store, "bob", SEND) == due(SEND, "bob", 90)
    assert not store.run(lambda tx: tx.agenda.consume(SEND, "alice", leased.token))


def test_what_was_claimed_is_gone_after_the_commit_unless_scheduled_again(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 1), due(STEP, "2", 2, b"two")]))

    def work(tx):
        assert len(tx.agenda.claim([STEP], 5, 10)) == 2
        tx.agenda.schedule([due(STEP, "2", 50, b"again")])

    store.run(work)
    assert pending(store, "1", STEP) is None
    assert pending(store, "2", STEP) == due(STEP, "2", 50, b"again")


def test_what_was_claimed_is_back_when_the_transaction_fails(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 1, b"one")]))

    def work(tx):
        tx.agenda.claim([STEP], 5, 10)
        tx.agenda.schedule([due(STEP, "1", 99), due(STEP, "2", 99)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run(work)
    assert store.run(lambda tx: tx.agenda.claim([STEP], 5, 10)) == [due(STEP, "1", 1, b"one")]


def test_scheduling_moves_an_entry_either_way(store: Store) -> None:
    for at in (50, 10, 90):
        store.run(lambda tx, at=at: tx.agenda.schedule([due(STEP, "1", at, str(at).encode())]))
        assert pending(store, "1", STEP) == due(STEP, "1", at, str(at).encode())


def test_scheduling_earlier_never_moves_an_entry_later(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule_earlier([due(SEND, "a", 50, b"x")]))
    store.run(lambda tx: tx.agenda.schedule_earlier([due(SEND, "a", 90, b"y")]))
    assert pending(store, "a", SEND) == due(SEND, "a", 50, b"x")
    store.run(lambda tx: tx.agenda.schedule_earlier([due(SEND, "a", 20, b"z")]))
    assert pending(store, "a", SEND) == due(SEND, "a", 20, b"z")


def test_a_cancelled_entry_never_comes_due(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 1), due(STEP, "2", 1)]))
    store.run(lambda tx: tx.agenda.cancel([(STEP, "1"), (STEP, "unknown")]))
    assert [e.subject for e in store.run(lambda tx: tx.agenda.claim([STEP], 5, 10))] == ["2"]


def test_a_leased_entry_is_nobody_elses_until_the_lease_ends(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 10)]))
    [first] = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))
    assert first.token and first.due_at == 10
    assert store.run(lambda tx: tx.agenda.lease({SEND: 10}, 39, 70)) == []
    [second] = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 40, 70))
    assert second.token not in ("", first.token)
    assert not store.run(lambda tx: tx.agenda.consume(SEND, "a", first.token))
    assert store.run(lambda tx: tx.agenda.consume(SEND, "a", second.token))
    assert pending(store, "a", SEND) is None


def test_each_kind_is_leased_as_often_as_there_is_room(store: Store) -> None:
    other = "address.mail"
    store.run(lambda tx: tx.agenda.schedule([due(SEND, str(n), n) for n in range(3)] + [due(other, "m", 9)]))
    leased = store.run(lambda tx: tx.agenda.lease({SEND: 2, other: 1}, 10, 40))
    assert [(e.kind, e.subject) for e in leased] == [(SEND, "0"), (SEND, "1"), (other, "m")]
    assert store.run(lambda tx: tx.agenda.lease({SEND: 0, other: 1}, 10, 40)) == []
    assert [e.subject for e in store.run(lambda tx: tx.agenda.lease({SEND: 1}, 10, 40))] == ["2"]


def test_what_leaves_at_once_is_leased_whether_it_was_due_later_or_not_at_all(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "b", 99, b"later")]))
    leased = store.run(lambda tx: tx.agenda.lease_at_once([(SEND, "b"), (SEND, "a")], 10, 40))
    assert [(e.subject, e.due_at, e.document, bool(e.token)) for e in leased] == [
        ("b", 10, b"", True),
        ("a", 10, b"", True),
    ]
    assert store.run(lambda tx: tx.agenda.lease({SEND: 9}, 39, 70)) == []
    for entry in leased:
        assert store.run(lambda tx, entry=entry: tx.agenda.consume(SEND, entry.subject, entry.token))
        assert pending(store, entry.subject, SEND) is None


def test_what_is_under_a_live_lease_is_only_marked_when_it_should_leave_at_once(store: Store) -> None:
    [mine] = store.run(lambda tx: tx.agenda.lease_at_once([(SEND, "a")], 10, 40))
    assert store.run(lambda tx: tx.agenda.lease_at_once([(SEND, "a")], 20, 50)) == []
    assert store.run(lambda tx: tx.agenda.consume(SEND, "a", mine.token))
    assert pending(store, "a", SEND) == due(SEND, "a", 20)


def test_an_expired_lease_is_taken_over_at_once(store: Store) -> None:
    [lost] = store.run(lambda tx: tx.agenda.lease_at_once([(SEND, "a")], 10, 40))
    [mine] = store.run(lambda tx: tx.agenda.lease_at_once([(SEND, "a")], 40, 70))
    assert not store.run(lambda tx: tx.agenda.consume(SEND, "a", lost.token))
    assert store.run(lambda tx: tx.agenda.consume(SEND, "a", mine.token))
    assert pending(store, "a", SEND) is None


def test_what_was_scheduled_in_the_same_transaction_can_be_leased_at_once(store: Store) -> None:
    def work(tx):
        tx.agenda.schedule([due(SEND, "a", 99), due(STEP, "1", 5)])
        [leased] = tx.agenda.lease_at_once([(SEND, "a")], 10, 40)
        tx.agenda.schedule_earlier([due(SEND, "a", 20)])
        return leased

    mine = store.run(work)
    assert store.run(lambda tx: tx.agenda.consume(SEND, "a", mine.token))
    assert pending(store, "a", SEND) == due(SEND, "a", 20)


def test_an_expired_lease_that_nobody_took_can_still_be_consumed(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 10)]))
    [mine] = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))
    assert store.run(lambda tx: tx.agenda.consume(SEND, "a", mine.token, again_at=90))
    assert pending(store, "a", SEND) == due(SEND, "a", 90)


def test_scheduling_voids_a_lease(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 10)]))
    [mine] = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 20)]))
    assert not store.run(lambda tx: tx.agenda.consume(SEND, "a", mine.token))
    assert pending(store, "a", SEND) == due(SEND, "a", 20)


def test_cancelling_voids_a_lease(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 10)]))
    [mine] = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))
    store.run(lambda tx: tx.agenda.cancel([(SEND, "a")]))
    assert not store.run(lambda tx: tx.agenda.consume(SEND, "a", mine.token, again_at=50))
    assert pending(store, "a", SEND) is None


def test_what_is_asked_for_under_a_lease_comes_due_when_it_is_consumed(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 10)]))
    [mine] = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))
    store.run(lambda tx: tx.agenda.schedule_earlier([due(SEND, "a", 25)]))
    store.run(lambda tx: tx.agenda.schedule_earlier([due(SEND, "a", 15)]))
    assert store.run(lambda tx: tx.agenda.lease({SEND: 10}, 30, 60)) == []
    assert store.run(lambda tx: tx.agenda.consume(SEND, "a", mine.token))
    assert pending(store, "a", SEND) == due(SEND, "a", 15)


def test_of_a_mark_and_a_retry_the_earlier_counts(store: Store) -> None:
    for mark, retry, expected in ((15, 99, 15), (99, 15, 15)):
        store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 10)]))
        [mine] = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))
        store.run(lambda tx, mark=mark: tx.agenda.schedule_earlier([due(SEND, "a", mark)]))
        store.run(lambda tx, retry=retry, mine=mine: tx.agenda.consume(SEND, "a", mine.token, retry))
        assert pending(store, "a", SEND) == due(SEND, "a", expected)


def test_a_mark_on_an_expired_lease_is_not_lost_to_its_late_holder(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 10)]))
    [mine] = store.run(lambda tx: tx.agenda.lease({SEND: 10}, 10, 40))
    store.run(lambda tx: tx.agenda.schedule_earlier([due(SEND, "a", 50)]))
    assert store.run(lambda tx: tx.agenda.consume(SEND, "a", mine.token))
    assert pending(store, "a", SEND) == due(SEND, "a", 50)


def test_a_lease_taken_and_given_back_in_one_transaction_leaves_what_was_asked(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 1), due(SEND, "b", 1), due(SEND, "c", 1)]))

    def work(tx):
        by_subject = {e.subject: e for e in tx.agenda.lease({SEND: 10}, 5, 40)}
        assert tx.agenda.consume(SEND, "a", by_subject["a"].token)
        assert tx.agenda.consume(SEND, "b", by_subject["b"].token, again_at=70)
        assert not tx.agenda.consume(SEND, "a", by_subject["a"].token)
        assert not tx.agenda.consume(SEND, "c", "no such token")

    store.run(work)
    assert pending(store, "a", SEND) is None
    assert pending(store, "b", SEND) == due(SEND, "b", 70)
    assert pending(store, "c", SEND).due_at == 40  # type: ignore[union-attr]


def test_nothing_is_consumed_without_a_token(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(SEND, "a", 1)]))
    assert not store.run(lambda tx: tx.agenda.consume(SEND, "a", ""))


def test_the_next_due_instant_is_the_earliest_of_the_kinds(store: Store) -> None:
    assert store.read(lambda tx: tx.agenda.next_due()) is None
    store.run(lambda tx: tx.agenda.schedule([due(STEP, "1", 30), due(FLUSH, "g", 10)]))
    assert store.read(lambda tx: tx.agenda.next_due()) == 10
    assert store.read(lambda tx: tx.agenda.next_due([STEP])) == 30
    assert store.read(lambda tx: tx.agenda.next_due([SEND])) is None
    store.run(lambda tx: tx.agenda.claim([FLUSH], 10, 1))
    assert store.read(lambda tx: tx.agenda.next_due()) == 30


def test_a_transaction_sees_its_own_changes_of_the_agenda(store: Store) -> None:
    def work(tx):
        tx.agenda.schedule([due(STEP, "1", 30), due(STEP, "2", 20)])
        tx.agenda.schedule_earlier([due(STEP, "1", 10), due(STEP, "2", 99)])
        assert tx.agenda.next_due([STEP]) == 10
        assert dict(tx.agenda.count()) == {STEP: 2}
        assert [e.subject for e in tx.agenda.claim([STEP], 15, 10)] == ["1"]
        assert tx.agenda.pending("1", [STEP]) == []
        tx.agenda.cancel([(STEP, "2")])
        tx.agenda.schedule_earlier([due(STEP, "2", 77)])
        assert tx.agenda.next_due([STEP]) == 77

    store.run(work)
    assert store.read(lambda tx: tx.agenda.next_due()) == 77


def test_thousands_of_entries_are_claimed_and_moved_in_one_transaction(store: Store) -> None:
    store.run(lambda tx: tx.agenda.schedule([due(STEP, str(n), n) for n in range(3000)]))

    def work(tx):
        claimed = tx.agenda.claim([STEP], 1999, 5000)
        tx.agenda.schedule([due(STEP, e.subject, e.due_at + 10_000) for e in claimed[:1000]])

    store.run(work)
    assert store.read(lambda tx: dict(tx.agenda.count())) == {STEP: 2000}
    assert store.read(lambda tx: tx.agenda.next_due()) == 2000
