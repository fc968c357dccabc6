"""How long senders wait for their answer in a steady stream, measured from when each request was due to leave."""

from collections.abc import Iterator

from benchmarks.alerts import fleet
from benchmarks.bench import BATCH, STREAM, Bench, median, milliseconds, percentile
from benchmarks.processes import Elsewhere
from benchmarks.results import AtMost, Row
from benchmarks.sender import pace_fleet, target
from benchmarks.servers import Server


def answer_latency(bench: Bench) -> Iterator[Row]:
    with Elsewhere() as elsewhere:

        def measure(server: Server) -> list[float]:
            return elsewhere.run(
                pace_fleet, target(server), fleet("paced"), STREAM, bench.sizes.stream_seconds, BATCH
            ).delays

        ours, theirs = bench.in_turn(measure)
    for percent, bound in ((50, None), (99, AtMost(0.1))):
        yield Row(
            "latency",
            f"answer p{percent} at {STREAM:,} new alerts/s, open loop, batches of {BATCH}",
            "ms",
            median([milliseconds(percentile(delays, percent)) for delays in ours]),
            median([milliseconds(percentile(delays, percent)) for delays in theirs]),
            bound,
        )
