"""`tocsin explain`: what would happen to an alert with these labels, and why."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.cli.labels import parse_labels
from tocsin.cli.times import local
from tocsin.control import requests as r
from tocsin.core.instants import format_duration
from tocsin.core.reasons import EXPLANATIONS, Reason


def register(app: typer.Typer) -> None:
    command(
        app,
        "explain",
        'tocsin explain \'{alertname="APIHighLatency", severity="critical"}\'',
        "tocsin explain alertname=DiskFull severity=warning --at 'Sun 03:00'",
        panel="Respond",
    )(explain)


def explain(
    desk: Desk,
    labels: Annotated[
        list[str], typer.Argument(metavar="LABELS...", help='name=value, {name="value"} or JSON.')
    ],
    at: Annotated[str | None, typer.Option("--at", help="As if it were then; now unless given.")] = None,
) -> None:
    """What would happen to an alert with these labels: its routes, why, and who would be paged when."""
    try:
        wanted = parse_labels(labels)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="LABELS") from None
    request = r.Explain(labels=wanted, at=desk.instant(at, "--at"))
    desk.answer(desk.ask(request), lambda explained: desk.say(_tree(desk, wanted, explained)))


def _tree(desk: Desk, labels: dict[str, str], explained: r.Explanation) -> Tree:
    tree = Tree(f"[bold]{looks.labels(labels)}[/] [dim]at {local(explained.at, desk.now, desk.zone)}[/]")
    if explained.heartbeat:
        tree.add(f"[cyan]feeds the heartbeat {escape(explained.heartbeat)}[/]: its arrival is good news")
    if explained.suppressed:
        tree.add(f"[yellow]pages nobody:[/] {escape(explained.suppressed)}")
    for route in explained.routes:
        _add_route(tree, route)
    if not explained.routes and not explained.heartbeat:
        tree.add("[yellow]no route takes it[/]; a root route with a default would")
    return tree


def _add_route(tree: Tree, route: r.RouteView) -> None:
    head = f"route {escape(route.path or 'root')} [bold]{escape(route.action)}[/]"
    if route.severity is not None:
        head += f" {looks.severity(route.severity)}"
    if route.service:
        head += f" service {escape(route.service)}"
    branch = tree.add(head)
    if route.matchers:
        branch.add("[dim]because[/] " + escape(", ".join(route.matchers)))
    else:
        branch.add("[dim]because[/] nothing more particular matches")
    group = looks.labels(route.group) if route.group else "all together"
    wait = f", waiting {format_duration(route.group_wait)}" if route.group_wait else ", at once"
    branch.add(f"[dim]grouped by[/] {group}{wait}")
    branch.add(f"[dim]so[/] {escape(_sentence(route.reason))}")
    for page in route.pages:
        when = "at once" if page.after <= timedelta(0) else f"after {format_duration(page.after)}"
        who = f"[bold]{looks.people(page.people)}[/]" if page.people else "[bold red]nobody[/]"
        by = f" [dim]({escape(page.by)})[/]" if page.by else ""
        branch.add(f"[cyan]{when}[/] {who} [dim]through[/] {escape(page.target)}{by}")


def _sentence(reason: str) -> str:
    """The reason's own sentence; an answer of a newer server may name one that is unknown here."""
    return EXPLANATIONS[Reason(reason)] if reason in set(Reason) else reason.replace("_", " ")
