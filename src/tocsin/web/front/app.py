"""The front process's one ASGI application: alerts are accepted here, everything else goes to a neighbour.

What machines and pages depend on goes to the machine process, people's pages to the people process.
"""

from collections.abc import Callable

from tocsin.control import http, live_updates
from tocsin.control.http import Receive, Scope, SendMessage
from tocsin.ingest.asgi import IngestApp
from tocsin.web.pass_on import PassOn

MACHINES = frozenset((live_updates.PATH, http.PATH, "/-/healthy", "/-/ready", "/metrics"))


class FrontApp:
    """`before_metrics` is called before somebody is shown what was counted."""

    def __init__(
        self, ingest: IngestApp, machine: PassOn, people: PassOn, before_metrics: Callable[[], None]
    ) -> None:
        self._ingest = ingest
        self._machine = machine
        self._people = people
        self._before_metrics = before_metrics

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if self._ingest.handles(path):
            await self._ingest(scope, receive, send)
        elif path in MACHINES or path.startswith("/r/"):
            if path == "/metrics":
                self._before_metrics()
            await self._machine(scope, receive, send)
        else:
            await self._people(scope, receive, send)
