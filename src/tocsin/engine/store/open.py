"""Which store: PostgreSQL when its URL is given, else SQLite under the data directory."""

from collections.abc import Callable
from pathlib import Path

from tocsin.engine.store.protocol import Store


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
