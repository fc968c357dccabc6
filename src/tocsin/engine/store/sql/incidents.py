"""Incidents: the whole aggregate as one document, beside the columns it is found by."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
import structlog

from tocsin.core.instants import micros
from tocsin.core.respond.incident import OPEN_STATES, Incident
from tocsin.engine.store.owed import WAKING_KINDS, alertname, alike, owes_timer, service_name, words
from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import IncidentFilter
from tocsin.engine.store.sql.session import Row, Session, Value, replacing, table

INCIDENT = table(
    "incident",
    "id bigint, state text, severity text, kind text, service text, team text, title text, words text, test boolean,"
    " owes_timer boolean, opened_at bigint, acknowledged_at bigint, resolved_at bigint, alertname text, alike text,"
    " document bytea",
)
REPLACE = replacing("id", INCIDENT)
OPEN = tuple(sorted(state.value for state in OPEN_STATES))
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Incident).decode
log = structlog.get_logger()


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _row(incident: Incident) -> tuple[Value, ...]:
    return (
        incident.id,
        incident.state.value,
        incident.severity.value,
        incident.kind.value,
        service_name(incident),
        incident.team,
        clean(incident.title),
        words(incident),
        incident.test,
        owes_timer(incident),
        micros(incident.opened_at),
        _micros(incident.acknowledged_at),
        _micros(incident.resolved_at),
        alertname(incident),
        alike(incident),
        encode(incident),
    )


def _readable(rows: Iterable[Row]) -> Iterator[tuple[int, Incident]]:
    for incident_id, document in rows:
        try:
            yield incident_id, decode(document)
        except msgspec.DecodeError as error:
            log.error("an incident cannot be read by this version", incident=incident_id, error=str(error))


def _why_unreadable(document: bytes) -> str:
    try:
        decode(document)
    except msgspec.DecodeError as error:
        return str(error)
    return ""


class IncidentSql:
    """`fresh` holds the ids given out in this transaction: nothing is stored about them yet."""

    def __init__(self, session: Session, fresh: set[int], flush_agenda: Callable[[], None]) -> None:
        self._session = session
        self._fresh = fresh
        self._flush_agenda = flush_agenda
        self._pending: dict[int, Incident] = {}

    def new_ids(self, count: int) -> list[int]:
        session = self._session
        if (
            session.dialect.name == "postgresql"
        ):  # a sequence, so that nodes never wait for each other's commit
            rows = session.query(
                "SELECT nextval(pg_get_serial_sequence('incident', 'id')) FROM generate_series(1, ?)",
                (count,),
            )
            ids = [int(row[0]) for row in rows]
        else:
            last = max(self._fresh, default=0) or session.query("SELECT MAX(id) FROM incident")[0][0] or 0
            ids = list(range(last + 1, last + 1 + count))
        self._fresh.update(ids)
        return ids

    def load(self, ids: Sequence[int]) -> dict[int, Incident]:
        found, stored = self._held_back(ids)
        found.update((row[0], decode(row[1])) for row in self._stored(stored, self._session.dialect.lock))
        return found

    def peek(self, ids: Sequence[int]) -> dict[int, Incident]:
        found, stored = self._held_back(ids)
        found.update(_readable(self._stored(stored)))
        return found

    def unreadable(self, ids: Sequence[int]) -> dict[int, str]:
        _, stored = self._held_back(ids)
        return {row[0]: why for row in self._stored(stored) if (why := _why_unreadable(row[1]))}

    def _held_back(self, ids: Iterable[int]) -> tuple[dict[int, Incident], list[int]]:
        """Those of this transaction, and which to look for in the store."""
        found, stored = {}, []
        for incident_id in ids:
            if incident_id in self._pending:
                found[incident_id] = self._pending[incident_id]
            else:
                stored.append(incident_id)
        return found, stored

    def _stored(self, ids: list[int], lock: str = "") -> list[Row]:
        if not ids:
            return []
        condition = self._session.among("id", "bigint")
        # In ascending order, so that two transactions never wait for each other.
        return self._session.query(
            f"SELECT id, document FROM incident WHERE {condition} ORDER BY id{lock}",
            (self._session.listed(sorted(ids)),),
        )

    def put(self, incidents: Sequence[Incident]) -> None:
        self._pending.update((incident.id, incident) for incident in incidents)

    def search(self, wanted: IncidentFilter) -> list[Incident]:
        self.flush()
        session, conditions, params = self._session, [], []
        for column, values in (("state", wanted.states), ("severity", wanted.severities)):
            if values:
                conditions.append(session.among(column, "text"))
                params.append(session.listed(values))
        for column, value in (("service", wanted.service), ("team", wanted.team), ("kind", wanted.kind)):
            if value is not None:
                conditions.append(f"{column} = ?")
                params.append(value)
        if wanted.text:
            conditions.append(f"{session.dialect.position}(words, ?) > 0")
            params.append(clean(wanted.text.casefold()))
        if wanted.before is not None:
            conditions.append("id < ?")
            params.append(wanted.before)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = session.query(
            f"SELECT id, document FROM incident{where} ORDER BY id DESC LIMIT ?", (*params, wanted.limit)
        )
        return [incident for _, incident in _readable(rows)]

    def count_open(self) -> int:
        self.flush()
        states = ", ".join("?" * len(OPEN))
        return int(
            self._session.query(f"SELECT COUNT(*) FROM incident WHERE state IN ({states})", OPEN)[0][0]
        )

    def without_timer(self, limit: int) -> list[int]:
        self.flush()
        self._flush_agenda()
        kinds = ", ".join("?" * len(WAKING_KINDS))
        rows: list[Row] = self._session.query(
            f"SELECT id FROM incident WHERE owes_timer AND NOT EXISTS (SELECT 1 FROM agenda WHERE kind IN ({kinds})"
            " AND subject = CAST(incident.id AS text)) ORDER BY id LIMIT ?",
            (*WAKING_KINDS, limit),
        )
        return [row[0] for row in rows]

    def flush(self) -> None:
        if self._pending:
            pending, self._pending = self._pending, {}
            self._session.insert(INCIDENT, [_row(pending[i]) for i in sorted(pending)], REPLACE)
