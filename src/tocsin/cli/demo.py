"""`tocsin demo`: one alert's whole way, first in the simulated world, then on a server that really runs."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

if TYPE_CHECKING:
    from tocsin.cli.demo_story import Line

READING_PACE = {"fast": 0.25, "instant": 0.0}  # seconds between two lines of the story
LONGEST_PAUSE = 1.2


def register(app: typer.Typer) -> None:
    app.command("demo", rich_help_panel="Run")(demo)


def demo(
    data: Annotated[
        Path,
        typer.Option(help="The data directory of the second half.", envvar="TOCSIN_DATA", file_okay=False),
    ] = Path("data"),
    pace: Annotated[
        str,
        typer.Option(
            help="How the first half is told: fast, instant, or real (as long as it took that day)."
        ),
    ] = "fast",
    live: Annotated[bool, typer.Option(help="Go on with the second half, on a running server.")] = True,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: acknowledge and resolve by itself.")
    ] = False,
    port: Annotated[int, typer.Option(help="The port of the server that the second half starts.")] = 9190,
) -> None:
    """See one alert travel the whole way, and acknowledge it.

    Example: tocsin demo --pace instant --no-live
    """
    if pace not in (*READING_PACE, "real"):
        raise typer.BadParameter("expected fast, instant or real", param_hint="--pace")
    out = Console(highlight=False)
    from tocsin.web.server_logs import configure_logging

    os.environ.setdefault("TOCSIN_LOG_LEVEL", "WARNING")
    configure_logging(terminal=True)
    tell(out, pace)
    if live and (yes or _goes_on(out)):
        from tocsin.cli.demo_live import run_live  # a server and its doors: only when they are wanted

        run_live(out, data.absolute(), port, yes)


def tell(out: Console, pace: str) -> None:
    """The walking example, twice: as it went, and had nobody answered."""
    from tocsin.cli.demo_story import Story  # the whole engine: only when it is wanted

    out.print(
        Panel(
            "[bold]2026-06-14, service task-api.[/] Every line below is decided by the engine, on a virtual clock."
        )
    )
    _tell(out, Story().tell(), pace)
    out.print("\n[bold]And had nobody answered?[/]")
    _tell(out, Story().tell(answered=False), pace)
    out.print()


def _tell(out: Console, lines: "Iterator[Line]", pace: str) -> None:
    before: datetime | None = None
    for line in lines:
        _pause(pace, line.at - before if before else timedelta(0))
        before = line.at
        style = "bold red" if line.rings else "default" if line.who == "tocsin" else "cyan"
        said = Text(f"{line.at:%H:%M:%S}  ", style="dim")
        said.append(f"{line.who}  ", style=style if line.who != "tocsin" else "dim")
        said.append(line.text, style=style)
        out.print(said)


def _pause(pace: str, passed: timedelta) -> None:
    if pace == "real":
        time.sleep(passed.total_seconds())
    elif READING_PACE[pace]:
        time.sleep(min(LONGEST_PAUSE, READING_PACE[pace] + passed.total_seconds() / 600))


def _goes_on(out: Console) -> bool:
    if not sys.stdin.isatty():
        out.print("The second half wants a terminal, or --yes: it runs a real server and pages you here.")
        return False
    out.print("Next: a real server, a real alert, and a page that [bold]you[/] acknowledge.")
    return typer.confirm("Go on?", default=True)
