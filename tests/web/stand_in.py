"""The machine process's control socket, for tests: the real door, performed by a scenarios' house in a thread."""

import asyncio
import socketserver
import threading
from collections.abc import MutableMapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self

from tests.scenarios.house import House
from tocsin.control.actor import Actor
from tocsin.control.http import Door
from tocsin.control.local_socket import SOCKET
from tocsin.control.requests import Request


class MachineStandIn:
    def __init__(self, data: Path, house: House) -> None:
        async def perform(request: Request, actor: Actor) -> object:
            return house.ask(request, actor.name, actor.via, actor.address)

        door = Door(perform)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                asyncio.run(self._through_the_door(body))

            async def _through_the_door(self, body: bytes) -> None:
                headers = [(k.lower().encode(), v.encode("latin-1")) for k, v in self.headers.items()]

                async def receive() -> MutableMapping[str, Any]:
                    return {"type": "http.request", "body": body}

                async def send(message: MutableMapping[str, Any]) -> None:
                    if message["type"] == "http.response.start":
                        self.send_response(message["status"])
                        for key, value in message["headers"]:
                            self.send_header(key.decode(), value.decode())
                        self.end_headers()
                    else:
                        self.wfile.write(message["body"])

                await door({"method": "POST", "path": self.path, "headers": headers}, receive, send)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = socketserver.UnixStreamServer(str(data / SOCKET), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
