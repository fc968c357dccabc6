"""One transaction on a SQLite connection, and what its failures are called."""

import contextlib
import sqlite3
from collections.abc import Iterator

from tocsin.engine.store.sqlite_session import as_unavailable


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """Commit at the end or, whatever happens in between, roll back. Raises StoreUnavailable for what may pass by itself."""
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
