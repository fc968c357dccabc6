"""The inbox's own file: accepting an alert never waits for a decision under way, because SQLite has one writer a file.

Several processes may append. In a server nearly all comes from the front process, which also keeps the file's log tidy.
"""

import functools
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tocsin.engine.store.data_directory import inbox_file
from tocsin.engine.store.protocol import INBOX, InboxRow, StoreUnavailable
from tocsin.engine.store.sql.inbox import drop_before, rows_after
from tocsin.engine.store.sqlite_log import WriteAheadLog
from tocsin.engine.store.sqlite_session import SqliteSession, as_unavailable, connect
from tocsin.engine.store.sqlite_transaction import transaction

# Rows in one statement. The interpreter's lock is given up once for each, and beside a busy thread the way back to it is
# longer than all the disk's work.
AT_ONCE = 128


@functools.cache
def _inserting(rows: int) -> str:
    return f"INSERT INTO inbox (received_at, integration, source, body) VALUES {', '.join(['(?, ?, ?, ?)'] * rows)}"


class SqliteInbox:
    """Implements protocol.Inbox for one data directory. May be called from any thread, one at a time goes."""

    def __init__(self, data: Path, on_wake: Callable[[frozenset[str]], None]) -> None:
        path = inbox_file(data)
        if not path.exists():
            raise StoreUnavailable(f"{path} does not exist; `python -m tocsin.web.migrate` makes it")
        self._on_wake = on_wake
        self._writing = threading.Lock()
        self._connection = connect(path, cache=4 * 1024)
        self._reading = threading.Lock()
        self._beside = connect(path, cache=1024, read_only=True)
        self._log = WriteAheadLog(path, self._connection)

    def append(self, rows: Sequence[InboxRow]) -> int:
        first = self._append(rows)
        self._on_wake(INBOX)
        return first

    def _append(self, rows: Sequence[InboxRow]) -> int:
        with self._writing:
            if 0 < len(rows) <= AT_ONCE:
                return self._insert(rows)
            with transaction(self._connection, "BEGIN IMMEDIATE"):
                last = self._connection.execute("SELECT MAX(id) FROM inbox").fetchone()[0]
                for chunk in (rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)):
                    self._insert(chunk)
                return int(last or 0) + 1

    def _insert(self, rows: Sequence[InboxRow]) -> int:
        """One statement, which outside of a transaction is one of its own. SQLite gives the next ids."""
        values = [value for r in rows for value in (r.received_at, r.integration, r.source, r.body)]
        try:
            last = self._connection.execute(_inserting(len(rows)), values).lastrowid
        except sqlite3.OperationalError as error:
            raise as_unavailable(error) from error
        return int(last or 0) - len(rows) + 1

    def after(self, cursor: int, limit: int) -> list[InboxRow]:
        with self._reading:
            try:
                return rows_after(SqliteSession(self._beside), cursor, limit)
            except sqlite3.OperationalError as error:
                raise as_unavailable(error) from error

    def drop_before(self, received_at: int, cursor: int, limit: int) -> int:
        with self._writing, transaction(self._connection, "BEGIN IMMEDIATE"):
            return drop_before(SqliteSession(self._connection), received_at, cursor, limit)

    def tidy(self) -> None:
        self._log.tidy(self._writing)

    def close(self) -> None:
        with self._writing, self._reading:
            self._beside.close()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
