"""Every filter finds the same on both databases, each with its own text search and its own idea of bytes."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.postgres import Postgres
from tests.web.finding import ADDRESSES

ROOT = Path(__file__).parents[2]


def finds(data: Path, url: str) -> dict[str, list[int | str]]:
    data.mkdir()
    said = {"TOCSIN_DATA": str(data), "TOCSIN_DATABASE_URL": url, "TOCSIN_SECRET_KEY": "of the tests"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.web.finding", str(data)],
        cwd=ROOT,
        env={**os.environ, **said, "DJANGO_SETTINGS_MODULE": "tocsin.web.settings"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return msgspec.json.decode(done.stdout, type=dict[str, list[int | str]])


@pytest.mark.timeout(180)
def test_every_filter_finds_the_same_on_both_databases(postgres: Postgres, tmp_path: Path) -> None:
    ours, theirs = finds(tmp_path / "sqlite", ""), finds(tmp_path / "postgres", postgres.new_database())
    assert ours.keys() == set(ADDRESSES)
    for address in ADDRESSES:
        assert ours[address] == theirs[address], address
        assert ours[address][0] == 200, address
    assert all(len(ours[address]) > 1 for address in ADDRESSES if address != "/maintenance"), ours
