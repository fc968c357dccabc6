"""`tocsin leave`: who is away, and when."""

from datetime import date, timedelta
from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.cli.times import local, span, there
from tocsin.control import requests as r

leave = typer.Typer(
    help="Leave: who is away, and when. It warns of shifts that fall into it.", no_args_is_help=True
)

ADD = "tocsin leave add alice 2026-07-01 2026-07-14 --comment Summer"


@command(leave, "add", ADD, "tocsin leave add alice --from 13:00 --until 18:00")
def add(
    desk: Desk,
    person: Annotated[str, typer.Argument(help="Whose leave.")],
    first: Annotated[
        str | None, typer.Argument(metavar="[FIRST DAY]", help="2026-07-01, today, tomorrow.")
    ] = None,
    last: Annotated[
        str | None, typer.Argument(metavar="[LAST DAY]", help="The same day unless given.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="An exact start instead of a day: 13:00, ISO.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", "--for", help="And its end: 2h, 18:00, ISO.")
    ] = None,
    comment: Annotated[str, typer.Option("--comment", help="Everybody can read it.")] = "",
) -> None:
    """Tell of leave: whole days of the person's own time zone, or an exact span."""
    request = r.AddLeave(
        person=person,
        from_day=_day(desk, first, "FIRST DAY"),
        to_day=_day(desk, last, "LAST DAY"),
        starts_at=desk.instant(start, "--from"),
        ends_at=desk.end(until) if until else None,
        comment=comment,
    )
    desk.answer(
        desk.ask(request),
        lambda made: desk.say(
            f"{looks.state(made.state)} {escape(made.person)} is away {_span(desk, made)}",
            f"[dim]Take it back with: tocsin leave end {escape(made.id)}[/]",
        ),
    )


def _day(desk: Desk, text: str | None, name: str) -> date | None:
    if text is None:
        return None
    today = there(desk.now, desk.zone).date()
    named = {"today": today, "tomorrow": today + timedelta(days=1)}
    try:
        return named.get(text.lower()) or date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no day; expected for example 2026-07-01", param_hint=name
        ) from None


@command(leave, "list", "tocsin leave list", "tocsin leave list --team platform --ended")
def list_(
    desk: Desk,
    person: Annotated[str | None, typer.Option("--person", help="Only theirs.")] = None,
    team: Annotated[str | None, typer.Option("--team", help="Only that of a team's members.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="That which is over, too.")] = False,
) -> None:
    """Leave now and to come, told by hand or by a calendar."""
    found: list[r.LeaveView] = desk.ask(r.ListLeaves(person=person, team=team, ended=ended))
    desk.answer(found, lambda views: _show(desk, views))


@command(leave, "end", "tocsin leave end 3f2a")
def end(
    desk: Desk,
    id: Annotated[str, typer.Argument(metavar="ID", help="From the list; its beginning is enough.")],
) -> None:
    """They are back now; leave that lies ahead does not begin."""
    known: list[r.LeaveView] = desk.ask(r.ListLeaves(ended=True))
    full = [view.id for view in known if view.id.startswith(id)]
    if len(full) > 1 and id not in full:
        raise r.Refused("invalid", f"{id!r} begins several ids; give more of it", "id")
    ended: r.LeaveView = desk.ask(r.EndLeave(id=id if id in full or not full else full[0]))
    desk.answer(ended, lambda view: desk.say(f"{looks.state(view.state)} {escape(view.person)} is back"))


def _show(desk: Desk, views: list[r.LeaveView]) -> None:
    if not views:
        desk.say(looks.nothing("Nobody is away, or will be.", f"Tell of leave with: {ADD}"))
        return
    table = looks.table("id!", "state!", "who", "when!", "told by", "comment")
    for view in views:
        table.add_row(
            escape(view.id if view.source else view.id[:8]),
            looks.state(view.state),
            escape(view.person),
            _span(desk, view),
            escape(f"calendar {view.source}" if view.source else view.created_by or "-"),
            escape(view.comment),
        )
    desk.say(table)


def _span(desk: Desk, view: r.LeaveView) -> str:
    shown = [local(instant, desk.now, desk.zone) for instant in (view.starts_at, view.ends_at)]
    return f"{shown[0]} to {shown[1]} [dim]({span(view.ends_at - view.starts_at)})[/]"
