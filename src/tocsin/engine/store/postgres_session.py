"""One PostgreSQL connection as the aggregates' SQL sees it.

Rows go in as binary columns through `unnest`, answers come back in binary.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg

from tocsin.engine.store.postgres_arrays import ARRAYS, BigintArray, TextArray
from tocsin.engine.store.prose import clean
from tocsin.engine.store.sql.session import Column, Dialect, Row, Table, Value

POSTGRES = Dialect(
    name="postgresql",
    lock=" FOR UPDATE",
    share=" FOR SHARE",
    skip_locked=" FOR UPDATE SKIP LOCKED",
    position="strpos",
    least="LEAST",
)
READING = POSTGRES.unlocked()
NOW = b"SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


@functools.cache
def _translated(sql: str) -> bytes:
    return sql.replace("?", "%s").encode()


@functools.cache
def _rows(given: Sequence[Column]) -> str:
    return f"unnest({', '.join('?' * len(given))})"


@functools.cache
def _insert(into: Table, conflict: str) -> str:
    return f"INSERT INTO {into.name} ({into.names}) SELECT * FROM {_rows(into.columns)} {conflict}"


def _arrays(given: Sequence[Column], rows: Sequence[Sequence[Value]]) -> list[Any]:
    return [
        ARRAYS[column.type](values) for column, values in zip(given, zip(*rows, strict=True), strict=True)
    ]


class PostgresSession:
    """Implements sql.session.Session."""

    def __init__(self, connection: psycopg.Connection[Row], dialect: Dialect = POSTGRES) -> None:
        self.dialect = dialect
        self._connection = connection

    def _execute(self, sql: str, params: Sequence[Any]) -> psycopg.Cursor[Row]:
        # A cursor each: in a pipeline the answers come later, and must not meet in one.
        return self._connection.execute(_translated(sql), params, binary=True)

    def now(self) -> int:
        return int(self._connection.execute(NOW, binary=True).fetchall()[0][0])

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._execute(sql, [clean(p) if type(p) is str else p for p in params]).fetchall()

    def stream(self, sql: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        # A named cursor would be planned for its first rows; the answer is held once, in the driver's own form.
        return iter(self._execute(sql, params))

    def write(self, sql: str, params: Sequence[Any] = ()) -> int:
        return self._execute(sql, params).rowcount

    def insert(self, into: Table, rows: Sequence[Sequence[Value]], conflict: str = "") -> None:
        if rows:
            self._execute(_insert(into, conflict), _arrays(into.columns, rows))

    def insert_returning(
        self, into: Table, rows: Sequence[Sequence[Value]], conflict: str, params: Sequence[Any] = ()
    ) -> list[Row]:
        if not rows:
            return []
        given = [*_arrays(into.columns, rows), *params]
        return self._execute(_insert(into, conflict), given).fetchall()

    def with_rows(self, given: Sequence[Column], rows: Sequence[Sequence[Value]], sql: str) -> None:
        if rows:
            names = ", ".join(f'"{column.name}"' for column in given)
            with_sql = f"WITH v ({names}) AS (SELECT * FROM {_rows(given)}) {sql}"
            self._execute(with_sql, _arrays(given, rows))

    def among(self, column: str, type: str) -> str:
        return f"{column} = ANY(?::{type}[])"

    def listed(self, values: Iterable[int] | Iterable[str]) -> Any:
        listed = list(values)
        return (
            (BigintArray if listed and isinstance(listed[0], int) else TextArray)(listed) if listed else "{}"
        )
