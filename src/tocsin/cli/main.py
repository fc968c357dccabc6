"""The entry point `tocsin`: every command family under one roof.

Families are light to import; whatever is heavy (databases, the engine, Django) is imported by the command that needs it.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from tocsin.cli import (
    alerts,
    configuration,
    demo,
    doctor,
    explain,
    fairness,
    handoff,
    incidents,
    leave,
    oncall,
    operational,
    pay,
    schedule,
    secrets,
    sending,
    serve,
    status,
    swaps,
)

app = typer.Typer(
    name="tocsin",
    help="Incident response and on-call: from the alert at 3am to 'it will not happen again'.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tocsin {version('tocsin')}")
        raise typer.Exit


@app.callback()
def tocsin(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


app.add_typer(incidents.app, name="incidents", rich_help_panel="Respond")
for family in (alerts, explain, oncall, sending, configuration, serve, demo, status, doctor):
    family.register(app)
app.add_typer(secrets.app, name="secrets", rich_help_panel="Run")
app.add_typer(operational.silence, name="silence", rich_help_panel="On call")
app.add_typer(operational.maintenance, name="maintenance", rich_help_panel="On call")
fairness.register(schedule.schedule)
app.add_typer(schedule.schedule, name="schedule", rich_help_panel="On call")
app.add_typer(handoff.handoff, name="handoff", rich_help_panel="On call")
app.add_typer(pay.pay, name="pay", rich_help_panel="On call")
app.add_typer(swaps.swap, name="swap", rich_help_panel="On call")
app.add_typer(swaps.cover, name="cover", rich_help_panel="On call")
app.add_typer(operational.override, name="override", rich_help_panel="On call")
app.add_typer(leave.leave, name="leave", rich_help_panel="On call")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
