"""Migrated databases for tests: migrated once a session, copied for each test."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from tests.postgres import Postgres


def migrate(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real migration command, in a process of its own as `serve` does."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return subprocess.run(
        [sys.executable, "-m", "tocsin.web.migrate"],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


@functools.cache
def _sqlite_template() -> tempfile.TemporaryDirectory[str]:
    template = tempfile.TemporaryDirectory(prefix="tocsin-template-")
    _must(migrate(TOCSIN_DATA=template.name))
    return template


def migrated_directory(path: Path) -> Path:
    """A data directory as after the first start."""
    path.mkdir(parents=True, exist_ok=True)
    for file in Path(_sqlite_template().name).iterdir():
        if file.is_file():
            shutil.copy(file, path)
    return path


@functools.cache
def _postgres_template(server: Postgres) -> str:
    url = server.new_database()
    with tempfile.TemporaryDirectory() as data:
        _must(migrate(TOCSIN_DATABASE_URL=url, TOCSIN_DATA=data))
    return url.rpartition("/")[2]


def migrated_database(server: Postgres) -> str:
    """A database as after the first start; its URL."""
    return server.new_database(_postgres_template(server))


@functools.cache
def _shared(server: Postgres) -> str:
    return migrated_database(server)


def emptied_database(server: Postgres) -> str:
    """One migrated database that all tests of a session use in turn, emptied: far quicker than a new one, and for a handful
    of rows DELETE is far quicker than TRUNCATE, which makes every table a new file."""
    url = _shared(server)
    with psycopg.connect(url) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT quote_ident(tablename) FROM pg_tables"
                " WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
            )
        ]
        connection.execute("SET LOCAL session_replication_role = replica")  # whatever refers to what
        connection.execute(";".join(f"DELETE FROM {table}" for table in tables).encode())
        connection.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
            " FROM pg_sequences WHERE schemaname = 'public'"
        )
    return url
