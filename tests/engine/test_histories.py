"""The simulated world's store and the live ones are one: random histories of transactions give the same answers in all.

Every history runs on memory and on a database, step by step; a step's answer and, at the end, everything that can be read
must be equal. Instants due never coincide, because order among equals is promised by nobody; lease tokens differ and are
kept by name.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.engine.cast import NOON, RUNNING, alert, due, group, incident, notification, page, request, state
from tests.migrated import emptied_database, migrated_directory
from tocsin.core.instants import instant
from tocsin.core.respond.delivery import AddressState, NotificationState
from tocsin.core.respond.incident import EscalationStatus, State
from tocsin.core.respond.page import PageState
from tocsin.core.severity import Severity
from tocsin.engine.store.memory import MemoryStore
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import (
    AgendaEntry,
    AlertFilter,
    AttemptRow,
    Entry,
    IncidentFilter,
    LostOwnership,
    Store,
    TimelineRow,
    Transaction,
)

STEP, SEND = "incident.step", "address.ntfy"
KINDS = st.sampled_from([STEP, SEND])
SUBJECTS = st.sampled_from(["1", "2", "3", "4"])
NUMBERS = st.integers(1, 4)
ADDRESSES = st.sampled_from(["ntfy|alice", "mail|bob"])
NOTIFICATIONS = st.builds("{}.{}.{}".format, st.integers(1, 2), st.integers(1, 2), st.integers(1, 3))
INSTANTS = st.integers(0, 40)
STATUSES = st.sampled_from(["firing", "resolved", "source_silent"])

Op = tuple[Any, ...]
OPS: st.SearchStrategy[Op] = st.one_of(
    st.tuples(st.just("schedule"), KINDS, SUBJECTS, INSTANTS),
    st.tuples(st.just("schedule_earlier"), KINDS, SUBJECTS, INSTANTS),
    st.tuples(st.just("cancel"), KINDS, SUBJECTS),
    st.tuples(st.just("claim"), st.lists(KINDS, unique=True), INSTANTS, st.integers(1, 5)),
    st.tuples(st.just("lease"), INSTANTS, st.integers(1, 30), st.integers(1, 3)),
    st.tuples(st.just("lease_at_once"), SUBJECTS, INSTANTS, st.integers(1, 30)),
    st.tuples(st.just("consume"), SUBJECTS, st.none() | INSTANTS),
    st.tuples(st.just("pending"), SUBJECTS),
    st.tuples(st.just("next_due"), st.lists(KINDS, unique=True)),
    st.tuples(st.just("count")),
    st.tuples(
        st.just("put_incident"), NUMBERS, st.sampled_from(State), st.sampled_from(Severity), st.booleans()
    ),
    st.tuples(
        st.just("search_incidents"),
        st.lists(st.sampled_from(["detected", "resolved"])),
        st.sampled_from(["", "v1"]),
    ),
    st.tuples(st.just("without_timer")),
    st.tuples(st.just("timeline"), NUMBERS),
    st.tuples(st.just("page"), NUMBERS, NUMBERS, st.sampled_from(PageState)),
    st.tuples(st.just("wanted"), NUMBERS, st.lists(NUMBERS, unique=True)),
    st.tuples(st.just("notify"), NOTIFICATIONS, ADDRESSES, INSTANTS),
    st.tuples(
        st.just("settle"), st.lists(NOTIFICATIONS, max_size=3), st.sampled_from(["sent", "failed", "dropped"])
    ),
    st.tuples(st.just("drop_waiting"), st.integers(1, 2), st.integers(1, 2)),
    st.tuples(st.just("waiting"), ADDRESSES, st.integers(1, 5), st.booleans()),
    st.tuples(st.just("attempt"), NOTIFICATIONS, INSTANTS),
    st.tuples(st.just("address"), ADDRESSES, st.text(max_size=2)),
    st.tuples(
        st.just("alert"),
        st.integers(1, 6),
        STATUSES,
        st.none() | NUMBERS,
    ),
    st.tuples(
        st.just("search_alerts"),
        st.lists(st.sampled_from(["firing", "resolved"])),
        st.none() | st.integers(1, 6),
    ),
    st.tuples(st.just("group"), SUBJECTS, st.booleans()),
    st.tuples(st.just("groups"), st.lists(SUBJECTS)),
    st.tuples(st.just("entry"), SUBJECTS, st.booleans()),
    st.tuples(st.just("own"), st.sampled_from(["node-1", "node-2"]), INSTANTS, INSTANTS),
    st.tuples(st.just("advance"), st.integers(1, 3), NUMBERS),
    st.tuples(st.just("after"), NUMBERS),
)
TRANSACTIONS = st.lists(st.tuples(st.lists(OPS, max_size=12), st.booleans(), st.integers(0, 2)), max_size=8)


class Failing(Exception):
    """A transaction that is to be rolled back."""


class Player:
    """Plays one history on one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tokens: dict[str, str] = {}
        self.serial = 0

    def transaction(self, ops: list[Op], fails: bool, appended: int) -> list[object]:
        answers: list[object] = []
        tokens, serial = dict(self.tokens), self.serial

        def work(tx: Transaction) -> None:
            answers.clear()
            self.tokens, self.serial = dict(tokens), serial
            answers.extend(self.play(tx, *op) for op in ops)
            if fails:
                raise Failing

        if appended:
            answers.append(self.store.inbox.append([request(str(n).encode()) for n in range(appended)]))
        try:
            self.store.run(work)
        except Failing:
            self.tokens = tokens
        return answers

    def unique(self, at: int) -> int:
        """Near that instant, but never the same twice."""
        self.serial += 1
        return at * 10_000 + self.serial

    def play(self, tx: Transaction, name: str, *given: Any) -> object:
        answer: Callable[..., object] = getattr(self, name)
        return answer(tx, *given)

    def plain(self, entries: list[AgendaEntry]) -> list[object]:
        return [(e.kind, e.subject, e.due_at, e.document, bool(e.token)) for e in entries]

    # --- the agenda ----------------------------------------------------------------------------------------------

    def schedule(self, tx: Transaction, kind: str, subject: str, at: int) -> object:
        return tx.agenda.schedule([due(kind, subject, self.unique(at), b"s")])

    def schedule_earlier(self, tx: Transaction, kind: str, subject: str, at: int) -> object:
        return tx.agenda.schedule_earlier([due(kind, subject, self.unique(at), b"e")])

    def cancel(self, tx: Transaction, kind: str, subject: str) -> object:
        return tx.agenda.cancel([(kind, subject)])

    def claim(self, tx: Transaction, kinds: list[str], now: int, limit: int) -> object:
        return self.plain(tx.agenda.claim(kinds, self.unique(now), limit))

    def lease(self, tx: Transaction, now: int, length: int, limit: int) -> object:
        now = self.unique(now)
        leased = []
        for _ in range(limit):  # one by one, so that no two leases end at the same instant
            found = tx.agenda.lease({SEND: 1}, now, self.unique(length) + now)
            self.tokens.update((entry.subject, entry.token) for entry in found)
            leased.extend(self.plain(found))
        return leased

    def lease_at_once(self, tx: Transaction, subject: str, now: int, length: int) -> object:
        now = self.unique(now)
        found = tx.agenda.lease_at_once([(SEND, subject)], now, self.unique(length) + now)
        self.tokens.update((entry.subject, entry.token) for entry in found)
        return self.plain(found)

    def consume(self, tx: Transaction, subject: str, again: int | None) -> object:
        again_at = None if again is None else self.unique(again)
        return tx.agenda.consume(SEND, subject, self.tokens.get(subject, "none"), again_at)

    def pending(self, tx: Transaction, subject: str) -> object:
        return self.plain(tx.agenda.pending(subject, [STEP, SEND]))

    def next_due(self, tx: Transaction, kinds: list[str]) -> object:
        return tx.agenda.next_due(kinds)

    def count(self, tx: Transaction) -> object:
        return dict(tx.agenda.count()), tx.agenda.subjects(SEND)

    # --- incidents -----------------------------------------------------------------------------------------------

    def put_incident(
        self, tx: Transaction, number: int, its: State, severity: Severity, held: bool
    ) -> object:
        self.serial += 1
        status = EscalationStatus.HELD if held else EscalationStatus.STOPPED
        escalation = replace(RUNNING, status=status)
        return tx.incidents.put(
            [incident(number, f"v{self.serial % 3}", state=its, severity=severity, escalation=escalation)]
        )

    def search_incidents(self, tx: Transaction, states: list[str], text: str) -> object:
        return tx.incidents.search(IncidentFilter(states=tuple(states), text=text))

    def without_timer(self, tx: Transaction) -> object:
        return tx.incidents.without_timer(10)

    def timeline(self, tx: Transaction, number: int) -> object:
        self.serial += 1
        tx.timeline.add([TimelineRow(number, self.serial, self.serial, "noted", "line")])
        return tx.incidents.load([number, number + 1])

    def page(self, tx: Transaction, number: int, serial: int, its: PageState) -> object:
        return tx.pages.put([page(number, serial, state=its)])

    def wanted(self, tx: Transaction, number: int, foreseen: list[int]) -> object:
        if foreseen:
            tx.pages.foresee(foreseen)
        return tx.pages.wanted(number), tx.pages.load([f"{number}.1"]), tx.timeline.of(number)

    # --- notifications -------------------------------------------------------------------------------------------

    def notify(self, tx: Transaction, id: str, address: str, at: int) -> object:
        return tx.notifications.add([notification(id, address, NOON + self.unique(at), int(id[0]))])

    def settle(self, tx: Transaction, ids: list[str], its: str) -> object:
        self.serial += 1
        return tx.notifications.settle(ids, NotificationState(its), "r", "d", NOON + self.serial)

    def drop_waiting(self, tx: Transaction, number: int, serial: int) -> object:
        self.serial += 1
        return tx.notifications.drop_waiting([f"{number}.{serial}"], "page_stopped", NOON + self.serial)

    def waiting(self, tx: Transaction, address: str, limit: int, foreseen: bool) -> object:
        if foreseen:
            tx.notifications.foresee([address])
        return tx.notifications.waiting(address, limit), tx.notifications.address(address)

    def attempt(self, tx: Transaction, id: str, at: int) -> object:
        at = NOON + self.unique(at)
        tx.notifications.add([notification(id, incident=int(id[0]))])
        tx.notifications.record_attempts([AttemptRow(id, 1, "k", at, at + 1, "failed", "500")])
        return tx.notifications.load([id]) if at % 2 else None

    def address(self, tx: Transaction, address: str, key: str) -> object:
        tx.notifications.put_address(address, AddressState(key=key, last_page_at=instant(NOON)))
        return tx.notifications.address(address)

    # --- detection -----------------------------------------------------------------------------------------------

    def alert(self, tx: Transaction, number: int, status: str, its_incident: int | None) -> object:
        if number > tx.alerts.max_id():
            number = tx.alerts.max_id() + 1
            tx.alerts.add([alert(number)])
        self.serial += 1
        return tx.alerts.put_states([state(number, status, incident=its_incident, by=str(self.serial))])

    def search_alerts(self, tx: Transaction, statuses: list[str], before: int | None) -> object:
        found = tx.alerts.search(AlertFilter(statuses=tuple(statuses), before=before, limit=3))
        return found, list(tx.alerts.active()), tx.alerts.of_incident(1)

    def group(self, tx: Transaction, key: str, put: bool) -> object:
        self.serial += 1
        return tx.groups.put([group(key, self.serial)]) if put else tx.groups.remove([key])

    def groups(self, tx: Transaction, keys: list[str]) -> object:
        return tx.groups.load(keys), tx.groups.all() if keys else None

    def entry(self, tx: Transaction, name: str, put: bool) -> object:
        if put:
            tx.configuration.put([Entry("people", name, b"{}", created_at=tx.configuration.bump())])
        else:
            tx.configuration.remove([("people", name)])
        return tx.configuration.revision(), tx.configuration.entries()

    def own(self, tx: Transaction, node: str, until: int, now: int) -> object:
        return tx.ownership.acquire(node, until, now)

    def advance(self, tx: Transaction, epoch: int, cursor: int) -> object:
        try:
            tx.ownership.check(epoch)
            tx.ownership.advance(epoch, cursor)
        except LostOwnership:
            return "lost"
        return tx.ownership.current()

    def after(self, tx: Transaction, cursor: int) -> object:
        return tx.inbox.after(cursor, 3), tx.inbox.backlog(cursor)

    # --- the end -------------------------------------------------------------------------------------------------

    def everything(self) -> object:
        def look(tx: Transaction) -> object:
            return (
                [self.plain(tx.agenda.pending(s, [STEP, SEND])) for s in "1234"],
                dict(tx.agenda.count()),
                tx.incidents.search(IncidentFilter()),
                [(tx.timeline.of(n), tx.pages.of(n)) for n in range(1, 5)],
                [(tx.notifications.of_incident(n), tx.notifications.attempts_of_incident(n)) for n in (1, 2)],
                [tx.notifications.waiting(a) for a in ("ntfy|alice", "mail|bob")],
                tx.alerts.search(AlertFilter()),
                tx.groups.all(),
                tx.configuration.entries(),
                tx.ownership.current(),
                tx.inbox.after(0, 100),
            )

        return self.store.read(look)


