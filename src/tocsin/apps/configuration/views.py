"""The configuration as a whole: what there is and where it comes from, any noun as text, routes, export and import."""

from pathlib import PurePath

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.asking import ask
from tocsin.apps.configuration import editing, nouns, texts, trees
from tocsin.apps.configuration.models import Entry
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.config.answers import ConfigFile, PlanView, Problem
from tocsin.config.document import Unreadable
from tocsin.config.schema.kinds import KINDS, SINGLE
from tocsin.control.client import NotAnswering
from tocsin.control.requests import (
    ApplyConfiguration,
    ExportConfiguration,
    PlanConfiguration,
    Refused,
    RemoveNoun,
)
from tocsin.core.configuration import Origin
from tocsin.core.roles import Permission

# Those with pages of their own; all others are written as text.
ROOMS = {
    "people": "people",
    "teams": "teams",
    "schedules": "schedules",
    "policies": "policies",
    "services": "services",
    "integrations": "integrations",
    "webhooks": "webhooks",
    "calendars": "calendars",
    "severities": "severities",
}
FORMS = {
    "heartbeats": ("new-heartbeat", "heartbeat"),
    "chats": ("new-chat", "edit-chat"),
}  # make one; open one
OF_ADMINISTRATORS = ("people", "webhooks")  # whose text holds where somebody is reached
SINGLES = "~"  # in an address, for the kind of which there is one
PASTED = "pasted.yaml"
# What an empty text begins with.
EXAMPLES = {
    "heartbeats": "every: 24h\ngrace: 30m\nmatchers: ['alertname=\"Watchdog\"']\n",
    "chats": "webhook: https://chat.example.com/hooks/alerts\n",
    "severities": "ack_target: 5m\nack_timeout: 30m\n",
    "time_intervals": "- weekdays: ['saturday', 'sunday']\n  location: Europe/Berlin\n",
    "inhibitions": """\
source_matchers: ['severity="critical"']
target_matchers: ['severity="warning"']
equal: [service]
""",
    "routes": """\
group_by: [alertname]
page: platform
severity: SEV2
routes:
  - {matchers: ['severity="warning"'], severity: SEV3}
""",
    "calendars": "url: https://calendar.example.com/leave.ics\nfor: leave\n",
    "defaults": "admins: [alice]\n",
    "dead_mans_switch": "url: https://hc-ping.example.com/your-check\nevery: 1m\n",
}


class Counted(msgspec.Struct):
    kind: str
    word: str
    address: str
    git: int = 0
    people: int = 0


@needs(Permission.READ)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    counted = {kind: Counted(kind, nouns.ALL_OF.get(kind, kind), _address(kind)) for kind in nouns.EDITABLE}
    for kind, origin in Entry.objects.filter(kind__in=list(counted)).values_list("kind", "origin"):
        if origin == Origin.GIT:
            counted[kind].git += 1
        else:
            counted[kind].people += 1
    context = {
        "counted": list(counted.values()),
        "routes": trees.nodes(facts()),
        "administrator": reader_of(request).grants.everything,
    }
    return render(request, "configuration/overview.html", context)


def _address(kind: str) -> str:
    if kind in ROOMS:
        return reverse(ROOMS[kind])
    if kind == "routes":
        return reverse("configuration-routes")
    if KINDS[kind].single:
        return reverse("configuration-text", args=(kind, SINGLES))
    return reverse("configuration-kind", args=(kind,))


