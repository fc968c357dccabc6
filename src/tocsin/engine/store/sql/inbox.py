"""The inbox as detection reads it, and the quarantine. Appending and forgetting are apart from any transaction
(protocol.Inbox).

`requests` is where the inbox lives: on SQLite a file of its own.
"""

from collections.abc import Sequence

from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import InboxRow
from tocsin.engine.store.sql.session import Session, table

REQUEST = table("inbox", "id bigint, received_at bigint, integration text, source text, body bytea")
QUARANTINED = table(
    "quarantine",
    "request bigint, received_at bigint, integration text, source text, body bytea, error text",
)
QUARANTINE_CAP = 10_000


def rows_after(requests: Session, cursor: int, limit: int) -> list[InboxRow]:
    rows = requests.query(
        f"SELECT {REQUEST.names} FROM inbox WHERE id > ? ORDER BY id LIMIT ?", (cursor, limit)
    )
    return [InboxRow(*row) for row in rows]


def drop_before(requests: Session, received_at: int, cursor: int, limit: int) -> int:
    # The newest row always stays: on SQLite it is what the next id is counted from.
    return requests.write(
        "DELETE FROM inbox WHERE id IN (SELECT id FROM (SELECT id, received_at FROM inbox"
        " WHERE id <= ? AND id < (SELECT MAX(id) FROM inbox) ORDER BY id LIMIT ?) AS oldest WHERE received_at < ?)",
        (cursor, limit, received_at),
    )


class InboxSql:
    def __init__(self, session: Session, requests: Session) -> None:
        self._session = session
        self._requests = requests

    def after(self, cursor: int, limit: int) -> list[InboxRow]:
        return rows_after(self._requests, cursor, limit)

    def backlog(self, cursor: int) -> int:
        # Ids are contiguous, so counting is a subtraction; only rows at or before the cursor are ever forgotten.
        found = self._requests.query("SELECT MAX(id) FROM inbox")[0][0]
        return max(0, int(found or 0) - cursor)

    def quarantine(self, rows: Sequence[tuple[InboxRow, str]]) -> None:
        self._session.insert(
            QUARANTINED,
            [(r.id, r.received_at, r.integration, r.source, r.body, clean(error)) for r, error in rows],
        )
        self._session.write(
            "DELETE FROM quarantine WHERE id <= (SELECT id FROM quarantine ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (QUARANTINE_CAP,),
        )

    def quarantined(self, limit: int) -> list[tuple[InboxRow, str]]:
        rows = self._session.query(
            f"SELECT {QUARANTINED.names} FROM quarantine ORDER BY id DESC LIMIT ?", (limit,)
        )
        return [(InboxRow(*row[:5]), row[5]) for row in rows]
