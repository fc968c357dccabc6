"""The program as a whole: it starts quickly, says its version, and leaves pipes alone."""

import subprocess
import sys
from importlib.metadata import version

from tests.cli.conftest import FakeTocsin, Run

HEAVY = ("django", "aiohttp", "psycopg", "uvicorn", "tocsin.engine", "tocsin.apps", "ruamel")


def test_it_says_its_version(run: Run) -> None:
    assert run("--version").stdout == f"tocsin {version('tocsin')}\n"


def test_nothing_heavy_is_imported_before_a_command_needs_it() -> None:
    code = f"import sys, tocsin.cli.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n"


def test_no_command_shows_the_help(run: Run) -> None:
    assert "incidents" in run().output


def test_a_pipe_gets_whole_lines_without_colour(tocsin: FakeTocsin) -> None:
    tocsin.answers = [[]]
    done = subprocess.run(
        [sys.executable, "-m", "tocsin.cli.main", "alerts"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "No alert fires."
    assert "\x1b" not in done.stdout