@needs(Permission.READ)
@require_safe
def kind(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in nouns.EDITABLE or KINDS[kind].single:
        raise Http404("There is no such kind of thing in the configuration.")
    may = nouns.may_make(request, kind)
    rows = (
        Entry.objects.filter(kind=kind).order_by("name").values_list("name", "origin", "created_by", "source")
    )
    context = {
        "kind": kind,
        "word": nouns.WORDS.get(kind, kind),
        "heading": nouns.ALL_OF.get(kind, kind),
        "rows": [
            (name, origin, by, nouns.where(PurePath(source).name), _opens(kind, name, origin, may))
            for name, origin, by, source in rows
        ],
        "may_make": may,
        "make": reverse(FORMS[kind][0]) if kind in FORMS else _text_address(kind, SINGLES),
        "facts": facts(),
    }
    return render(request, "configuration/kind.html", context)


def _opens(kind: str, name: str, origin: str, may: bool) -> str:
    """Its page, or its form; as text where it has neither, or where its form would only be refused."""
    if kind == "heartbeats" or (kind in FORMS and may and origin != Origin.GIT):
        return reverse(FORMS[kind][1], args=(name,))
    return _text_address(kind, name)


# --- one noun as text ------------------------------------------------------------------------------------------------


@needs(Permission.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Shown to all who read; changed by who may. `~` is the name of what there is only one of, and of what is made anew."""
    if kind not in nouns.EDITABLE:
        raise Http404("There is no such kind of thing in the configuration.")
    if kind in OF_ADMINISTRATORS and not reader_of(request).grants.everything:
        raise PermissionDenied("Where others are reached is shown to administrators only.")
    configuration, single = facts(), KINDS[kind].single
    new = name == SINGLES and not single
    key = SINGLE if name == SINGLES else name
    kept = None if new else nouns.find(configuration, kind, key)
    if kept is None and not new and not single:
        raise Http404(f"There is no {nouns.WORDS.get(kind, kind)} {name!r}.")
    may = (
        nouns.may_make(request, kind) if kept is None else nouns.may_change(request, configuration, kind, key)
    )
    may = may and not (kept is not None and kept.from_git)
    written = texts.shown(kept, configuration) if kept is not None else EXAMPLES.get(kind, "")
    problems: list[object] = []
    given = request.POST.get("name", "").strip() if new else key
    if request.method == "POST":
        if not may:
            raise PermissionDenied("This comes from Git, or belongs to a team that you do not manage.")
        written = request.POST.get("text", "")[: texts.LONGEST]
        seen_wrong = kept is not None and request.POST.get("seen") != kept.seen
        done, problems = _save_text(request, kind, given, written, new, seen_wrong)
        if done:
            return redirect(_address(kind) if kind == "routes" else _text_address(kind, given))
    context = {
        "kind": kind,
        "word": nouns.WORDS.get(kind, kind),
        "name": given,
        "new": new,
        "kept": kept,
        "text": written,
        "rows": min(30, max(6, written.count("\n") + 2)),
        "problems": problems,
        "checked": request.method == "POST" and not problems,
        "may_change": may,
        "removable": may and kept is not None,
        "cancel": reverse("configuration") if single else _address(kind),
        "facts": configuration,
    }
    wrong = any(getattr(problem, "level", "error") == "error" for problem in problems)
    return render(request, "configuration/text.html", context, status=422 if wrong else 200)


def _text_address(kind: str, name: str) -> str:
    return reverse("configuration-text", args=(kind, name or SINGLES))


def _save_text(
    request: HttpRequest, kind: str, name: str, written: str, new: bool, seen_wrong: bool
) -> tuple[bool, list[object]]:
    """Whether it was saved, else what is to be told of it."""
    if new and not name:
        return False, [_told("name", "It needs a short name.")]
    if new and Entry.objects.filter(kind=kind, name=name).exists():
        return False, [_told("name", f"There is one called {name} already.")]
    problems: list[object] = list(texts.problems_in(kind, name, written, timezone.now()))
    wrong = any(getattr(problem, "level", "") == "error" for problem in problems)
    if wrong or request.POST.get("do") == "check":
        return False, problems
    if seen_wrong:
        return False, [_told("", editing.CHANGED_MEANWHILE)]
    try:
        tree = texts.tree_of(kind, name, written)
    except Unreadable as unreadable:
        return False, [unreadable.problem]
    if editing.put(request, kind, name, tree) is None:
        return False, problems or [_told("", "It was not saved; why stands above.")]
    messages.success(request, f"{name or nouns.WORDS.get(kind, kind)} is saved.")
    return True, []


def _told(field: str, message: str) -> object:
    return Problem("error", "", 0, field, message)


@needs(Permission.MANAGE)
@require_POST
def remove(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    if kind not in nouns.EDITABLE:
        raise Http404("There is no such kind of thing in the configuration.")
    key = SINGLE if name == SINGLES and KINDS[kind].single else name
    try:
        ask(request, RemoveNoun(kind, key))
    except (Refused, NotAnswering) as failed:
        messages.error(request, f"Not removed: {failed}.")
        return redirect(_text_address(kind, key))
    messages.success(request, f"{key or nouns.WORDS.get(kind, kind)} is removed.")
    return redirect(reverse("configuration") if KINDS[kind].single else _address(kind))


@needs(Permission.READ)
@require_safe
def routes(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    kept = nouns.find(configuration, "routes", SINGLE)
    context = {
        "routes": trees.nodes(configuration),
        "kept": kept,
        "may_change": nouns.may_change(request, configuration, "routes", SINGLE)
        and not (kept is not None and kept.from_git),
        "facts": configuration,
    }
    return render(request, "configuration/routes.html", context)


# --- all of it -------------------------------------------------------------------------------------------------------


@needs(Permission.ADMINISTER)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    try:
        file: ConfigFile = ask(request, ExportConfiguration())
    except (Refused, NotAnswering) as failed:
        messages.error(request, f"Not exported: {failed}.")
        return redirect("configuration")
    answer = HttpResponse(file.text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file.path}"'
    return answer


@needs(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """Files are pasted or uploaded, their plan is shown, and only then they are applied. What comes in this way may be
    edited on screen; what Git keeps stays as it is."""
    files, wrong = _files(request) if request.method == "POST" else ((), "")
    view: PlanView | None = None
    if request.method == "POST" and not wrong:
        apply = request.POST.get("do") == "apply"
        asked = (ApplyConfiguration if apply else PlanConfiguration)(files, origin=Origin.PEOPLE.value)
        try:
            view = ask(request, asked)
        except (Refused, NotAnswering) as failed:
            wrong = f"Not done: {failed}."
        if view is not None and view.applied:
            messages.success(request, f"{_changes(view)} applied.")
            return redirect("configuration")
    context = {
        "text": "\n".join(file.text for file in files),
        "view": view,
        "errors": [each for each in view.problems if each.level == "error"] if view else [],
        "warnings": [each for each in view.problems if each.level != "error"] if view else [],
        "wrong": wrong,
    }
    status = 422 if wrong or context["errors"] else 200
    return render(request, "configuration/import.html", context, status=status)


def _files(request: HttpRequest) -> tuple[tuple[ConfigFile, ...], str]:
    """What came, and what is wrong with that."""
    uploaded = request.FILES.get("file")
    if uploaded is not None:
        if (uploaded.size or 0) > texts.LONGEST:
            return (), f"The file is larger than {texts.LONGEST // 1000} kB; apply it with tocsin apply."
        try:
            return (ConfigFile(uploaded.name or PASTED, uploaded.read().decode("utf-8-sig")),), ""
        except UnicodeDecodeError:
            return (), "The file is not UTF-8 text."
    pasted = request.POST.get("text", "").replace("\r\n", "\n")
    if not pasted.strip():
        return (), "Paste some YAML, or choose a file."
    return (ConfigFile(PASTED, pasted),), ""


def _changes(view: PlanView) -> str:
    number = sum(line.change in ("add", "change", "remove") for line in view.lines)
    return f"{number} change{'' if number == 1 else 's'}"
