"""When each integration was heard."""

from collections.abc import Sequence

from msgspec.structs import astuple

from tocsin.core.detect.hearing import Heard
from tocsin.engine.store.sql.session import Session, columns, replacing, table

HEARD = table(
    "integration_heard",
    "integration text, since bigint, first_at bigint, last_at bigint, times bigint, week_at bigint, longest bigint,"
    " longest_before bigint",
)
REPLACE = replacing("integration", HEARD)


class HeardSql:
    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[Heard]:
        rows = self._session.query(f"SELECT {HEARD.names} FROM integration_heard ORDER BY integration")
        return [Heard(*row) for row in rows]

    def put(self, rows: Sequence[Heard]) -> None:
        latest = {row.integration: row for row in rows}
        self._session.insert(HEARD, [astuple(row) for _, row in sorted(latest.items())], REPLACE)

    def remove(self, integrations: Sequence[str]) -> None:
        self._session.with_rows(
            columns("integration text"),
            [(integration,) for integration in integrations],
            "DELETE FROM integration_heard WHERE integration IN (SELECT integration FROM v)",
        )
