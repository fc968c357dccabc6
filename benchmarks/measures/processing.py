"""Alerts a second to the routed, grouped state (Tocsin: committed as well), and what one costs as more are known.

Alertmanager's own count is taken as its dispatcher hands alerts to their groups; its API must then list them all.
"""

import time
from collections.abc import Iterator

import msgspec

from benchmarks.alerts import fleet
from benchmarks.bench import BATCH, Bench, median
from benchmarks.load import BrokenRun, load
from benchmarks.processes import Elsewhere
from benchmarks.results import AtLeast, AtMost, Row
from benchmarks.sender import flood_fleet, target
from benchmarks.servers import Server, shown_in_groups


def to_the_grouped_state(bench: Bench) -> Iterator[Row]:
    def measure(server: Server) -> float:
        began_at = time.perf_counter()
        load(server, fleet("stream"), batch=BATCH, connections=16, seconds=bench.sizes.seconds)
        processed = server.wait_until_processed()
        took = time.perf_counter() - began_at
        if server.name == "Alertmanager" and (shown := shown_in_groups(server)) < processed:
            raise BrokenRun(f"Alertmanager counts {processed} alerts and shows {shown} in groups")
        return processed / took

    ours, theirs = bench.in_turn(measure)
    yield Row(
        "processing",
        f"new alerts routed, grouped and committed, batches of {BATCH}, 16 connections",
        "alerts/s",
        median(ours),
        median(theirs),
        AtLeast(1.5),
    )


class Cost(msgspec.Struct, frozen=True):
    """Microseconds an alert, from the first request's leaving to all processed."""

    wall: float
    cpu: float


class Growth(msgspec.Struct, frozen=True):
    few: Cost
    many: Cost


def growth(bench: Bench) -> Iterator[Row]:
    sizes = bench.sizes
    with Elsewhere() as elsewhere:

        def cost(server: Server, tag: str) -> Cost:
            wall, cpu = [], []
            for repeat in range(3):
                spent = server.cpu_seconds()
                sent = elsewhere.run(flood_fleet, target(server), fleet(f"{tag}{repeat}"), sizes.cost_alerts)
                server.wait_until_processed(0.005)
                wall.append(time.perf_counter() - sent.began_at)
                time.sleep(0.2)  # what is left to do in the background is part of it
                cpu.append(server.cpu_seconds() - spent)
            return Cost(median(wall) / sizes.cost_alerts * 1e6, median(cpu) / sizes.cost_alerts * 1e6)

        def measure(server: Server) -> Growth:
            elsewhere.run(flood_fleet, target(server), fleet("few"), sizes.few)
            server.wait_until_processed()
            few = cost(server, "at-few")
            known, stretch = server.accepted(), 0
            while known < sizes.many:
                missing = min(sizes.many - known, 50_000)
                elsewhere.run(flood_fleet, target(server), fleet(f"many{stretch}"), missing)
                known, stretch = server.wait_until_processed(), stretch + 1
            time.sleep(2)
            return Growth(few, cost(server, "at-many"))

        ours, theirs = bench.in_turn(measure, rounds=1)
    for what, of in (("wall time", _wall), ("CPU time", _cpu)):
        few, many = (median([of(getattr(taken, at)) for taken in ours]) for at in ("few", "many"))
        few_peer, many_peer = (median([of(getattr(taken, at)) for taken in theirs]) for at in ("few", "many"))
        yield Row(
            "growth",
            f"{what} of a new alert at {sizes.many:,} known, against {sizes.few:,}",
            "x",
            many / few,
            many_peer / few_peer,
            AtMost(1.3),
            of_peer=False,
            note=f"{few:.1f} to {many:.1f} us; Alertmanager {few_peer:.1f} to {many_peer:.1f} us",
        )


def _wall(cost: Cost) -> float:
    return cost.wall


def _cpu(cost: Cost) -> float:
    return cost.cpu
