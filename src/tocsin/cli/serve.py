"""`tocsin serve`: the server."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


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
    command = [sys.executable, "-m", "tocsin.web.serve_machine", str(data.absolute()), host, str(port)]
    os.execv(
        sys.executable, command
    )  # what is imported here would stay in memory for as long as the server runs
