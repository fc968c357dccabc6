"""How many alerts a second are answered 2xx: by Tocsin once the disk has them, by Alertmanager from memory."""

from collections.abc import Iterator

from benchmarks.alerts import fleet
from benchmarks.bench import BATCH, Bench, median
from benchmarks.load import load
from benchmarks.results import AtLeast, Row
from benchmarks.servers import Server
from tests.postgres import running_postgres

REPEATED = 500  # batches that are sent again and again


def new_alerts(bench: Bench) -> Iterator[Row]:
    for batch, connections, times in ((1, 16, 0.8), (1, 64, 1.5), (64, 16, 2.0), (1_000, 16, 2.0)):

        def measure(server: Server, batch: int = batch, connections: int = connections) -> float:
            return load(
                server, fleet("new"), batch=batch, connections=connections, seconds=bench.sizes.seconds
            )

        ours, theirs = bench.in_turn(measure)
        yield Row(
            "accept",
            f"new alerts in batches of {batch}, {connections} connections",
            "alerts/s",
            median(ours),
            median(theirs),
            AtLeast(times),
        )


def resends(bench: Bench) -> Iterator[Row]:
    def measure(server: Server) -> float:
        load(server, fleet("same"), batch=BATCH, connections=16, seconds=1, repeated=REPEATED)
        server.wait_until_processed()
        return load(
            server, fleet("same"), batch=BATCH, connections=16, seconds=bench.sizes.seconds, repeated=REPEATED
        )

    ours, theirs = bench.in_turn(measure)
    yield Row(
        "resends",
        f"{REPEATED * BATCH:,} known alerts sent again, later ends, batches of {BATCH}",
        "alerts/s",
        median(ours),
        median(theirs),
        AtLeast(8),
    )


def new_alerts_on_postgres(bench: Bench) -> Iterator[Row]:
    def measure(server: Server) -> float:
        return load(server, fleet("new"), batch=BATCH, connections=16, seconds=bench.sizes.seconds)

    with running_postgres() as postgres:
        template = postgres.new_database()
        bench.contenders.prepare(template)

        ours, theirs = bench.alternate(
            lambda: bench.contenders.tocsin_on(postgres.new_database(template.rpartition("/")[2])), measure
        )
    yield Row(
        "postgres",
        f"new alerts in batches of {BATCH}, 16 connections, on PostgreSQL",
        "alerts/s",
        median(ours),
        median(theirs),
        AtLeast(1.1),
    )
