"""Real programs beside a test: started on a free port of their own, awaited, stopped, their words kept in a file.

What waits here waits for a real process to come so far, by asking again, never for time to pass.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Self, TypeVar

import pytest

T = TypeVar("T")
ASKED_EVERY = 0.03  # seconds
STARTS_WITHIN = 30.0
LAST_WORDS = 4000  # characters of a log that a failing test shows


def installed(program: str, package: str) -> str:
    """Where the program is. Skips the test when it is not there, unless CI demands it."""
    found = shutil.which(program)
    if found is None:
        lacking(f"{program} is not installed (Debian: apt-get install {package})")
    return found


def lacking(why: str) -> NoReturn:
    """Something real that the test wants is not there: skips it, or fails where CI demands it."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(holds: Callable[[], T | None], what: str, within: float = 40.0) -> T:
    """The first answer that is true. After `within` seconds the test fails and says what never came, and what was there."""
    until = time.monotonic() + within
    while not (answer := holds()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {within:g} s: {what}; the last answer was {answer!r}")
        time.sleep(ASKED_EVERY)
    return answer


def answers(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
    """Status and text; status 0 while nobody listens."""
    request = urllib.request.Request(url, body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


class Program:
    """One process, from `start` to `stop`; both its outputs are in `log`."""

    def __init__(
        self, name: str, command: Sequence[object], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.log = name, log
        self._command = [str(word) for word in command]
        self._environment = {**clean_environment(), **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._begins = 0

    def start(self) -> Self:
        self._begins = len(self.said)  # another one may have written there before
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.log.parent,
            )
        return self

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, f"{self.name} was not started"
        return self._process

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")[self._begins :] if self.log.exists() else ""

    def await_that(self, holds: Callable[[], T | None], what: str, within: float = STARTS_WITHIN) -> T:
        """`eventually`, that fails at once when the program ends meanwhile."""

        def alive() -> T | None:
            if (answer := holds()) or self.process.poll() is None:
                return answer
            raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.said}")

        return eventually(alive, f"{self.name} {what}", within)

    def stop(self, number: int = signal.SIGTERM, within: float = 10.0) -> int:
        """Tell it to stop and wait; its exit code. Harmless when it has ended."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"{self.name} did not stop within {within:g} s:\n{self.said}") from None

    def kill(self) -> None:
        """`kill -9`, and gone."""
        self.process.kill()
        self.process.wait()

    def show(self) -> None:
        """Print its last words: pytest shows them when the test failed."""
        print(f"--- {self.name}\n{self.said[-LAST_WORDS:]}")


def clean_environment() -> dict[str, str]:
    """This process's, without what would tell a Tocsin where it is."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
