"""Heartbeats: when each was last heard."""

from collections.abc import Sequence

from tocsin.engine.store.protocol import HeartbeatRow
from tocsin.engine.store.sql.session import Session, replacing, table

HEARTBEAT = table("heartbeat", "key text, last_seen bigint, missed boolean, document bytea")
REPLACE = replacing("key", HEARTBEAT)


class HeartbeatSql:
    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[HeartbeatRow]:
        rows = self._session.query(f"SELECT {HEARTBEAT.names} FROM heartbeat ORDER BY key")
        return [
            HeartbeatRow(key, last_seen, bool(missed), document) for key, last_seen, missed, document in rows
        ]

    def put(self, rows: Sequence[HeartbeatRow]) -> None:
        latest = {row.key: row for row in rows}
        self._session.insert(
            HEARTBEAT,
            [(r.key, r.last_seen, r.missed, r.document) for _, r in sorted(latest.items())],
            REPLACE,
        )
