"""SQLite's write-ahead log: copied back between commits, never inside one, and written over again rather than cut off.

A commit into a log that has its room on disk costs half of one that makes the file grow, because `fdatasync` then has no
metadata to write. So the log is given room once, and after a checkpoint begins anew within it.
"""

import contextlib
import sqlite3
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from tocsin.engine.store.sqlite_session import BUSY, connect

ROOM = 16 * 1024 * 1024  # bytes the log is given at first
WORTH = 1024 * 1024  # bytes in use from which a calm moment is used
CAP = 64 * 1024 * 1024  # bytes in use from which nothing is waited for
FRAMES_AT = 16  # offset of mxFrame, the frames in use, in the wal-index (sqlite.org/walformat.html)


class WriteAheadLog:
    """The log of one database file. `spare` is a table with a NOT NULL blob `body`, used to make room and left as it was."""

    def __init__(self, path: Path, writer: sqlite3.Connection, spare: str) -> None:
        self._path = path
        self._writer = writer
        self._spare = spare
        self._log = path.with_name(path.name + "-wal")
        self._index = path.with_name(path.name + "-shm")
        self._page = int(writer.execute("PRAGMA page_size").fetchone()[0])
        self._last_used = -1
        writer.execute(f"PRAGMA journal_size_limit = {CAP}")

    def size(self) -> int:
        """Bytes on disk."""
        return self._log.stat().st_size if self._log.exists() else 0

    def used(self) -> int:
        """Bytes that hold something not yet known to be copied back."""
        try:
            with self._index.open("rb") as index:
                index.seek(FRAMES_AT)
                return int(struct.unpack("=I", index.read(4))[0]) * self._page
        except (FileNotFoundError, struct.error):  # nothing was written yet
            return 0

    def tidy(self, writing: threading.Lock) -> None:
        """Called now and then. `writing` is held by whoever uses the writer."""
        if self.size() < ROOM:
            with writing:
                self._make_room()
        used = self.used()
        calm = used == self._last_used
        self._last_used = used
        if used > CAP or (calm and used > WORTH):
            self._checkpoint(writing)

    def _checkpoint(self, writing: threading.Lock) -> None:
        """Copy back while writing goes on, then the rest in the short moment when nobody writes."""
        beside = connect(self._path, cache=1024)
        try:
            beside.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            beside.close()
        with writing, self._hurried():
            self._writer.execute("PRAGMA wal_checkpoint(RESTART)")

    @contextlib.contextmanager
    def _hurried(self) -> Iterator[None]:
        """A reader may hold the log's end: better to try again next time than to let commits wait for it."""
        self._writer.execute("PRAGMA busy_timeout = 50")
        try:
            yield
        finally:
            self._writer.execute(f"PRAGMA busy_timeout = {BUSY}")

    def _make_room(self) -> None:
        """What does not fit a transaction's cache is written to the log at once, and rolling back leaves the room."""
        cache = self._writer.execute("PRAGMA cache_size").fetchone()[0]
        try:
            self._writer.execute("PRAGMA cache_size = 16")
            self._writer.execute("BEGIN IMMEDIATE")
            self._writer.execute(_FILL[self._spare], (ROOM,))
        except sqlite3.OperationalError:
            pass  # busy or full: a log without room is only slower
        finally:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            self._writer.execute(f"PRAGMA cache_size = {cache}")


_FILL = {
    "quarantine": "INSERT INTO quarantine (request, received_at, integration, source, body, error)"
    " VALUES (0, 0, '', '', zeroblob(?), '')",
    "inbox": "INSERT INTO inbox (id, received_at, integration, source, body) VALUES (-1, 0, '', '', zeroblob(?))",
}
