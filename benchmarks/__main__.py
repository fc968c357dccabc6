"""`python -m benchmarks`: run the suite, print one table. `--only` and `--quick` make it shorter."""

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from benchmarks.bench import QUICK, Bench, Benchmark, Sizes
from benchmarks.measures import accepting, answering, oncall, pages, paging, processing, timers, weighing
from benchmarks.processes import free_port
from benchmarks.results import NotMeasured, Row, as_markdown, as_table, report
from benchmarks.servers import Contenders
from benchmarks.sink import sink

BENCHMARKS: dict[str, Benchmark] = {
    "accept": accepting.new_alerts,
    "resends": accepting.resends,
    "postgres": accepting.new_alerts_on_postgres,
    "processing": processing.to_the_grouped_state,
    "growth": processing.growth,
    "latency": answering.answer_latency,
    "page-latency": paging.page_latency,
    "storm": paging.storm,
    "incidents": paging.incidents,
    "memory": weighing.memory,
    "agenda": timers.agenda,
    "on-call": oncall.on_call,
    "pages": pages.pages,
}
NEEDED = ("prometheus-alertmanager", "wrk")


def main() -> int:
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 200)
    if asked.profile:
        asked.profile.mkdir(parents=True, exist_ok=True)
    needed = (*NEEDED, "py-spy") if asked.profile else NEEDED
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        console.print(
            f"{' and '.join(missing)} must be installed; scripts/system-packages does it on Debian."
        )
        return 1
    rows: list[Row] = []
    not_measured: list[NotMeasured] = []
    with tempfile.TemporaryDirectory(
        prefix="tocsin-bench-", dir=asked.directory, ignore_cleanup_errors=True
    ) as made:
        directory = Path(made)
        directory.chmod(0o755)  # PostgreSQL's own user looks in
        port = free_port()
        with sink(port, directory) as sunk:
            bench = Bench(
                directory, Contenders(directory, port, asked.profile), sunk, QUICK if asked.quick else Sizes()
            )
            for name in asked.only or BENCHMARKS:
                began_at = time.monotonic()
                try:
                    for row in BENCHMARKS[name](bench):
                        rows.append(row)
                        console.print(_line(row), highlight=False)
                except pytest.skip.Exception as why:
                    not_measured.append(NotMeasured(name, str(why)))
                except Exception as why:  # noqa: BLE001  the edge of the loop: one that fails must not cost the others
                    not_measured.append(NotMeasured(name, f"{type(why).__name__}: {why}"))
                    traceback.print_exc()
                console.print(f"[dim]{name} took {time.monotonic() - began_at:.0f} s[/dim]", highlight=False)
    said = report(asked.quick, rows, not_measured)
    console.print()
    console.print(as_table(said))
    if asked.json:
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n")
    if asked.markdown:
        asked.markdown.write_text(as_markdown(said) + "\n")
    return 0


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None else f", {row.ratio:.2f}x"
    return f"{row.benchmark}: {row.what}: {row.measured:,.4g} {row.unit}{ratio}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Tocsin beside a real Alertmanager."
    )
    parser.add_argument(
        "--only", action="append", choices=list(BENCHMARKS), metavar="NAME", help=", ".join(BENCHMARKS)
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, one round: does it run, roughly how fast"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="DIRECTORY",
        help="keep py-spy's stacks of every Tocsin started (slows it)",
    )
    parser.add_argument(
        "--directory", type=Path, help="where the servers keep their data: a real disk, not a tmpfs"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
