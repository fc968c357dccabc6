"""The README's five minutes: its files are taken as they stand."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.programs import installed
from tocsin.config.document import files_at
from tocsin.config.validate import validate_files

README = Path(__file__).parents[2] / "README.md"
HOUSE, ALERTMANAGER = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_house_of_the_readme_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROM_KEY", "a-key-that-nobody-guesses")
    path = tmp_path / "tocsin.yaml"
    path.write_text(HOUSE)
    _, problems = validate_files(files_at(path))
    assert [problem for problem in problems if problem.level == "error"] == []


def test_alertmanager_takes_the_readmes_receiver(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(ALERTMANAGER)
    done = subprocess.run(
        [installed("amtool", "prometheus-alertmanager"), "check-config", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_commands_of_the_readme_are_makes_verbs() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (README.parent / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)", README.read_text(), re.MULTILINE)) <= verbs
