"""Listening: uvicorn's servers inside this process's own loop, and the local socket that only its owner may open."""

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn

BACKLOG = 4096
LEFT_WITHIN = 3.0  # seconds in which the children of a killed server leave its port


class CannotStart(Exception):
    """Why the server does not start; a sentence for the operator."""


def make_server(app: object, http: Any = "httptools", **where: object) -> uvicorn.Server:
    """`http` is the protocol of a connection."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        **where,  # type: ignore[arg-type]
        loop="none",
        http=http,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=3,
        backlog=BACKLOG,
        proxy_headers=False,
    )
    return uvicorn.Server(config)


def open_port(host: str, port: int) -> socket.socket:
    """Listening. Raises CannotStart."""
    patience = time.monotonic() + LEFT_WITHIN
    while True:
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            return socket.create_server(address[:2], family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > patience:
                raise CannotStart(f"the port {port} on {host} could not be opened: {error}") from None
            time.sleep(0.05)


def bind_privately(path: Path) -> None:
    """Leave a socket's name there that only its owner may open: the server keeps the mode of what it replaces, and would
    else let everybody in for a moment."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as placeholder:
        placeholder.bind(str(path))
    path.chmod(0o600)


async def serve(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
    """Without uvicorn's own signal handlers: this process stops in an order of its own."""
    await server._serve(sockets)


async def until(done: Callable[[], bool], tasks: Sequence["asyncio.Task[None]"]) -> None:
    while not done():
        for task in tasks:
            if task.done():
                task.result()
                raise CannotStart("the server could not open its port")
        await asyncio.sleep(0.01)
