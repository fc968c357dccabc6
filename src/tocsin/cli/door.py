"""The three ways to a Tocsin: over HTTP, over the local socket of a running server, or straight on the store.

Every command builds a request and asks one door; which one it is changes nothing but the sentence naming it.
A door never decides anything and never writes to the store beside a running server.
"""

import http.client
import json
import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from tocsin.control import answers
from tocsin.control.actor import Actor
from tocsin.control.http import PATH
from tocsin.control.local_socket import SOCKET, LocalConnection, reachable
from tocsin.control.requests import Refused, Request

TIMEOUT = 30.0  # seconds; an `apply` of a large house is the slowest request


class Unreachable(Exception):
    """No server answered, or what answered is not Tocsin. The message says what was tried and what to do."""


class Door(Protocol):
    where: str  # as prose: "the server at https://tocsin.example"

    def ask(self, request: Request) -> Any:
        """The answer, of the type in `control.answers.ANSWERS`. Raises Refused or Unreachable."""
        ...


class HttpDoor:
    """One POST for each request. `connect` makes a connection that has not yet been opened."""

    def __init__(
        self,
        where: str,
        path: str,
        headers: dict[str, str],
        connect: Callable[[], http.client.HTTPConnection],
    ) -> None:
        self.where = where
        self._path, self._headers, self._connect = path, headers, connect

    def ask(self, request: Request) -> Any:
        connection = self._connect()
        try:
            connection.request("POST", self._path, msgspec.json.encode(request), self._headers)
            response = connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, http.client.HTTPException) as failed:
            raise Unreachable(f"Cannot reach {self.where}: {_cause(failed)}") from failed
        finally:
            connection.close()
        return self._understood(request, status, body)

    def _understood(self, request: Request, status: int, body: bytes) -> Any:
        if 200 <= status < 300:
            try:
                return answers.decode_answer(request, body)
            except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
                raise Unreachable(
                    f"{self.where} answered something this version does not understand ({wrong}). "
                    "Are command line and server of the same version?"
                ) from None
        refused = answers.decode_refusal(body)
        if refused is not None:
            raise refused
        if 300 <= status < 400:
            raise Unreachable(
                f"{self.where} redirects elsewhere ({status}). Give the address it redirects to."
            )
        if status in (401, 403):
            raise Unreachable(f"{self.where} does not accept the token ({status}). Set TOCSIN_TOKEN.")
        if status == 404:
            raise Unreachable(f"{self.where} knows no {self._path} ({status}). Is it a Tocsin server?")
        raise Unreachable(f"{self.where} failed ({status}).")


class StraightDoor:
    """No server runs: this process opens the store itself, for one request at a time."""

    def __init__(self, data: Path, database_url: str | None, actor: str) -> None:
        self.where = "the database" if database_url else f"the data in {data}"
        self._data, self._database_url, self._actor = data, database_url, Actor(actor, "cli")

    def ask(self, request: Request) -> Any:
        from tocsin.config import sealing
        from tocsin.control import direct  # opens databases: only when it is needed
        from tocsin.web.secret import MissingSecret, encryption_keys

        try:
            sealing.use(encryption_keys(os.environ, self._data))
        except (MissingSecret, OSError) as error:
            raise Unreachable(str(error)) from None
        try:
            return direct.ask(self._data, self._database_url, request, self._actor)
        except Refused as refused:
            if refused.code == "unreachable":
                raise Unreachable(refused.message) from None
            raise


def open_door(
    url: str | None,
    token: str | None,
    data: Path,
    database_url: str | None,
    *,
    actor: str,
    create: bool = False,
) -> Door:
    """The door to use: the URL when one is given, else a running server's socket, else the store itself.

    `create` allows a data directory that does not exist yet. Raises Unreachable when nothing can be opened.
    """
    if url:
        return _over_http(url, token)
    path = data / SOCKET
    if path.is_socket() and _somebody_listens(path):
        return HttpDoor(
            f"the server on {data}",
            PATH,
            _headers(None, actor),
            lambda: LocalConnection(path, TIMEOUT),
        )
    if database_url or data.is_dir() or create:
        return StraightDoor(data, database_url, actor)
    raise Unreachable(
        f"No server is named (TOCSIN_URL, --url) and there is no data directory {str(data)!r}. "
        f"Start one with: tocsin serve --data {data}"
    )


def _over_http(url: str, token: str | None) -> Door:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        name = ""
    if not name or parts.scheme not in ("http", "https"):
        raise Unreachable(f"{url!r} is no address of a server; expected for example https://tocsin.example")

    def connect() -> http.client.HTTPConnection:
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                name, port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(name, port, timeout=TIMEOUT)

    shown = f"{parts.scheme}://{name}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    return HttpDoor(f"the server at {shown}", parts.path.rstrip("/") + PATH, _headers(token, None), connect)


def _headers(token: str | None, actor: str | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if actor:  # believed on the local socket only: whoever may open it may also write to the files beside it
        headers["X-Tocsin-Actor"] = actor
    return headers


def _somebody_listens(path: Path) -> bool:
    """False for a socket that a killed server left behind. Raises Unreachable when it may not be opened."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(TIMEOUT)
        try:
            probe.connect(reachable(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError as failed:
            raise Unreachable(f"Cannot open {path}: {_cause(failed)}") from failed
    return True


def _cause(failed: BaseException) -> str:
    match failed:
        case ConnectionRefusedError():
            return "nobody listens there."
        case TimeoutError():
            return "no answer in time."
        case socket.gaierror():
            return "the host's name is unknown."
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({failed.verify_message})."
        case PermissionError():
            return "this user may not."
        case _:
            return f"{failed or type(failed).__name__}."


def as_json(value: Any) -> str:
    """An answer as indented JSON, for --json."""
    return json.dumps(msgspec.to_builtins(value, str_keys=True), indent=2, ensure_ascii=False)
