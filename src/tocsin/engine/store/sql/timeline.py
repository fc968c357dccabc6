"""The timeline: numbered within its incident, appended, never changed."""

from collections.abc import Sequence

from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import TimelineRow
from tocsin.engine.store.sql.session import Session, table

ENTRY = table(
    "timeline_entry",
    "incident_id bigint, entry bigint, at bigint, reason text, text text, actor text, via text",
)


class TimelineSql:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._pending: list[TimelineRow] = []

    def add(self, rows: Sequence[TimelineRow]) -> None:
        self._pending.extend(rows)

    def of(self, incident: int) -> list[TimelineRow]:
        self.flush()
        rows = self._session.query(
            f"SELECT {ENTRY.names} FROM timeline_entry WHERE incident_id = ? ORDER BY entry", (incident,)
        )
        return [TimelineRow(*row) for row in rows]

    def flush(self) -> None:
        if self._pending:
            pending, self._pending = self._pending, []
            self._session.insert(
                ENTRY, [(r.incident, r.entry, r.at, r.reason, clean(r.text), r.actor, r.via) for r in pending]
            )
