"""`tocsin status`: how this Tocsin itself is doing."""

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.control import requests as r


def register(app: typer.Typer) -> None:
    command(app, "status", "tocsin status", "tocsin status --url https://tocsin.example --json", panel="Run")(
        status
    )


def status(desk: Desk) -> None:
    """Version, database, backlog, open incidents and pending timers."""
    desk.answer(desk.ask(r.Status()), lambda view: _show(desk, view))


def _show(desk: Desk, view: r.StatusView) -> None:
    table = looks.table("", "")
    table.show_header = False
    timers = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in sorted(view.agenda.items()))
    for name, value in (
        ("version", view.version),
        ("node", view.node),
        ("database", view.database),
        ("configuration", f"revision {view.revision}" if view.revision else "none yet: tocsin apply FILE"),
        ("detection", f"on {view.owner}" if view.owner else "nobody processes alerts right now"),
        ("inbox", f"{view.inbox_backlog} waiting" if view.inbox_backlog else "all processed"),
        ("open incidents", str(view.open_incidents)),
        ("timers", timers or "none pending"),
    ):
        table.add_row(f"[dim]{name}[/]", escape(value))
    desk.say(table)
