"""Which store and inbox: PostgreSQL's when its URL is given, else SQLite's under the data directory."""

from collections.abc import Callable
from pathlib import Path

from tocsin.engine.store.protocol import Inbox, Store

APPENDING = 3  # connections: one for the appender, one for forgetting, one to spare


def open_store(
    data: Path | None, database_url: str | None, *, on_wake: Callable[[frozenset[str]], None]
) -> Store:
    """Open an already migrated store. `on_wake` gets the topics of every commit made or heard of, in whatever thread that
    happens. Raises StoreUnavailable."""
    if database_url:
        from tocsin.engine.store.postgres import PostgresStore  # SQLite's users need not load the driver

        return PostgresStore(database_url, on_wake)
    if data is None:
        raise ValueError("a store needs a data directory or a database URL")
    from tocsin.engine.store.sqlite import SqliteStore

    return SqliteStore(data, on_wake)


def open_inbox(data: Path, database_url: str | None, *, on_wake: Callable[[frozenset[str]], None]) -> Inbox:
    """Only the inbox, of an already migrated store. `on_wake` is called after each append. Raises StoreUnavailable."""
    if database_url:
        from tocsin.engine.store.postgres_inbox import PostgresInbox
        from tocsin.engine.store.postgres_patience import complete, reach
        from tocsin.engine.store.postgres_wakes import PostgresWakes

        conninfo = complete(database_url)
        connections = reach(conninfo, APPENDING)
        return PostgresInbox(connections, PostgresWakes(conninfo, None), on_wake)
    from tocsin.engine.store.sqlite_inbox import SqliteInbox

    return SqliteInbox(data, on_wake)
