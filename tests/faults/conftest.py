"""These tests take minutes and hurt real processes: they run only with `-m faults`, and print what they measured."""

import os
import time

import pytest

from tests.faults.report import Report

REPORT = Report()


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
