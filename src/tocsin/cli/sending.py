"""`tocsin send` and `tocsin page`: a test alert, and a test page, both on the real way."""

from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli.command import Desk, command
from tocsin.cli.labels import parse_labels
from tocsin.control import requests as r


def register(app: typer.Typer) -> None:
    command(
        app,
        "send",
        "tocsin send alertname=APIHighLatency service=task-api severity=critical --annotation summary='p99 over 2 s'",
        "tocsin send alertname=APIHighLatency service=task-api severity=critical --resolved",
        panel="Try it",
    )(send)
    command(app, "page", "tocsin page alice", panel="Try it")(page)


def send(
    desk: Desk,
    labels: Annotated[
        list[str], typer.Argument(metavar="LABELS...", help='name=value, {name="value"} or JSON.')
    ],
    annotations: Annotated[
        list[str] | None, typer.Option("--annotation", help="name=value; may be repeated.")
    ] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="Say that it is over.")] = False,
) -> None:
    """Send a test alert on its way, like any other; the same labels with --resolved end it."""
    request = r.SendAlert(
        labels=_parsed(labels, "LABELS"),
        annotations=_parsed(annotations or [], "--annotation"),
        resolved=resolved,
    )
    desk.answer(desk.ask(request), lambda accepted: _show(desk, accepted))


def page(desk: Desk, person: Annotated[str, typer.Argument(help="Whose contact methods to try.")]) -> None:
    """Page a person the real way, marked TEST; it counts in no statistic."""
    desk.answer(desk.ask(r.TestPage(person)), lambda accepted: _show(desk, accepted))


def _parsed(words: list[str], hint: str) -> dict[str, str]:
    try:
        return parse_labels(words)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint=hint) from None


def _show(desk: Desk, accepted: r.Accepted) -> None:
    desk.say(f"[green]{escape(accepted.said)}[/]")
    if accepted.incident is not None:
        desk.say(f"[dim]Follow it with: tocsin incidents show {accepted.incident}[/]")
