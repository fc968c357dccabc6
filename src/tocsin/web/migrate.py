"""`python -m tocsin.web.migrate`: bring the database's schema up to this version, and say what was done.

Several may start at once: they take turns, and the later ones find nothing to do. A schema newer than this version is
refused (exit code 3), because old code on new tables loses data quietly.
"""

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.engine.store.data_directory import inbox_file, main_file

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.state import ProjectState

NEWER, UNUSABLE = 3, 4  # exit codes
LOCK = 7_463_002_118  # PostgreSQL's advisory lock of everybody who migrates a Tocsin database
SOURCES = Path(__file__).parents[1]


class NewerSchema(Exception):
    """The database has migrations that this version does not know."""


class Unusable(Exception):
    """The database cannot be reached, or is none. The message is one sentence for the operator."""


def main() -> int:
    os.umask(0o077)  # the databases are nobody else's
    try:
        for line in migrate():
            print(line)
    except NewerSchema as error:
        print(error, file=sys.stderr)
        return NEWER
    except Unusable as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    return 0


def migrate() -> list[str]:
    """Apply what is missing; a sentence for each thing done. Raises NewerSchema and Unusable."""
    url = os.environ.get("TOCSIN_DATABASE_URL")
    data = Path(os.environ.get("TOCSIN_DATA", "data"))
    fingerprint = _fingerprint()
    if not url and _known(data, fingerprint):
        return []
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.web.settings")
    import django
    from django.db import Error

    try:
        django.setup()
        with _turn(data) if not url else _postgres_turn():
            done = [line for alias in _aliases() for line in _apply(alias)]
    except (Error, OSError, ValueError) as error:
        where = "the database" if url else f"the data directory {data}"
        cause = " ".join((str(error) or type(error).__name__).split())
        raise Unusable(f"Cannot use {where}: {cause}") from error
    if not url:
        _remember(data, fingerprint)
    return done


# --- nothing to do, without loading Django ---------------------------------------------------------------------------


def _fingerprint() -> str:
    """Names and contents of all migrations this version knows; Django's and allauth's change with their versions."""
    digest = hashlib.sha256(f"django {version('django')}, allauth {version('django-allauth')}\n".encode())
    for path in sorted((SOURCES / "apps").glob("*/migrations/*.py")):
        digest.update(f"{path.relative_to(SOURCES)}\n".encode() + path.read_bytes())
    digest.update((SOURCES / "web" / "settings.py").read_bytes())  # it says which apps there are
    return digest.hexdigest()


def _known(data: Path, fingerprint: str) -> bool:
    files = (main_file(data), inbox_file(data))
    if not all(path.exists() for path in files):
        return False
    return all(_mark(path) == fingerprint for path in files)


def _mark(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            found = connection.execute("SELECT fingerprint FROM schema_mark").fetchone()
        except sqlite3.DatabaseError:  # never marked, or no database; migrating will say
            return ""
    return str(found[0]) if found else ""


def _remember(data: Path, fingerprint: str) -> None:
    for path in (main_file(data), inbox_file(data)):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("CREATE TABLE IF NOT EXISTS schema_mark (fingerprint text NOT NULL)")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM schema_mark")
            connection.execute("INSERT INTO schema_mark VALUES (?)", (fingerprint,))
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# --- taking turns ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _turn(data: Path) -> Iterator[None]:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _postgres_turn() -> Iterator[None]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        connection.close()


# --- the work --------------------------------------------------------------------------------------------------------


def _aliases() -> list[str]:
    from django.conf import settings

    return list(settings.DATABASES)


def _apply(alias: str) -> list[str]:
    from django.db import connections

    connection = connections[alias]
    executor = _executor(connection)
    known = set(executor.loader.disk_migrations)
    newer = sorted(key for key in executor.loader.applied_migrations if key not in known)
    if newer:
        names = ", ".join(f"{app}.{name}" for app, name in newer)
        raise NewerSchema(
            f"This database was migrated by a newer Tocsin ({names}); start that version, or a newer one, instead."
        )
    targets = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(targets)
    executor.migrate(targets, plan=plan)
    where = "" if alias == "default" else f" ({alias})"
    return [f"Applied {migration.app_label}.{migration.name}{where}." for migration, _ in plan]


def _executor(connection: "BaseDatabaseWrapper") -> "MigrationExecutor":
    from django.db import transaction
    from django.db.migrations.executor import MigrationExecutor

    class Whole(MigrationExecutor):
        """Each migration and its record are one transaction. Django's own records one whose indexes or constraints come last
        in a second one, and whoever dies in between is told ever after that the table already exists."""

        def apply_migration(self, *args: Any, **kwargs: Any) -> "ProjectState":
            connection.disable_constraint_checking()  # SQLite cannot within a transaction
            try:
                with transaction.atomic(using=connection.alias):
                    return super().apply_migration(*args, **kwargs)
            finally:
                connection.enable_constraint_checking()

    return Whole(connection)


if __name__ == "__main__":
    sys.exit(main())
