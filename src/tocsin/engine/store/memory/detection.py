"""What comes in, in memory: inbox, ownership, alerts, groups, heartbeats; and the configuration that judges it."""

from collections.abc import Iterable, Sequence

from msgspec.structs import astuple, replace

from tocsin.core.detect.hearing import Heard
from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.engine.store.memory.journal import Gathered, Journal, Log, Rows
from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import (
    AlertFilter,
    AuditRow,
    ChangeRow,
    Entry,
    HeartbeatRow,
    InboxRow,
    LostOwnership,
    Ownership,
    PeopleStanding,
    SecondFactor,
    TokenRow,
)

QUARANTINE_CAP = 10_000


class MemoryConfiguration:
    def __init__(self, journal: Journal) -> None:
        self._revision: Rows[int, int] = Rows(journal)
        self._entries: Rows[tuple[str, str], Entry] = Rows(journal)

    def revision(self) -> int:
        return self._revision.get(1) or 0

    def hold(self) -> None:
        """Nobody else is there."""

    def bump(self) -> int:
        self._revision.put(1, self.revision() + 1)
        return self.revision()

    def entries(self, kinds: Sequence[str] = ()) -> list[Entry]:
        found = [entry for entry in self._entries.values() if not kinds or entry.kind in kinds]
        return sorted(found, key=lambda entry: (entry.kind, entry.name))

    def put(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            said = replace(entry, created_by=clean(entry.created_by), source=clean(entry.source))
            self._entries.put((entry.kind, entry.name), said)

    def remove(self, keys: Iterable[tuple[str, str]]) -> None:
        for key in keys:
            self._entries.remove(key)


class MemoryInbox:
    def __init__(self, journal: Journal) -> None:
        self._requests: Log[InboxRow] = Log(journal)
        self._quarantine: Log[tuple[InboxRow, str]] = Log(journal)

    def append(self, rows: Sequence[InboxRow]) -> int:
        """The store's own `append`."""
        first = self._requests.next_number
        for number, row in enumerate(rows, first):
            self._requests.append(replace(row, id=number))
        return first

    def after(self, cursor: int, limit: int) -> list[InboxRow]:
        last = self._requests.next_number - 1
        rows: list[InboxRow] = []
        for number in range(max(cursor, 0) + 1, last + 1):
            if len(rows) == limit:
                break
            row = self._requests.get(number)
            if row is not None:
                rows.append(row)
        return rows

    def backlog(self, cursor: int) -> int:
        return max(0, self._requests.next_number - 1 - cursor)

    def drop_before(self, received_at: int, cursor: int, limit: int) -> int:
        newest = self._requests.next_number - 1
        oldest = [n for n in sorted(self._requests) if n <= cursor and n < newest][:limit]
        old = [n for n in oldest if (row := self._requests.get(n)) and row.received_at < received_at]
        for number in old:
            self._requests.remove(number)
        return len(old)

    def quarantine(self, rows: Sequence[tuple[InboxRow, str]]) -> None:
        for row, error in rows:
            self._quarantine.append((row, clean(error)))
        for number in self._quarantine.keys()[:-QUARANTINE_CAP]:
            self._quarantine.remove(number)

    def quarantined(self, limit: int) -> list[tuple[InboxRow, str]]:
        return self._quarantine.values()[::-1][:limit]


class MemoryOwnership:
    def __init__(self, journal: Journal) -> None:
        self._rows: Rows[int, Ownership] = Rows(journal)

    def current(self) -> Ownership | None:
        return self._rows.get(1)

    def acquire(self, node: str, until: int, now: int) -> Ownership | None:
        held = self._rows.get(1) or Ownership("", 0, 0, 0)
        if held.node not in ("", node) and held.until > now:
            return None
        epoch = held.epoch if held.node == node else held.epoch + 1
        mine = Ownership(node, epoch, until, held.cursor)
        self._rows.put(1, mine)
        return mine

    def check(self, epoch: int) -> None:
        held = self._rows.get(1)
        if held is None or held.epoch != epoch or held.node == "":
            raise LostOwnership

    def advance(self, epoch: int, cursor: int) -> None:
        self.check(epoch)
        self._rows.put(1, replace(self._rows.get(1) or Ownership("", 0, 0, 0), cursor=cursor))

    def release(self, node: str) -> None:
        held = self._rows.get(1)
        if held is not None and held.node == node:
            self._rows.put(1, replace(held, node=""))


class MemoryAlerts:
    def __init__(self, journal: Journal) -> None:
        self._alerts: Rows[int, AlertRow] = Rows(journal)
        self._active: Gathered[int, AlertStateRow] = Gathered(lambda row: row.status != "resolved" or None)
        self._by_incident: Gathered[int, AlertStateRow] = Gathered(lambda row: row.incident)
        self._states: Rows[int, AlertStateRow] = Rows(journal, self._changed)
        self._transitions: Log[tuple[int, int, str, str]] = Log(journal)

    def _changed(self, alert: int, before: AlertStateRow | None, after: AlertStateRow | None) -> None:
        self._active.changed(alert, before, after)
        self._by_incident.changed(alert, before, after)

    def add(self, rows: Sequence[AlertRow]) -> None:
        for row in rows:
            self._alerts.put(row.id, row)

    def put_states(self, rows: Sequence[AlertStateRow]) -> None:
        for row in rows:
            before = self._states.get(row.alert)
            if before is not None and before.status != row.status:
                self._transitions.append((row.alert, row.updated_at, before.status, before.reason))
            self._states.put(row.alert, row)

    def max_id(self) -> int:
        return max(self._alerts, default=0)

    def forget(self, before: int, after: int, limit: int) -> int | None:
        newest, last = self.max_id(), None
        looked = [number for number in sorted(self._alerts) if number > after][:limit]
        for alert, state in self._pairs(looked):
            last = alert
            if state.status == "resolved" and state.updated_at < before and alert.id != newest:
                self._alerts.remove(alert.id)
                self._states.remove(alert.id)
                for number, transition in self._transitions.items():
                    if transition[0] == alert.id:
                        self._transitions.remove(number)
        return last.id if last is not None and len(looked) == limit and last.first_seen < before else None

    def forget_transitions(self, before: int, after: int, limit: int) -> int | None:
        looked = [(n, row) for n, row in sorted(self._transitions.items()) if n > after][:limit]
        for number, transition in looked:
            if transition[1] < before:
                self._transitions.remove(number)
        return looked[-1][0] if len(looked) == limit and looked[-1][1][1] < before else None

    def active(self) -> Iterable[tuple[AlertRow, AlertStateRow]]:
        return self._pairs(sorted(self._active.of(True)))

    def search(self, wanted: AlertFilter) -> list[tuple[AlertRow, AlertStateRow]]:
        ids = self._states.keys() if wanted.incident is None else self._by_incident.of(wanted.incident)
        found: list[tuple[AlertRow, AlertStateRow]] = []
        for alert, state in self._pairs(sorted(ids, reverse=True)):
            if len(found) == wanted.limit:
                break
            if (
                (not wanted.statuses or state.status in wanted.statuses)
                and (wanted.reason is None or state.reason == wanted.reason)
                and (wanted.by is None or state.by == wanted.by)
                and (wanted.before is None or alert.id < wanted.before)
            ):
                found.append((alert, state))
        return found

    def of_incident(self, incident: int) -> list[tuple[AlertRow, AlertStateRow]]:
        return self._pairs(sorted(self._by_incident.of(incident)))

    def _pairs(self, ids: Iterable[int]) -> list[tuple[AlertRow, AlertStateRow]]:
        pairs = ((self._alerts.get(i), self._states.get(i)) for i in ids)
        return [(alert, state) for alert, state in pairs if alert is not None and state is not None]


class MemoryGroups:
    def __init__(self, journal: Journal) -> None:
        self._rows: Rows[str, GroupRow] = Rows(journal)

    def put(self, rows: Sequence[GroupRow]) -> None:
        for row in rows:
            self._rows.put(row.key, row)

    def remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._rows.remove(key)

    def all(self) -> list[GroupRow]:
        return sorted(self._rows.values(), key=lambda row: row.key)

    def load(self, keys: Sequence[str]) -> dict[str, GroupRow]:
        return {key: row for key in keys if (row := self._rows.get(key)) is not None}


class MemoryHeard:
    def __init__(self, journal: Journal) -> None:
        self._rows: Rows[str, Heard] = Rows(journal)

    def all(self) -> list[Heard]:
        return sorted(self._rows.values(), key=lambda row: row.integration)

    def put(self, rows: Sequence[Heard]) -> None:
        for row in rows:
            self._rows.put(row.integration, row)

    def remove(self, integrations: Sequence[str]) -> None:
        for integration in integrations:
            self._rows.remove(integration)


class MemoryHeartbeats:
    def __init__(self, journal: Journal) -> None:
        self._rows: Rows[str, HeartbeatRow] = Rows(journal)

    def all(self) -> list[HeartbeatRow]:
        return sorted(self._rows.values(), key=lambda row: row.key)

    def put(self, rows: Sequence[HeartbeatRow]) -> None:
        for row in rows:
            self._rows.put(row.key, row)


class MemoryRecords:
    def __init__(self, journal: Journal) -> None:
        self._changes: Log[ChangeRow] = Log(journal)
        self._audit: Log[AuditRow] = Log(journal)

    def add_changes(self, rows: Sequence[ChangeRow]) -> None:
        for row in rows:
            cleaned = replace(row, summary=clean(row.summary), source=clean(row.source))
            self._changes.append(replace(cleaned, id=self._changes.next_number))

    def changes(
        self, since: int, until: int, service: str | None = None, limit: int = 100
    ) -> list[ChangeRow]:
        found = [
            row
            for row in self._changes.values()
            if since <= row.at < until and (service is None or row.service == service)
        ]
        return sorted(found, key=lambda row: (row.at, row.id), reverse=True)[:limit]

    def audit(self, row: AuditRow) -> None:
        at, *texts = astuple(row)
        self._audit.append(AuditRow(at, *map(clean, texts)))

    def audited(self, limit: int = 100) -> list[AuditRow]:
        return self._audit.values()[::-1][:limit]


class MemoryTokens:
    """The simulated world has no accounts, and so no tokens."""

    def find(self, digest: str) -> TokenRow | None:
        return None

    def used(self, token: int, now: int) -> None:
        pass

    def standing(self) -> PeopleStanding:
        return PeopleStanding()

    def heard(self, integrations: Sequence[str]) -> frozenset[str]:
        return frozenset(integrations)


class MemorySecondFactors:
    """Nor has it anything to sign in with."""

    def all(self) -> list[SecondFactor]:
        return []

    def put(self, factors: Sequence[SecondFactor]) -> None:
        pass
