"""How much memory the firing alerts take, in all processes (what they share counted once), a while after the last came."""

import time
from collections.abc import Iterator

from benchmarks.alerts import fleet
from benchmarks.bench import Bench, median
from benchmarks.processes import Elsewhere
from benchmarks.results import AtMost, Row
from benchmarks.sender import flood_fleet, target
from benchmarks.servers import Server

SETTLED_AFTER = 10.0  # seconds


def memory(bench: Bench) -> Iterator[Row]:
    sizes = bench.sizes
    with Elsewhere() as elsewhere:

        def measure(server: Server) -> tuple[float, float]:
            empty = server.memory()
            elsewhere.run(flood_fleet, target(server), fleet("firing"), sizes.known)
            server.wait_until_processed()
            time.sleep(SETTLED_AFTER)
            return empty, server.memory()

        ours, theirs = bench.in_turn(measure)
    empty, full = (median([taken[at] for taken in ours]) for at in (0, 1))
    empty_peer, full_peer = (median([taken[at] for taken in theirs]) for at in (0, 1))
    yield Row("memory", "all processes before any alert", "MiB", empty, empty_peer)
    yield Row(
        "memory", f"all processes with {sizes.known:,} alerts firing", "MiB", full, full_peer, AtMost(1.0)
    )
