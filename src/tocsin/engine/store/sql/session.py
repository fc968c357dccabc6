"""What the aggregates' SQL runs on: one open transaction of either database, and the few words in which they differ.

SQL is written with `?`. Lists of values go in as one parameter (`listed`), many rows as one statement (`insert`,
`with_rows`), so that a thousand rows cost a handful of calls: each call releases the interpreter's lock and may wait to
get it back.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import msgspec

Value = int | str | bytes | bool | None
Row = tuple[Any, ...]


class Column(msgspec.Struct, frozen=True):
    """`type` is PostgreSQL's name for it: bigint, text, bytea, boolean. SQLite does not ask."""

    name: str
    type: str


class Table(msgspec.Struct, frozen=True):
    """The columns that are written, in the order in which rows give them."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> str:
        return ", ".join(f'"{column.name}"' for column in self.columns)


def columns(text: str) -> tuple[Column, ...]:
    """`"id bigint, title text"` as columns."""
    return tuple(Column(*part.split()) for part in text.split(","))


def table(name: str, text: str) -> Table:
    return Table(name, columns(text))


def replacing(on: str, table: Table) -> str:
    """The clause that makes an insert overwrite what has the same key."""
    keys = {key.strip() for key in on.split(",")}
    sets = ", ".join(f'"{c.name}" = excluded."{c.name}"' for c in table.columns if c.name not in keys)
    return f"ON CONFLICT ({on}) DO UPDATE SET {sets}"


class Dialect(msgspec.Struct, frozen=True):
    """The differences between the two databases, as text."""

    name: str
    lock: str  # appended to a SELECT: rows stay ours until commit
    share: str  # appended to a SELECT: rows stay as they are until commit
    skip_locked: str  # as `lock`, leaving out rows another transaction holds
    position: str  # the function that finds a text in another, 0 when it is not there
    least: str  # the function for the smaller of two values

    def unlocked(self) -> "Dialect":
        """For transactions that only read."""
        return msgspec.structs.replace(self, lock="", share="", skip_locked="")


class Session(Protocol):
    """One transaction under way."""

    dialect: Dialect

    def now(self) -> int: ...
    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]: ...
    def stream(self, sql: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        """Rows as they are fetched, for answers that are too long to hold twice."""
        ...

    def write(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement that changes rows; how many."""
        ...

    def insert(self, into: Table, rows: Sequence[Sequence[Value]], conflict: str = "") -> None: ...
    def insert_returning(
        self, into: Table, rows: Sequence[Sequence[Value]], conflict: str, params: Sequence[Any] = ()
    ) -> list[Row]:
        """As `insert`, answering what `conflict` ends in returning; `params` are that clause's own."""
        ...

    def with_rows(self, given: Sequence[Column], rows: Sequence[Sequence[Value]], sql: str) -> None:
        """Run `sql` with these rows as the table `v`."""
        ...

    def among(self, column: str, type: str) -> str:
        """The condition that `column` is one of the values of one `listed` parameter."""
        ...

    def listed(self, values: Iterable[int] | Iterable[str]) -> Any: ...