def assert_same(store: Store, history: list[tuple[list[Op], bool, int]]) -> None:
    twin, live = Player(MemoryStore(lambda: 0)), Player(store)
    for ops, fails, appended in history:
        assert live.transaction(ops, fails, appended) == twin.transaction(ops, fails, appended)
    assert live.everything() == twin.everything()


@pytest.fixture(scope="module")
def fresh_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def fresh() -> Store:
        for store in opened:
            store.close()
        path: Path = tmp_path_factory.mktemp("data")
        opened[:] = [open_store(migrated_directory(path), None, on_wake=lambda topics: None)]
        return opened[0]

    yield fresh
    for store in opened:
        store.close()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=TRANSACTIONS)
def test_sqlite_answers_as_memory_does(
    fresh_sqlite: Callable[[], Store], history: list[tuple[list[Op], bool, int]]
) -> None:
    assert_same(fresh_sqlite(), history)


@pytest.fixture(scope="module")
def fresh_postgres(request: pytest.FixtureRequest) -> Iterator[Callable[[], Store]]:
    server = request.getfixturevalue("postgres")
    opened: list[Store] = []

    def fresh() -> Store:
        url = emptied_database(server)
        if not opened:
            opened.append(open_store(None, url, on_wake=lambda topics: None))
        return opened[0]

    yield fresh
    for store in opened:
        store.close()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=TRANSACTIONS)
def test_postgres_answers_as_memory_does(
    fresh_postgres: Callable[[], Store], history: list[tuple[list[Op], bool, int]]
) -> None:
    assert_same(fresh_postgres(), history)
