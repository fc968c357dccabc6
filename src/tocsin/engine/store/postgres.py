"""The store on PostgreSQL, for any number of nodes.

A transaction is READ COMMITTED with explicit row locks. What work held back is sent together with its COMMIT in one
pipeline, so that a decision costs its reads and one more round trip.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tocsin.engine.store.postgres_arrays import BigintArray, ByteaArray, TextArray
from tocsin.engine.store.postgres_connections import Connections, NoneFree
from tocsin.engine.store.postgres_session import READING, PostgresSession
from tocsin.engine.store.postgres_wakes import PostgresWakes
from tocsin.engine.store.protocol import InboxRow, StoreUnavailable, Transaction
from tocsin.engine.store.sql.session import Row
from tocsin.engine.store.sql.transaction import SqlTransaction

T = TypeVar("T")
OnWake = Callable[[frozenset[str]], None]

PATIENCE = 5.0  # seconds in which a lost connection or a conflict is tried again
PAUSE = 0.05  # seconds between tries
CONNECTIONS = 16  # more than threads that ask: nobody waits for one while holding another
# A node that froze in mid-transaction must not hold its locks for ever, nor anybody wait for them that long.
OPTIONS = "-c idle_in_transaction_session_timeout=15000 -c lock_timeout=10000 -c jit=off"
KEEPALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

# One statement, hence one round trip and one commit. The counter's row lock puts all appending nodes in order, so that
# ids become visible in order.
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


class PostgresStore:
    """Implements protocol.Store. `run` and `read` may be called from several threads at once."""

    def __init__(self, database_url: str, on_wake: OnWake) -> None:
        given = conninfo_to_dict(database_url)
        options = f"{OPTIONS} {given.get('options') or ''}".strip()
        conninfo = make_conninfo(
            database_url, **{**KEEPALIVE, **given, "options": options, "application_name": "tocsin"}
        )
        self._on_wake = on_wake
        self._connections = Connections(conninfo, CONNECTIONS, PATIENCE)
        try:
            with self._connections.one():
                pass
        except psycopg.OperationalError as error:
            raise StoreUnavailable(f"PostgreSQL cannot be reached: {error}") from error
        self._wakes = PostgresWakes(conninfo, on_wake)

    def run(self, work: Callable[[Transaction], T]) -> T:
        result, topics = self._until_through(lambda connection: _decide(connection, work))
        if topics:
            self._on_wake(topics)
            self._wakes.tell(topics)
        return result

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self._until_through(lambda connection: _look(connection, work))

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
                raise _Again from error
            return int(last) - count + 1

        first = self._until_through(work)
        topics = frozenset({"inbox"})
        self._on_wake(topics)
        self._wakes.tell(topics)
        return first

    def tidy(self) -> None:
        """PostgreSQL's autovacuum does it."""

    def close(self) -> None:
        self._wakes.close()
        self._connections.close()

    def _until_through(self, work: Callable[[psycopg.Connection[Row]], T]) -> T:
        """Run work on a connection, again after a conflict or on another connection, for a while."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self._connections.one() as connection:
                    return work(connection)
            except _Again as again:
                cause = again.__cause__
                if time.monotonic() > deadline:
                    raise StoreUnavailable(str(cause)) from cause
                if not _conflicted(cause):  # after a conflict the winner has committed: no pause
                    time.sleep(PAUSE)
            except NoneFree as error:
                raise StoreUnavailable("all connections to PostgreSQL are busy") from error
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise StoreUnavailable(f"PostgreSQL cannot be reached: {error}") from error
                time.sleep(PAUSE)


class _Again(Exception):
    """Nothing was committed; the cause may have passed."""


def _conflicted(error: BaseException | None) -> bool:
    """A serialisation failure or a deadlock: the other transaction won."""
    return isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith("40")


def _decide(
    connection: psycopg.Connection[Row], work: Callable[[Transaction], T]
) -> tuple[T, frozenset[str]]:
    session = PostgresSession(connection)
    tx = SqlTransaction(session, session)
    committing = False
    try:
        connection.execute(b"BEGIN")
        result = work(tx)
        with connection.pipeline():
            tx.flush()
            committing = True
            connection.execute(b"COMMIT")
        return result, frozenset(tx.topics)
    except psycopg.OperationalError as error:
        _roll_back(connection)
        if connection.closed and committing:
            raise StoreUnavailable(f"lost while committing: {error}", outcome_unknown=True) from error
        if connection.closed or _conflicted(error):
            raise _Again from error
        raise StoreUnavailable(str(error)) from error
    except BaseException:
        _roll_back(connection)
        raise


def _look(connection: psycopg.Connection[Row], work: Callable[[Transaction], T]) -> T:
    session = PostgresSession(connection, READING)
    tx = SqlTransaction(session, session)
    try:
        connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        result = work(tx)
        tx.flush()  # finds what work tried to write, and the server refuses it
        connection.execute(b"COMMIT")
    except psycopg.OperationalError as error:
        _roll_back(connection)
        raise _Again from error
    except BaseException:
        _roll_back(connection)
        raise
    return result


def _roll_back(connection: psycopg.Connection[Any]) -> None:
    """A connection that cannot even roll back is closed, and the pool replaces it."""
    with suppress(psycopg.Error):
        connection.execute(b"ROLLBACK")
        return
    connection.close()
