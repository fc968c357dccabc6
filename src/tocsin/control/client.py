"""The people process's way to the machine process: one request over the socket in the data directory.

The socket believes who the caller says is acting, because only who may read the data directory can open it.
"""

import http.client
import socket
from pathlib import Path
from typing import Any

import msgspec

from tocsin.control.actor import Actor
from tocsin.control.answers import decode_answer, decode_refusal
from tocsin.control.http import PATH
from tocsin.control.requests import Request

SOCKET = "control.sock"
PATIENCE = 10.0  # seconds; a person waits in front of the page
LONGEST_NAME = 100  # bytes of a socket's path that every system takes


class NotAnswering(Exception):
    """Nothing was heard from the machine process: whether the request was carried out is not known."""


def ask(data: Path, request: Request, actor: Actor) -> Any:
    """The answer, of the type in `control.answers.ANSWERS`. Raises Refused, NotAnswering."""
    connection = _Connection(data / SOCKET)
    headers: dict[str, str | bytes] = {
        "Content-Type": "application/json",
        "X-Tocsin-Actor": actor.name.encode(),
        "X-Tocsin-Via": actor.via,
        "X-Tocsin-Address": actor.address,
        **({"X-Tocsin-Operator": "yes"} if actor.operator else {}),
    }
    try:
        connection.request("POST", PATH, msgspec.json.encode(request), headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise NotAnswering(
            f"Tocsin's machine process does not answer ({error or type(error).__name__})"
        ) from error
    finally:
        connection.close()
    if response.status == 200:
        return decode_answer(request, body)
    refused = decode_refusal(body)
    if refused is not None:
        raise refused
    raise NotAnswering(f"Tocsin's machine process failed ({response.status})")


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(_short(self._path))


def _short(path: Path) -> str:
    """A socket's name may be about 107 bytes long; seen from here a deep one may still fit."""
    absolute = path.absolute()
    if len(str(absolute).encode()) <= LONGEST_NAME or not absolute.is_relative_to(Path.cwd()):
        return str(absolute)
    return str(absolute.relative_to(Path.cwd()))
