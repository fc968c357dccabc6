"""The keys of secrets at rest, and what a start says when they are no good."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.programs import clean_environment
from tocsin.web.secret import MissingSecret, encryption_keys, secret_key

GOOD, OTHER = "a" * 32, "b" * 40


def test_without_any_the_secret_key_alone_serves(tmp_path: Path) -> None:
    assert encryption_keys({}, tmp_path) == (secret_key({}, tmp_path),)


def test_the_first_is_given_first_and_the_secret_key_last(tmp_path: Path) -> None:
    told = {"TOCSIN_ENCRYPTION_KEY": f"{GOOD}, {OTHER}", "TOCSIN_SECRET_KEY": "s"}
    assert encryption_keys(told, tmp_path) == (GOOD, OTHER, "s")


def test_a_file_holds_them_as_well(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{GOOD}\n{OTHER}\n")
    told = {"TOCSIN_ENCRYPTION_KEY_FILE": str(file), "TOCSIN_SECRET_KEY": "s"}
    assert encryption_keys(told, tmp_path)[:2] == (GOOD, OTHER)


@pytest.mark.parametrize("content", [None, "", "short", "\udcff"])
def test_a_file_without_a_good_key_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(MissingSecret, match="key"):
        encryption_keys({"TOCSIN_ENCRYPTION_KEY_FILE": str(file), "TOCSIN_SECRET_KEY": "s"}, tmp_path)


def test_a_start_with_a_bad_key_says_so_in_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tocsin.cli.main", "serve", "--data", str(tmp_path / "data"), "--port", "0"],
        env={**clean_environment(), "TOCSIN_ENCRYPTION_KEY": "short"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "TOCSIN_ENCRYPTION_KEY" in done.stderr and "Traceback" not in done.stderr
