"""`python -m benchmarks.measures.page_times DIRECTORY COUNT [NAME ...]`: fill a house, look at its pages (or at those of
these names), print their times as JSON.

What a filter finds fills a page in the smallest house as in the largest, so that two times of a page are about the same
page; but for the one host, which is found once or not at all.
"""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tocsin.config.answers import ConfigFile
from tocsin.config.perform import apply_view
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.detect.records import AlertRow, AlertStateRow
from tocsin.core.instants import micros
from tocsin.core.labels import encode_labels
from tocsin.core.respond.delivery import Notification, Purpose
from tocsin.core.respond.incident import Incident, State
from tocsin.core.severity import Severity
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import AttemptRow, Store, TimelineRow

if TYPE_CHECKING:
    from django.test import Client

ROUNDS, WARMING = 200, 20
OPEN = 60  # incidents; what needs somebody does not grow with what has been
BATCH = 5_000
NOW = datetime.now(UTC).replace(microsecond=0)
EVERY = timedelta(seconds=20)
HOUSE = Path(__file__).parents[2] / "examples" / "tocsin.yaml"


class Taken(msgspec.Struct, frozen=True):
    """Milliseconds of one core: what else the machine does is not in it."""

    p50: float
    p99: float
    queries: int


def main() -> int:
    directory, count = Path(sys.argv[1]), int(sys.argv[2])
    from tocsin.web.migrate import migrate

    migrate()
    store = open_store(directory, None, on_wake=lambda topics: None)
    fill(store, count)
    store.close()
    sys.stdout.buffer.write(msgspec.json.encode(look(count, sys.argv[3:])))
    return 0


# --- the house -------------------------------------------------------------------------------------------------------


def fill(store: Store, count: int) -> None:
    request = ApplyConfiguration((ConfigFile("tocsin.yaml", HOUSE.read_text()),))
    store.run(lambda tx: apply_view(tx, request, "benchmark", NOW))
    for begin in range(1, count + 1, BATCH):
        numbers = range(begin, min(begin + BATCH, count + 1))
        store.run(lambda tx, numbers=numbers: tx.incidents.put([_incident(n, count) for n in numbers]))
        store.run(lambda tx, numbers=numbers: tx.alerts.add([_alert(n) for n in numbers]))
        store.run(lambda tx, numbers=numbers: tx.alerts.put_states([_state(n, count) for n in numbers]))
    store.run(lambda tx: tx.timeline.add(list(_timeline(count))))
    store.run(lambda tx: tx.notifications.add([_notification(count, n) for n in range(20)]))
    store.run(lambda tx: tx.notifications.record_attempts([_attempt(count, n) for n in range(20)]))


def _labels(number: int) -> dict[str, str]:
    return {
        "alertname": f"Alert{number * 13 % 400}",
        "service": "task-api" if number % 3 else f"service-{number * 7 % 50}",
        "namespace": f"ns-{number % 20}",
        "host": f"host-{number}",
        "region": "eu-west-1",
        "job": "api",
    }


def _at(number: int, count: int) -> datetime:
    return NOW - (count - number + 1) * EVERY


def _incident(number: int, count: int) -> Incident:
    labels, opened = _labels(number), _at(number, count)
    over = number <= count - OPEN
    return Incident(
        id=number,
        title=f"{labels['alertname']}: p99 above 2s on {labels['service']}",
        severity=Severity.SEV1 if number % 13 == 1 else Severity(f"SEV{2 + number % 3}"),
        opened_at=opened,
        state=State.CLOSED if over else State.DETECTED,
        summary="Creating a task takes seconds, and some requests fail.",
        description="p99 is 4.2 s where 2 s are promised; 3% of requests fail.",
        runbook_url="https://runbooks.example.com/task-api",
        service=labels["service"],
        team=f"team-{number % 10}",
        group=f"{{}}:{labels['alertname']}:{labels['service']}",
        labels=labels,
        firing=0 if over else 20,
        alerts=20,
        resolved_at=opened + timedelta(minutes=12) if over else None,
        resolved_by="alice" if over else None,
        resolution="Rolled back." if over else "",
        next_entry=61,
    )


