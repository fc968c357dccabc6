"""How long the server takes for the pages that people look at first, with few rows and with a million. No peer."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.bench import Bench
from benchmarks.measures.page_times import Taken
from benchmarks.results import AtMost, Row

QUERIES, INCIDENT_PAGE, FLAT = 12, 30, 1.5  # at most so many, milliseconds, times
BOUNDED = ("alerts, one host",)  # no index finds it: so many rows are looked at and no more


def pages(bench: Bench) -> Iterator[Row]:
    """Each page asked for again and again by one reader, on one core, database and templates included, without a network."""
    sizes = bench.sizes
    few, many = (_measure(bench.directory / f"pages-{count}", count) for count in (sizes.few, sizes.many))
    enough = _measure(bench.directory / f"pages-{sizes.bound}", sizes.bound, BOUNDED)
    for name, at_many in many.items():
        at_less, less = (enough[name], sizes.bound) if name in BOUNDED else (few[name], sizes.few)
        what = f"{name}, {sizes.many:,} incidents and alerts"
        target = AtMost(INCIDENT_PAGE) if name == "an incident" or name in BOUNDED else None
        note = f"among {less:,} p50 {at_less.p50:.1f}, p99 {at_less.p99:.1f} ms"
        if name in BOUNDED:
            note += f"; among {sizes.few:,} p50 {few[name].p50:.1f}, p99 {few[name].p99:.1f} ms"
        flat = at_many.p50 / at_less.p50
        yield Row("pages", f"{what}: server time p50", "ms", at_many.p50, target=target, note=note)
        yield Row("pages", f"{what}: server time p99", "ms", at_many.p99)
        yield Row("pages", f"{what}: p50 against {less:,}", "x", flat, target=AtMost(FLAT))
        yield Row("pages", f"{what}: queries", "", at_many.queries, target=AtMost(QUERIES))


def _measure(directory: Path, count: int, names: Sequence[str] = ()) -> dict[str, Taken]:
    """In a process of its own, which is a people process without its sockets."""
    directory.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measures.page_times", str(directory), str(count), *names],
        env={
            **os.environ,
            "TOCSIN_DATA": str(directory),
            "TOCSIN_DATABASE_URL": "",
            "TOCSIN_SECRET_KEY": "of the benchmarks",
            "DJANGO_SETTINGS_MODULE": "tocsin.web.settings",
        },
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    return msgspec.json.decode(done.stdout, type=dict[str, Taken])
