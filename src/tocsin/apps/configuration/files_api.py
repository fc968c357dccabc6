"""The whole configuration as files by API: exported, and brought in as what its plan says."""

from typing import Annotated

import msgspec
from django.http import HttpRequest
from ninja import Router

from tocsin.apps.api.asking import ask
from tocsin.apps.api.operations import caller, operation
from tocsin.apps.api.problems import Stopped, Wrong
from tocsin.config.answers import ConfigFile, PlanView
from tocsin.control.requests import ApplyConfiguration, ExportConfiguration, PlanConfiguration
from tocsin.control.requests.fields import Kept
from tocsin.core.roles import Permission

router = Router(tags=["Configuration"])
EXAMPLE = {"files": [{"path": "services.yaml", "text": "services:\n  task-api:\n    team: platform\n"}]}


class Files(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`origin` git: these files keep what they name from now on, and `prune` removes what Git kept and they no longer name.
    Else it may be edited on screen, and what Git keeps stays."""

    files: Annotated[tuple[ConfigFile, ...], msgspec.Meta(min_length=1, max_length=200)]
    origin: Kept = "people"
    prune: bool = False


@operation(
    router,
    "GET",
    "/configuration",
    needs=Permission.ADMINISTER,
    summary="Export the configuration as YAML",
    answers=ConfigFile,
)
def export_configuration(request: HttpRequest) -> ConfigFile:
    """Secrets are named or marked as stored, never told."""
    file: ConfigFile = ask(caller(request), ExportConfiguration())
    return file


@operation(
    router,
    "POST",
    "/configuration/plan",
    needs=Permission.ADMINISTER,
    summary="What applying these files would change",
    takes=Files,
    answers=PlanView,
    example=EXAMPLE,
    once=False,
)
def plan_configuration(request: HttpRequest, body: Files) -> PlanView:
    """Mistakes are in `problems`, each with its file and line; with an error among them `lines` is empty."""
    view: PlanView = ask(caller(request), PlanConfiguration(body.files, body.prune, body.origin))
    return view


@operation(
    router,
    "POST",
    "/configuration/apply",
    needs=Permission.ADMINISTER,
    summary="Apply files, all or nothing",
    takes=Files,
    answers=PlanView,
    example=EXAMPLE,
)
def apply_configuration(request: HttpRequest, body: Files) -> PlanView:
    """Of 256 KiB at most; larger houses are applied by the command line. With an error in them nothing is changed (422). A
    URL in them may not lead inside: only the operator's own files are trusted."""
    view: PlanView = ask(caller(request), ApplyConfiguration(body.files, body.prune, body.origin))
    if not view.applied:
        errors = tuple(
            Wrong(f"{each.file}:{each.line}: {each.field}: {each.message}", pointer="#/files")
            for each in view.problems
            if each.level == "error"
        )
        raise Stopped("invalid", "these files are not sound; nothing was changed", errors)
    return view
