"""`tocsin secrets`: what is encrypted at rest, brought under the current key."""

from typing import Annotated

import typer

from tocsin.cli.command import REFUSED, Desk, command
from tocsin.control import requests as r

Check = Annotated[bool, typer.Option("--check", help="Only count; change nothing.")]

app = typer.Typer(help="Secrets at rest: keys of senders and chats, second factors.", no_args_is_help=True)


def rotate(desk: Desk, check: Check = False) -> None:
    """Encrypt stored secrets with the current key: the first of TOCSIN_ENCRYPTION_KEY.

    A running server uses the keys it was started with. Exit code 1 when secrets are left that the current key does not open:
    with --check those under an older key, too. At 0 the older keys may go.
    """
    view: r.SecretsView = desk.ask(r.RotateSecrets(check))
    desk.answer(view, lambda found: _show(desk, found))
    if view.stale or view.unreadable:
        raise typer.Exit(REFUSED)


def _show(desk: Desk, found: r.SecretsView) -> None:
    total = found.current + found.rotated + found.stale + found.unreadable
    if not total:
        desk.say("No secrets are stored.")
        return
    if found.rotated:
        desk.say(f"[green]{_secrets(found.rotated)} encrypted anew with the current key.[/]")
    if found.current:
        desk.say(f"{_secrets(found.current)} under the current key already.")
    if found.stale:
        desk.say(
            f"[yellow]{_secrets(found.stale)} under an older key, or plain.[/] Encrypt them anew: tocsin secrets rotate"
        )
    if found.unreadable:
        desk.say(
            f"[bold red]{_secrets(found.unreadable)} unreadable:[/] encrypted with a key that is not here."
            " Put it behind the current one in TOCSIN_ENCRYPTION_KEY and start again, or type them in anew."
        )
    if not (found.stale or found.unreadable):
        desk.say("Older keys may be taken away.")


def _secrets(number: int) -> str:
    return f"{number} secret{'' if number == 1 else 's'}"


command(app, "rotate", "tocsin secrets rotate", "tocsin secrets rotate --check --json")(rotate)
