"""The family `tocsin schedule`: what there is to know about schedules beyond who is on call now (`tocsin who`)."""

import typer

schedule = typer.Typer(help="Schedules: their shifts, gaps, fairness and health.", no_args_is_help=True)
