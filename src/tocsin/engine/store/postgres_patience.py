"""Reaching PostgreSQL, and trying again for a while when it is away or another transaction won."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tocsin.engine.store.postgres_connections import Connections, NoneFree
from tocsin.engine.store.protocol import StoreUnavailable
from tocsin.engine.store.sql.session import Row

T = TypeVar("T")

PATIENCE = 5.0  # seconds in which a lost connection or a conflict is tried again
PAUSE = 0.05  # seconds between tries
# A node that froze in mid-transaction must not hold its locks for ever, nor anybody wait for them that long.
OPTIONS = "-c idle_in_transaction_session_timeout=15000 -c lock_timeout=10000 -c jit=off"
KEEPALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class Again(Exception):
    """Nothing was committed; the cause may have passed."""


def complete(database_url: str) -> str:
    """The connection string with what every connection of ours wants."""
    given = conninfo_to_dict(database_url)
    options = f"{OPTIONS} {given.get('options') or ''}".strip()
    return make_conninfo(
        database_url, **{**KEEPALIVE, **given, "options": options, "application_name": "tocsin"}
    )


def reach(conninfo: str, most: int) -> Connections:
    """Raises StoreUnavailable."""
    connections = Connections(conninfo, most, PATIENCE)
    try:
        with connections.one():
            return connections
    except psycopg.OperationalError as error:
        raise StoreUnavailable(f"PostgreSQL cannot be reached: {error}") from error


def until_through(connections: Connections, work: Callable[[psycopg.Connection[Row]], T]) -> T:
    """Run work on a connection, again after a conflict or on another connection, for a while."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with connections.one() as connection:
                return work(connection)
        except Again as again:
            cause = again.__cause__
            if time.monotonic() > deadline:
                raise StoreUnavailable(str(cause)) from cause
            if not conflicted(cause):  # after a conflict the winner has committed: no pause
                time.sleep(PAUSE)
        except NoneFree as error:
            raise StoreUnavailable("all connections to PostgreSQL are busy") from error
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise StoreUnavailable(f"PostgreSQL cannot be reached: {error}") from error
            time.sleep(PAUSE)


def conflicted(error: BaseException | None) -> bool:
    """A serialisation failure or a deadlock: the other transaction won."""
    return isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith("40")
