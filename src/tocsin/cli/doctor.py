"""`tocsin doctor`: what is unsafe or broken about this installation."""

import typer
from rich.markup import escape

from tocsin.cli.command import REFUSED, Desk, command
from tocsin.control import requests as r

_MARKS = {
    "bad": "[bold red]bad[/]",
    "warning": "[yellow]warning[/]",
    "note": "[dim]note[/]",
    "good": "[green]good[/]",
}


def register(app: typer.Typer) -> None:
    command(app, "doctor", "tocsin doctor", "tocsin doctor --url https://tocsin.example --json", panel="Run")(
        doctor
    )


def doctor(desk: Desk) -> None:
    """Check this installation: keys, files, encryption, mail, disk, clock, gaps on call, accounts, tokens.

    With a server it looks where the server runs. Exit code 1 when something is bad.
    """
    found: list[r.Finding] = desk.ask(r.Examine())
    desk.answer(found, lambda findings: _show(desk, findings))
    if any(each.level == "bad" for each in found):
        raise typer.Exit(REFUSED)


def _show(desk: Desk, findings: list[r.Finding]) -> None:
    for each in findings:
        desk.say(f"{_MARKS.get(each.level, each.level)}  [bold]{escape(each.about)}[/]: {escape(each.says)}")
        if each.do and each.level != "good":
            desk.say(f"      [dim]{escape(each.do)}[/]")
    counts = {level: sum(each.level == level for each in findings) for level in ("bad", "warning")}
    if not any(counts.values()):
        desk.say("[green]Nothing to worry about.[/]")
    else:
        desk.say(f"{counts['bad']} bad, {counts['warning']} warning{'s' if counts['warning'] != 1 else ''}.")
