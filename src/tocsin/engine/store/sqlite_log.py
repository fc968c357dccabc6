"""SQLite's write-ahead log: copied back between commits, never inside one, and written over again rather than cut off.

A commit into a log that has its room on disk costs half of one that makes the file grow, because `fdatasync` then has no
metadata to write. So the log is given room once, and after a checkpoint begins anew within it.

Neither the database file nor its wal-index (-shm) may ever be opened here but by SQLite: closing any descriptor of them
drops the POSIX locks that SQLite holds on them for the whole process, and the next process to come takes the index for
abandoned and cuts it off under our feet. The log itself carries no locks and may be read.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tocsin.engine.store.sqlite_session import BUSY, connect

ROOM = 16 * 1024 * 1024  # bytes the log is given at first
WORTH = 1024 * 1024  # bytes in use from which a calm moment is used
CAP = 6 * 1024 * 1024  # bytes in use from which nothing is waited for; copying delays the commits meanwhile
KEPT = 64 * 1024 * 1024  # bytes of the log that stay on disk for the next burst
QUICK = 0.01  # seconds; a copy that took no longer has left next to nothing
COPIES = 3  # at most, before commits wait for the last one
# Of the log (sqlite.org/walformat.html): bytes of its header and of a frame's, and where each has the salts of its time.
HEADER, HEADER_SALTS = 32, 16
FRAME, FRAME_SALTS = 24, 8
SALTS = 8

Written = tuple[bytes, int]  # salts, frames


class WriteAheadLog:
    """The log of one database file, that `writer` writes to."""

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        self._path = path
        self._writer = writer
        self._log = path.with_name(path.name + "-wal")
        self._frame = FRAME + int(writer.execute("PRAGMA page_size").fetchone()[0])
        self._last: Written | None = None
        self._copied: Written | None = None
        self._changed_at = 0
        writer.execute(f"PRAGMA journal_size_limit = {KEPT}")

    def size(self) -> int:
        """Bytes on disk."""
        return self._log.stat().st_size if self._log.exists() else 0

    def used(self) -> int:
        """Bytes written since the log began anew."""
        return self._written()[1] * self._frame

    def _written(self) -> Written:
        """The salts that the log began anew with, and how many frames have them: those of earlier times come behind."""
        try:
            with self._log.open("rb") as log:
                descriptor = log.fileno()
                salts = os.pread(descriptor, SALTS, HEADER_SALTS)
                if not any(salts):  # it has room, and nothing in it yet
                    return salts, 0
                low, high = 0, (os.fstat(descriptor).st_size - HEADER) // self._frame
                while low < high:
                    middle = (low + high) // 2
                    if os.pread(descriptor, SALTS, HEADER + middle * self._frame + FRAME_SALTS) == salts:
                        low = middle + 1
                    else:
                        high = middle
                return salts, low
        except FileNotFoundError:  # nothing was written yet
            return b"", 0

    def tidy(self, writing: threading.Lock) -> None:
        """Called several times a second. `writing` is held by whoever uses the writer."""
        if self.size() < ROOM:
            with writing:
                self._make_room()
        changed_at = self._log.stat().st_mtime_ns if self._log.exists() else 0
        written = self._last if self._last and changed_at == self._changed_at else self._written()
        self._changed_at = changed_at
        calm = written == self._last and written != self._copied
        self._last = written
        used = written[1] * self._frame
        if (used > CAP or (calm and used > WORTH)) and self._checkpoint(writing):
            self._copied = written

    def _checkpoint(self, writing: threading.Lock) -> bool:
        """Copy back while writing goes on, then the rest in the short moment when nobody writes. Whether all was copied."""
        beside = connect(self._path, cache=1024)
        try:
            for _ in range(COPIES):  # each copies what was written while the one before it was under way
                began = time.monotonic()
                beside.execute("PRAGMA wal_checkpoint(PASSIVE)")
                if time.monotonic() - began < QUICK:
                    break
        finally:
            beside.close()
        with writing, self._hurried():
            return not self._writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0]

    @contextlib.contextmanager
    def _hurried(self) -> Iterator[None]:
        """A reader may hold the log's end: better to try again next time than to let commits wait for it."""
        self._writer.execute("PRAGMA busy_timeout = 50")
        try:
            yield
        finally:
            self._writer.execute(f"PRAGMA busy_timeout = {BUSY}")

    def _make_room(self) -> None:
        """Zeros behind the last frame, which nobody takes for frames. Under SQLite's own lock, so that no process adds one
        meanwhile."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            with self._log.open("ab") as log:
                log.write(bytes(max(ROOM - self.size(), 0)))
                log.flush()
                os.fsync(log.fileno())
        except (sqlite3.OperationalError, OSError):
            pass  # busy or full: a log without room is only slower
        finally:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
