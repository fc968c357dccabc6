"""Wake-ups between nodes by LISTEN and NOTIFY.

Topics are told right after the commit, over a connection of their own: NOTIFY inside a transaction takes a lock that all
databases of the server share until its commit is on disk, so that commits of all nodes would queue. A wake-up lost to a
crash in between costs one safety poll.
"""

import contextlib
import queue
import secrets
import threading
from collections.abc import Callable, Iterable

import psycopg

from tocsin.engine.kinds import due

CHANNEL = "tocsin"
ROOM = 7000  # bytes; PostgreSQL takes payloads below 8000
EVERYTHING = frozenset({due(0), "inbox", "configuration"})  # what may have been missed while away
ALL_AGAIN = 0.5  # seconds before a lost connection is tried again
LOOK_UP = 0.2  # seconds after which the listener sees that it is to end


class PostgresWakes:
    """Tells other nodes what was committed here, and calls `on_wake` with what they tell; without it only tells."""

    def __init__(self, conninfo: str, on_wake: Callable[[frozenset[str]], None] | None) -> None:
        self._conninfo = conninfo
        self._node = secrets.token_hex(6)
        self._topics: queue.SimpleQueue[frozenset[str]] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._listening = threading.Event()
        self._threads = [threading.Thread(target=self._notify, name="tocsin-notify", daemon=True)]
        if on_wake is not None:
            self._threads.append(
                threading.Thread(target=self._listen, args=(on_wake,), name="tocsin-listen", daemon=True)
            )
        for thread in self._threads:
            thread.start()
        if on_wake is not None:
            self._listening.wait(2)

    def tell(self, topics: frozenset[str]) -> None:
        self._topics.put(topics)

    def close(self) -> None:
        self._closing.set()
        self._topics.put(frozenset())
        for thread in self._threads:
            thread.join(5)

    # --- telling -------------------------------------------------------------------------------------------------

    def _notify(self) -> None:
        untold: set[str] = set()
        while not self._closing.is_set():
            with contextlib.suppress(psycopg.Error), self._connect() as connection:
                self._notify_over(connection, untold)
            self._closing.wait(ALL_AGAIN)

    def _notify_over(self, connection: psycopg.Connection[object], untold: set[str]) -> None:
        """Until closing. What could not be told stays in `untold`, for the next connection."""
        while True:
            if not untold:
                untold |= self._topics.get()
            with contextlib.suppress(queue.Empty):
                while True:
                    untold |= self._topics.get_nowait()
            for payload in self._payloads(sorted(untold)):
                connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
            untold.clear()
            if self._closing.is_set():
                return

    def _payloads(self, topics: Iterable[str]) -> Iterable[str]:
        payload = self._node
        for topic in topics:
            if len(payload) + len(topic) > ROOM:
                yield payload
                payload = self._node
            payload += f" {topic}"
        if payload != self._node:
            yield payload

    # --- listening -----------------------------------------------------------------------------------------------

    def _listen(self, on_wake: Callable[[frozenset[str]], None]) -> None:
        away = False
        while not self._closing.is_set():
            with contextlib.suppress(psycopg.Error), self._connect() as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                self._listening.set()
                if away:
                    on_wake(EVERYTHING)
                while not self._closing.is_set():
                    for notice in connection.notifies(timeout=LOOK_UP):
                        node, *topics = notice.payload.split(" ")
                        if node != self._node and topics:
                            on_wake(frozenset(topics))
            away = True
            self._closing.wait(ALL_AGAIN)

    def _connect(self) -> psycopg.Connection[object]:
        return psycopg.connect(self._conninfo, autocommit=True)
