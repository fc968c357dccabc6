"""`tocsin schedule fairness` and `tocsin schedule health`: how on-call is shared, and what it does to people."""

from typing import Annotated

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import Desk, command
from tocsin.control import requests as r

Team = Annotated[str | None, typer.Option("--team", help="Only this team; else each that has a schedule.")]
From = Annotated[
    str | None, typer.Option("--from", help="Since then; else thirteen weeks ago. 2026-06-01, '4w ago'.")
]
To = Annotated[str | None, typer.Option("--to", help="Up to then, not now.")]
_TINTS = {"calm": "resolved", "now_and_then": "resolved", "too_often": "warning", "systemic": "error"}


def register(schedule: typer.Typer) -> None:
    command(
        schedule,
        "fairness",
        "tocsin schedule fairness",
        "tocsin schedule fairness --team platform --from 2026-01-01 --to 2026-07-01",
    )(fairness)
    command(
        schedule,
        "health",
        "tocsin schedule health --team platform --person alice",
        "tocsin schedule health --team platform",
    )(health)


def fairness(desk: Desk, team: Team = None, since: From = None, until: To = None) -> None:
    """Who held how much, against their fair share, and what the team owes whom."""
    request = r.ShowFairness(team, desk.instant(since, "--from"), desk.instant(until, "--to"))
    desk.answer(desk.ask(request), lambda found: _show_ledgers(desk, found))


def health(
    desk: Desk,
    team: Team = None,
    since: From = None,
    until: To = None,
    person: Annotated[
        str | None, typer.Option("--person", help="This person's numbers too: your own, or of your team.")
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--everyone", help="Everybody's, for those who manage the team.")
    ] = False,
) -> None:
    """What pages do to shifts and nights, against the team's own goals."""
    span = desk.instant(since, "--from"), desk.instant(until, "--to")
    request = r.ShowHealth(team, *span, person=person, everyone=everyone)
    desk.answer(desk.ask(request), lambda found: _show_health(desk, found))


def _show_ledgers(desk: Desk, found: list[r.FairnessView]) -> None:
    if not found:
        desk.say(
            looks.nothing("No team has a schedule yet.", "Describe one in a file and: tocsin apply FILE")
        )
    for view in found:
        desk.say(f"[bold]{escape(view.team)}[/] [dim]{view.starts_at:%Y-%m-%d} to {view.ends_at:%Y-%m-%d}[/]")
        table = looks.table("person!", "hours", "nights", "weekend h", "holiday h", "pages", "owed h")
        for person in view.people:
            table.add_row(
                escape(person.person),
                *(
                    _held(measure)
                    for measure in (
                        person.hours,
                        person.nights,
                        person.weekend,
                        person.holidays,
                        person.pages,
                    )
                ),
                f"{person.hours.owed:+.0f}",
            )
        desk.say(table, "")
    if found:
        desk.say(
            "[dim]Held, and the fair share of it. Owed: above 0 the team owes the person, a year carried over.[/]"
        )


def _held(measure: r.MeasureView) -> str:
    return f"{measure.held:.0f} [dim]of {measure.share:.0f}[/]"


def _show_health(desk: Desk, found: list[r.HealthView]) -> None:
    if not found:
        desk.say(
            looks.nothing("No team has a schedule yet.", "Describe one in a file and: tocsin apply FILE")
        )
    for view in found:
        desk.say(f"[bold]{escape(view.team)}[/] [dim]{view.starts_at:%Y-%m-%d} to {view.ends_at:%Y-%m-%d}[/]")
        for standing in (view.whole, *view.people):
            if standing.person:
                desk.say(f"[bold]{escape(standing.person)}[/]")
            verdict = standing.verdict.value
            desk.say(looks.tinted(_TINTS[verdict], verdict.replace("_", " ")))
            desk.say(*(f"  {escape(sentence)}" for sentence in standing.says))
        desk.say("")
