"""Processes of their own: a server that can be killed and started again, and the sink that its pages go to."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from tests.faults.house import SECRETS

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds for a start on a busy machine
WORTH_COUNTING = re.compile(
    "loop failed|detection failed|without a pending timer|set aside|wall clock stepped|killed itself"
)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment(data: Path, database: str | None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    told = {**inherited, **SECRETS, "TOCSIN_DATA": str(data)}
    if database:
        told["TOCSIN_DATABASE_URL"] = database
    return told


class Node:
    """One server: the same data directory and port through all its lives."""

    def __init__(self, name: str, data: Path, database: str | None = None, quick: bool = True) -> None:
        self.name = name
        self.data = data
        self.database = database
        self.port = free_port()
        self.clock = data.parent / f"{name}-clock"
        self.quick = quick
        self.lives = 0
        self.kills = 0
        self.said: Counter[str] = Counter()  # what the logs of all lives said that is worth counting
        self.lines: deque[str] = deque(maxlen=400)
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    # --- life and death ----------------------------------------------------------------------------------------------

    def start(self, *options: str, command: Sequence[str] = ()) -> None:
        """Spawn, without waiting for it to be ready."""
        assert not self.alive, f"{self.name} runs already"
        self.lives += 1
        given = ["--database", self.database] if self.database else []
        given += ["--quick"] if self.quick else []
        self._process = subprocess.Popen(
            command
            or [
                sys.executable,
                "-m",
                "tests.faults.server",
                "--data",
                str(self.data),
                "--port",
                str(self.port),
                *given,
                *options,
            ],
            cwd=ROOT,
            env=environment(self.data, self.database),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            self.lines.append(text)
            if found := WORTH_COUNTING.search(text):
                self.said[found.group()] += 1
        process.stderr.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> bool:
        """kill -9. False when it was dead already."""
        if not self.alive:
            return False
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.kills += 1
        return True

    def front(self) -> psutil.Process:
        """Its front process."""
        (front,) = (
            child for child in psutil.Process(self.pid).children() if "front" in " ".join(child.cmdline())
        )
        return front

    def kill_front(self) -> None:
        front = self.front()
        front.kill()
        front.wait(5)
        self.kills += 1

    def signal(self, number: signal.Signals) -> None:
        """To it and its front process: a host that stands still does so as a whole."""
        assert self._process is not None
        self.front().send_signal(number)
        self._process.send_signal(number)

    def stop(self) -> int:
        """Ask it to end, as a supervisor does; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def ended(self, within: float = PATIENCE) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None
        code = self._process.wait(within)
        if code == -signal.SIGKILL:
            self.kills += 1
        if self._reader is not None:
            self._reader.join(5)
        return code

    # --- asking it ---------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        wait: float = 10.0,
    ) -> tuple[int, bytes]:
        """Status and body. Raises OSError or HTTPException when it did not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=wait)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, path: str, document: Any) -> tuple[int, bytes]:
        return self.ask(
            "POST", path, json.dumps(document).encode(), {"Content-Type": "application/json"}, 12.0
        )

    @property
    def ready(self) -> bool:
        try:
            return self.ask("GET", "/-/ready", wait=2.0)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait_ready(self, within: float = PATIENCE) -> float:
        """Seconds until it was ready."""
        began = time.monotonic()
        while not self.ready:
            if not self.alive:
                raise AssertionError(f"{self.name} ended while starting:\n" + self.tail())
            if time.monotonic() - began > within:
                raise AssertionError(f"{self.name} was not ready within {within:g} s:\n" + self.tail())
            time.sleep(0.02)
        return time.monotonic() - began

    def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        status, text = self.ask("GET", "/metrics")
        assert status == 200, text
        return sum(
            float(line.rpartition(" ")[2])
            for line in text.decode().splitlines()
            if line.split("{", 1)[0].split(" ", 1)[0] == name
        )

    def tail(self, lines: int = 15) -> str:
        return "\n".join(line[:400] for line in list(self.lines)[-lines:])


class SinkProcess:
    """`tests.providers.sink` beside everything else, so that nothing that is killed takes what it heard along."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.providers.sink",
                "--port",
                str(self.port),
                "--log",
                str(self.log),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.tell({"mode": "restore"})
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """The provider is gone: connections are refused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def tell(self, mode: dict[str, Any]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", "/-/mode", json.dumps(mode))
            connection.getresponse().read()
        finally:
            connection.close()


class SinkLog:
    """Follows what the sink wrote down."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._rest = b""

    def fresh(self) -> list[dict[str, Any]]:
        """The requests logged since last asked."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._at)
            read = file.read()
        self._at += len(read)
        *lines, self._rest = (self._rest + read).split(b"\n")
        return [json.loads(line) for line in lines]
