"""How long the server takes for the pages that people look at first, with few rows and with a million. No peer."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.bench import Bench
from benchmarks.measures.page_times import Taken
from benchmarks.results import AtMost, Row

QUERIES, INCIDENT_PAGE, FLAT = 12, 30, 1.5  # at most so many, milliseconds, times
BOUNDED = {  # look at so many rows and no more, which few are not
    "incidents of a service and severity",
    "alerts with a label",
    "alerts, silenced",
    "search",
}


def pages(bench: Bench) -> Iterator[Row]:
    """Each page asked for again and again by one reader, on one core, database and templates included, without a network."""
    sizes = bench.sizes
    few, many = (_measure(bench.directory / f"pages-{count}", count) for count in (sizes.few, sizes.many))
    for name, at_many in many.items():
        at_few = few[name]
        what = f"{name}, {sizes.many:,} incidents and alerts"
        yield Row(
            "pages",
            f"{what}: server time p50",
            "ms",
            at_many.p50,
            target=AtMost(INCIDENT_PAGE) if name == "an incident" or name in BOUNDED else None,
            note=f"p99 {at_many.p99:.1f} ms; among {sizes.few:,} p50 {at_few.p50:.1f}, p99 {at_few.p99:.1f} ms",
        )
        yield Row(
            "pages", f"{what}, against {sizes.few:,}", "x", at_many.p50 / at_few.p50, target=AtMost(FLAT)
        )
        yield Row("pages", f"{what}: queries", "", at_many.queries, target=AtMost(QUERIES))


def _measure(directory: Path, count: int) -> dict[str, Taken]:
    """In a process of its own, which is a people process without its sockets."""
    directory.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measures.page_times", str(directory), str(count)],
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
