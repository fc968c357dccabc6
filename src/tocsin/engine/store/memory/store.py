"""The simulated world's store. Deterministic: the same calls give the same answers, tokens included."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from tocsin.engine.store.memory.agenda import MemoryAgenda
from tocsin.engine.store.memory.detection import (
    MemoryAlerts,
    MemoryConfiguration,
    MemoryGroups,
    MemoryHeard,
    MemoryHeartbeats,
    MemoryInbox,
    MemoryOwnership,
    MemoryRecords,
    MemorySecondFactors,
    MemoryTokens,
)
from tocsin.engine.store.memory.journal import Journal
from tocsin.engine.store.memory.oncall import MemoryOnCall
from tocsin.engine.store.memory.response import (
    MemoryIncidents,
    MemoryNotifications,
    MemoryPages,
    MemoryTimeline,
)
from tocsin.engine.store.memory.webhooks import MemoryWebhooks
from tocsin.engine.store.protocol import (
    INBOX,
    AgendaTable,
    AlertTable,
    ConfigurationTable,
    GroupTable,
    HeardTable,
    HeartbeatTable,
    InboxRow,
    InboxTable,
    IncidentTable,
    NotificationTable,
    OnCallTable,
    OwnershipTable,
    PageTable,
    RecordTable,
    SecondFactorTable,
    TimelineTable,
    TokenTable,
    Transaction,
    WebhookTable,
)

T = TypeVar("T")


class MemoryTransaction:
    """Implements protocol.Transaction; one object serves all transactions, which come one after the other."""

    def __init__(self, journal: Journal, now: Callable[[], int]) -> None:
        self._now = now
        self.topics: set[str] = set()
        self.requests = MemoryInbox(journal)
        agenda = MemoryAgenda(journal)
        self.configuration: ConfigurationTable = MemoryConfiguration(journal)
        self.inbox: InboxTable = self.requests
        self.ownership: OwnershipTable = MemoryOwnership(journal)
        self.alerts: AlertTable = MemoryAlerts(journal)
        self.groups: GroupTable = MemoryGroups(journal)
        incidents = MemoryIncidents(journal, agenda)
        self.incidents: IncidentTable = incidents
        self.timeline: TimelineTable = MemoryTimeline(journal)
        self.pages: PageTable = MemoryPages(journal, incidents)
        self.notifications: NotificationTable = MemoryNotifications(journal, incidents.is_open)
        self.agenda: AgendaTable = agenda
        self.heartbeats: HeartbeatTable = MemoryHeartbeats(journal)
        self.heard: HeardTable = MemoryHeard(journal)
        self.records: RecordTable = MemoryRecords(journal)
        self.webhooks: WebhookTable = MemoryWebhooks(journal)
        self.tokens: TokenTable = MemoryTokens()
        self.second_factors: SecondFactorTable = MemorySecondFactors()
        self.oncall: OnCallTable = MemoryOnCall(journal)

    def now(self) -> int:
        return self._now()

    def wake(self, topic: str) -> None:
        self.topics.add(topic)


class MemoryStore:
    """Implements protocol.Store. `now` is the virtual clock in microseconds since the epoch."""

    def __init__(
        self, now: Callable[[], int], on_wake: Callable[[frozenset[str]], None] = lambda topics: None
    ) -> None:
        self._journal = Journal()
        self._tx = MemoryTransaction(self._journal, now)
        self._on_wake = on_wake
        self._turn = threading.RLock()  # a transaction may append to the inbox, apart from itself

    def run(self, work: Callable[[Transaction], T]) -> T:
        with self._turn:
            self._tx.topics.clear()
            try:
                result = work(self._tx)
            except BaseException:
                self._journal.roll_back()
                raise
            self._journal.commit()
            topics = frozenset(self._tx.topics)
        if topics:
            self._on_wake(topics)
        return result

    def read(self, work: Callable[[Transaction], T]) -> T:
        with self._turn:
            self._journal.read_only = True
            try:
                return work(self._tx)
            finally:
                self._journal.read_only = False

    def append(self, rows: Sequence[InboxRow]) -> int:
        with self._turn, self._journal.apart():
            first = self._tx.requests.append(rows)
        self._on_wake(INBOX)
        return first

    @property
    def inbox(self) -> "MemoryStore":
        """Itself: it is protocol.Inbox as well."""
        return self

    def after(self, cursor: int, limit: int) -> list[InboxRow]:
        with self._turn:
            return self._tx.requests.after(cursor, limit)

    def drop_before(self, received_at: int, cursor: int, limit: int) -> int:
        with self._turn, self._journal.apart():
            return self._tx.requests.drop_before(received_at, cursor, limit)

    def tidy(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to let go of."""
