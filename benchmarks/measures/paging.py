"""From an alert's POST until a page about it leaves: one now and then, in a stream, in a storm; and how many a second."""

import time
from collections.abc import Callable, Iterator

import msgspec

from benchmarks.alerts import fleet, outage_names
from benchmarks.bench import BATCH, STREAM, Bench, median, milliseconds, percentile
from benchmarks.house import DESKS
from benchmarks.load import BrokenRun
from benchmarks.processes import Elsewhere
from benchmarks.results import AtLeast, AtMost, Row
from benchmarks.sender import flood_fleet, flood_outages, pace_fleet, pace_outages, target
from benchmarks.servers import Server

PROBES = 20  # a second
LOST_AFTER = 60.0  # seconds


def page_latency(bench: Bench) -> Iterator[Row]:
    sizes = bench.sizes
    with Elsewhere() as prober, Elsewhere() as streamer:

        def probe(server: Server) -> list[float]:
            sent, left_at = prober.run(pace_outages, target(server), "probe", sizes.probes, PROBES, DESKS, 4)
            return _delays(bench, left_at, sent.ended_at)

        def idle(server: Server) -> list[float]:
            return probe(server)

        def busy(server: Server) -> list[float]:
            streamer.run(flood_fleet, target(server), fleet("known"), sizes.known)
            server.wait_until_processed()
            seconds = sizes.probes / PROBES + 3
            streaming = streamer.begin(pace_fleet, target(server), fleet("stream"), STREAM, seconds, BATCH)
            time.sleep(2)
            delays = probe(server)
            streaming.result()
            return delays

        quiet, quiet_peer = bench.in_turn(idle, sizes.probe_rounds)
        yield _row("idle", 50, quiet, quiet_peer, AtMost(2.5))
        yield _row("idle", 99, quiet, quiet_peer, None)
        loud, loud_peer = bench.in_turn(busy, sizes.probe_rounds)
        where = f"{sizes.known:,} known and {STREAM:,} new alerts/s"
        yield _row(where, 50, loud, loud_peer, None)
        yield _row(where, 99, loud, loud_peer, AtMost(0.2))


def _row(
    where: str, percent: int, ours: list[list[float]], theirs: list[list[float]], bound: AtMost | None
) -> Row:
    lost = sum(delay >= LOST_AFTER for delays in (*ours, *theirs) for delay in delays)
    return Row(
        "page-latency",
        f"POST to page leaving, {where}, p{percent}",
        "ms",
        median([milliseconds(percentile(delays, percent)) for delays in ours]),
        median([milliseconds(percentile(delays, percent)) for delays in theirs]),
        bound,
        note=f"{lost} pages did not come within {LOST_AFTER:.0f} s" if lost else "",
    )


def _delays(bench: Bench, left_at: dict[str, float], ended_at: float) -> list[float]:
    """From leaving to the page; a page that never came counts as `LOST_AFTER`."""
    heard = bench.sink.wait_for(set(left_at), LOST_AFTER)
    return [heard[name] - at if name in heard else LOST_AFTER for name, at in left_at.items()]


# --- storms ----------------------------------------------------------------------------------------------------------


class Storm(msgspec.Struct, frozen=True):
    """Seconds from the first request's leaving."""

    first: float
    last: float


def storm(bench: Bench) -> Iterator[Row]:
    """Desks: 100 people are on call, 10 incidents each. One person: a page holds up to 25 incidents of new services."""
    sizes = bench.sizes
    with Elsewhere() as elsewhere:

        def breaking(desks: int) -> Callable[[Server], Storm]:
            def measure(server: Server) -> Storm:
                sent = elsewhere.run(
                    flood_outages, target(server), "storm", sizes.storm_alerts, sizes.storm_groups, desks
                )
                return _storm(bench, server, "storm", sizes.storm_groups, sent.began_at)

            return measure

        for whom, desks in ((f"{DESKS} people on call", DESKS), ("one person on call", 0)):
            ours, theirs = bench.in_turn(breaking(desks))
            what = f"{sizes.storm_alerts:,} alerts in {sizes.storm_groups:,} groups, {whom}"
            yield Row(
                "storm",
                f"{what}: first page",
                "ms",
                median([milliseconds(taken.first) for taken in ours]),
                median([milliseconds(taken.first) for taken in theirs]),
                AtMost(50),
                of_peer=False,
            )
            yield Row(
                "storm",
                f"{what}: every incident's first page",
                "s",
                median([taken.last for taken in ours]),
                median([taken.last for taken in theirs]),
                AtMost(5),
                of_peer=False,
            )


def _storm(bench: Bench, server: Server, tag: str, groups: int, began_at: float) -> Storm:
    heard = bench.sink.wait_for(outage_names(tag, groups), LOST_AFTER)
    if len(heard) < groups:
        raise BrokenRun(
            f"{server.name} paged about {len(heard)} of {groups} outages within {LOST_AFTER:.0f} s"
        )
    return Storm(min(heard.values()) - began_at, max(heard.values()) - began_at)


def incidents(bench: Bench) -> Iterator[Row]:
    sizes = bench.sizes
    with Elsewhere() as elsewhere:

        def burst(server: Server) -> float:
            sent = elsewhere.run(flood_outages, target(server), "burst", sizes.burst, sizes.burst, DESKS)
            return sizes.burst / _storm(bench, server, "burst", sizes.burst, sent.began_at).last

        def paced(server: Server) -> list[float]:
            count = 500 * sizes.paced_seconds
            sent, left_at = elsewhere.run(pace_outages, target(server), "paced", count, 500, DESKS)
            return _delays(bench, left_at, sent.ended_at)

        ours, theirs = bench.in_turn(burst)
        yield Row(
            "incidents",
            f"{sizes.burst:,} new incidents at once, from POST to page",
            "incidents/s",
            median(ours),
            median(theirs),
            AtLeast(500),
            of_peer=False,
        )
        slow, slow_peer = bench.in_turn(paced, sizes.probe_rounds)
    for percent in (50, 99):
        yield Row(
            "incidents",
            f"500 new incidents/s, one a request: POST to page p{percent}",
            "ms",
            median([milliseconds(percentile(delays, percent)) for delays in slow]),
            median([milliseconds(percentile(delays, percent)) for delays in slow_peer]),
        )
