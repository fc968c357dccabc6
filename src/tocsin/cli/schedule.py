"""The family `tocsin schedule`: what there is to know about schedules beyond who is on call now (`tocsin who`)."""

from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import REFUSED, Desk, command
from tocsin.cli.times import local, span
from tocsin.control import requests as r

schedule = typer.Typer(help="Schedules: their shifts, gaps, fairness and health.", no_args_is_help=True)

GAPS_AHEAD = timedelta(weeks=8)

Named = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its name, as in `tocsin who`.")]
OneOrAll = Annotated[str | None, typer.Argument(metavar="SCHEDULE", help="Only this one; else every one.")]
From = Annotated[
    str | None, typer.Option("--from", help="From then; else from now. 'Mon 09:00', 2026-06-14.")
]


@command(
    schedule,
    "show",
    "tocsin schedule show platform-primary",
    "tocsin schedule show platform-primary --from 2026-06-01 --until 2026-07-01 --layers",
)
def show(
    desk: Desk,
    name: Named,
    since: From = None,
    until: Annotated[
        str | None, typer.Option("--until", "--to", help="Up to then; else for two weeks. 4w, 'Mon 09:00'.")
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="What each layer alone says, too.")] = False,
) -> None:
    """The shifts of a schedule, with its overrides: who, from when to when, and by which layer; gaps among them."""
    request = r.ShowSchedules(name, desk.instant(since, "--from"), desk.instant(until, "--until"))
    found: list[r.ScheduleView] = desk.ask(request)
    desk.answer(found[0], lambda view: _show(desk, view, layers))


@command(
    schedule, "next", "tocsin schedule next", "tocsin schedule next platform-primary --from 'tomorrow 09:00'"
)
def next_(desk: Desk, name: OneOrAll = None, since: From = None) -> None:
    """Who comes next, and when. Exit 1 if nobody does within two years."""
    at = desk.instant(since, "--from")
    views: list[r.WhoView] = desk.ask(r.Who(schedule=name, at=at))
    desk.answer(views, lambda found: _show_next(desk, found, at or desk.now))
    if name is not None and not any(view.next_people for view in views):
        raise typer.Exit(REFUSED)


@command(
    schedule,
    "gaps",
    "tocsin schedule gaps",
    "tocsin schedule gaps platform-primary --until 2026-12-31",
)
def gaps(
    desk: Desk,
    name: OneOrAll = None,
    since: From = None,
    until: Annotated[
        str | None, typer.Option("--until", "--to", help="Up to then; else for eight weeks.")
    ] = None,
) -> None:
    """When nobody is on call. Exit 1 if there is any such time: a check for cron and CI."""
    starts_at = desk.instant(since, "--from")
    ends_at = desk.instant(until, "--until") or (starts_at or desk.now) + GAPS_AHEAD
    found: list[r.ScheduleView] = desk.ask(r.ShowSchedules(name, starts_at or desk.now, ends_at))
    desk.answer(
        [{"schedule": view.schedule, "gaps": view.gaps} for view in found],
        lambda _: _show_gaps(desk, found),
    )
    if any(view.gaps for view in found):
        raise typer.Exit(REFUSED)


def _show(desk: Desk, view: r.ScheduleView, layers: bool) -> None:
    table = looks.table("from!", "until!", "lasts", "on call", "by")
    gap = [(each.starts_at, each.ends_at, None) for each in view.gaps]
    for starts_at, ends_at, shift in sorted(
        [*gap, *((each.starts_at, each.ends_at, each) for each in view.shifts)], key=lambda row: row[0]
    ):
        table.add_row(
            local(starts_at, desk.now, desk.zone),
            local(ends_at, desk.now, desk.zone),
            f"[dim]{span(ends_at - starts_at)}[/]",
            _people(shift) if shift else "[bold red]nobody[/]",
            f"[dim]{escape(shift.by)}[/]" if shift else "",
        )
    desk.say(table)
    if layers:
        for layer in view.layers:
            kind = " (shadow)" if layer.shadow else " (beside)" if layer.beside else ""
            desk.say("", f"[bold]{escape(layer.name)}[/]{kind}")
            for each in layer.shifts:
                desk.say(
                    f"  {local(each.starts_at, desk.now, desk.zone)} - {local(each.ends_at, desk.now, desk.zone)}"
                    f"  {looks.people(each.people)}"
                )
    if view.gaps:
        desk.say("", "[dim]Fill a gap with: tocsin override add SCHEDULE PERSON --until 'tomorrow 09:00'[/]")


def _people(shift: r.ShiftView) -> str:
    people = ", ".join(f"[bold]{escape(person)}[/]" for person in shift.people)
    return people + (f" [dim]shadowed by {escape(', '.join(shift.shadows))}[/]" if shift.shadows else "")


def _show_next(desk: Desk, views: list[r.WhoView], since: datetime) -> None:
    if not views:
        desk.say(looks.nothing("There is no schedule yet.", "Describe one in a file and: tocsin apply FILE"))
        return
    table = looks.table("schedule!", "next", "from!", "in")
    for view in views:
        at = view.next_at
        table.add_row(
            escape(view.schedule),
            looks.people(view.next_people) if view.next_people else "[dim]nobody else[/]",
            local(at, desk.now, desk.zone) if at else "[dim]-[/]",
            f"[dim]{span(at - since)}[/]" if at else "",
        )
    desk.say(table)


def _show_gaps(desk: Desk, views: list[r.ScheduleView]) -> None:
    if not views:
        desk.say(looks.nothing("There is no schedule yet.", "Describe one in a file and: tocsin apply FILE"))
        return
    with_gaps = [view for view in views if view.gaps]
    if not with_gaps:
        ends_at = local(views[0].ends_at, desk.now, desk.zone)
        desk.say(f"[green]Somebody is on call in every schedule until {ends_at}.[/]")
        return
    table = looks.table("schedule!", "nobody from!", "until!", "lasts")
    for view in with_gaps:
        for gap in view.gaps:
            table.add_row(
                escape(view.schedule),
                local(gap.starts_at, desk.now, desk.zone),
                local(gap.ends_at, desk.now, desk.zone),
                f"[dim]{span(gap.ends_at - gap.starts_at)}[/]",
            )
    desk.say(table)
    desk.say("", "[dim]Fill a gap with: tocsin override add SCHEDULE PERSON --from ... --until ...[/]")
