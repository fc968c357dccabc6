"""The audit log is append-only: the database refuses to change it, whoever asks."""

import sqlite3
from pathlib import Path

import psycopg
import pytest

from tests.migrated import migrated_database, migrated_directory
from tests.postgres import Postgres
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import AuditRow

ROW = AuditRow(7, "alice", "web", "PutNoun", "services.shop", "", "192.0.2.7", "", '{"services.shop":{}}')
FORBIDDEN = ("UPDATE audit_entry SET actor = 'mallory'", "DELETE FROM audit_entry")


def test_on_sqlite(tmp_path: Path) -> None:
    data = migrated_directory(tmp_path / "data")
    store = open_store(data, None, on_wake=lambda topics: None)
    store.run(lambda tx: tx.records.audit(ROW))
    with sqlite3.connect(data / "tocsin.sqlite3") as connection:
        for statement in FORBIDDEN:
            with pytest.raises(sqlite3.DatabaseError, match="append-only"):
                connection.execute(statement)
    connection.close()
    assert store.read(lambda tx: tx.records.audited()) == [ROW]
    store.close()


def test_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    url = migrated_database(postgres)
    store = open_store(None, url, on_wake=lambda topics: None)
    store.run(lambda tx: tx.records.audit(ROW))
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (*FORBIDDEN, "TRUNCATE audit_entry"):
            with pytest.raises(psycopg.DatabaseError, match="append-only"):
                connection.execute(statement.encode())
    assert store.read(lambda tx: tx.records.audited()) == [ROW]
    store.close()
