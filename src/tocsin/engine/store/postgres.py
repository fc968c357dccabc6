"""The store on PostgreSQL, for any number of nodes.

A transaction is READ COMMITTED with explicit row locks. What work held back is sent together with its COMMIT in one
pipeline, so that a decision costs its reads and one more round trip.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import psycopg

from tocsin.engine.store.postgres_inbox import PostgresInbox
from tocsin.engine.store.postgres_patience import Again, complete, conflicted, reach, until_through
from tocsin.engine.store.postgres_session import READING, PostgresSession
from tocsin.engine.store.postgres_wakes import PostgresWakes
from tocsin.engine.store.protocol import StoreUnavailable, Transaction
from tocsin.engine.store.sql.session import Row
from tocsin.engine.store.sql.transaction import SqlTransaction

T = TypeVar("T")
OnWake = Callable[[frozenset[str]], None]

CONNECTIONS = 16  # more than threads that ask: nobody waits for one while holding another


class PostgresStore:
    """Implements protocol.Store. `run` and `read` may be called from several threads at once."""

    def __init__(self, database_url: str, on_wake: OnWake) -> None:
        self._on_wake = on_wake
        conninfo = complete(database_url)
        self._connections = reach(conninfo, CONNECTIONS)
        self._wakes = PostgresWakes(conninfo, on_wake)
        self.inbox = PostgresInbox(self._connections, self._wakes, on_wake)

    def run(self, work: Callable[[Transaction], T]) -> T:
        result, topics = until_through(self._connections, lambda connection: _decide(connection, work))
        if topics:
            self._on_wake(topics)
            self._wakes.tell(topics)
        return result

    def read(self, work: Callable[[Transaction], T]) -> T:
        return until_through(self._connections, lambda connection: _look(connection, work))

    def tidy(self) -> None:
        """PostgreSQL's autovacuum does it."""

    def close(self) -> None:
        self._wakes.close()
        self._connections.close()


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
    except psycopg.errors.ProgramLimitExceeded:  # of what was written, not of the server: no other try helps
        _roll_back(connection)
        raise
    except psycopg.OperationalError as error:
        _roll_back(connection)
        if connection.closed and committing:
            raise StoreUnavailable(f"lost while committing: {error}", outcome_unknown=True) from error
        if connection.closed or conflicted(error):
            raise Again from error
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
        raise Again from error
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
