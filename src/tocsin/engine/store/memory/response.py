"""Incidents and the reaching of people, in memory."""

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from tocsin.core.instants import micros
from tocsin.core.oncall.paged import Paged
from tocsin.core.respond.delivery import AddressState, Notification, NotificationState
from tocsin.core.respond.incident import Incident
from tocsin.core.respond.page import Page, PageState
from tocsin.engine.store.memory.agenda import MemoryAgenda
from tocsin.engine.store.memory.journal import Gathered, Journal, Log, Rows
from tocsin.engine.store.owed import WAKING_KINDS, owes_timer, words
from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import AttemptRow, IncidentFilter, NotificationRow, TimelineRow


class MemoryIncidents:
    def __init__(self, journal: Journal, agenda: MemoryAgenda) -> None:
        self._owing: Gathered[int, Incident] = Gathered(lambda incident: owes_timer(incident) or None)
        self._rows: Rows[int, Incident] = Rows(journal, self._owing.changed)
        self._given: Rows[int, int] = Rows(journal)  # the last id given out
        self._agenda = agenda

    def new_ids(self, count: int) -> list[int]:
        last = self._given.get(1) or 0
        self._given.put(1, last + count)
        return list(range(last + 1, last + 1 + count))

    def load(self, ids: Sequence[int]) -> dict[int, Incident]:
        return {i: incident for i in ids if (incident := self._rows.get(i)) is not None}

    def peek(self, ids: Sequence[int]) -> dict[int, Incident]:
        return self.load(ids)

    def unreadable(self, ids: Sequence[int]) -> dict[int, str]:
        return {}  # they are kept as they are

    def put(self, incidents: Sequence[Incident]) -> None:
        for incident in incidents:
            self._rows.put(incident.id, incident)
            self._given.put(1, max(incident.id, self._given.get(1) or 0))

    def search(self, wanted: IncidentFilter) -> list[Incident]:
        text = clean(wanted.text.casefold())
        found = [
            incident
            for incident in self._rows.values()
            if (not wanted.states or incident.state in wanted.states)
            and (not wanted.severities or incident.severity in wanted.severities)
            and (wanted.service is None or incident.service == wanted.service)
            and (wanted.team is None or incident.team == wanted.team)
            and (wanted.kind is None or incident.kind == wanted.kind)
            and (not text or text in words(incident))
            and (wanted.before is None or incident.id < wanted.before)
        ]
        return sorted(found, key=lambda incident: -incident.id)[: wanted.limit]

    def count_open(self) -> int:
        return sum(incident.is_open for incident in self._rows.values())

    def without_timer(self, limit: int) -> list[int]:
        owing = sorted(self._owing.of(True))
        return [i for i in owing if not self._agenda.pending(str(i), WAKING_KINDS)][:limit]

    def is_open(self, incident_id: int) -> bool:
        incident = self._rows.get(incident_id)
        return incident is not None and incident.is_open


class MemoryTimeline:
    def __init__(self, journal: Journal) -> None:
        self._by_incident: Gathered[tuple[int, int], TimelineRow] = Gathered(lambda row: row.incident)
        self._rows: Rows[tuple[int, int], TimelineRow] = Rows(journal, self._by_incident.changed)

    def add(self, rows: Sequence[TimelineRow]) -> None:
        for row in rows:
            key = (row.incident, row.entry)
            if key in self._rows:
                raise ValueError(f"incident {row.incident} has a timeline entry {row.entry} already")
            self._rows.put(key, replace(row, text=clean(row.text)))

    def of(self, incident: int) -> list[TimelineRow]:
        rows = (self._rows.get(key) for key in sorted(self._by_incident.of(incident)))
        return [row for row in rows if row is not None]


class MemoryPages:
    def __init__(self, journal: Journal, incidents: MemoryIncidents) -> None:
        self._incidents = incidents
        self._by_incident: Gathered[str, Page] = Gathered(lambda page: page.incident)
        self._rows: Rows[str, Page] = Rows(journal, self._by_incident.changed)

    def load(self, ids: Sequence[str]) -> dict[str, Page]:
        return {i: page for i in ids if (page := self._rows.get(i)) is not None}

    def foresee(self, incidents: Sequence[int]) -> None:
        """Nothing is far away here."""

    def of(self, incident: int) -> list[Page]:
        pages = self.load(self._by_incident.of(incident)).values()
        return sorted(pages, key=lambda page: page.serial)

    def wanted(self, incident: int) -> list[Page]:
        return [page for page in self.of(incident) if page.state is PageState.WANTED]

    def put(self, pages: Sequence[Page]) -> None:
        for page in pages:
            self._rows.put(page.id, page)

    def received(self, people: Sequence[str], since: int, until: int) -> list[Paged]:
        wanted = [
            page
            for page in self._rows.values()
            if page.person in people and since <= micros(page.begun_at) < until
        ]
        incidents = self._incidents.peek([page.incident for page in wanted])
        counted = Counter(
            (page.person, page.begun_at.replace(second=0, microsecond=0), page.urgency)
            for page in wanted
            if page.incident in incidents and not incidents[page.incident].test
        )
        return sorted(Paged(*key, count) for key, count in counted.items())


