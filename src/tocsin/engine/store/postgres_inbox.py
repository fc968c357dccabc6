"""The inbox on PostgreSQL: one statement, hence one round trip and one commit."""

from collections.abc import Callable, Sequence

import psycopg

from tocsin.engine.store.postgres_arrays import BigintArray, ByteaArray, TextArray
from tocsin.engine.store.postgres_connections import Connections
from tocsin.engine.store.postgres_patience import Again, until_through
from tocsin.engine.store.postgres_session import PostgresSession
from tocsin.engine.store.postgres_wakes import PostgresWakes
from tocsin.engine.store.protocol import INBOX, InboxRow
from tocsin.engine.store.sql.inbox import drop_before, rows_after
from tocsin.engine.store.sql.session import Row

# The counter's row lock puts all appending nodes in order, so that ids become visible in order.
APPEND = b"""
WITH counted AS (
  INSERT INTO inbox_counter (id, last) VALUES (1, %s)
  ON CONFLICT (id) DO UPDATE SET last = inbox_counter.last + excluded.last RETURNING last
), appended AS (
  INSERT INTO inbox (id, received_at, integration, source, body)
  SELECT counted.last - %s + v.n, v.received_at, v.integration, v.source, v.body
  FROM counted, unnest(%s, %s, %s, %s) WITH ORDINALITY AS v(received_at, integration, source, body, n)
)
SELECT last FROM counted
"""


class PostgresInbox:
    """Implements protocol.Inbox. Whoever made the connections and the wakes closes them."""

    def __init__(
        self,
        connections: Connections,
        wakes: PostgresWakes,
        on_wake: Callable[[frozenset[str]], None],
    ) -> None:
        self._connections = connections
        self._wakes = wakes
        self._on_wake = on_wake

    def append(self, rows: Sequence[InboxRow]) -> int:
        count = len(rows)
        params = (
            count,
            count,
            BigintArray([row.received_at for row in rows]),
            TextArray([row.integration for row in rows]),
            TextArray([row.source for row in rows]),
            ByteaArray([row.body for row in rows]),
        )

        def work(connection: psycopg.Connection[Row]) -> int:
            try:
                last = connection.execute(APPEND, params, binary=True).fetchall()[0][0]
            except psycopg.OperationalError as error:
                # Appending twice is harmless (detection finds nothing changed), losing an accepted request is not.
                raise Again from error
            return int(last) - count + 1

        first = until_through(self._connections, work)
        self._on_wake(INBOX)
        self._wakes.tell(INBOX)
        return first

    def after(self, cursor: int, limit: int) -> list[InboxRow]:
        def work(connection: psycopg.Connection[Row]) -> list[InboxRow]:
            try:
                return rows_after(PostgresSession(connection), cursor, limit)
            except psycopg.OperationalError as error:
                raise Again from error

        return until_through(self._connections, work)

    def drop_before(self, received_at: int, cursor: int, limit: int) -> int:
        def work(connection: psycopg.Connection[Row]) -> int:
            try:
                return drop_before(PostgresSession(connection), received_at, cursor, limit)
            except psycopg.OperationalError as error:
                raise Again from error

        return until_through(self._connections, work)

    def tidy(self) -> None:
        """PostgreSQL's autovacuum does it."""

    def close(self) -> None:
        self._wakes.close()
        self._connections.close()