def _alert(number: int) -> AlertRow:
    return AlertRow(number, "prom", encode_labels(_labels(number)), micros(NOW) + number)


def _state(number: int, count: int) -> AlertStateRow:
    fires = number > count - 20 * OPEN
    return AlertStateRow(
        alert=number,
        status="firing" if fires else "resolved",
        starts_at=micros(_at(number, count)),
        ends_at=None if fires else micros(NOW),
        updated_at=micros(NOW),
        annotations=b'{"description":"p99 is 4.2s","summary":"Creating a task takes seconds"}',
        generator_url="https://prometheus.example.com/graph",
        groups="",
        reason="silenced" if number % 19 == 0 else "opened_incident",
        incident=count - (number - 1) // 20 % OPEN if fires else None,
    )


def _timeline(incident: int) -> Iterator[TimelineRow]:
    for entry in range(1, 61):
        at = micros(NOW + timedelta(seconds=entry))
        yield TimelineRow(
            incident, entry, at, "step_started", f"Step {entry} of platform: alice is paged.", "alice", "web"
        )


def _notification(incident: int, number: int) -> Notification:
    return Notification(
        id=f"{incident}.1.{number}",
        purpose=Purpose.PAGE,
        address_key=f"webhook|bench-{number}",
        channel="webhook",
        created_at=NOW + timedelta(seconds=number),
        incident=incident,
        page=f"{incident}.1",
        person="alice",
        method="hook",
    )


def _attempt(incident: int, number: int) -> AttemptRow:
    return AttemptRow(
        f"{incident}.1.{number}", 1, f"key-{number}", micros(NOW), micros(NOW) + 1000, "delivered"
    )


# --- its pages -------------------------------------------------------------------------------------------------------


def signed_in() -> "Client":
    """A browser of somebody who may see everything."""
    import django

    django.setup()
    from django.test import Client

    from tocsin.apps.people.models import Account
    from tocsin.web.tuning import tune_for_pages

    tune_for_pages()
    account = Account(login="alice@example.com", name="Alice", is_admin=True, created_at=NOW)
    account.set_unusable_password()
    account.save()
    browser = Client(headers={"accept-encoding": "identity"})
    browser.force_login(account, "django.contrib.auth.backends.ModelBackend")
    return browser


def look(count: int, names: Sequence[str] = ()) -> dict[str, Taken]:
    browser = signed_in()
    rare = random.Random(1).randrange(1, count - OPEN)
    addresses = {
        "now": "/",
        "an incident": f"/incidents/{count}",
        "incidents, open": "/incidents",
        "incidents, all": "/incidents?state=all",
        "incidents, in the middle": f"/incidents?state=all&before={count // 2}",
        "incidents of a service and severity": "/incidents?state=all&service=task-api&severity=SEV1",
        "incidents, one word of many": "/incidents?state=over&text=seconds",
        "incidents, one host": f"/incidents?state=over&text=host-{rare}",
        "incidents with a label": "/incidents?state=all&label=service%3D%22task-api%22",
        "alerts, all": "/alerts?status=all",
        "alerts with a label": "/alerts?status=all&label=namespace%3D%22ns-7%22",
        "alerts, silenced": "/alerts?status=all&reason=silenced",
        "alerts, one host": "/alerts?status=all&label=host%3D%22host-1%22",
        "search": f"/search?q=host-{rare}",
    }
    return {name: _time(browser, addresses[name]) for name in names or addresses}


def _time(browser: "Client", address: str) -> Taken:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    taken = []
    for _ in range(WARMING + ROUNDS):
        began_at = time.process_time()
        answer = browser.get(address)
        taken.append((time.process_time() - began_at) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        browser.get(address)
    ordered = sorted(taken[WARMING:])
    return Taken(ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], len(queries))


if __name__ == "__main__":
    sys.exit(main())
