"""`tocsin swap` and `tocsin cover`: shifts offered, taken, declined; help asked for."""

from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.cli.times import local
from tocsin.control import requests as r

swap = typer.Typer(help="Swaps: shifts offered to others, and taken.", no_args_is_help=True)
cover = typer.Typer(help="Cover: you cannot take your shift; the whole team is asked.", no_args_is_help=True)

SwapArgument = Annotated[str, typer.Argument(metavar="ID", help="From the list.")]
Comment = Annotated[str, typer.Option("--comment", help="Why; they will ask.")]
Whose = Annotated[
    str | None, typer.Option("--person", help="Whose shift; yours unless given. For who manages the team.")
]


@command(
    swap,
    "offer",
    "tocsin swap offer platform-primary --from 'Sat 09:00' --until 'Sun 09:00' --to bob",
    "tocsin swap offer platform-primary --from 'Sat 09:00' --until 'Sun 09:00' --to bob"
    " --back-from 14d --back-until 15d",
)
def offer(
    desk: Desk,
    schedule: Annotated[str, typer.Argument(help="The schedule.")],
    until: Annotated[str, typer.Option("--until", help="Its end: 18:00, 'Sun 09:00', ISO.")],
    start: Annotated[str | None, typer.Option("--from", help="Its start; now unless given.")] = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="Whom to ask; the whole team else.")] = None,
    person: Whose = None,
    back_from: Annotated[
        str | None, typer.Option("--back-from", help="The start of what you take in return.")
    ] = None,
    back_until: Annotated[str | None, typer.Option("--back-until", help="And its end.")] = None,
    back_schedule: Annotated[
        str | None, typer.Option("--back-schedule", help="And its schedule, if another.")
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="Until when they may answer.")] = None,
    comment: Comment = "",
) -> None:
    """Offer a shift of yours, or part of it. It stays yours until somebody takes it."""
    back = None
    if back_from is not None or back_until is not None:
        if back_from is None or back_until is None:
            raise typer.BadParameter(
                "what you take in return has a start and an end", param_hint="--back-until"
            )
        begin = desk.instant(back_from, "--back-from")
        assert begin is not None
        back = r.PartWanted(back_schedule or schedule, begin, desk.end(back_until, "--back-until"))
    request = r.OfferSwap(
        person=person or desk.person,
        schedule=schedule,
        starts_at=desk.instant(start, "--from") or desk.now,
        ends_at=desk.end(until),
        ask=tuple(to or ()),
        back=back,
        expires_at=desk.end(expires, "--expires") if expires else None,
        comment=comment,
    )
    _answer(desk, desk.ask(request))


@command(swap, "list", "tocsin swap list", "tocsin swap list --all --schedule platform-primary")
def list_swaps(
    desk: Desk,
    schedule: Annotated[str, typer.Option("--schedule", help="Only of this one.")] = "",
    person: Annotated[
        str, typer.Option("--person", help="Only theirs, and those they are asked about.")
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="Those that are settled, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500)] = 50,
) -> None:
    """What is offered, the latest shift first."""
    states = () if everything else ("open",)
    found: list[r.SwapView] = desk.ask(r.ListSwaps(person, schedule, states, limit))
    desk.answer(found, lambda listed: _show_list(desk, listed))


@command(swap, "accept", "tocsin swap accept 3f9a0c1d2b4e5f60 --as bob")
def accept(desk: Desk, id: SwapArgument) -> None:
    """Take an offered shift. The schedule follows at once."""
    _answer(desk, desk.ask(r.AcceptSwap(id, desk.person)))


@command(swap, "decline", "tocsin swap decline 3f9a0c1d2b4e5f60 --as bob")
def decline(desk: Desk, id: SwapArgument) -> None:
    """Say that you do not take it."""
    _answer(desk, desk.ask(r.DeclineSwap(id, desk.person)))


@command(swap, "withdraw", "tocsin swap withdraw 3f9a0c1d2b4e5f60")
def withdraw(desk: Desk, id: SwapArgument, person: Whose = None) -> None:
    """Offer it no longer, swap or cover request."""
    _answer(desk, desk.ask(r.WithdrawSwap(id, person or desk.person)))


@command(
    cover,
    "ask",
    "tocsin cover ask --comment 'Fever'",
    "tocsin cover ask --unreachable --until 'tomorrow 09:00'",
)
def ask(
    desk: Desk,
    schedule: Annotated[str, typer.Option("--schedule", help="Which, when you hold several.")] = "",
    start: Annotated[str | None, typer.Option("--from", help="Its start; the shift's unless given.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Its end; a day later at most unless given.")
    ] = None,
    unreachable: Annotated[
        bool, typer.Option("--unreachable", help="Nobody can reach you: off the schedule at once.")
    ] = False,
    person: Whose = None,
    comment: Comment = "",
) -> None:
    """Ask the whole team to cover your shift, at any hour. You stay on call until somebody does."""
    request = r.AskCover(
        person=person or desk.person,
        schedule=schedule,
        starts_at=desk.instant(start, "--from"),
        ends_at=desk.end(until) if until else None,
        unreachable=unreachable,
        comment=comment,
    )
    _answer(desk, desk.ask(request))


@command(cover, "unreachable", "tocsin cover unreachable 3f9a0c1d2b4e5f60 --person alice")
def unreachable(desk: Desk, id: SwapArgument, person: Whose = None) -> None:
    """Nobody can reach them: off the schedule at once, until somebody covers."""
    _answer(desk, desk.ask(r.SayUnreachable(id, person or desk.person)))


def _answer(desk: Desk, view: r.SwapView) -> None:
    desk.answer(view, lambda found: _show(desk, found))


def _show(desk: Desk, view: r.SwapView) -> None:
    desk.say(f"{looks.state(view.state)} {escape(view.id)}: {escape(view.said)}")


def _show_list(desk: Desk, found: list[r.SwapView]) -> None:
    if not found:
        desk.say(
            looks.nothing("Nothing is offered.", "Offer a shift with: tocsin swap offer SCHEDULE --until ...")
        )
        return
    table = looks.table("id!", "state", "whose!", "shift", "asked")
    for view in found:
        times = " to ".join(local(at, desk.now, desk.zone) for at in (view.starts_at, view.ends_at))
        kind = " [dim]cover[/]" if view.cover else ""
        table.add_row(
            escape(view.id),
            looks.state(view.state) + kind,
            escape(view.person),
            f"{escape(view.schedule)}\n[dim]{times}[/]",
            looks.people(tuple(p for p in view.asked if p not in view.declined))
            if view.state == "open"
            else escape(view.accepted_by),
        )
    desk.say(table)
