"""What it costs to say who is on call. Pure core: no peer, no disk."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time

from benchmarks.bench import Bench
from benchmarks.results import Row
from tocsin.core.oncall.schedule import Layer, Override, Restriction, Rotation, Schedule, Unit
from tocsin.core.oncall.shifts import shifts, who_is_on_call

PEOPLE = (("alice",), ("bob",), ("carol",), ("dan",))
NIGHT = Restriction(start=wall_time(20), end=wall_time(8))
WEEKEND = Restriction(days=(5, 6))
PRIMARY = Schedule(
    "primary",
    time_zone="Europe/Berlin",
    layers=(
        Layer(Rotation(PEOPLE, date(2026, 6, 1), handoff_day=0)),
        Layer(Rotation(PEOPLE[::-1], date(2026, 6, 1), unit=Unit.DAY), restrictions=(NIGHT,)),
        Layer(Rotation(PEOPLE, date(2026, 6, 1), handoff_day=5), restrictions=(WEEKEND,)),
    ),
)
SCHEDULES = {"primary": PRIMARY, "secondary": Schedule("secondary", secondary_of="primary")}
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
OVERRIDES = [
    Override(
        f"o{week}", "primary", "dan", BEGIN + timedelta(weeks=week), BEGIN + timedelta(weeks=week, hours=9)
    )
    for week in range(20)
]


def on_call(bench: Bench) -> Iterator[Row]:
    """A weekly layer, nightly and weekend ones over it, 20 overrides."""
    instants = [BEGIN + timedelta(minutes=37 * n) for n in range(10_000)]
    for key in SCHEDULES:

        def ask(key: str = key) -> None:
            for instant in instants:
                who_is_on_call(SCHEDULES, key, instant, OVERRIDES)

        yield Row(
            "on-call", f"who is on call on a {key}, three layers", "us", _best(ask) / len(instants) * 1e6
        )
    year = _best(lambda: shifts(SCHEDULES, "primary", BEGIN, BEGIN + timedelta(days=365), OVERRIDES))
    yield Row("on-call", "the shifts of a year, three layers", "ms", year * 1e3)


def _best(work: Callable[[], object]) -> float:
    """Seconds; the best of five, since whatever else the machine does only adds."""
    taken = []
    for _ in range(5):
        began_at = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began_at)
    return min(taken)
