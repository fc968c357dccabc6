"""Reads what is stored with statements of its own, beside the product's code, so that a mistake there cannot hide itself."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from tocsin.engine.store.data_directory import inbox_file, main_file

QUIET_KINDS = ("page", "group.flush", "incident.step", "incident.release")


class Records:
    def __init__(self, data: Path, database: str | None) -> None:
        self._data = data
        self._database = database

    def rows(self, sql: str, params: Sequence[Any] = (), inbox: bool = False) -> list[tuple[Any, ...]]:
        """`?` stands for parameters. `inbox` reads that table, which on SQLite is a file of its own."""
        if self._database:
            with psycopg.connect(self._database, autocommit=True) as connection:
                return connection.execute(sql.replace("?", "%s").encode(), params).fetchall()
        path = inbox_file(self._data) if inbox else main_file(self._data)
        connection = sqlite3.connect(path, timeout=10)
        try:
            return connection.execute(sql, params).fetchall()
        finally:
            connection.close()

    def documents(self, table: str) -> list[dict[str, Any]]:
        return [json.loads(bytes(document)) for (document,) in self.rows(f"SELECT document FROM {table}")]

    def backlog(self) -> int:
        cursor = self.rows('SELECT "cursor" FROM detection_ownership')
        last = self.rows("SELECT MAX(id) FROM inbox", inbox=True)[0][0] or 0
        return int(last) - int(cursor[0][0] if cursor else 0)

    def waiting(self) -> int:
        return int(self.rows("SELECT COUNT(*) FROM notification WHERE state = 'waiting'")[0][0])

    def due_before(self, at: int) -> list[tuple[str, str, int, str]]:
        """Timers of pages, steps, groups and addresses due before then (microseconds): kind, subject, due, token."""
        found = self.rows(
            "SELECT kind, subject, due_at, token FROM agenda WHERE due_at < ? ORDER BY due_at", (at,)
        )
        return [row for row in found if row[0] in QUIET_KINDS or row[0].startswith("address.")]  # type: ignore[misc]
