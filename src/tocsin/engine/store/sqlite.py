"""The store on SQLite: one writer, many readers, and the inbox in a file of its own.

Two files, because SQLite has one writer a file: accepting an alert must never wait for a decision under way. Durable
means `synchronous=FULL`; the write-ahead log is copied back only by `tidy`, because a checkpoint inside a commit delays
it by milliseconds.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tocsin.engine.store.data_directory import inbox_file, main_file
from tocsin.engine.store.protocol import StoreUnavailable, Transaction
from tocsin.engine.store.sql.transaction import SqlTransaction
from tocsin.engine.store.sqlite_inbox import SqliteInbox
from tocsin.engine.store.sqlite_log import WriteAheadLog
from tocsin.engine.store.sqlite_session import SqliteSession, connect
from tocsin.engine.store.sqlite_transaction import transaction

T = TypeVar("T")
OnWake = Callable[[frozenset[str]], None]


class SqliteStore:
    """Implements protocol.Store for one data directory. `run` may be called from any thread, one at a time goes."""

    def __init__(self, data: Path, on_wake: OnWake) -> None:
        self._files = (main_file(data), inbox_file(data))
        if not self._files[0].exists():
            raise StoreUnavailable(
                f"{self._files[0]} does not exist; `python -m tocsin.web.migrate` makes it"
            )
        self.inbox = SqliteInbox(data, on_wake)
        self._on_wake = on_wake
        self._writing = threading.Lock()
        self._main = connect(self._files[0], cache=8 * 1024)
        self._requests = connect(self._files[1], cache=1024, read_only=True)
        self._readers: queue.LifoQueue[_Reader] = queue.LifoQueue()
        self._log = WriteAheadLog(self._files[0], self._main)

    def run(self, work: Callable[[Transaction], T]) -> T:
        with self._writing:
            tx = SqlTransaction(SqliteSession(self._main), SqliteSession(self._requests))
            with transaction(self._main, "BEGIN IMMEDIATE"):
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
            with transaction(reader.main, "BEGIN"):
                tx = SqlTransaction(SqliteSession(reader.main), SqliteSession(reader.inbox))
                result = work(tx)
                tx.flush()  # finds what work tried to write, and the connection refuses it
                return result
        finally:
            self._readers.put(reader)

    def tidy(self) -> None:
        self._log.tidy(self._writing)

    def close(self) -> None:
        with self._writing:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._readers.get_nowait().close()
            self._requests.close()
            self._main.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._main.close()
        self.inbox.close()


class _Reader:
    """One pair of connections that cannot write."""

    def __init__(self, main: Path, inbox: Path) -> None:
        self.main = connect(main, cache=4 * 1024, read_only=True)
        self.inbox = connect(inbox, cache=1024, read_only=True)

    def close(self) -> None:
        self.main.close()
        self.inbox.close()
