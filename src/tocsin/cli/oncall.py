"""`tocsin who`: who is on call now, next, and at any instant."""

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import REFUSED, Desk, command
from tocsin.cli.times import local, span
from tocsin.control import requests as r

FAR = 9000  # a year; shifts "without end" are given as one of the last instants there are


def register(app: typer.Typer) -> None:
    command(
        app,
        "who",
        "tocsin who",
        "tocsin who --at 'tomorrow 09:00' --schedule platform-primary",
        panel="On call",
    )(who)


def who(
    desk: Desk,
    at: Annotated[
        str | None, typer.Option("--at", help="Then, not now: 2h, 'Mon 09:00', 2026-06-14T09:00Z.")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option("--schedule", help="Only this one; exit 1 if it has nobody.")
    ] = None,
) -> None:
    """Who is on call, until when, and who comes next."""
    when = desk.instant(at, "--at")
    views: list[r.WhoView] = desk.ask(r.Who(schedule=schedule, at=when))
    desk.answer(views, lambda found: _show(desk, found, when))
    if schedule is not None and not any(view.people for view in views):
        raise typer.Exit(REFUSED)


def _show(desk: Desk, views: list[r.WhoView], at: datetime | None) -> None:
    if not views:
        desk.say(looks.nothing("There is no schedule yet.", "Describe one in a file and: tocsin apply FILE"))
        return
    head = "on call" if at is None else f"on call at {local(at, desk.now, desk.zone)}"
    table = looks.table("schedule!", head, "until!", "next", "by")
    for view in views:
        named = ", ".join(
            f"[bold]{escape(key)}[/] [dim]{escape(name)}[/]" if name != key else f"[bold]{escape(key)}[/]"
            for key, name in zip(view.people, view.names, strict=False)
        )
        table.add_row(
            escape(view.schedule) + (f"\n[dim]{escape(view.team)}[/]" if view.team else ""),
            (named or "[bold red]nobody[/]") + _shadowed(view),
            _until(desk, view.until, at or desk.now),
            f"{looks.people(view.next_people)} [dim]{_until(desk, view.next_at, None)}[/]"
            if view.next_people
            else "[dim]-[/]",
            f"[dim]{escape(view.by)}[/]",
        )
    desk.say(table)
    if any(not view.people for view in views):
        desk.say("", "[dim]Fill a gap with: tocsin override add SCHEDULE PERSON --until 'tomorrow 09:00'[/]")


def _shadowed(view: r.WhoView) -> str:
    return f"\n[dim]shadowed by {looks.people(view.shadows)}[/]" if view.shadows else ""


def _until(desk: Desk, instant: datetime | None, since: datetime | None) -> str:
    if instant is None or instant.year >= FAR:
        return "[dim]-[/]"
    left = f" [dim]{span(instant - since)}[/]" if since is not None else ""
    return local(instant, desk.now, desk.zone) + left
