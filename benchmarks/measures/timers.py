"""How many due timers a second are claimed, decided and set anew, among a million that are not due.

Twice: the agenda alone, as every store offers it, and the engine's own step, where each timer is an incident's whose next
escalation step is due: loaded, decided, written with its timeline, its pages and their notifications.
"""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.processes import Elsewhere
from benchmarks.results import AtLeast, Row
from tests.postgres import running_postgres
from tocsin.channels import registry
from tocsin.config.load import load
from tocsin.core.instants import micros
from tocsin.core.respond.incident import Incident, Opened, Timer
from tocsin.core.severity import Severity
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.counters import Counters
from tocsin.engine.engine import BACKLOG_BATCH, BATCH, Engine
from tocsin.engine.facts import Facts
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import AgendaEntry, Store, Transaction
from tocsin.web.links import house_links

STEP = kinds.INCIDENT[Timer.STEP]
SEEDED = 10_000  # entries in one transaction
OPENED = 100  # incidents in one transaction


def agenda(bench: Bench) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(dir=bench.directory, ignore_cleanup_errors=True) as made:
        data = Path(made)
        bench.contenders.data_directory(data)
        yield from _on(bench, "SQLite", data, None)
    with running_postgres() as postgres:
        url = postgres.new_database()
        bench.contenders.prepare(url)
        yield from _on(bench, "PostgreSQL", None, url)


def _on(bench: Bench, database: str, data: Path | None, url: str | None) -> Iterator[Row]:
    sizes = bench.sizes
    with Elsewhere() as elsewhere:
        seeding = elsewhere.run(seed, data, url, sizes.pending)
        for helping in (
            BATCH,
            BACKLOG_BATCH,
        ):  # the engine's own: at first, and as long as more is due than that
            rate = elsewhere.run(claim_and_advance, data, url, sizes.due, helping)
            yield Row(
                "agenda",
                f"due entries claimed and advanced among {sizes.pending:,} on {database}, {helping} at a time",
                "entries/s",
                rate,
                target=AtLeast(30_000) if helping == BACKLOG_BATCH else None,
                note=f"set in the first place at {seeding:,.0f}/s" if helping == BATCH else "",
            )
        decided = elsewhere.run(decide_steps, data, url, sizes.incidents_due)
        yield Row(
            "agenda",
            f"escalation steps decided by the engine, each with a page begun, among {sizes.pending:,} on {database}",
            "steps/s",
            decided,
        )


def seed(data: Path | None, url: str | None, pending: int) -> float:
    """Entries a year away; how many a second."""
    store = open_store(data, url, on_wake=lambda topics: None)
    next_year = micros(datetime.now(UTC) + timedelta(days=365))
    began_at = time.perf_counter()
    for first in range(0, pending, SEEDED):
        entries = [
            AgendaEntry(STEP, f"9{n:09}", next_year + n) for n in range(first, min(first + SEEDED, pending))
        ]
        store.run(_scheduling(entries))
        store.tidy()
    took = time.perf_counter() - began_at
    store.close()
    return pending / took


def claim_and_advance(data: Path | None, url: str | None, due: int, helping: int) -> float:
    """Make `due` of the entries due, then claim them in helpings and set each an hour on; entries a second."""
    store = open_store(data, url, on_wake=lambda topics: None)
    now = micros(datetime.now(UTC))
    for first in range(0, due, SEEDED):
        store.run(
            _scheduling(
                [
                    AgendaEntry(STEP, f"9{n * 7919 % due:09}", now - due + n)
                    for n in range(first, min(first + SEEDED, due))
                ]
            )
        )
    _calm(store)

    def work(tx: Transaction) -> int:
        claimed = tx.agenda.claim([STEP], now, helping)
        tx.agenda.schedule(
            [AgendaEntry(e.kind, e.subject, e.due_at + 3_600_000_000, e.document) for e in claimed]
        )
        return len(claimed)

    done = 0
    began_at = time.perf_counter()
    while taken := store.run(work):
        done += taken
    took = time.perf_counter() - began_at
    store.close()
    assert done == due, f"claimed {done} of {due}"
    return done / took


def decide_steps(data: Path | None, url: str | None, incidents: int) -> float:
    """Open incidents, let their first wait pass, and run the engine's own step until nothing is due; steps a second."""
    store = open_store(data, url, on_wake=lambda topics: None)
    secret = secrets.token_bytes(32)
    opened_at = datetime.now(UTC)
    engine = Engine(
        store,
        Facts(store, load),
        lambda facts: house_links(facts, secret, opened_at, "http://127.0.0.1"),
        Counters(),
        dict,  # nothing is sent: this is about timers
        registry.names(),
    )
    for first in range(0, incidents, OPENED):
        engine.decide(_opening(min(OPENED, incidents - first), opened_at), opened_at)
    _calm(store)
    later = opened_at + timedelta(minutes=11)
    done = 0
    began_at = time.perf_counter()
    while taken := engine.run_due(later).done:
        done += taken
    took = time.perf_counter() - began_at
    store.close()
    assert done >= incidents, f"decided {done} of {incidents}"
    return done / took


def _scheduling(entries: list[AgendaEntry]) -> Callable[[Transaction], None]:
    return lambda tx: tx.agenda.schedule(entries)


def _opening(count: int, at: datetime) -> Callable[[Consequences], None]:
    def work(owed: Consequences) -> None:
        for number in owed.tx.incidents.new_ids(count):
            incident = Incident(
                number, f"Outage {number}", Severity.SEV2, at, service="task-api", firing=1, alerts=1
            )
            owed.open(incident, Opened(policy="platform"))

    return work


def _calm(store: Store) -> None:
    """As between two bursts on a live node, where `tidy` is called each second."""
    store.tidy()
    store.tidy()
