"""`tocsin alerts`: what senders reported, and why each alert paged or did not."""

from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.cli.times import local, span
from tocsin.control import requests as r


def register(app: typer.Typer) -> None:
    command(
        app, "alerts", "tocsin alerts", "tocsin alerts --reason silenced --status resolved", panel="Respond"
    )(alerts)


def alerts(
    desk: Desk,
    statuses: Annotated[
        list[str] | None, typer.Option("--status", help="firing, resolved or source_silent; may be repeated.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only these, e.g. silenced, inhibited.")
    ] = None,
    before: Annotated[int | None, typer.Option("--before", help="Only alerts with a lower number.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 100,
) -> None:
    """The alerts that fire, newest first, each with why it paged or did not."""
    request = r.ListAlerts(statuses=tuple(statuses or ()), reason=reason, limit=limit, before=before)
    desk.answer(
        desk.ask(request), lambda found: _show(desk, found, narrowed=bool(statuses or reason or before))
    )


def _show(desk: Desk, found: list[r.AlertView], *, narrowed: bool) -> None:
    if not found:
        desk.say(
            looks.nothing("No alert matches.", "Loosen the options; resolved ones need --status resolved.")
            if narrowed
            else looks.nothing("No alert fires.", "Send one: tocsin send alertname=Hello severity=critical")
        )
        return
    table = looks.table("#!", "status!", "since!", "alert", "why", "incident!")
    for alert in found:
        table.add_row(
            str(alert.id),
            looks.state(alert.status),
            f"{local(alert.starts_at, desk.now, desk.zone)} [dim]{span(desk.now - alert.starts_at)}[/]",
            f"[bold]{escape(alert.labels.get('alertname', ''))}[/] "
            + looks.labels(alert.labels, without=["alertname"])
            + f" [dim]from {escape(alert.integration)}[/]",
            escape(alert.why),
            f"#{alert.incident}" if alert.incident is not None else "[dim]-[/]",
        )
    desk.say(table)
