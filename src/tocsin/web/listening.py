"""Listening: uvicorn's servers inside this process's own loop, and the local socket that only its owner may open."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn


class CannotStart(Exception):
    """Why the server does not start; a sentence for the operator."""


def make_server(app: object, **where: object) -> uvicorn.Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        **where,  # type: ignore[arg-type]
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=3,
        backlog=4096,
        proxy_headers=False,
    )
    return uvicorn.Server(config)


def bind_privately(path: Path) -> None:
    """Leave a socket's name there that only its owner may open: the server keeps the mode of what it replaces, and would
    else let everybody in for a moment."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as placeholder:
        placeholder.bind(str(path))
    path.chmod(0o600)


async def serve(server: uvicorn.Server) -> None:
    """Without uvicorn's own signal handlers: this process stops in an order of its own."""
    await server._serve()


def port_of(server: uvicorn.Server) -> int:
    return int(server.servers[0].sockets[0].getsockname()[1])


async def until(done: Callable[[], bool], tasks: Sequence["asyncio.Task[None]"]) -> None:
    while not done():
        for task in tasks:
            if task.done():
                task.result()
                raise CannotStart("the server could not open its port")
        await asyncio.sleep(0.01)
