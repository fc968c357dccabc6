"""Making, changing and removing a noun from a form: shown, sent, refused at its field, or done."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tocsin.apps.asking import ask
from tocsin.apps.configuration.forms import NounForm
from tocsin.apps.configuration.models import Entry, Revision
from tocsin.apps.configuration.nouns import WORDS, Kept, found, may_change, may_make
from tocsin.apps.configuration.queries import facts
from tocsin.control.client import NotAnswering
from tocsin.control.requests import NounView, PutNoun, Refused, RemoveNoun

CHANGED_MEANWHILE = (
    "Somebody changed it while you wrote. Below is what you wrote; save again to put it in place of theirs."
)
FORM = "configuration/edit.html"
AS_TEXT = ("heartbeats", "chats")  # whose form also leads to the same as a file has it


class Page(msgspec.Struct, frozen=True):
    """The page of one kind: its form, where one lands afterwards, and what the page is called."""

    kind: str
    form: Callable[..., NounForm]
    lands: str  # the name of the address that shows one
    listed: str  # and of the one that lists them
    template: str = FORM
    hint: str = ""  # said above the form of a new one

    def address(self, name: str) -> str:
        return reverse(self.lands, args=(name,))

    @property
    def listing(self) -> str:
        return reverse(self.listed)


def make(request: HttpRequest, page: Page, initial: dict[str, Any] | None = None) -> HttpResponse:
    configuration = facts()
    if not may_make(request, page.kind):
        raise PermissionDenied(f"Only who manages a team may make this: {WORDS[page.kind]}.")
    if request.method != "POST":
        return _show(request, page, page.form(configuration, initial=initial or {}), None)
    form = page.form(configuration, request.POST)
    if form.is_valid():
        name = form.key()
        if not name:
            form.add_error("key", "It needs a short name.")
        elif Entry.objects.filter(kind=page.kind, name=name).exists():
            form.add_error("key", f"There is one called {name} already.")
        elif put(request, page.kind, name, form.noun({}), form) is not None:
            messages.success(request, f"{name} is saved.")
            return redirect(page.address(name))
    return _show(request, page, form, None)


def change(request: HttpRequest, page: Page, name: str) -> HttpResponse:
    configuration = facts()
    kept = found(configuration, page.kind, name)
    refuse_who_may_not(may_change(request, configuration, page.kind, name), kept)
    if request.method != "POST":
        form = page.form(configuration, new=False, initial=page.form.initial_of(kept.noun))  # type: ignore[attr-defined]
        return _show(request, page, form, kept)
    form = page.form(configuration, request.POST, new=False)
    if form.is_valid():
        if request.POST.get("seen") != kept.seen:
            form.add_error(None, CHANGED_MEANWHILE)
        elif put(request, page.kind, name, form.noun(kept.tree), form) is not None:
            messages.success(request, f"{name} is saved.")
            return redirect(page.address(name))
    return _show(request, page, form, kept)


def put(
    request: HttpRequest, kind: str, name: str, noun: dict[str, Any], form: NounForm | None = None
) -> NounView | None:
    """Save it; None when that was refused, which the form (or a message) says."""
    revision = Revision.objects.values_list("revision", flat=True).first() or 0
    try:
        view: NounView = ask(request, PutNoun(kind, name, noun, revision))
    except Refused as refused:
        if form is not None:
            form.refuse(refused)
        else:
            messages.error(request, f"Not saved: {refused.field}{': ' if refused.field else ''}{refused}")
        return None
    except NotAnswering as silent:
        if form is not None:
            form.add_error(None, f"Perhaps not saved: {silent}.")
        else:
            messages.error(request, f"Perhaps not saved: {silent}.")
        return None
    warn(request, view)
    return view


def warn(request: HttpRequest, view: NounView) -> None:
    """Say what was saved all the same; where it is about is said unless the page that comes next shows it."""
    shown_next = (f"{view.kind}.{view.name}", "defaults.admins")
    for problem in view.problems[:3]:
        where = "" if problem.field in shown_next else f"{problem.field}: "
        said = where + problem.message.rstrip(".")
        messages.warning(request, f"{said[:1].upper()}{said[1:]}.")


def remove(request: HttpRequest, page: Page, name: str) -> HttpResponse:
    configuration = facts()
    kept = found(configuration, page.kind, name)
    refuse_who_may_not(may_change(request, configuration, page.kind, name), kept)
    try:
        ask(request, RemoveNoun(page.kind, name))
    except Refused as refused:
        messages.error(request, f"Not removed: {refused}.")
        return redirect(page.address(name))
    except NotAnswering as silent:
        messages.error(request, f"Perhaps not removed: {silent}.")
        return redirect(page.address(name))
    messages.success(request, f"{name} is removed.")
    return redirect(page.listing)


def refuse_who_may_not(may: bool, kept: Kept) -> None:
    if kept.from_git:
        raise PermissionDenied(
            f"{kept.name or WORDS[kept.kind]} comes from Git; change it there and apply it."
        )
    if not may:
        raise PermissionDenied("This belongs to a team that you do not manage.")


def _show(request: HttpRequest, page: Page, form: NounForm, kept: Kept | None) -> HttpResponse:
    word = WORDS[page.kind]
    context = {
        "form": form,
        "kept": kept,
        "heading": f"Change {kept.name}" if kept else f"New {word}",
        "word": word,
        "hint": "" if kept else page.hint,
        "cancel": page.address(kept.name) if kept else page.listing,
        "as_text": kept is not None and page.kind in AS_TEXT,
    }
    return render(request, page.template, context, status=422 if form.is_bound else 200)
