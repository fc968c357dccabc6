"""`tocsin handoff`: what a shift leaves to the next: looked through, handed over, accepted."""

from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.cli.times import local
from tocsin.control import requests as r
from tocsin.core.oncall.handoff.handoff import Handoff

handoff = typer.Typer(help="Handoffs: what a shift leaves to the next.", no_args_is_help=True)

HandoffArgument = Annotated[str, typer.Argument(metavar="ID", help="From the list.")]


@command(
    handoff,
    "list",
    "tocsin handoff list --schedule platform-primary",
    "tocsin handoff list --text 'disk full'",
)
def list_handoffs(
    desk: Desk,
    schedule: Annotated[str | None, typer.Option("--schedule", help="Only of this one.")] = None,
    text: Annotated[str, typer.Option("--text", help="Words that stand in it.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20,
) -> None:
    """The newest first."""
    found: list[Handoff] = desk.ask(r.ListHandoffs(schedule=schedule, text=text, limit=limit))
    desk.answer(found, lambda listed: _show_list(desk, listed))


@command(handoff, "show", "tocsin handoff show platform-primary~20260615T070000Z")
def show_handoff(desk: Desk, id: HandoffArgument) -> None:
    """All of it as text. A draft is shown with the shift as it stands now."""
    _answer(desk, desk.ask(r.ShowHandoff(id)))


@command(handoff, "write", "tocsin handoff write platform-primary")
def write_handoff(desk: Desk, schedule: Annotated[str, typer.Argument(help="The schedule.")]) -> None:
    """The draft for whoever comes next, now already; else it is written an hour before the shift ends."""
    _answer(desk, desk.ask(r.WriteHandoff(schedule)))


@command(
    handoff, "edit", "tocsin handoff edit platform-primary~20260615T070000Z --notes 'The database sulks.'"
)
def edit_handoff(
    desk: Desk,
    id: HandoffArgument,
    notes: Annotated[
        str | None, typer.Option("--notes", help="In your words; - reads them from stdin.")
    ] = None,
    known_issues: Annotated[
        str | None, typer.Option("--known-issues", help="What goes on from handoff to handoff.")
    ] = None,
) -> None:
    """Add what the next should know. What is left out stays as it was."""
    before: r.HandoffView = desk.ask(r.ShowHandoff(id))
    said = typer.get_text_stream("stdin").read() if notes == "-" else notes
    request = r.EditHandoff(
        id,
        before.handoff.notes if said is None else said,
        before.handoff.known_issues if known_issues is None else known_issues,
    )
    _answer(desk, desk.ask(request))


@command(handoff, "offer", "tocsin handoff offer platform-primary~20260615T070000Z")
def offer_handoff(
    desk: Desk,
    id: HandoffArgument,
    chat: Annotated[bool, typer.Option("--chat/--no-chat", help="In the team's chat as well.")] = True,
) -> None:
    """Hand over: whoever comes is told."""
    _answer(desk, desk.ask(r.OfferHandoff(id, chat)))


@command(handoff, "accept", "tocsin handoff accept platform-primary~20260615T070000Z")
def accept_handoff(desk: Desk, id: HandoffArgument) -> None:
    """Take over; what the outgoing had acknowledged is yours from then on."""
    _answer(desk, desk.ask(r.AcceptHandoff(id)))


def _answer(desk: Desk, view: r.HandoffView) -> None:
    desk.answer(view, lambda shown: _show(desk, shown))


def _show(desk: Desk, view: r.HandoffView) -> None:
    one = view.handoff
    desk.say(f"{looks.state(one.state.value)} [dim]{escape(one.id)}[/]", "")
    desk.say(escape(view.text))
    if view.passed_on:
        desk.say(f"[bold]Yours now:[/] incident {', '.join(map(str, view.passed_on))}")


def _show_list(desk: Desk, found: list[Handoff]) -> None:
    if not found:
        desk.say(looks.nothing("There is no handoff yet.", "Write one now: tocsin handoff write SCHEDULE"))
        return
    table = looks.table("id!", "from", "to", "when!", "state!")
    for one in found:
        table.add_row(
            escape(one.id),
            looks.people(one.outgoing),
            looks.people(one.incoming),
            local(one.at, desk.now, desk.zone),
            looks.state(one.state.value),
        )
    desk.say(table)
