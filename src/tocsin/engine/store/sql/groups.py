"""Alert groups: detection's own state, kept so that a successor can go on."""

from collections.abc import Sequence

from msgspec.structs import astuple

from tocsin.core.detect.records import GroupRow
from tocsin.engine.store.sql.session import Session, replacing, table

GROUP = table(
    "alert_group", "key text, route text, labels bytea, document bytea, incident_id bigint, updated_at bigint"
)
REPLACE = replacing("key", GROUP)
READ = f"SELECT {GROUP.names} FROM alert_group"


class GroupSql:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._pending: dict[str, GroupRow | None] = {}  # None: removed

    def put(self, rows: Sequence[GroupRow]) -> None:
        self._pending.update((row.key, row) for row in rows)

    def remove(self, keys: Sequence[str]) -> None:
        self._pending.update((key, None) for key in keys)

    def all(self) -> list[GroupRow]:
        self.flush()
        return [GroupRow(*row) for row in self._session.query(f"{READ} ORDER BY key")]

    def load(self, keys: Sequence[str]) -> dict[str, GroupRow]:
        stored = [key for key in keys if key not in self._pending]
        found = {key: row for key in keys if (row := self._pending.get(key)) is not None}
        if stored:
            condition = self._session.among("key", "text")
            rows = self._session.query(f"{READ} WHERE {condition}", (self._session.listed(stored),))
            found.update((row[0], GroupRow(*row)) for row in rows)
        return found

    def flush(self) -> None:
        pending, self._pending = self._pending, {}
        put = [astuple(row) for _, row in sorted(pending.items()) if row is not None]
        removed = sorted(key for key, row in pending.items() if row is None)
        if put:
            self._session.insert(GROUP, put, REPLACE)
        if removed:
            condition = self._session.among("key", "text")
            self._session.write(
                f"DELETE FROM alert_group WHERE {condition}", (self._session.listed(removed),)
            )
