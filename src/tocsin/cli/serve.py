"""`tocsin serve`: the server."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.web.server_logs import configure_logging

UNUSABLE = 1


def register(app: typer.Typer) -> None:
    app.command("serve", rich_help_panel="Run")(serve)


def serve(
    data: Annotated[
        Path, typer.Option(help="Where everything is kept.", envvar="TOCSIN_DATA", file_okay=False)
    ] = Path("data"),
    host: Annotated[str, typer.Option(help="The address to listen on.", envvar="TOCSIN_HOST")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="The port; 0 takes a free one.", envvar="TOCSIN_PORT", min=0, max=65535)
    ] = 9190,
) -> None:
    """Run Tocsin until told to stop.

    It is ready when GET /-/ready answers 200. TOCSIN_DATABASE_URL names a PostgreSQL to use instead of SQLite; any
    number of nodes may share one.

    Example: tocsin serve --data ./data --port 9190
    """
    from tocsin.engine.store.data_directory import DataDirectoryBusy
    from tocsin.web.listening import CannotStart
    from tocsin.web.machine import Settings
    from tocsin.web.machine import serve as run

    configure_logging(sys.stderr.isatty())
    url = os.environ.get("TOCSIN_DATABASE_URL") or None
    try:
        run(Settings(data.absolute(), host, port, url))
    except (CannotStart, DataDirectoryBusy) as error:
        typer.echo(f"Tocsin does not start: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
