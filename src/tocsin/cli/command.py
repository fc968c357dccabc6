"""What every command has in common: where it asks, how it shows, and what its exit code says.

A command is a function whose first argument is the `Desk` it works at; `command` registers it and adds the shared
options, so that no command spells them out and none can forget them.
"""

import getpass
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from tocsin.cli.door import StraightDoor, Unreachable, as_json, open_door
from tocsin.cli.times import parse_future, parse_instant
from tocsin.control.requests import Act, Refused, Request, SendAlert, TestPage
from tocsin.core.oncall import wall_clock

T = TypeVar("T")

REFUSED, USAGE, UNREACHABLE = 1, 2, 3  # exit codes; documented in docs/cli.md


@dataclass(frozen=True)
class Desk:
    """Where one command does its work: the door it asks, the person who asks, the clock and zone they live in."""

    url: str | None
    data: Path
    json: bool
    person: str
    now: datetime
    zone: str
    out: Console
    err: Console

    def ask(self, request: Request, *, create: bool = False) -> Any:
        """The answer. `create` lets a first `apply` make the data directory. Raises Refused or Unreachable."""
        token, database_url = _secret("TOCSIN_TOKEN"), os.environ.get("TOCSIN_DATABASE_URL")
        door = open_door(self.url, token, self.data, database_url, actor=self.person, create=create)
        answer = door.ask(request)
        if (
            isinstance(door, StraightDoor)
            and isinstance(request, Act | SendAlert | TestPage)
            and not self.json
        ):
            self.err.print(
                f"[dim]No server was asked but {escape(door.where)}: what is due now waits for one.[/]"
            )
        return answer

    def answer(self, value: T, show: Callable[[T], None]) -> None:
        """As JSON when that was asked for, else as `show` shows it."""
        if self.json:
            self.answer_json(value)
        else:
            show(value)

    def answer_json(self, value: Any) -> None:
        self.write(as_json(value) + "\n")

    def write(self, text: str) -> None:
        """As it stands: no colour, no wrapping."""
        self.out.file.write(text)

    def say(self, *lines: Any) -> None:
        for line in lines:
            self.out.print(line)

    def instant(self, text: str | None, option: str) -> datetime | None:
        """What a person wrote for an instant, in their own zone. Raises Refused naming the option."""
        return None if text is None else self._instant(parse_instant, text, option)

    def end(self, text: str, option: str = "--until") -> datetime:
        """The same for an end, which must lie ahead."""
        return self._instant(parse_future, text, option)

    def _instant(self, parse: Callable[[str, datetime, str], datetime], text: str, option: str) -> datetime:
        try:
            return parse(text, self.now, self.zone)
        except ValueError as wrong:
            raise typer.BadParameter(str(wrong), param_hint=option) from None


_PANEL = "Where and how"
Url = Annotated[
    str | None,
    typer.Option("--url", envvar="TOCSIN_URL", help="A running server's address.", rich_help_panel=_PANEL),
]
Data = Annotated[
    Path,
    typer.Option(
        "--data", envvar="TOCSIN_DATA", help="Without a URL: its data directory.", rich_help_panel=_PANEL
    ),
]
ActingAs = Annotated[
    str | None,
    typer.Option("--as", envvar="TOCSIN_PERSON", help="Who acts; else your login.", rich_help_panel=_PANEL),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.", rich_help_panel=_PANEL)]

_SHARED: tuple[tuple[str, Any, Any], ...] = (
    ("url", Url, None),
    ("data", Data, Path("data")),
    ("acting_as", ActingAs, None),
    ("as_json", AsJson, False),
)


def command(
    app: typer.Typer, name: str, *examples: str, panel: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function `(desk, ...)` under a name. Its doc-string is its help; each example is a whole line to type."""

    def register(work: Callable[..., None]) -> Callable[..., None]:
        def run(**given: Any) -> None:
            shared = {key: given.pop(key) for key, _, _ in _SHARED}
            with_desk(lambda desk: work(desk, **given), **shared)

        own = list(inspect.signature(work, eval_str=True).parameters.values())[1:]
        taken = [
            inspect.Parameter(key, _KEYWORD, default=default, annotation=kind)
            for key, kind, default in _SHARED
        ]
        run.__signature__ = inspect.Signature([p.replace(kind=_KEYWORD) for p in own] + taken)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *taken]}
        run.__doc__ = work.__doc__
        app.command(name, epilog=_epilog(examples), rich_help_panel=panel)(run)
        return work

    return register


_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def _epilog(examples: tuple[str, ...]) -> str:
    return "\n\n".join(
        ["Examples:" if len(examples) > 1 else "Example:", *(f"  {escape(line)}" for line in examples)]
    )


def with_desk(
    work: Callable[[Desk], None], *, url: str | None, data: Path, acting_as: str | None, as_json: bool
) -> None:
    """Do the work at a fresh desk; refusals and silence become a sentence on stderr and their exit code."""
    desk = Desk(
        url=url,
        data=data,
        json=as_json,
        person=acting_as or _login(),
        now=datetime.now(UTC),
        zone=local_zone(),
        out=_console(sys.stdout),
        err=_console(sys.stderr),
    )
    try:
        work(desk)
    except Refused as refused:
        _fail(desk, REFUSED, refused.code, refused.message, refused.field)
    except Unreachable as failed:
        _fail(desk, UNREACHABLE, "unreachable", str(failed))


def _fail(desk: Desk, exit_code: int, code: str, message: str, field: str = "") -> NoReturn:
    if desk.json:
        desk.err.file.write(as_json({"code": code, "message": message, "field": field}) + "\n")
    else:
        where = f"[bold]{escape(field)}[/]: " if field else ""
        desk.err.print(
            f"[bold red]{'Refused' if exit_code == REFUSED else 'No answer'}:[/] {where}{escape(message)}"
        )
    raise typer.Exit(exit_code)


def local_zone() -> str:
    """The zone of this terminal: TZ, else what /etc/localtime points to, else UTC."""
    for name in (os.environ.get("TZ", "").removeprefix(":"), *_zone_of_machine()):
        try:
            wall_clock.zone(name)
        except ValueError:
            continue
        return name
    return "UTC"


def _zone_of_machine() -> list[str]:
    link = Path("/etc/localtime")
    if not link.exists():
        return []
    _, found, name = str(link.resolve()).partition("zoneinfo/")
    return [name] if found else []


def _console(stream: Any) -> Console:
    """In a pipe there is no width to keep to, and a cut line is worse than a long one."""
    return Console(file=stream, highlight=False, width=None if stream.isatty() else 200)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"


def _secret(name: str) -> str | None:
    """From NAME, or from the file that NAME_FILE names. A missing file fails loudly."""
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as failed:
            raise Unreachable(f"Cannot read {name}_FILE: {failed}") from failed
    return None
