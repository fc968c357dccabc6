"""The one protocol of both worlds: what the engine may ask of a store. Synchronous, so that decisions read as prose.

A transaction reads under lock, decides, writes, commits. Writes may be buffered until commit (reads within the same
transaction see them). Instants in rows are microseconds since the epoch. Nothing here decides anything.

Live stores: SQLite (one writer thread) and PostgreSQL (any number of nodes). Simulated: memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from tocsin.core.detect.hearing import Heard
from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.core.detect.signal import InboxRow as InboxRow
from tocsin.core.oncall.paged import Paged
from tocsin.core.respond.delivery import AddressState, Notification, NotificationState
from tocsin.core.respond.incident import Incident
from tocsin.core.respond.page import Page
from tocsin.core.webhooks import Delivery

T = TypeVar("T")


class StaleFacts(Exception):
    """The configuration's revision moved on: reload the facts and decide again."""


class LostOwnership(Exception):
    """Another node owns detection now: drop the index and stop processing."""


class StoreUnavailable(Exception):
    """The database cannot be reached, is full or stays busy. Nothing was committed, unless it was lost in the very commit
    (`outcome_unknown`): then read again what happened before deciding anew."""

    def __init__(self, message: str, outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown


PASSING = (StaleFacts, LostOwnership, StoreUnavailable)  # nothing of what was to be decided is to blame


# --- rows ------------------------------------------------------------------------------------------------------------


class Entry(msgspec.Struct, frozen=True):
    """One configured noun or operational fact. `kind` as in the YAML (people, teams, ..., silences); `document` is JSON.

    `source` is where the applied files say it, as `file:line`; empty for what people made, and where nobody noted it.
    """

    kind: str
    name: str
    document: bytes
    origin: str = "git"  # core.configuration.Origin
    starts_at: int | None = None
    ends_at: int | None = None
    created_by: str = ""
    created_at: int = 0
    source: str = ""


class AgendaEntry(msgspec.Struct, frozen=True):
    """A durable timer, unique on (kind, subject). `token` is set when it was leased."""

    kind: str
    subject: str
    due_at: int
    document: bytes = b""
    token: str = ""


class TimelineRow(msgspec.Struct, frozen=True):
    incident: int
    entry: int
    at: int
    reason: str
    text: str
    actor: str | None = None
    via: str = ""


class AttemptRow(msgspec.Struct, frozen=True):
    """One try at one message; a bundle's attempt is recorded for each notification in it."""

    notification: str
    attempt: int
    key: str
    started_at: int
    ended_at: int
    outcome: str  # delivered, failed, rejected
    detail: str = ""


class NotificationRow(msgspec.Struct, frozen=True):
    """A notification with what became of it."""

    notification: Notification
    state: NotificationState
    reason: str = ""
    detail: str = ""
    attempts: int = 0
    updated_at: int = 0


class ChangeRow(msgspec.Struct, frozen=True):
    id: int
    integration: str
    at: int
    received_at: int
    summary: str
    source: str
    service: str | None
    document: bytes  # the whole change event as JSON


class AuditRow(msgspec.Struct, frozen=True):
    at: int
    actor: str
    via: str
    what: str
    subject: str
    detail: str = ""
    address: str = ""  # from where it was asked
    before: str = ""  # JSON, without secrets
    after: str = ""


class TokenRow(msgspec.Struct, frozen=True):
    """An API token by its digest, with what its account may claim; `login` is None for a service's."""

    id: int
    name: str
    scopes: str  # permissions with blanks between
    team: str | None
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    login: str | None = None
    person: str | None = None
    admin: bool = False
    active: bool = False
    memberships: tuple[tuple[str, str], ...] = ()  # (team, role)


class WebhookAttempt(msgspec.Struct, frozen=True):
    """One try at one delivery. `status` 0: no answer. `answer` is its first KiB."""

    delivery: str
    started_at: int
    ended_at: int
    status: int
    detail: str = ""
    answer: str = ""


class WebhookStanding(msgspec.Struct, frozen=True):
    """`failing_since`: when the first of nothing but failures was."""

    webhook: str
    failing_since: int | None = None
    last_success_at: int | None = None


class PeopleStanding(msgspec.Struct, frozen=True):
    """How accounts, tokens and the database stand, for whoever examines the installation."""

    accounts: int = 0
    without_second_factor: tuple[str, ...] = ()  # logins
    tokens_without_end: tuple[str, ...] = ()  # names, with whose they are
    newest_audit: int = 0
    audit_protected: bool = True
    last_migration: str = ""
    database: str = ""  # its version


class OnCallRow(msgspec.Struct, frozen=True):
    """What on-call keeps of one swap, handoff, closed month of pay: `kind` says which; `subject` is the schedule, person or
    team it belongs to; `document` is the whole of it as JSON."""

    kind: str
    id: str
    subject: str
    state: str
    starts_at: int
    ends_at: int
    document: bytes
    updated_at: int


class OnCallFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Those that overlap [since, until), the latest start first; `before` is the (starts_at, id) to page on from."""

    kind: str
    subjects: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    before: tuple[int, str] | None = None
    limit: int = 100


class HeartbeatRow(msgspec.Struct, frozen=True):
    key: str
    last_seen: int
    missed: bool
    document: bytes = b""


class Ownership(msgspec.Struct, frozen=True):
    """The detection lease. `cursor` is the last inbox id whose consequences are committed."""

    node: str
    epoch: int
    until: int
    cursor: int


class IncidentFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Newest first; `before` is the id to page on from."""

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    service: str | None = None
    team: str | None = None
    kind: str | None = None
    text: str = ""
    before: int | None = None
    limit: int = 100


class AlertFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    statuses: tuple[str, ...] = ()
    reason: str | None = None
    by: str | None = None
    incident: int | None = None
    before: int | None = None
    limit: int = 100


# --- tables, by aggregate --------------------------------------------------------------------------------------------


class ConfigurationTable(Protocol):
    def revision(self) -> int:
        """Locked against change until commit (shared)."""
        ...

    def hold(self) -> None:
        """Nobody else reads the revision or bumps it until commit. First of all where a transaction that checks it will bump
        it, too: two that share it would wait for each other."""
        ...

    def bump(self) -> int:
        """The next revision; every writer of entries calls it in the same transaction."""
        ...

    def entries(self, kinds: Sequence[str] = ()) -> list[Entry]: ...
    def put(self, entries: Iterable[Entry]) -> None: ...
    def remove(self, keys: Iterable[tuple[str, str]]) -> None: ...


class InboxTable(Protocol):
    def after(self, cursor: int, limit: int) -> list[InboxRow]: ...
    def quarantine(self, rows: Sequence[tuple[InboxRow, str]]) -> None:
        """(row, error). Bounded: the oldest beyond 10,000 go."""
        ...

    def quarantined(self, limit: int) -> list[tuple[InboxRow, str]]: ...
    def backlog(self, cursor: int) -> int:
        """How many rows lie after the cursor."""
        ...


class OwnershipTable(Protocol):
    def acquire(self, node: str, until: int, now: int) -> Ownership | None:
        """Take or renew the detection lease; a new holder gets the next epoch. None while another node holds it."""
        ...

    def current(self) -> Ownership | None:
        """Who holds it now, live or not; None before anybody ever did."""
        ...

    def check(self, epoch: int) -> None:
        """Under lock until commit. Raises LostOwnership."""
        ...

    def advance(self, epoch: int, cursor: int) -> None: ...
    def release(self, node: str) -> None:
        """Free for the next at once. `until` stays: a successor tells from it how long nobody was there."""
        ...


class AlertTable(Protocol):
    def add(self, rows: Sequence[AlertRow]) -> None: ...
    def put_states(self, rows: Sequence[AlertStateRow]) -> None:
        """Upsert by alert id; a status that an alert leaves is also appended to its transitions."""
        ...

    def max_id(self) -> int: ...
    def active(self) -> Iterable[tuple[AlertRow, AlertStateRow]]:
        """All that fire or whose source is silent, for a successor's index."""
        ...

    def search(self, wanted: AlertFilter) -> list[tuple[AlertRow, AlertStateRow]]: ...
    def of_incident(self, incident: int) -> list[tuple[AlertRow, AlertStateRow]]: ...
    def forget(self, before: int, after: int, limit: int) -> int | None:
        """Look at the next `limit` alerts above the id `after`: those that ended before then go, with their transitions (the
        newest of all stays). The last id looked at; None when all that follow are younger."""
        ...

    def forget_transitions(self, before: int, after: int, limit: int) -> int | None:
        """As `forget`, of transitions before then, whatever became of their alerts."""
        ...


class GroupTable(Protocol):
    def put(self, rows: Sequence[GroupRow]) -> None: ...
    def remove(self, keys: Sequence[str]) -> None: ...
    def all(self) -> list[GroupRow]: ...
    def load(self, keys: Sequence[str]) -> dict[str, GroupRow]: ...


class IncidentTable(Protocol):
    def new_ids(self, count: int) -> list[int]: ...
    def load(self, ids: Sequence[int]) -> dict[int, Incident]:
        """Locked until commit. Raises what decoding raises when one of them cannot be read by this version."""
        ...

    def peek(self, ids: Sequence[int]) -> dict[int, Incident]:
        """Not locked: for showing, and for checking staleness before a send. Without those that cannot be read."""
        ...

    def unreadable(self, ids: Sequence[int]) -> dict[int, str]:
        """Those of these that are there and cannot be read by this version, and why."""
        ...

    def put(self, incidents: Sequence[Incident]) -> None: ...
    def search(self, wanted: IncidentFilter) -> list[Incident]:
        """Without those that cannot be read."""
        ...

    def count_open(self) -> int: ...
    def without_timer(self, limit: int) -> list[int]:
        """Open incidents that demand an acknowledgement or page by themselves but have no pending agenda entry and are not
        recorded as exhausted: each is a breach of the invariant (see engine/invariant.py)."""
        ...


class TimelineTable(Protocol):
    def add(self, rows: Sequence[TimelineRow]) -> None: ...
    def of(self, incident: int) -> list[TimelineRow]: ...


class PageTable(Protocol):
    def load(self, ids: Sequence[str]) -> dict[str, Page]: ...
    def foresee(self, incidents: Sequence[int]) -> None:
        """These incidents' pages are about to be asked for one by one: read them all at once."""
        ...

    def wanted(self, incident: int) -> list[Page]: ...
    def of(self, incident: int) -> list[Page]: ...
    def put(self, pages: Sequence[Page]) -> None: ...
    def received(self, people: Sequence[str], since: int, until: int) -> list[Paged]:
        """What began for these people in [since, until), without tests, by person, minute and urgency."""
        ...


class NotificationTable(Protocol):
    def add(self, notifications: Sequence[Notification]) -> None:
        """Waiting, from now on. An id that exists already is left as it is."""
        ...

    def foresee(self, address_keys: Sequence[str]) -> None:
        """These addresses are about to be asked for by `waiting` and `address`: read them all at once."""
        ...

    def waiting(self, address_key: str, limit: int = 1000) -> list[Notification]:
        """Oldest first."""
        ...

    def newest_waiting(self, address_key: str, limit: int) -> list[Notification]:
        """The other end of what waits there, oldest first too."""
        ...

    def settle(
        self, ids: Sequence[str], state: NotificationState, reason: str, detail: str, now: int
    ) -> None: ...
    def drop_waiting(self, page_ids: Sequence[str], reason: str, now: int) -> None:
        """Waiting ones of these pages will not be sent (a bundle already under way may still arrive)."""
        ...

    def load(self, ids: Sequence[str]) -> dict[str, NotificationRow]: ...
    def of_incident(self, incident: int) -> list[NotificationRow]: ...
    def record_attempts(self, rows: Sequence[AttemptRow]) -> None: ...
    def attempts_of_incident(self, incident: int) -> list[AttemptRow]: ...
    def forget_attempts(self, before: int, after: int, limit: int) -> int | None:
        """Look at the next `limit` above the id `after`: those that ended before then go, unless their incident is open. The
        last id looked at; None when all that follow are younger."""
        ...

    def address(self, address_key: str) -> AddressState: ...
    def addresses(self) -> dict[str, AddressState]:
        """All that remember anything."""
        ...

    def put_address(self, address_key: str, state: AddressState) -> None: ...


class AgendaTable(Protocol):
    def schedule(self, entries: Sequence[AgendaEntry]) -> None:
        """Set or move; a lease on the same (kind, subject) is voided, so its holder's later `consume` finds nothing."""
        ...

    def schedule_earlier(self, entries: Sequence[AgendaEntry]) -> None:
        """Set, or move to the earlier of both instants; an entry under a live lease is only marked to be due again."""
        ...

    def cancel(self, keys: Iterable[tuple[str, str]]) -> None: ...
    def claim(self, kinds: Sequence[str], now: int, limit: int) -> list[AgendaEntry]:
        """Due entries, taken out of the agenda for this transaction: they are gone when it commits, unless scheduled
        again, and back when it rolls back. Entries another node is at are skipped. Earliest first."""
        ...

    def lease(self, most: Mapping[str, int], now: int, until: int) -> list[AgendaEntry]:
        """Due entries not under a live lease, of each kind at most so many, leased with a fresh token each. They stay until
        consumed. Earliest first."""
        ...

    def lease_at_once(self, keys: Sequence[tuple[str, str]], now: int, until: int) -> list[AgendaEntry]:
        """As if each of these were scheduled earlier, for now, and leased in the same breath; those under a live lease are
        only marked. What was leased, in order of the keys."""
        ...

    def consume(self, kind: str, subject: str, token: str, again_at: int | None = None) -> bool:
        """Delete under that token (or set it due again at `again_at`, unleased). False: the lease was lost or voided, so
        whatever was decided under it is discarded. An entry that was marked meanwhile becomes due at the marked instant."""
        ...

    def postpone(self, kinds: Sequence[str], until: int) -> int:
        """Whatever of these kinds is due before then is due then instead (leased entries are left alone). How many."""
        ...

    def free_leases(self, now: int) -> int:
        """Whoever leased anything is gone: all of it is due now. How many."""
        ...

    def set_back(self, now: int, by: int) -> int:
        """The clock was set back: what is due after `now` is due by so much earlier, leases and marks included. How many."""
        ...

    def next_due(self, kinds: Sequence[str] = ()) -> int | None: ...
    def subjects(self, kind: str) -> list[str]:
        """Of all entries of this kind."""
        ...

    def pending(self, subject: str, kinds: Sequence[str]) -> list[AgendaEntry]: ...
    def count(self) -> Mapping[str, int]: ...


class HeardTable(Protocol):
    def all(self) -> list[Heard]: ...
    def put(self, rows: Sequence[Heard]) -> None: ...
    def remove(self, integrations: Sequence[str]) -> None: ...


class HeartbeatTable(Protocol):
    def all(self) -> list[HeartbeatRow]: ...
    def put(self, rows: Sequence[HeartbeatRow]) -> None: ...


class OnCallTable(Protocol):
    def load(self, kind: str, ids: Sequence[str]) -> dict[str, OnCallRow]:
        """Locked until commit."""
        ...

    def put(self, rows: Sequence[OnCallRow]) -> None: ...
    def remove(self, kind: str, ids: Sequence[str]) -> None: ...
    def search(self, wanted: OnCallFilter) -> list[OnCallRow]: ...


class TokenTable(Protocol):
    """API tokens, which the people's side makes; here they are only looked up."""

    def find(self, digest: str) -> TokenRow | None:
        """Whatever its state: expired and revoked ones, too."""
        ...

    def used(self, token: int, now: int) -> None: ...
    def standing(self) -> PeopleStanding: ...
    def heard(self, integrations: Sequence[str]) -> frozenset[str]:
        """Those of which an alert or a change is remembered."""
        ...


class SecondFactor(msgspec.Struct, frozen=True):
    """An authenticator app or recovery codes; `data` is what the people's side keeps of it."""

    id: int
    data: dict[str, Any]


class SecondFactorTable(Protocol):
    """Made by the people's side; here only their secrets are sealed anew."""

    def all(self) -> list[SecondFactor]:
        """Nobody uses a code meanwhile."""
        ...

    def put(self, factors: Sequence[SecondFactor]) -> None: ...


class RecordTable(Protocol):
    """Change events and the audit log: append, read newest first. Ids of changes are the store's; given ones are ignored."""

    def add_changes(self, rows: Sequence[ChangeRow]) -> None: ...
    def changes(
        self, since: int, until: int, service: str | None = None, limit: int = 100
    ) -> list[ChangeRow]: ...
    def audit(self, row: AuditRow) -> None: ...
    def audited(self, limit: int = 100) -> list[AuditRow]: ...


class WebhookTable(Protocol):
    def owe(self, deliveries: Sequence[Delivery]) -> None:
        """Waiting from now on. An id that exists already is left as it is."""
        ...

    def load(self, delivery_id: str) -> Delivery | None: ...
    def next_waiting(self, webhook: str, incident: int, limit: int = 1) -> list[Delivery]:
        """In the order of the timeline."""
        ...

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """State, tries and times of deliveries that exist."""
        ...

    def retry_now(self, webhook: str) -> None:
        """Whatever waits for a later try need not."""
        ...

    def drop_waiting(self, webhook: str, now: int) -> int:
        """All that waits for a subscription that is gone. How many."""
        ...

    def record_attempts(self, attempts: Sequence[WebhookAttempt]) -> None: ...
    def attempts(self, delivery_id: str) -> list[WebhookAttempt]: ...
    def standing(self, webhook: str) -> WebhookStanding: ...
    def put_standing(self, standing: WebhookStanding) -> None: ...
    def forget(self, before: int, limit: int) -> int:
        """Deliveries settled before then, with their attempts, at most so many. How many went."""
        ...


class Transaction(Protocol):
    configuration: ConfigurationTable
    inbox: InboxTable
    ownership: OwnershipTable
    alerts: AlertTable
    groups: GroupTable
    incidents: IncidentTable
    timeline: TimelineTable
    pages: PageTable
    notifications: NotificationTable
    agenda: AgendaTable
    heartbeats: HeartbeatTable
    heard: HeardTable
    records: RecordTable
    webhooks: WebhookTable
    tokens: TokenTable
    second_factors: SecondFactorTable
    oncall: OnCallTable

    def now(self) -> int:
        """The store's idea of now: the database's on PostgreSQL, this host's on SQLite, the virtual clock's in memory.
        Leases use it and nothing else does."""
        ...

    def wake(self, topic: str) -> None:
        """After commit, wake whoever sleeps, here and on other nodes. Topics: agenda:<micros> (something is due then),
        inbox, configuration, incident:<id> (for live pages), webhooks."""
        ...


INBOX = frozenset({"inbox"})  # the topics that an append wakes


class Inbox(Protocol):
    """Where accepted requests wait, apart from any transaction under way, so that accepting never waits for deciding (on
    SQLite it is a file of its own)."""

    def append(self, rows: Sequence[InboxRow]) -> int:
        """Durably. Given ids are ignored; ids are contiguous and become visible in order. The first id given out. Wakes
        `inbox`, here and on other nodes."""
        ...

    def after(self, cursor: int, limit: int) -> list[InboxRow]:
        """The next rows that are durable, in order."""
        ...

    def drop_before(self, received_at: int, cursor: int, limit: int) -> int:
        """Forget rows older than that and up to the cursor, at most `limit`; how many went."""
        ...

    def tidy(self) -> None:
        """Called about once a second: whatever upkeep is wanted when it is calm (SQLite cuts its write-ahead log)."""
        ...

    def close(self) -> None: ...


class Store(Protocol):
    """`run` executes `work` in one transaction and returns its result after the commit is durable. When `work` raises,
    nothing happened. Work may be run again after a serialisation conflict, so it must not have effects of its own."""

    @property
    def inbox(self) -> Inbox: ...
    def run(self, work: Callable[[Transaction], T]) -> T: ...
    def read(self, work: Callable[[Transaction], T]) -> T:
        """Without locks and without writing."""
        ...

    def tidy(self) -> None:
        """As `Inbox.tidy`, for all but the inbox."""
        ...

    def close(self) -> None: ...
