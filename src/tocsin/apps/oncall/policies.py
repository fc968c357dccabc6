"""Escalation policies: drawn for an instant, and written step by step. Every button is a form's, so no script is needed."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.asking import ask
from tocsin.apps.configuration import editing, forms, nouns
from tocsin.apps.configuration.models import Entry, Revision
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall import drafts, paths
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import PutNoun, Refused
from tocsin.core.configuration import Configuration, Route
from tocsin.core.respond.policy import TargetKind
from tocsin.core.roles import Permission

PAGE = editing.Page("policies", forms.NounForm, "policy", "policies")
KINDS = ((TargetKind.SCHEDULE, "schedules"), (TargetKind.PERSON, "people"), (TargetKind.TEAM, "teams"))


@needs(Permission.READ)
@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    configuration, at = facts(), timezone.now()
    origins = nouns.origins(["policies"])
    listed = [
        (policy, paths.said(paths.way(policy, configuration, at)), origins.get(("policies", key), ""))
        for key, policy in sorted(configuration.policies.items())
    ]
    context = {"policies": listed, "may_make": nouns.may_make(request, "policies")}
    return render(request, "oncall/policies.html", context)


@needs(Permission.READ)
@require_safe
def policy(request: HttpRequest, key: str) -> HttpResponse:
    configuration = facts()
    kept = nouns.found(configuration, "policies", key)
    at, wrong = _chosen(request)
    context = {
        "policy": kept.noun,
        "kept": kept,
        "way": paths.way(kept.noun, configuration, at),
        "at": at,
        "at_field": timezone.localtime(at).strftime("%Y-%m-%dT%H:%M"),
        "wrong": wrong,
        "routes": list(_routes_of(configuration.route, key)),
        "services": sorted(s.key for s in configuration.services.values() if s.policy == key),
        "may_change": nouns.may_change(request, configuration, "policies", key) and not kept.from_git,
        "facts": configuration,
    }
    return render(request, "oncall/policy.html", context)


def _chosen(request: HttpRequest) -> tuple[datetime, str]:
    """The instant asked for, in the reader's zone; now, and what is wrong, for one that cannot be read."""
    asked = request.GET.get("at", "").strip()
    if not asked:
        return timezone.now(), ""
    try:
        at = datetime.fromisoformat(asked)
        at = at.replace(tzinfo=reader_of(request).zone) if at.tzinfo is None else at
        if abs(at - timezone.now()) > timedelta(days=3650):
            raise ValueError
    except (ValueError, OverflowError):
        return timezone.now(), "That is no instant within ten years, so the path is drawn for now."
    return at, ""


def _routes_of(route: Route, policy: str, lead: str = "root") -> list[str]:
    found = [lead] if route.page == policy else []
    for number, child in enumerate(route.routes):
        found += _routes_of(child, policy, f"{lead} › {number + 1}")
    return found


# --- writing one -----------------------------------------------------------------------------------------------------


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    if not nouns.may_make(request, "policies"):
        raise PermissionDenied("Only who manages a team may make policies.")
    if request.method != "POST":
        return _editor(request, configuration, drafts.begun(), None)
    draft, button = drafts.of_form(request.POST), request.POST.get("do", "save")
    if button != "save":
        return _editor(request, configuration, drafts.turned(draft, button), None)
    if not draft.key:
        return _editor(request, configuration, draft, None, {"key": "It needs a short name."})
    if Entry.objects.filter(kind="policies", name=draft.key).exists():
        return _editor(request, configuration, draft, None, {"key": "There is one of that name already."})
    return _save(request, configuration, draft, None)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    configuration = facts()
    kept = nouns.found(configuration, "policies", key)
    editing.refuse_who_may_not(nouns.may_change(request, configuration, "policies", key), kept)
    if request.method != "POST":
        return _editor(request, configuration, drafts.of_policy(kept.noun), kept)
    draft = msgspec.structs.replace(drafts.of_form(request.POST), key=key)
    button = request.POST.get("do", "save")
    if button != "save":
        return _editor(request, configuration, drafts.turned(draft, button), kept)
    if request.POST.get("seen") != kept.seen:
        return _editor(request, configuration, draft, kept, {"": editing.CHANGED_MEANWHILE})
    return _save(request, configuration, draft, kept)


@needs(Permission.MANAGE)
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    return editing.remove(request, PAGE, key)


def _save(
    request: HttpRequest, configuration: Configuration, draft: drafts.Draft, kept: nouns.Kept | None
) -> HttpResponse:
    revision = Revision.objects.values_list("revision", flat=True).first() or 0
    try:
        view = ask(request, PutNoun("policies", draft.key, drafts.written(draft), revision))
    except Refused as refused:
        return _editor(request, configuration, draft, kept, {_where(refused): refused.message})
    except NotAnswering as silent:
        return _editor(request, configuration, draft, kept, {"": f"Perhaps not saved: {silent}."})
    editing.warn(request, view)
    messages.success(request, f"{draft.key} is saved.")
    return redirect("policy", draft.key)


def _where(refused: Refused) -> str:
    """The place in the editor: `step-0`, last, repeat, team, key or "" for the whole."""
    field = refused.field
    if field.startswith("steps["):
        return f"step-{field[6:].partition(']')[0]}"
    if "last_resort" in refused.message:
        return "last"
    if "cannot be a name" in refused.message:
        return "key"
    return {"last_resort": "last", "repeat": "repeat", "team": "team"}.get(field.partition("[")[0], "")


def _editor(
    request: HttpRequest,
    configuration: Configuration,
    draft: drafts.Draft,
    kept: nouns.Kept | None,
    wrong: dict[str, str] | None = None,
) -> HttpResponse:
    wrong = wrong or {}
    choices = _choices(configuration)
    steps = [
        {
            "number": number,
            "wait": step.wait,
            "targets": [*step.targets, ""],
            "wrong": wrong.get(f"step-{number}", ""),
            "first": number == 0,
            "last": number == len(draft.steps) - 1,
        }
        for number, step in enumerate(draft.steps)
    ]
    context: dict[str, Any] = {
        "draft": draft,
        "steps": steps,
        "last": [*draft.last, ""],
        "choices": choices,
        "paged": [group for group in choices if group[0] != "Chats"],
        "teams": forms.or_none(forms.named(configuration.teams), "No team"),
        "wrong": wrong,
        "wrong_elsewhere": wrong.get("", ""),
        "kept": kept,
        "way": paths.way(drafts.policy_of(draft, configuration), configuration, timezone.now()),
        "full": len(draft.steps) >= drafts.MOST_STEPS,
        "cancel": reverse("policy", args=(kept.name,)) if kept else reverse("policies"),
    }
    return render(request, "oncall/policy_edit.html", context, status=422 if wrong else 200)


def _choices(configuration: Configuration) -> list[tuple[str, forms.Choices]]:
    """By kind, as `kind:name`."""
    groups = [
        (
            noun.title(),
            [(f"{kind.value}:{key}", word) for key, word in forms.named(getattr(configuration, noun))],
        )
        for kind, noun in KINDS
    ]
    chats = [(f"chat:{key}", word) for key, word in forms.named(configuration.chats)]
    return [(title, found) for title, found in [*groups, ("Chats", chats)] if found]
