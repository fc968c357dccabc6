"""The demo's second half: a server that really runs, Alertmanager's own webhook, and a page that the reader acknowledges.

It starts a server on the data directory (or uses the one that runs there) and applies the demo's house where nothing is
configured.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from tocsin.cli.demo_story import CONFIGURATION, alertmanager
from tocsin.cli.door import Door, open_door
from tocsin.config.answers import ConfigFile
from tocsin.control.local_socket import SOCKET
from tocsin.control.requests import Act, ApplyConfiguration, ExportConfiguration, ListIncidents, ShowIncident
from tocsin.core.respond.incident import Acknowledge, Incident, Resolve

READY_WITHIN = 30.0  # seconds
PAGE_WITHIN = 20.0


def run_live(out: Console, data: Path, port: int, yes: bool) -> None:
    """On the server of this data directory, started here unless one runs already."""
    with _server(out, data, port) as (door, url):
        _furnish(out, door)
        started = datetime.now(UTC)
        known = {incident.id for incident in door.ask(ListIncidents())}
        out.print("[cyan]Alertmanager reports APIHighLatency firing ...[/]")
        _post(f"{url}/in/alertmanager/demo-alertmanager-key", alertmanager("firing", started))
        incident = _await_incident(door, known)
        out.print(
            f"\nIncident [bold]#{incident.id}[/] is open, and {_who(incident)} was paged (the frame above)."
        )
        out.print(f"It can be read at {url}/incidents/{incident.id}\n")
        _wait_for(out, "Press Enter to acknowledge it", yes)
        _say(out, door.ask(Act((incident.id,), Acknowledge("you", "demo"))))
        _wait_for(out, "Press Enter to let the latency fall and resolve it", yes)
        _post(
            f"{url}/in/alertmanager/demo-alertmanager-key",
            alertmanager("resolved", started, datetime.now(UTC)),
        )
        _say(out, door.ask(Act((incident.id,), Resolve("you", "demo", "the demo is over"))))
        _timeline(out, door, incident.id)
        out.print(f"\nThat was it. To see it again on the page: {url}/incidents/{incident.id}")
        out.print("Your own: the README's five minutes, then `tocsin apply --prune your.yaml`.")
        if not yes and sys.stdin.isatty():
            _wait_for(out, "The server runs until you press Enter", yes=False)


@contextlib.contextmanager
def _server(out: Console, data: Path, port: int) -> Iterator[tuple[Door, str]]:
    """A door to the data directory's server, and its URL."""
    url = f"http://127.0.0.1:{port}"
    control = data / SOCKET
    if _answers(control):
        out.print(f"A server already runs on {data}; the demo uses it.")
        yield open_door(None, None, data, None, actor="demo"), url
        return
    if not _free(port):
        raise typer.BadParameter(f"port {port} is taken; name another", param_hint="--port")
    out.print(f"Starting a server on {url}, with its data in {data} ...")
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin.cli.main", "serve", "--data", str(data), "--port", str(port)],
        env={**os.environ, "TOCSIN_LOG_LEVEL": "WARNING"},
    )
    try:
        _await_ready(url, process)
        yield open_door(None, None, data, None, actor="demo"), url
    finally:
        process.terminate()
        process.wait(15)


def _answers(control: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(control))
        except OSError:
            return False
    return True


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _await_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            raise typer.Exit(1)
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise typer.Exit(1)


def _furnish(out: Console, door: Door) -> None:
    """The demo's house, where nothing is configured; what is there stays."""
    exported: ConfigFile = door.ask(ExportConfiguration())
    if (
        "people:" in exported.text
        and "demo-alertmanager-key" not in exported.text
        and "prometheus:" not in exported.text
    ):
        out.print("This server has a configuration of its own; name another data directory with --data.")
        raise typer.Exit(1)
    text = CONFIGURATION.read_text(encoding="utf-8")
    applied = door.ask(ApplyConfiguration((ConfigFile("demo.yaml", text),)))
    if not applied.applied:
        for problem in applied.problems:
            out.print(f"{problem.file}:{problem.line}: {escape(problem.message)}")
        raise typer.Exit(1)


def _post(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def _await_incident(door: Door, known: set[int]) -> Incident:
    until = time.monotonic() + PAGE_WITHIN
    while time.monotonic() < until:
        for incident in door.ask(ListIncidents()):
            if incident.id not in known and incident.paged:
                time.sleep(0.3)  # the page's frame is printed by the server; let it come first
                found: Incident = incident
                return found
        time.sleep(0.05)
    raise typer.BadParameter("no incident was opened; see the server's log")


def _who(incident: Incident) -> str:
    return " and ".join(incident.paged)


def _wait_for(out: Console, prompt: str, yes: bool) -> None:
    if yes:
        return
    with contextlib.suppress(EOFError):
        out.input(f"[bold]{prompt}[/] ")


def _say(out: Console, answered: object) -> None:
    assert isinstance(answered, list)
    for acted in answered:
        out.print(f"[green]{escape(acted.refused or acted.said)}[/]")


def _timeline(out: Console, door: Door, incident: int) -> None:
    view = door.ask(ShowIncident(incident))
    out.print(f"\n[bold]The timeline of #{incident}[/]")
    for line in view.timeline:
        out.print(Text(f"{line.at:%H:%M:%S}  ", style="dim").append(line.text, style="default"))
