"""What was measured, beside the peer's and the target, as one table or JSON."""

import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]
from rich import box
from rich.table import Table


class AtLeast(msgspec.Struct, frozen=True, tag=True):
    """Of the ratio to the peer where there is one, else of what was measured."""

    bound: float

    def met(self, value: float) -> bool:
        return value >= self.bound


class AtMost(msgspec.Struct, frozen=True, tag=True):
    bound: float

    def met(self, value: float) -> bool:
        return value <= self.bound


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measurement. `peer` is Alertmanager's unless the note says otherwise; `of_peer` says whether the target is about
    the ratio to it."""

    benchmark: str
    what: str
    unit: str
    measured: float
    peer: float | None = None
    target: AtLeast | AtMost | None = None
    of_peer: bool = True
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.measured / self.peer if self.peer else None

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        value = self.ratio if self.of_peer and self.ratio is not None else self.measured
        return self.target.met(value)


class NotMeasured(msgspec.Struct, frozen=True):
    benchmark: str
    why: str


class Report(msgspec.Struct, frozen=True):
    measured_at: datetime
    machine: str
    versions: dict[str, str]
    quick: bool
    rows: list[Row]
    not_measured: list[NotMeasured]


def report(quick: bool, rows: Sequence[Row], not_measured: Sequence[NotMeasured]) -> Report:
    return Report(
        datetime.now(UTC).replace(microsecond=0),
        _machine(),
        _versions(),
        quick,
        list(rows),
        list(not_measured),
    )


def as_table(said: Report) -> Table:
    size = ", quick form: small sizes, not for conclusions" if said.quick else ""
    versions = ", ".join(f"{name} {number}" for name, number in said.versions.items())
    table = Table(
        title=f"{said.measured_at:%Y-%m-%d %H:%M} UTC{size}\n{said.machine}\n{versions}",
        box=box.SIMPLE,
        title_justify="left",
    )
    for heading in ("benchmark", "what"):
        table.add_column(heading, overflow="fold")
    for heading in ("Tocsin", "Alertmanager", "ratio", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    table.add_column("note", overflow="fold")
    for row in said.rows:
        table.add_row(*_cells(row))
    for missing in said.not_measured:
        table.add_row(missing.benchmark, "not measured", "", "", "", "", "", missing.why)
    return table


def as_markdown(said: Report) -> str:
    """For docs/performance.md."""
    lines = [
        f"Measured on {said.measured_at:%Y-%m-%d}, {said.machine}; "
        + ", ".join(f"{name} {number}" for name, number in said.versions.items())
        + ".",
        "",
        "| benchmark | what | Tocsin | Alertmanager | ratio | target | | note |",
        "|---|---|--:|--:|--:|--:|---|---|",
    ]
    lines += [f"| {' | '.join(_cells(row))} |" for row in said.rows]
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.benchmark,
        row.what,
        f"{_number(row.measured)} {row.unit}".strip(),
        "" if row.peer is None else _number(row.peer),
        "" if row.ratio is None else f"{row.ratio:.2f}x",
        _wanted(row),
        {None: "", True: "met", False: "missed"}[row.met],
        row.note,
    )


def _wanted(row: Row) -> str:
    if row.target is None:
        return ""
    sign = ">=" if isinstance(row.target, AtLeast) else "<="
    unit = "x" if row.of_peer and row.peer else ""
    return f"{sign} {row.target.bound:,g}{unit}"


def _number(value: float) -> str:
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _machine() -> str:
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if "model name" in line
        ]
        model = names[0] if names else model
    return f"{psutil.cpu_count()} CPUs ({model}), {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}"


def _versions() -> dict[str, str]:
    said = subprocess.run(
        ["prometheus-alertmanager", "--version"], capture_output=True, text=True, check=False
    )
    words = (said.stdout or said.stderr).split()
    peer = words[words.index("version") + 1].rstrip(",") if "version" in words else "missing"
    return {"Tocsin": version("tocsin"), "Python": platform.python_version(), "Alertmanager": peer}
