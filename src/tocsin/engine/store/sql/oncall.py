"""What on-call keeps of swaps, handoffs and the like, one row each."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import astuple

from tocsin.engine.store.protocol import OnCallFilter, OnCallRow
from tocsin.engine.store.sql.session import Session, columns, replacing, table

RECORD = table(
    "oncall_record",
    "kind text, name text, subject text, state text, starts_at bigint, ends_at bigint, document bytea,"
    " updated_at bigint",
)
REPLACE = replacing("kind, name", RECORD)
READ = f"SELECT {RECORD.names} FROM oncall_record"


class OnCallSql:
    def __init__(self, session: Session) -> None:
        self._session = session

    def load(self, kind: str, ids: Sequence[str]) -> dict[str, OnCallRow]:
        session = self._session
        rows = session.query(
            f"{READ} WHERE kind = ? AND {session.among('name', 'text')} ORDER BY name{session.dialect.lock}",
            (kind, session.listed(ids)),
        )
        return {row[1]: OnCallRow(*row) for row in rows}

    def put(self, rows: Sequence[OnCallRow]) -> None:
        last = {(row.kind, row.id): row for row in rows}
        self._session.insert(RECORD, [astuple(row) for _, row in sorted(last.items())], REPLACE)

    def remove(self, kind: str, ids: Sequence[str]) -> None:
        self._session.with_rows(
            columns("kind text, name text"),
            [(kind, row_id) for row_id in sorted(ids)],
            "DELETE FROM oncall_record WHERE (kind, name) IN (SELECT kind, name FROM v)",
        )

    def search(self, wanted: OnCallFilter) -> list[OnCallRow]:
        session = self._session
        terms: list[str] = ["kind = ?"]
        params: list[Any] = [wanted.kind]
        for column, chosen in (("subject", wanted.subjects), ("state", wanted.states)):
            if chosen:
                terms.append(session.among(column, "text"))
                params.append(session.listed(chosen))
        for term, value in (("ends_at > ?", wanted.since), ("starts_at < ?", wanted.until)):
            if value is not None:
                terms.append(term)
                params.append(value)
        if wanted.before is not None:
            terms.append("(starts_at, name) < (?, ?)")
            params += wanted.before
        rows = session.query(
            f"{READ} WHERE {' AND '.join(terms)} ORDER BY starts_at DESC, name DESC LIMIT ?",
            (*params, wanted.limit),
        )
        return [OnCallRow(*row) for row in rows]
