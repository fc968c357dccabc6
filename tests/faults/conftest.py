"""These tests take minutes and hurt real processes: they run only when asked for, and print what they measured."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.report import Report

REPORT = Report()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make test` leaves them out; `-m faults`, or their folder or file by name, runs them."""
    asked = "faults" in (config.getoption("markexpr") or "") or any("faults" in arg for arg in config.args)
    if asked:
        return
    left_out = [item for item in items if item.get_closest_marker("faults")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("faults")]


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REPORT.lines:
        terminalreporter.section("faults")
        for line in REPORT.lines:
            terminalreporter.write_line(line)
        terminalreporter.write_line(
            f"all together: {REPORT.kills} kills, {REPORT.duplicates} real duplicates, {REPORT.breaches} guarantees broken"
        )


@pytest.fixture(scope="session")
def report() -> Report:
    return REPORT


@pytest.fixture(scope="session")
def seed() -> str:
    """TOCSIN_FAULT_SEED, or another one each time."""
    return os.environ.get("TOCSIN_FAULT_SEED") or str(int(time.time()))


@pytest.fixture(scope="session")
def kills() -> int:
    """TOCSIN_FAULT_KILLS: how many for each combination."""
    return int(os.environ.get("TOCSIN_FAULT_KILLS", "55"))


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
