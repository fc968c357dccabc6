"""A Tocsin that answers what it is told to, over a real socket, and remembers what it was asked."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from tocsin.control.requests import Request


@dataclass
class FakeTocsin:
    """`answers` are given in turn, the last one for ever; a (status, value) pair is an error."""

    answers: list[Any] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    def next_answer(self) -> tuple[int, bytes]:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, value = answer if isinstance(answer, tuple) else (200, answer)
        return status, value if isinstance(value, bytes) else msgspec.json.encode(value)


class _Handler(BaseHTTPRequestHandler):
    tocsin: FakeTocsin

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.tocsin.asked.append(msgspec.json.decode(body, type=Request))
        self.tocsin.headers.append(dict(self.headers))
        self.tocsin.paths.append(self.path)
        status, answer = self.tocsin.next_answer()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass

    def address_string(self) -> str:  # a Unix peer has no address
        return "local"


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def tocsin(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTocsin]:
    """One behind TOCSIN_URL; alice is at the keyboard, in Berlin."""
    fake = FakeTocsin()
    with _Tcp(("127.0.0.1", 0), type("Handler", (_Handler,), {"tocsin": fake})) as server:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("TOCSIN_URL", fake.url)
        yield from (fake for _ in _served(server))


@pytest.fixture
def local_tocsin(tmp_path: Path) -> Iterator[tuple[FakeTocsin, Path]]:
    """One behind the socket of a data directory."""
    fake = FakeTocsin()
    with _Unix(str(tmp_path / "control.sock"), type("Handler", (_Handler,), {"tocsin": fake})) as server:
        yield from ((fake, tmp_path) for _ in _served(server))


@pytest.fixture(autouse=True)
def at_the_keyboard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TOCSIN_URL", "TOCSIN_TOKEN", "TOCSIN_TOKEN_FILE", "TOCSIN_DATA", "TOCSIN_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOCSIN_PERSON", "alice")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Type a command; the result has stdout, stderr and exit_code."""
    from tocsin.cli.main import app

    def typed(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(words), input=stdin, catch_exceptions=False)

    return typed


def as_json(result: Result) -> Any:
    return json.loads(result.stdout)
