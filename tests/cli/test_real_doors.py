"""The same commands on a real store and a real server, through all three doors."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, as_json

HOUSE = Path(__file__).with_name("house.yaml")
SUNDAY = "2026-06-14 14:32"  # in bob's week, alice is his secondary
LABELS = ["alertname=APIHighLatency", "service=task-api", "severity=critical"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path / "d"))
    monkeypatch.setenv("PROM_KEY", "a-key-that-nobody-guesses")
    return tmp_path / "d"


def test_without_a_server_everything_works_straight_on_the_store(run: Run, data: Path) -> None:
    applied = run("apply", str(HOUSE), "--yes")
    assert applied.exit_code == 0, applied.output
    assert "Applied as revision 1" in applied.stdout
    assert run("plan", str(HOUSE)).stdout.splitlines()[-1] == "Nothing to change."

    (primary, secondary) = as_json(run("who", "--at", SUNDAY, "--json"))
    assert (primary["people"], secondary["people"]) == (["bob"], ["alice"])

    explained = run("explain", *LABELS, "--at", SUNDAY).stdout
    assert "at once bob through platform-primary" in explained
    assert "after 10m alice through platform-secondary" in explained

    assert run("override", "add", "platform-primary", "alice", "--until", "tomorrow 09:00").exit_code == 0
    assert as_json(run("who", "--schedule", "platform-primary", "--json"))[0]["people"] == ["alice"]

    sent = run("send", *LABELS)
    assert sent.exit_code == 0
    assert "waits for one" in sent.stderr
    assert run("incidents", "show", "99").exit_code == 1


def test_an_export_applies_elsewhere_without_a_difference(run: Run, data: Path, tmp_path: Path) -> None:
    run("apply", str(HOUSE), "--yes")
    exported = tmp_path / "exported.yaml"
    exported.write_text(run("export").stdout)
    assert run("validate", str(exported)).exit_code == 0
    assert run("plan", str(exported)).stdout.splitlines()[-1] == "Nothing to change."


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/tocsin", "mysql://127.0.0.1/tocsin"])
def test_a_database_that_cannot_be_used_is_named_in_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("TOCSIN_DATABASE_URL", url)
    result = run("who")
    assert result.exit_code == 3
    assert result.stderr.startswith("No answer: Cannot use the database: ")


def test_a_file_that_is_no_database_is_named_with_its_directory(run: Run, data: Path) -> None:
    data.mkdir()
    (data / "tocsin.sqlite3").write_text("this is a note, not a database\n" * 100)
    (data / "inbox.sqlite3").touch()
    result = run("who")
    assert result.exit_code == 3
    assert f"Cannot use the data directory {data}" in result.stderr


@pytest.fixture
def server(data: Path, tmp_path: Path) -> Iterator[str]:
    """`tocsin serve` on the data directory, from when it says that it is ready; its URL."""
    log = tmp_path / "serve.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "tocsin.cli.main", "serve", "--data", str(data), "--port", "0"],
            env=os.environ | {"TOCSIN_TOKEN": "t0ken"},
            stderr=stderr,
        )
    try:
        yield eventually(lambda: _ready_at(log))
    finally:
        process.terminate()
        process.wait(timeout=30)


def _ready_at(log: Path) -> str | None:
    said = [
        json.loads(line)
        for line in log.read_text().splitlines()
        if line.startswith("{") and line.endswith("}")
    ]
    return next((line["url"] for line in said if line["event"] == "ready"), None)


def eventually(holds: Callable[[], Any], within: float = 30.0) -> Any:
    """The first true answer. A real process is at work, so this waits for it, never for time to pass."""
    deadline = time.monotonic() + within
    while not (answer := holds()):
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)
    return answer


def test_a_running_server_is_asked_through_its_socket(run: Run, server: str) -> None:
    run("apply", str(HOUSE), "--yes")
    run("send", *LABELS)
    (incident,) = eventually(lambda: as_json(run("incidents", "list", "--json")))
    number = str(incident["id"])
    assert run("incidents", "ack", number, "--as", "alice").exit_code == 0
    assert run("incidents", "snooze", number, "--for", "30h").exit_code == 1
    shown = run("incidents", "show", number).stdout
    assert "alice acknowledged it" in shown
    assert "acknowledged" in shown.splitlines()[1]
    assert as_json(run("status", "--json"))["open_incidents"] == 1


def test_a_running_server_is_asked_over_http_with_its_token(
    run: Run, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "TOCSIN_TOKEN" in run("status", "--url", server).stderr
    monkeypatch.setenv("TOCSIN_TOKEN", "t0ken")
    assert run("apply", str(HOUSE), "--yes", "--url", server).exit_code == 0
    assert len(as_json(run("who", "--url", server, "--json"))) == 2
