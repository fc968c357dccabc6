"""The store on SQLite: one writer, many readers, and the inbox in a file of its own.

Two files, because SQLite has one writer a file: accepting an alert must never wait for a decision under way. Durable
means `synchronous=FULL`; the write-ahead log is copied back only by `tidy`, because a checkpoint inside a commit delays
it by milliseconds.
"""

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from tocsin.engine.store.data_directory import inbox_file, main_file
from tocsin.engine.store.protocol import InboxRow, StoreUnavailable, Transaction
from tocsin.engine.store.sql.inbox import REQUEST
from tocsin.engine.store.sql.transaction import SqlTransaction
from tocsin.engine.store.sqlite_log import WriteAheadLog
from tocsin.engine.store.sqlite_session import SqliteSession, as_unavailable, connect

T = TypeVar("T")
OnWake = Callable[[frozenset[str]], None]

INBOX = frozenset({"inbox"})


class SqliteStore:
    """Implements protocol.Store for one data directory. `run` may be called from any thread, one at a time goes."""

    def __init__(self, data: Path, on_wake: OnWake) -> None:
        self._files = (main_file(data), inbox_file(data))
        for path in self._files:
            if not path.exists():
                raise StoreUnavailable(f"{path} does not exist; `python -m tocsin.web.migrate` makes it")
        self._on_wake = on_wake
        self._writing = threading.Lock()
        self._appending = threading.Lock()
        self._main = connect(self._files[0], cache=32 * 1024)
        self._inbox = connect(self._files[1], cache=4 * 1024)
        self._inbox_beside = connect(self._files[1], cache=1024, read_only=True)
        self._requests = _RequestSession(self._inbox_beside, self._inbox, self._appending)
        self._readers: queue.LifoQueue[_Reader] = queue.LifoQueue()
        self._main_log = WriteAheadLog(self._files[0], self._main)
        self._inbox_log = WriteAheadLog(self._files[1], self._inbox)
        self._last = int(self._inbox.execute("SELECT COALESCE(MAX(id), 0) FROM inbox").fetchone()[0])

    def run(self, work: Callable[[Transaction], T]) -> T:
        with self._writing:
            tx = SqlTransaction(SqliteSession(self._main), self._requests)
            with _transaction(self._main, "BEGIN IMMEDIATE"):
                result = work(tx)
                tx.flush()
        if tx.topics:
            self._on_wake(frozenset(tx.topics))
        return result

    def read(self, work: Callable[[Transaction], T]) -> T:
        try:
            reader = self._readers.get_nowait()
        except queue.Empty:
            reader = _Reader(*self._files)
        try:
            with _transaction(reader.main, "BEGIN"):
                tx = SqlTransaction(SqliteSession(reader.main), SqliteSession(reader.inbox))
                result = work(tx)
                tx.flush()  # finds what work tried to write, and the connection refuses it
                return result
        finally:
            self._readers.put(reader)

    def append(self, rows: Sequence[InboxRow]) -> int:
        with self._appending:
            first = self._last + 1
            if rows:
                numbered = [
                    (i, r.received_at, r.integration, r.source, r.body) for i, r in enumerate(rows, first)
                ]
                with _transaction(self._inbox, "BEGIN IMMEDIATE"):
                    SqliteSession(self._inbox).insert(REQUEST, numbered)
                self._last += len(rows)
        self._on_wake(INBOX)
        return first

    def tidy(self) -> None:
        for log, lock in ((self._main_log, self._writing), (self._inbox_log, self._appending)):
            log.tidy(lock)

    def close(self) -> None:
        with self._writing, self._appending:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._readers.get_nowait().close()
            self._inbox_beside.close()
            for connection in (self._main, self._inbox):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.close()


class _Reader:
    """One pair of connections that cannot write."""

    def __init__(self, main: Path, inbox: Path) -> None:
        self.main = connect(main, cache=4 * 1024, read_only=True)
        self.inbox = connect(inbox, cache=1024, read_only=True)

    def close(self) -> None:
        self.main.close()
        self.inbox.close()


class _RequestSession(SqliteSession):
    """The inbox as a deciding transaction sees it: read beside the appender, forgotten through it."""

    def __init__(
        self, reading: sqlite3.Connection, inbox: sqlite3.Connection, appending: threading.Lock
    ) -> None:
        super().__init__(reading)
        self._writer = inbox
        self._appending = appending

    def write(self, sql: str, params: Sequence[object] = ()) -> int:
        with self._appending, _transaction(self._writer, "BEGIN IMMEDIATE"):
            return SqliteSession(self._writer).write(sql, params)


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """Commit at the end or, whatever happens in between, roll back."""
    try:
        connection.execute(begin)
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.OperationalError as error:
        raise as_unavailable(error) from error