class MemoryNotifications:
    def __init__(self, journal: Journal, is_open: Callable[[int], bool]) -> None:
        self._is_open = is_open
        self._waiting: Gathered[str, NotificationRow] = Gathered(_waits_at)
        self._by_incident: Gathered[str, NotificationRow] = Gathered(lambda row: row.notification.incident)
        self._by_page: Gathered[str, NotificationRow] = Gathered(lambda row: row.notification.page)
        self._rows: Rows[str, NotificationRow] = Rows(journal, self._changed)
        self._by_notification: Gathered[int, AttemptRow] = Gathered(lambda row: row.notification)
        self._attempts: Log[AttemptRow] = Log(journal, self._by_notification.changed)
        self._addresses: Rows[str, AddressState] = Rows(journal)

    def _changed(self, key: str, before: NotificationRow | None, after: NotificationRow | None) -> None:
        for index in (self._waiting, self._by_incident, self._by_page):
            index.changed(key, before, after)

    def add(self, notifications: Sequence[Notification]) -> None:
        for n in notifications:
            if n.id not in self._rows:
                row = NotificationRow(
                    n, NotificationState.WAITING, n.reason.value, "", 0, micros(n.created_at)
                )
                self._rows.put(n.id, row)

    def foresee(self, address_keys: Sequence[str]) -> None:
        """Nothing is far away here."""

    def waiting(self, address_key: str, limit: int = 1000) -> list[Notification]:
        return [row.notification for row in self._inorder(self._waiting.of(address_key))][:limit]

    def newest_waiting(self, address_key: str, limit: int) -> list[Notification]:
        return [row.notification for row in self._inorder(self._waiting.of(address_key))][-limit:]

    def _inorder(self, ids: Sequence[str]) -> list[NotificationRow]:
        rows = [row for i in ids if (row := self._rows.get(i)) is not None]
        return sorted(rows, key=lambda row: (row.notification.created_at, row.notification.id))

    def settle(
        self, ids: Sequence[str], state: NotificationState, reason: str, detail: str, now: int
    ) -> None:
        if state is NotificationState.WAITING:
            raise ValueError("a notification is never settled as waiting")
        for i in ids:
            row = self._rows.get(i)
            if row is not None:
                later = max(row.updated_at, now)
                settled = replace(
                    row, state=state, reason=str(reason), detail=clean(detail), updated_at=later
                )
                self._rows.put(i, settled)

    def drop_waiting(self, page_ids: Sequence[str], reason: str, now: int) -> None:
        for page in page_ids:
            for i in self._by_page.of(page):
                row = self._rows.get(i)
                if row is not None and row.state is NotificationState.WAITING:
                    later = max(row.updated_at, now)
                    dropped = replace(
                        row, state=NotificationState.DROPPED, reason=str(reason), updated_at=later
                    )
                    self._rows.put(i, dropped)

    def load(self, ids: Sequence[str]) -> dict[str, NotificationRow]:
        return {i: row for i in ids if (row := self._rows.get(i)) is not None}

    def of_incident(self, incident: int) -> list[NotificationRow]:
        return self._inorder(self._by_incident.of(incident))

    def record_attempts(self, rows: Sequence[AttemptRow]) -> None:
        for row in rows:
            self._attempts.append(replace(row, detail=clean(row.detail)))
            tried = self._rows.get(row.notification)
            if tried is not None:
                updated_at = max(tried.updated_at, row.ended_at)
                self._rows.put(
                    row.notification, replace(tried, attempts=tried.attempts + 1, updated_at=updated_at)
                )

    def forget_attempts(self, before: int, after: int, limit: int) -> int | None:
        looked = [(n, row) for n, row in sorted(self._attempts.items()) if n > after][:limit]
        for number, row in looked:
            sent = self._rows.get(row.notification)
            incident = sent.notification.incident if sent is not None else None
            if row.ended_at < before and not (incident is not None and self._is_open(incident)):
                self._attempts.remove(number)
        return looked[-1][0] if len(looked) == limit and looked[-1][1].ended_at < before else None

    def attempts_of_incident(self, incident: int) -> list[AttemptRow]:
        numbers = [n for i in self._by_incident.of(incident) for n in self._by_notification.of(i)]
        rows = [(row.started_at, n, row) for n in numbers if (row := self._attempts.get(n)) is not None]
        return [row for _, _, row in sorted(rows, key=lambda item: item[:2])]

    def address(self, address_key: str) -> AddressState:
        return self._addresses.get(address_key) or AddressState()

    def addresses(self) -> dict[str, AddressState]:
        return dict(self._addresses.items())

    def put_address(self, address_key: str, state: AddressState) -> None:
        self._addresses.put(address_key, state)


def _waits_at(row: NotificationRow) -> str | None:
    return row.notification.address_key if row.state is NotificationState.WAITING else None
