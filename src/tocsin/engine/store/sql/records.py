"""Change events and the audit log: appended, read newest first."""

from collections.abc import Sequence

from msgspec.structs import astuple

from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import AuditRow, ChangeRow
from tocsin.engine.store.sql.session import Session, table

CHANGE = table(
    "change_event",
    "integration text, at bigint, received_at bigint, summary text, source text, service text, document bytea",
)
AUDIT = table(
    "audit_entry",
    "at bigint, actor text, via text, what text, subject text, detail text, address text, before text, after text",
)


class RecordSql:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add_changes(self, rows: Sequence[ChangeRow]) -> None:
        self._session.insert(
            CHANGE,
            [
                (r.integration, r.at, r.received_at, clean(r.summary), clean(r.source), r.service, r.document)
                for r in rows
            ],
        )

    def changes(
        self, since: int, until: int, service: str | None = None, limit: int = 100
    ) -> list[ChangeRow]:
        of_service, params = (" AND service = ?", (service,)) if service is not None else ("", ())
        rows = self._session.query(
            f"SELECT id, {CHANGE.names} FROM change_event WHERE at >= ? AND at < ?{of_service}"
            " ORDER BY at DESC, id DESC LIMIT ?",
            (since, until, *params, limit),
        )
        return [ChangeRow(*row) for row in rows]

    def audit(self, row: AuditRow) -> None:
        self._session.insert(AUDIT, [tuple(clean(v) if isinstance(v, str) else v for v in astuple(row))])

    def audited(self, limit: int = 100) -> list[AuditRow]:
        rows = self._session.query(
            f"SELECT {AUDIT.names} FROM audit_entry ORDER BY id DESC LIMIT ?", (limit,)
        )
        return [AuditRow(*row) for row in rows]
