"""The people process's way to the machine process: one request over the socket in the data directory.

The socket believes who the caller says is acting, because only who may read the data directory can open it.
"""

import http.client
from pathlib import Path
from typing import Any

import msgspec

from tocsin.control.actor import Actor
from tocsin.control.answers import decode_answer, decode_refusal
from tocsin.control.http import PATH
from tocsin.control.local_socket import SOCKET, LocalConnection
from tocsin.control.requests import Request

PATIENCE = 10.0  # seconds; a person waits in front of the page


class NotAnswering(Exception):
    """Nothing was heard from the machine process: whether the request was carried out is not known."""


def ask(data: Path, request: Request, actor: Actor) -> Any:
    """The answer, of the type in `control.answers.ANSWERS`. Raises Refused, NotAnswering."""
    connection = LocalConnection(data / SOCKET, PATIENCE)
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
