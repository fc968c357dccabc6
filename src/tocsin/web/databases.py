"""Django's view of the two databases Tocsin runs on.

On SQLite the inbox is a second file, so that accepting never waits for deciding; a router sends its one app there.
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tocsin.engine.store.data_directory import inbox_file, main_file

# A deferred transaction that turns into a writer fails at once when another wrote meanwhile; an immediate one waits.
# Checkpoints are the machine process's: one inside a commit delays it.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0",
}


def databases(url: str | None, data: Path) -> dict[str, dict[str, Any]]:
    """Django's DATABASES. Raises ValueError for a URL that is not PostgreSQL's."""
    if not url:
        return {"default": _sqlite(main_file(data)), "inbox": _sqlite(inbox_file(data))}
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(f"TOCSIN_DATABASE_URL must begin with postgresql://, not {parts.scheme}://")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")) or unquote(parts.username or "postgres"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(options.pop("port", None) or parts.port or ""),
            "OPTIONS": options,
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": SQLITE_OPTIONS}


class InboxRouter:
    """The app `inbox` lives in the database `inbox` where there is one; everything else never does."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._home(model._meta.app_label)

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return self._home(model._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        home = self._home(app_label)
        if home is not None:
            return db == home
        return False if db == "inbox" else None

    def _home(self, app_label: str) -> str | None:
        from django.conf import settings  # not while settings themselves are being read

        return "inbox" if app_label == "inbox" and "inbox" in settings.DATABASES else None
