"""`tocsin serve` as whoever runs it sees it: it says ready, stops when told, refuses clearly, and keeps what was good."""

import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.monitoring import write
from tests.e2e.programs import answers, eventually, free_port
from tests.e2e.tocsin import PROM_KEY, Tocsin, command, house
from tests.migrated import migrated_directory

pytestmark = pytest.mark.e2e

SECRETS = {"PROM_KEY": PROM_KEY, "PD_KEY": "pd", "NTFY_TOKEN": "tk"} | dict.fromkeys(
    ("SLACK_ALERTS", "SLACK_LOW", "WATCHDOG_URL"), "http://127.0.0.1:1/unheard"
)
NOWHERE = "http://127.0.0.1:1"
Serve = Callable[..., Tocsin]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server on `data` (unless said, the same each time), as after its first start unless `fresh`."""
    started: list[Tocsin] = []

    def begin(port: int = 0, data: str = "data", fresh: bool = False) -> Tocsin:
        if not fresh and not (tmp_path / data).exists():
            migrated_directory(tmp_path / data)
        started.append(Tocsin(tmp_path / data, SECRETS, port))
        return started[-1].start()

    yield begin
    for server in reversed(started):
        server.show()
        server.stop()


def test_a_first_start_is_ready_within_ten_seconds_and_stops_cleanly_when_told(serve: Serve) -> None:
    begun = time.monotonic()
    server = serve(fresh=True)
    server.await_ready(within=10)
    assert time.monotonic() - begun < 10
    assert answers(f"{server.url}/-/healthy")[0] == 200
    assert "tocsin_incidents_open 0.0" in answers(f"{server.url}/metrics")[1]
    assert server.stop(signal.SIGTERM, within=10) == 0
    assert server.events("stopped")
    assert answers(f"{server.url}/-/ready")[0] == 0


def test_the_one_time_link_for_the_first_administrator_leads_to_a_page(serve: Serve) -> None:
    server = serve()
    server.await_ready()
    link = server.await_that(
        lambda: next((word for word in server.said.split() if "/welcome/" in word), None), "prints the link"
    )
    assert link.startswith(server.url)
    eventually(lambda: answers(link)[0] == 200, "the people process shows the page")


def test_a_second_server_on_the_same_data_is_refused_with_a_sentence(serve: Serve) -> None:
    first = serve()
    first.await_ready()
    second = serve()
    assert second.process.wait(20) == 1
    assert f"Tocsin does not start: {first.data} is in use by process {first.process.pid}" in second.said
    assert "Traceback" not in second.said
    assert answers(f"{first.url}/-/ready")[0] == 200


def test_a_port_that_is_taken_is_named(serve: Serve) -> None:
    first = serve(port=free_port())
    first.await_ready()
    second = serve(port=first.port, data="other")
    assert second.process.wait(20) == 1
    assert f"Tocsin does not start: the port {first.port} on 127.0.0.1 could not be opened" in second.said
    assert "Traceback" not in second.said


def test_a_broken_file_changes_nothing_and_the_last_good_configuration_survives_a_restart(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve()
    server.await_ready()
    good = house(NOWHERE, "5m")
    server.command("apply", str(write(tmp_path / "good.yaml", good)), "--yes")
    broken = good | {"policies": {"platform": {"steps": [{"page": "platform-primry"}]}}}
    path = write(tmp_path / "broken.yaml", broken)
    refused = command("apply", str(path), "--yes", data=server.data, environment=SECRETS)
    assert refused.returncode != 0
    assert "platform-primry" in refused.stdout + refused.stderr
    assert "platform-primary" in refused.stdout + refused.stderr, "the nearest valid name"
    server.stop()

    again = serve()
    again.await_ready()
    schedules = {on["schedule"]: on["people"] for on in json.loads(again.command("who", "--json"))}
    assert schedules == {"platform-primary": ["alice"], "platform-secondary": ["bob"]}


def test_an_entry_that_cannot_be_read_is_left_out_and_the_rest_serves(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    server.await_ready()
    server.command("apply", str(write(tmp_path / "good.yaml", house(NOWHERE, "5m"))), "--yes")
    server.stop()
    with closing(sqlite3.connect(server.data / "tocsin.sqlite3", isolation_level=None)) as database:
        wreck = "UPDATE configuration_entry SET document = ? WHERE kind = 'inhibitions'"
        assert database.execute(wreck, (b'{"source": 7}',)).rowcount == 1

    again = serve()
    again.await_ready()
    (left_out,) = again.events("configuration entry left out")
    assert left_out["kind"] == "inhibitions"
    sent = again.command("send", "alertname=APIHighLatency", "severity=critical", "service=task-api")
    assert sent
    eventually(lambda: again.incident(), "an incident all the same")
