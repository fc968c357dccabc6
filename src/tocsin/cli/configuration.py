"""`tocsin validate`, `plan`, `apply`, `export` and `schema`: configuration as files, usually in Git.

`validate` and `schema` need neither a server nor a store.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from tocsin.cli import looks
from tocsin.cli.command import REFUSED, Desk, command
from tocsin.control import requests as r

PANEL = "Configuration"

Where = Annotated[Path, typer.Argument(metavar="PATH", help="A YAML file, or a folder of them.")]
Prune = Annotated[bool, typer.Option("--prune", help="Remove what the files no longer name.")]
Origins = Annotated[
    bool,
    typer.Option("--origins", help="Say above each noun which file and line it comes from, or who made it."),
]

_SIGNS = {"add": "+", "change": "~", "remove": "-", "keep": "="}


def register(app: typer.Typer) -> None:
    command(app, "validate", "tocsin validate config/", panel=PANEL)(validate)
    command(app, "plan", "tocsin plan config/", "tocsin plan config/ --prune", panel=PANEL)(plan)
    command(app, "apply", "tocsin apply config/", "tocsin apply config/ --prune --yes", panel=PANEL)(apply)
    command(app, "export", "tocsin export > tocsin.yaml", "tocsin export --origins", panel=PANEL)(export)
    command(app, "schema", "tocsin schema > tocsin.schema.json", panel=PANEL)(schema)


def validate(desk: Desk, path: Where) -> None:
    """Check files without a server: every mistake with its file, line, field and what was expected."""
    from tocsin.config.validate import validate_files

    files = _files(path)
    _, problems = validate_files(files, desk.now)
    desk.answer(problems, lambda found: _show_verdict(desk, found, len(files)))
    if _errors(problems):
        raise typer.Exit(REFUSED)


def plan(desk: Desk, path: Where, prune: Prune = False) -> None:
    """What applying these files would change. Nothing is changed."""
    view: r.PlanView = desk.ask(r.PlanConfiguration(files=_files(path), prune=prune))
    desk.answer(view, lambda planned: _show_plan(desk, planned))
    if _errors(view.problems):
        raise typer.Exit(REFUSED)


def apply(
    desk: Desk,
    path: Where,
    prune: Prune = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")
    ] = False,
) -> None:
    """Show what would change, ask, and change it."""
    files = _files(path)
    if not yes:
        if desk.json or not sys.stdin.isatty():
            raise typer.BadParameter(
                "nobody can be asked here; see `tocsin plan`, then add --yes", param_hint="--yes"
            )
        planned: r.PlanView = desk.ask(r.PlanConfiguration(files=files, prune=prune), create=True)
        _show_plan(desk, planned)
        if _errors(planned.problems):
            raise typer.Exit(REFUSED)
        if not _changes(planned):
            return
        typer.confirm("\nApply this?", abort=True)
    view: r.PlanView = desk.ask(r.ApplyConfiguration(files=files, prune=prune), create=True)
    desk.answer(view, lambda done: _show_applied(desk, done, shown=not yes))
    if not view.applied and _errors(view.problems):
        raise typer.Exit(REFUSED)


def export(desk: Desk, origins: Origins = False) -> None:
    """The whole configuration as one YAML file, without secrets; `apply` takes it back."""
    file: r.ConfigFile = desk.ask(r.ExportConfiguration(origins))
    desk.answer(file, lambda exported: desk.write(exported.text))


def schema(desk: Desk) -> None:
    """The JSON Schema of the configuration, for completion and checks in editors."""
    from tocsin.config.json_schema import json_schema

    desk.answer_json(json_schema())


def _files(path: Path) -> tuple[r.ConfigFile, ...]:
    from tocsin.config.document import Unreadable, files_at

    try:
        return files_at(path)
    except Unreadable as wrong:
        raise typer.BadParameter(f"{wrong.problem.file} {wrong}", param_hint="PATH") from None


def _errors(problems: Any) -> int:
    return sum(problem.level == "error" for problem in problems)


def _changes(view: r.PlanView) -> int:
    return sum(line.change != "keep" for line in view.lines)


def _show_problems(desk: Desk, problems: Any) -> None:
    """`file:line: field: message`, which editors and terminals make clickable."""
    for problem in problems:
        where = f"{problem.file}:{problem.line}: " if problem.file else ""
        field = f"[bold]{escape(problem.field)}[/]: " if problem.field else ""
        desk.say(f"{escape(where)}{looks.state(problem.level)}: {field}{escape(problem.message)}")


def _show_verdict(desk: Desk, problems: Any, files: int) -> None:
    _show_problems(desk, problems)
    errors = _errors(problems)
    warnings = len(problems) - errors
    what = f"{_count(files, 'file')}: {_count(errors, 'error')}, {_count(warnings, 'warning')}"
    desk.say(f"[bold red]{what}[/]" if errors else f"[bold green]{what}[/]")


def _show_plan(desk: Desk, view: r.PlanView) -> None:
    _show_problems(desk, view.problems)
    if _errors(view.problems):
        desk.say(f"[bold red]{_count(_errors(view.problems), 'error')}; nothing can be applied.[/]")
        return
    _show_lines(desk, view)
    if not _changes(view):
        desk.say("[green]Nothing to change.[/]")
        return
    _show_on_call(desk, view)
    desk.say("", f"[bold]{_summary(view)}[/]")


def _show_lines(desk: Desk, view: r.PlanView) -> None:
    for line in view.lines:
        sign = _SIGNS.get(line.change, "?")
        name = f" [bold]{escape(line.name)}[/]" if line.name else ""
        note = (
            " [dim](not in the files; --prune would remove it)[/]"
            if line.change == "keep" and not line.fields
            else ""
        )
        desk.say(f"{looks.tinted(line.change, sign)} {escape(line.kind)}{name}{note}")
        for field in line.fields:
            desk.say(f"    [dim]{escape(field)}[/]")


def _show_on_call(desk: Desk, view: r.PlanView) -> None:
    if view.on_call:
        desk.say("", "[bold]On call in the next 8 weeks[/]")
    for each in view.on_call:
        desk.say(f"[bold]{escape(each.schedule)}[/]")
        for line in each.lines:
            desk.say(f"    {escape(line)}")


def _summary(view: r.PlanView) -> str:
    counts = {change: sum(line.change == change for line in view.lines) for change in _SIGNS}
    return f"{counts['add']} to add, {counts['change']} to change, {counts['remove']} to remove, {counts['keep']} kept"


def _show_applied(desk: Desk, view: r.PlanView, *, shown: bool) -> None:
    if not shown or not view.applied:
        _show_problems(desk, view.problems)
    if not view.applied and _errors(view.problems):
        desk.say("[bold red]Nothing was applied.[/]")
        return
    if not shown:
        _show_lines(desk, view)
    desk.say(
        f"[green]Applied[/] [dim]as revision {view.revision}[/]"
        if _changes(view)
        else "[green]Nothing to change.[/]"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
