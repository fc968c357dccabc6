"""`tocsin silence`, `maintenance` and `override`: operational facts, which people make and no `apply` removes."""

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.cli.times import local, span
from tocsin.control import requests as r
from tocsin.core.oncall.schedule import OverrideKind

silence = typer.Typer(
    help="Silences: matching alerts page nobody until the silence ends.", no_args_is_help=True
)
maintenance = typer.Typer(
    help="Maintenance: new pages of a service are held until the window ends.", no_args_is_help=True
)
override = typer.Typer(help="Overrides: who stands in on a schedule, and when.", no_args_is_help=True)

Until = Annotated[str, typer.Option("--until", "--for", help="Its end: 2h, 18:00, 'tomorrow 09:00', ISO.")]
Start = Annotated[str | None, typer.Option("--from", help="Its start; now unless given.")]
Comment = Annotated[str, typer.Option("--comment", help="Why; others will ask.")]
Ended = Annotated[bool, typer.Option("--ended", help="Those that have ended too.")]
FactId = Annotated[str, typer.Argument(metavar="ID", help="From the list; its beginning is enough.")]


@command(silence, "add", "tocsin silence add 'service=\"task-api\"' --for 2h --comment 'load test'")
def add_silence(
    desk: Desk,
    matchers: Annotated[list[str], typer.Argument(help='As in Alertmanager: name="value", name=~"pattern".')],
    until: Until,
    start: Start = None,
    comment: Comment = "",
) -> None:
    """Silence the alerts that match all of these; what still fires at the end pages then."""
    request = r.AddSilence(
        matchers=tuple(matchers),
        ends_at=desk.end(until),
        starts_at=desk.instant(start, "--from"),
        comment=comment,
    )
    desk.answer(desk.ask(request), lambda made: _show_made(desk, made, "silence"))


@command(maintenance, "add", "tocsin maintenance add task-api --from 22:00 --until 'tomorrow 01:00'")
def add_maintenance(
    desk: Desk,
    services: Annotated[list[str], typer.Argument(help="The services that are worked on.")],
    until: Until,
    start: Start = None,
    comment: Comment = "",
) -> None:
    """Hold new pages of these services; what still fires when the window ends pages then."""
    request = r.AddMaintenance(
        services=tuple(services),
        ends_at=desk.end(until),
        starts_at=desk.instant(start, "--from"),
        comment=comment,
    )
    desk.answer(desk.ask(request), lambda made: _show_made(desk, made, "maintenance"))


@command(
    override,
    "add",
    "tocsin override add platform-primary bob --from 'Sat 09:00' --until 'Sun 09:00'",
    "tocsin override add platform-primary bob --from 'Wed 12:00' --until 'Wed 14:00' --repeat '1 week'",
)
def add_override(
    desk: Desk,
    schedule: Annotated[str, typer.Argument(help="The schedule.")],
    person: Annotated[str, typer.Argument(help="Who stands in (or is added, or taken out).")],
    until: Until,
    start: Start = None,
    kind: Annotated[
        OverrideKind, typer.Option("--kind", help="Instead of, beside, or not at all.")
    ] = OverrideKind.REPLACE,
    replaces: Annotated[
        str | None, typer.Option("--replaces", help="Whom; everybody on it unless given.")
    ] = None,
    comment: Comment = "",
    repeat: Annotated[
        str, typer.Option("--repeat", help="Again every so often at the same local time: 1 week, 2 days.")
    ] = "",
    repeat_until: Annotated[str | None, typer.Option("--repeat-until", help="Not after then.")] = None,
    zone: Annotated[
        str, typer.Option("--zone", help="Whose local time it repeats at; the schedule's zone unless given.")
    ] = "",
    on_top: Annotated[
        bool, typer.Option("--on-top", help="Meant to lie over another override of the same seat.")
    ] = False,
) -> None:
    """Let somebody stand in on a schedule, from exactly its start to exactly its end."""
    request = r.AddOverride(
        schedule=schedule,
        person=person,
        ends_at=desk.end(until),
        starts_at=desk.instant(start, "--from"),
        kind=kind.value,
        replaces=replaces,
        comment=comment,
        repeat=repeat,
        repeat_until=desk.instant(repeat_until, "--repeat-until"),
        time_zone=zone,
        on_top=on_top,
    )
    desk.answer(desk.ask(request), lambda made: _show_made(desk, made, "override"))


def _show_made(desk: Desk, made: r.OperationalView, noun: str) -> None:
    desk.say(
        f"{looks.state(made.state)} {escape(made.what)}, {_span(desk, made.starts_at, made.ends_at)}",
        f"[dim]End it early with: tocsin {noun} end {escape(made.id)}[/]",
    )


def _span(desk: Desk, starts_at: datetime, ends_at: datetime) -> str:
    shown = [local(instant, desk.now, desk.zone) for instant in (starts_at, ends_at)]
    return f"{shown[0]} to {shown[1]} [dim]({span(ends_at - starts_at)})[/]"


def _lists_and_ends(app: typer.Typer, noun: str, kind: str, how_to_add: str) -> None:
    """`list` and `end` are the same for all three."""

    def list_(desk: Desk, ended: Ended = False) -> None:
        request = r.ListOperational(kind=kind, ended=ended)
        desk.answer(desk.ask(request), lambda found: _show_list(desk, found, noun, how_to_add))

    def end(desk: Desk, id: FactId) -> None:
        known: list[r.OperationalView] = desk.ask(r.ListOperational(kind=kind, ended=True))
        full = [view.id for view in known if view.id.startswith(id)]
        if len(full) > 1:
            raise r.Refused("invalid", f"{id!r} begins several ids; give more of it", "id")
        ended: r.OperationalView = desk.ask(r.EndOperational(kind=kind, id=full[0] if full else id))
        desk.answer(ended, lambda view: desk.say(f"{looks.state(view.state)} {escape(view.what)}"))

    list_.__doc__ = "Those that hold or are to come, soonest end first."
    end.__doc__ = "End it now; what it held back is looked at again at once."
    command(app, "list", f"tocsin {noun} list --ended")(list_)
    command(app, "end", f"tocsin {noun} end 3f2a")(end)


_lists_and_ends(silence, "silence", "silences", "tocsin silence add 'alertname=\"DiskFull\"' --for 2h")
_lists_and_ends(maintenance, "maintenance", "maintenance", "tocsin maintenance add SERVICE --for 2h")
_lists_and_ends(override, "override", "overrides", "tocsin override add SCHEDULE PERSON --for 8h")


def _show_list(desk: Desk, found: list[r.OperationalView], noun: str, how_to_add: str) -> None:
    if not found:
        desk.say(looks.nothing(f"No {noun} holds or is to come.", f"Make one with: {how_to_add}"))
        return
    table = looks.table("id!", "state!", "what", "when!", "by", "comment")
    for view in found:
        table.add_row(
            escape(view.id[:8]),
            looks.state(view.state),
            escape(view.what),
            _span(desk, view.starts_at, view.ends_at),
            escape(view.created_by or "-"),
            escape(view.comment),
        )
    desk.say(table)
