"""The connections of one node. A new one is made by whoever needs it, at once.

A pool that reconnects in the background backs off for minutes after an outage; a pager must be back the moment its
database is.
"""

import contextlib
import threading
from collections.abc import Iterator

import psycopg
from psycopg.pq import TransactionStatus

from tocsin.engine.store.postgres_arrays import teach
from tocsin.engine.store.sql.session import Row


class NoneFree(Exception):
    """All connections stayed busy."""


class Connections:
    """At most `most` at once; the one used last is used next."""

    def __init__(self, conninfo: str, most: int, patience: float) -> None:
        self._conninfo = conninfo
        self._patience = patience
        self._free = threading.BoundedSemaphore(most)
        self._idle: list[psycopg.Connection[Row]] = []
        self._closed = False

    @contextlib.contextmanager
    def one(self) -> Iterator[psycopg.Connection[Row]]:
        """Raises NoneFree, and psycopg.OperationalError when the server cannot be reached."""
        if not self._free.acquire(timeout=self._patience):
            raise NoneFree
        try:
            connection = self._taken() or self._connect()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._free.release()

    def close(self) -> None:
        self._closed = True
        self._close_idle()

    def _connect(self) -> psycopg.Connection[Row]:
        connection: psycopg.Connection[Row] = psycopg.connect(self._conninfo, autocommit=True)
        teach(connection)
        return connection

    def _taken(self) -> psycopg.Connection[Row] | None:
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        return None

    def _give_back(self, connection: psycopg.Connection[Row]) -> None:
        if connection.closed:
            self._close_idle()  # what ended this one has most likely ended them all
        elif self._closed or connection.info.transaction_status is not TransactionStatus.IDLE:
            connection.close()
        else:
            self._idle.append(connection)

    def _close_idle(self) -> None:
        while (connection := self._taken()) is not None:
            connection.close()
