"""What every benchmark is given: the contenders, the sink, the sizes; and how two are measured in turn."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.results import Row
from benchmarks.servers import Contenders, Server, Starting
from benchmarks.sink import Sink

T = TypeVar("T")


class Sizes(msgspec.Struct, frozen=True):
    rounds: int = 3
    seconds: int = 5  # of load at full speed
    stream_seconds: int = 15
    probes: int = 300
    probe_rounds: int = 2
    known: int = 100_000
    storm_alerts: int = 100_000
    storm_groups: int = 1_000
    burst: int = 5_000  # incidents at once
    paced_seconds: int = 10
    few: int = 1_000  # known alerts, and many
    bound: int = 20_000  # more than any page looks at
    many: int = 1_000_000
    cost_alerts: int = 20_000
    pending: int = 1_000_000  # entries of the agenda
    due: int = 100_000
    incidents_due: int = 5_000


QUICK = Sizes(
    rounds=1,
    seconds=2,
    stream_seconds=4,
    probes=40,
    probe_rounds=1,
    known=5_000,
    storm_alerts=5_000,
    storm_groups=100,
    burst=500,
    paced_seconds=3,
    few=1_000,
    bound=15_000,
    many=20_000,
    cost_alerts=5_000,
    pending=50_000,
    due=10_000,
    incidents_due=500,
)

STREAM = 38_000  # new alerts per second, as the targets say
BATCH = 64  # what Prometheus sends at once before 3.4


class Bench(msgspec.Struct, frozen=True):
    directory: Path
    contenders: Contenders
    sink: Sink
    sizes: Sizes

    def in_turn(self, measure: Callable[[Server], T], rounds: int | None = None) -> tuple[list[T], list[T]]:
        """Tocsin's and Alertmanager's measurements, taken A B A B, each of a server just started."""
        return self.alternate(self.contenders.tocsin, measure, rounds)

    def alternate(
        self, ours: Starting, measure: Callable[[Server], T], rounds: int | None = None
    ) -> tuple[list[T], list[T]]:
        taken: tuple[list[T], list[T]] = ([], [])
        for _ in range(rounds or self.sizes.rounds):
            for start, into in zip((ours, self.contenders.alertmanager), taken, strict=True):
                self.sink.forget()
                with start() as server:
                    into.append(measure(server))
        return taken


Benchmark = Callable[[Bench], Iterator[Row]]

median = statistics.median


def percentile(values: Sequence[float], percent: float) -> float:
    """Of one sample; nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def milliseconds(seconds: float) -> float:
    return seconds * 1000
