"""One SQLite connection as the aggregates' SQL sees it.

Many rows go into one statement with many VALUES: `executemany` gives up the interpreter's lock for every row, and beside
a busy thread each time costs up to a switch interval.
"""

import functools
import itertools
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tocsin.engine.store.protocol import StoreUnavailable
from tocsin.engine.store.sql.session import Column, Dialect, Row, Table, Value

SQLITE = Dialect(name="sqlite", lock="", share="", skip_locked="", position="instr", least="min")
BUSY = 10_000  # milliseconds that a transaction waits for another process's
CHUNKS = (256, 64, 16, 4, 1)  # rows a statement; few sizes, so that each statement is prepared once
MANY = 64  # from so many rows on, looking for what they share is worth it
TRANSIENT = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
    }
)


def connect(path: Path, cache: int, read_only: bool = False) -> sqlite3.Connection:
    """`cache` is in KiB."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute(f"PRAGMA busy_timeout = {BUSY}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA secure_delete = OFF")  # Debian's default would write what is deleted once more
    connection.execute(f"PRAGMA cache_size = -{cache}")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def as_unavailable(error: sqlite3.OperationalError) -> Exception:
    """The same for every caller: what may pass by itself is StoreUnavailable, what is our own mistake stays as it is."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in TRANSIENT and "readonly" not in str(error):
        return StoreUnavailable(str(error))
    return error


@functools.lru_cache(maxsize=256)
def _insert(into: Table, rows: int, conflict: str, alike: tuple[bool, ...]) -> str:
    """Parameters: the values that all rows share, then those of each row, then those of `conflict`."""
    numbers = itertools.count(1)
    shared = [next(numbers) if same else None for same in alike]
    values = ", ".join(
        f"({', '.join([f'?{next(numbers) if number is None else number}' for number in shared])})"
        for _ in range(rows)
    )
    return f"INSERT INTO {into.name} ({into.names}) VALUES {values} {conflict}"


@functools.cache
def _with(given: Sequence[Column], rows: int, sql: str) -> str:
    row = f"({', '.join('?' * len(given))})"
    names = ", ".join(f'"{column.name}"' for column in given)
    return f"WITH v ({names}) AS (VALUES {', '.join([row] * rows)}) {sql}"


def _chunks(rows: Sequence[Sequence[Value]]) -> Iterator[Sequence[Sequence[Value]]]:
    at = 0
    for size in CHUNKS:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


def _inserted(into: Table, rows: Sequence[Sequence[Value]], conflict: str) -> tuple[str, list[Value]]:
    """The statement and its parameters. Handing a value over costs more than most of what is then done with it, and a rule's
    alerts have most of theirs in common: what all rows share is handed over once."""
    if len(rows) < MANY:
        apart = (False,) * len(into.columns)
        return _insert(into, len(rows), conflict, apart), list(itertools.chain.from_iterable(rows))
    columns = list(zip(*rows, strict=True))
    alike = tuple([column.count(column[0]) == len(rows) for column in columns])
    values = [column[0] for column, same in zip(columns, alike, strict=True) if same]
    differing = [column for column, same in zip(columns, alike, strict=True) if not same]
    values += itertools.chain.from_iterable(zip(*differing, strict=True))
    return _insert(into, len(rows), conflict, alike), values


class SqliteSession:
    """Implements sql.session.Session."""

    dialect = SQLITE

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def now(self) -> int:
        return time.time_ns() // 1000

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(sql, params).fetchall()

    def stream(self, sql: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        cursor = self._connection.execute(sql, params)
        cursor.arraysize = 1000
        while rows := cursor.fetchmany():
            yield from rows

    def write(self, sql: str, params: Sequence[Any] = ()) -> int:
        return self._connection.execute(sql, params).rowcount

    def insert(self, into: Table, rows: Sequence[Sequence[Value]], conflict: str = "") -> None:
        for chunk in _chunks(rows):
            self._connection.execute(*_inserted(into, chunk, conflict))

    def insert_returning(
        self, into: Table, rows: Sequence[Sequence[Value]], conflict: str, params: Sequence[Any] = ()
    ) -> list[Row]:
        found: list[Row] = []
        for chunk in _chunks(rows):
            sql, values = _inserted(into, chunk, conflict)
            found += self.query(sql, [*values, *params])
        return found

    def with_rows(self, given: Sequence[Column], rows: Sequence[Sequence[Value]], sql: str) -> None:
        for chunk in _chunks(rows):
            self._connection.execute(
                _with(given, len(chunk), sql), list(itertools.chain.from_iterable(chunk))
            )

    def among(self, column: str, type: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(?))"

    def listed(self, values: Iterable[int] | Iterable[str]) -> str:
        return msgspec.json.encode(list(values)).decode()
