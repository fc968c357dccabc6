"""The schema that Django migrates and the SQL that the engine writes by hand are about the same tables."""

import importlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.engine.cast import alert, incident, request, state
from tests.migrated import migrate, migrated_database, migrated_directory
from tests.postgres import Postgres
from tocsin.core.respond.incident import State
from tocsin.core.severity import Severity
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import AlertFilter, IncidentFilter, Store
from tocsin.engine.store.sql.session import Table
from tocsin.web.databases import databases
from tocsin.web.secret import MissingSecret, secret_key

AGGREGATES = [
    "agenda", "alerts", "configuration", "groups", "heard", "heartbeats", "inbox", "incidents", "notifications",
    "pages", "records", "timeline",
]  # fmt: skip
MADE_BY_THE_DATABASE = {"id"}


def hand_written() -> dict[str, Table]:
    """Every table that the engine's SQL writes."""
    modules = [importlib.import_module(f"tocsin.engine.store.sql.{name}") for name in AGGREGATES]
    tables = [value for module in modules for value in vars(module).values() if isinstance(value, Table)]
    return {table.name: table for table in tables}


def test_hand_written_tables_have_exactly_the_migrated_columns_on_sqlite(tmp_path: Path) -> None:
    data = migrated_directory(tmp_path)
    connections = [sqlite3.connect(data / name) for name in ("tocsin.sqlite3", "inbox.sqlite3")]
    assert len(hand_written()) >= 15
    for name, table in hand_written().items():
        migrated = [row[1] for c in connections for row in c.execute(f'PRAGMA table_info("{name}")')]
        assert (
            set(migrated) - MADE_BY_THE_DATABASE == {c.name for c in table.columns} - MADE_BY_THE_DATABASE
        ), name
    for connection in connections:
        connection.close()


def test_hand_written_types_are_the_migrated_ones_on_postgresql(postgres: Postgres) -> None:
    with psycopg.connect(migrated_database(postgres)) as connection:
        for name, table in hand_written().items():
            migrated = dict(
                connection.execute(
                    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s",
                    (name,),
                ).fetchall()
            )
            for column in table.columns:
                assert migrated[column.name] == column.type, f"{name}.{column.name}"


