"""A channel's room is for pages first: what many people are only told of waits, on every store."""

from datetime import UTC, datetime, timedelta

from tocsin.core.instants import micros
from tocsin.core.respond.deliver import queue_of
from tocsin.core.respond.delivery import Purpose
from tocsin.engine import kinds, sending
from tocsin.engine.store.protocol import AgendaEntry, Store

NOW = datetime(2026, 6, 8, 7, tzinfo=UTC)
NEWS = {queue_of(f"email|{n:03}", Purpose.STATUS): "email" for n in range(50)}
PAGE = {queue_of("email|zoe", Purpose.PAGE): "email"}


def test_a_page_that_has_no_room_at_once_goes_before_all_the_news_that_waits_longer(store: Store) -> None:
    """On a Monday at nine every schedule tells people of their shifts."""
    earlier = NOW - timedelta(minutes=1)
    store.run(lambda tx: sending.lease_at_once(tx, earlier, NEWS, {}))
    store.run(lambda tx: sending.lease_at_once(tx, NOW, PAGE, {}))
    leased = store.run(lambda tx: sending.lease(tx, NOW, {"email": 3}))
    assert [entry.subject for entry in leased] == [*PAGE, *sorted(NEWS)[:2]]


def test_a_page_and_news_of_one_decision_leave_with_the_page_first(store: Store) -> None:
    leased = store.run(lambda tx: sending.lease_at_once(tx, NOW, {**NEWS, **PAGE}, {"email": 1}))
    assert [entry.subject for entry in leased] == [*PAGE]


def test_news_takes_what_room_pages_leave_and_no_more(store: Store) -> None:
    store.run(lambda tx: sending.lease_at_once(tx, NOW, NEWS, {}))
    assert len(store.run(lambda tx: sending.lease(tx, NOW, {"email": 8, "ntfy": 8}))) == 8


def test_what_waited_since_before_they_were_apart_still_leaves(store: Store) -> None:
    old = AgendaEntry(kinds.address("email"), next(iter(NEWS)), micros(NOW))
    store.run(lambda tx: tx.agenda.schedule([old]))
    (leased,) = store.run(lambda tx: sending.lease(tx, NOW, {"email": 8}))
    assert leased.subject == old.subject
