"""What on-call keeps of swaps, handoffs and the like, in memory."""

from collections.abc import Sequence

from tocsin.engine.store.memory.journal import Journal, Rows
from tocsin.engine.store.protocol import OnCallFilter, OnCallRow


class MemoryOnCall:
    def __init__(self, journal: Journal) -> None:
        self._rows: Rows[tuple[str, str], OnCallRow] = Rows(journal)

    def load(self, kind: str, ids: Sequence[str]) -> dict[str, OnCallRow]:
        found = {row_id: self._rows.get((kind, row_id)) for row_id in ids}
        return {row_id: row for row_id, row in found.items() if row is not None}

    def put(self, rows: Sequence[OnCallRow]) -> None:
        for row in rows:
            self._rows.put((row.kind, row.id), row)

    def remove(self, kind: str, ids: Sequence[str]) -> None:
        for row_id in ids:
            if (kind, row_id) in self._rows:
                self._rows.remove((kind, row_id))

    def search(self, wanted: OnCallFilter) -> list[OnCallRow]:
        found = [row for row in self._rows.values() if _fits(row, wanted)]
        return sorted(found, key=lambda row: (row.starts_at, row.id), reverse=True)[: wanted.limit]


def _fits(row: OnCallRow, wanted: OnCallFilter) -> bool:
    return (
        row.kind == wanted.kind
        and (not wanted.subjects or row.subject in wanted.subjects)
        and (not wanted.states or row.state in wanted.states)
        and (wanted.since is None or row.ends_at > wanted.since)
        and (wanted.until is None or row.starts_at < wanted.until)
        and (wanted.before is None or (row.starts_at, row.id) < wanted.before)
    )