def test_hot_tables_are_row_id_tables_on_sqlite(tmp_path: Path) -> None:
    """A key that is not exactly INTEGER would cost a second B-tree."""
    connection = sqlite3.connect(migrated_directory(tmp_path) / "tocsin.sqlite3")
    for table in ("alert", "alert_state", "incident", "agenda"):
        [key] = [row for row in connection.execute(f"PRAGMA table_info({table})") if row[5]]
        assert key[2].lower() == "integer", table
    connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of a migrated database."""
    data = migrated_directory(tmp_path / "data")
    if request.param == "sqlite":
        return {"TOCSIN_DATA": str(data)}
    url = migrated_database(request.getfixturevalue("postgres"))
    return {"TOCSIN_DATA": str(data), "TOCSIN_DATABASE_URL": url}


def in_django(place: dict[str, str], program: str) -> object:
    """What a program says (as JSON) in a people process on that database."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django, json; django.setup()\n{program}"],
        env={**os.environ, **place, "DJANGO_SETTINGS_MODULE": "tocsin.web.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def opened(place: dict[str, str]) -> Store:
    url = place.get("TOCSIN_DATABASE_URL")
    return open_store(Path(place["TOCSIN_DATA"]), url, on_wake=lambda topics: None)


def test_incident_search_answers_as_the_plain_orm_does(place: dict[str, str]) -> None:
    store = opened(place)
    states, severities = list(State), list(Severity)
    store.run(
        lambda tx: tx.incidents.put(
            [
                incident(
                    n, f"Disk {n % 7} %", state=states[n % 5], severity=severities[n % 4], service=f"s{n % 3}"
                )
                for n in range(1, 61)
            ]
        )
    )
    filters = [
        IncidentFilter(),
        IncidentFilter(states=("detected", "acknowledged"), limit=7),
        IncidentFilter(severities=("SEV1",), before=40),
        IncidentFilter(service="s1", text="DISK 3 %"),
        IncidentFilter(text="disk", states=("resolved",), severities=("SEV1", "SEV3")),
    ]
    mine = [[i.id for i in store.read(lambda tx, f=f: tx.incidents.search(f))] for f in filters]
    theirs = in_django(
        place,
        """
from tocsin.apps.incidents.models import Incident as I
newest = I.objects.order_by("-id").values_list("id", flat=True)
print(json.dumps([list(q) for q in (
    newest,
    newest.filter(state__in=["detected", "acknowledged"])[:7],
    newest.filter(severity="SEV1", id__lt=40),
    newest.filter(service="s1", words__contains="disk 3 %"),
    newest.filter(words__contains="disk", state="resolved", severity__in=["SEV1", "SEV3"]),
)]))
""",
    )
    assert mine == theirs
    assert all(theirs)  # type: ignore[arg-type]
    store.close()


def test_alert_search_answers_as_the_plain_orm_does(place: dict[str, str]) -> None:
    store = opened(place)
    statuses, reasons = ["firing", "resolved", "source_silent"], ["opened_incident", "silenced"]

    def work(tx) -> None:
        tx.alerts.add([alert(n) for n in range(1, 61)])
        tx.alerts.put_states(
            [state(n, statuses[n % 3], reason=reasons[n % 2], incident=n % 4 or None) for n in range(1, 61)]
        )

    store.run(work)
    filters = [
        AlertFilter(statuses=("firing", "source_silent")),
        AlertFilter(reason="silenced", limit=9),
        AlertFilter(incident=2, before=30),
        AlertFilter(statuses=("resolved",), incident=3),
    ]
    mine = [[a.id for a, _ in store.read(lambda tx, f=f: tx.alerts.search(f))] for f in filters]
    mine.append([a.id for a, _ in store.read(lambda tx: list(tx.alerts.active()))])
    theirs = in_django(
        place,
        """
from tocsin.apps.alerts.models import Alert as A
newest = A.objects.order_by("-id").values_list("id", flat=True)
print(json.dumps([list(q) for q in (
    newest.filter(state__status__in=["firing", "source_silent"]),
    newest.filter(state__reason="silenced")[:9],
    newest.filter(state__incident_id=2, id__lt=30),
    newest.filter(state__status="resolved", state__incident_id=3),
    newest.exclude(state__status="resolved").order_by("id"),
)]))
""",
    )
    assert mine == theirs
    assert all(theirs)  # type: ignore[arg-type]
    store.close()


def test_the_orm_reads_instants_and_documents_as_they_were_meant(place: dict[str, str]) -> None:
    store = opened(place)
    store.run(lambda tx: tx.incidents.put([incident(1)]))
    store.close()
    said = in_django(
        place,
        """
import msgspec
from tocsin.core.respond.incident import Incident as Core
from tocsin.apps.incidents.models import Incident as I
row = I.objects.get(opened_at=I.objects.get().opened_at)
core = msgspec.json.decode(row.document, type=Core)
print(json.dumps([row.opened_at.isoformat(), core.opened_at.isoformat(), row.acknowledged_at, core.title]))
""",
    )
    assert said == ["2026-06-14T12:00:00.000001+00:00"] * 2 + [None, "APIHighLatency"]


def test_models_and_migrations_agree(place: dict[str, str]) -> None:
    said = in_django(
        place,
        """
import io
from django.core.management import call_command
out = io.StringIO()
try:
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
except SystemExit:
    pass
print(json.dumps(out.getvalue()))
""",
    )
    assert "No changes detected" in str(said)


def test_the_inbox_lives_in_a_file_of_its_own_on_sqlite(tmp_path: Path) -> None:
    store = open_store(migrated_directory(tmp_path), None, on_wake=lambda topics: None)
    store.inbox.append([request()])
    store.close()
    said = in_django(
        {"TOCSIN_DATA": str(tmp_path)},
        "from tocsin.apps.inbox.models import Request; print(json.dumps(Request.objects.count()))",
    )
    assert said == 1


# --- migrating -------------------------------------------------------------------------------------------------------


def test_migrating_says_what_it_did_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    first = migrate(TOCSIN_DATA=str(tmp_path / "new"))
    assert first.returncode == 0
    assert "Applied incidents.0001_begin." in first.stdout
    second = migrate(TOCSIN_DATA=str(tmp_path / "new"))
    assert (second.returncode, second.stdout) == (0, "")


def test_a_migration_that_died_before_it_was_recorded_left_nothing_behind(tmp_path: Path) -> None:
    """At each of them, one after the other: the next run goes on where the last was whole."""
    dies = """
import os, signal, sys
from django.db.backends.utils import CursorWrapper
from tocsin.web import migrate
execute = CursorWrapper.execute
left = 3
def counted(self, sql, params=None):
    global left
    if "django_migrations" in sql and sql.startswith("INSERT"):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
    return execute(self, sql, params)
CursorWrapper.execute = counted
sys.exit(migrate.main())
"""
    environment = {"TOCSIN_DATA": str(tmp_path / "new")}
    died = 0
    while True:
        done = subprocess.run(
            [sys.executable, "-c", dies],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != -signal.SIGKILL:
            break
        died += 1
    assert (done.returncode, done.stderr) == (0, "")
    assert died > 5


def test_having_nothing_to_do_needs_no_django(tmp_path: Path) -> None:
    data = migrated_directory(tmp_path)
    program = """
import sys
from tocsin.web.migrate import migrate
assert migrate() == []
assert "django" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "TOCSIN_DATA": str(data)}, check=True)


def test_a_newer_schema_is_refused_with_a_sentence(place: dict[str, str]) -> None:
    insert = "INSERT INTO django_migrations (app, name, applied) VALUES ('incidents', '9999_from_the_future', '2030-01-01')"
    if "TOCSIN_DATABASE_URL" in place:
        with psycopg.connect(place["TOCSIN_DATABASE_URL"]) as connection:
            connection.execute(insert)  # type: ignore[arg-type]
    else:
        lite = sqlite3.connect(Path(place["TOCSIN_DATA"]) / "tocsin.sqlite3")
        lite.execute(insert)
        lite.execute("UPDATE schema_mark SET fingerprint = 'of the newer version'")
        lite.commit()
        lite.close()
    refused = migrate(**place)
    assert refused.returncode == 3
    assert "incidents.9999_from_the_future" in refused.stderr
    assert "newer" in refused.stderr


def test_two_who_migrate_at_once_take_turns(tmp_path: Path, postgres: Postgres) -> None:
    for place in (
        {"TOCSIN_DATA": str(tmp_path / "new")},
        {"TOCSIN_DATA": str(tmp_path / "new"), "TOCSIN_DATABASE_URL": postgres.new_database()},
    ):
        both = [
            subprocess.Popen(
                [sys.executable, "-m", "tocsin.web.migrate"],
                env={**os.environ, **place},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        said = [process.communicate(timeout=60) for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert sum("incidents.0001_begin" in out for out, _ in said) == 1


# --- settings --------------------------------------------------------------------------------------------------------


def test_the_secret_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    key = secret_key({}, tmp_path / "data")
    assert len(key) >= 50
    assert secret_key({}, tmp_path / "data") == key
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600
    assert secret_key({}, tmp_path / "other") != key


def test_the_secret_key_may_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    assert secret_key({"TOCSIN_SECRET_KEY": "given"}, tmp_path) == "given"
    (tmp_path / "key").write_text("from a file\n")
    assert secret_key({"TOCSIN_SECRET_KEY_FILE": str(tmp_path / "key")}, tmp_path) == "from a file"
    (tmp_path / "key").write_text("\n")
    with pytest.raises(MissingSecret, match="key"):
        secret_key({"TOCSIN_SECRET_KEY_FILE": str(tmp_path / "key")}, tmp_path)
    with pytest.raises(FileNotFoundError):
        secret_key({"TOCSIN_SECRET_KEY_FILE": str(tmp_path / "missing")}, tmp_path)


def test_a_database_url_is_understood_as_postgresql_clients_understand_it(tmp_path: Path) -> None:
    found = databases("postgresql://al%40ice:p%2Fw@db:6543/tocsin?sslmode=require", tmp_path)["default"]
    assert [found[k] for k in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "al@ice",
        "p/w",
        "db",
        "6543",
        "tocsin",
    ]
    assert found["OPTIONS"] == {"sslmode": "require"}
    assert (
        databases("postgresql:///tocsin?host=/run/postgresql", tmp_path)["default"]["HOST"]
        == "/run/postgresql"
    )
    with pytest.raises(ValueError, match="postgresql://"):
        databases("mysql://db/tocsin", tmp_path)
