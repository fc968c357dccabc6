"""Many rows go into one statement, and what they share is handed over once."""

import contextlib
import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.store.sql.session import table
from tocsin.engine.store.sqlite_session import MANY, SqliteSession

PLACE = table("place", "id bigint, a text, b text, c bigint")


@given(st.integers(0, 5 * MANY), st.sets(st.integers(1, 3)))
def test_rows_are_written_as_given_whatever_they_share(count: int, shared: set[int]) -> None:
    rows = [(r, *(None if c in shared else f"{r}/{c}" for c in (1, 2, 3))) for r in range(count)]
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE place (id INTEGER PRIMARY KEY, a, b, c)")
        SqliteSession(connection).insert(PLACE, rows)
        assert connection.execute("SELECT * FROM place").fetchall() == rows


@given(st.integers(1, 3 * MANY))
def test_parameters_of_the_conflict_clause_come_after_those_of_the_rows(count: int) -> None:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE place (id INTEGER PRIMARY KEY, a, b, c)")
        session, rows = SqliteSession(connection), [(r, "a", "b", r) for r in range(count)]
        session.insert(PLACE, rows)
        changed = session.insert_returning(
            PLACE, rows, "ON CONFLICT (id) DO UPDATE SET a = ? WHERE c > ? RETURNING id, a", ("new", 1)
        )
        assert changed == [(r, "new") for r in range(count) if r > 1]
