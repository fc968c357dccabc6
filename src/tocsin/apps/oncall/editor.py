"""The schedule's editor: a form whose every button posts it, and the coming weeks before it is saved."""

import re
from datetime import datetime
from typing import Any

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tocsin.apps.asking import ask
from tocsin.apps.configuration import editing, forms, nouns
from tocsin.apps.configuration.models import Entry, Revision
from tocsin.apps.configuration.queries import all_entries, facts
from tocsin.apps.oncall import patterns, schedule_draft, schedule_preview
from tocsin.apps.oncall.schedule_draft import COVERED, Draft, place_of
from tocsin.apps.oncall.spans import monday
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.config.edit import NotEdited, try_noun
from tocsin.config.values import DAYS
from tocsin.control.client import NotAnswering
from tocsin.control.requests import NounView, PutNoun, Refused
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Schedule, Unit
from tocsin.core.roles import Permission

UNITS = [(unit.value, f"{unit.value}s") for unit in (Unit.WEEK, Unit.DAY, Unit.HOUR, Unit.MONTH)]
_LAYER_IN_PLACE = re.compile(r"^[a-z]+-(\d+)(?:-\d+)?$")
UNNAMED = "unnamed-schedule"  # while one that has no name yet is looked at


class Wrong(msgspec.Struct, frozen=True):
    """One mistake; `place` is the form's name for where it is, "" for the whole."""

    place: str
    message: str


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    if not nouns.may_make(request, "schedules"):
        raise PermissionDenied("Only who manages a team may make a schedule.")
    configuration, reader = facts(), reader_of(request)
    if request.method != "POST":
        draft = _begun(request, configuration, reader)
        return _show(request, draft, None, None)
    return _posted(request, configuration, reader, None)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    configuration, reader = facts(), reader_of(request)
    kept = nouns.found(configuration, "schedules", key)
    editing.refuse_who_may_not(nouns.may_change(request, configuration, "schedules", key), kept)
    if request.method != "POST":
        draft = schedule_draft.of_schedule(kept.noun, reader.zone, timezone.now())
        return _show(request, draft, kept, None)
    return _posted(request, configuration, reader, kept)


def _posted(
    request: HttpRequest, configuration: Configuration, reader: Reader, kept: nouns.Kept | None
) -> HttpResponse:
    draft = schedule_draft.of_form(request.POST)
    if kept is not None:
        draft.key = kept.name
    button = request.POST.get("do", "save")
    if button not in ("save", "look"):
        return _show(request, _pressed(draft, button, configuration, reader), kept, None)
    if button == "look":
        return _show(request, draft, kept, None)
    wrong = _saved(request, draft, kept, reader)
    return redirect("schedule", draft.key) if wrong is None else _show(request, draft, kept, wrong)


def _begun(request: HttpRequest, configuration: Configuration, reader: Reader) -> Draft:
    team = request.GET.get("team", "")
    mine = sorted(reader.grants.manages)
    draft = Draft(
        team=team if team in configuration.teams else mine[0] if len(mine) == 1 else "",
        time_zone=reader.zone.key or "UTC",
    )
    pattern = request.GET.get("pattern", "weekly")
    return patterns.begun(draft, pattern, _members(draft, configuration), _monday(reader))


def _pressed(draft: Draft, button: str, configuration: Configuration, reader: Reader) -> Draft:
    act, _, name = button.partition(":")
    if act == "pattern":
        return patterns.begun(draft, name, _members(draft, configuration), _monday(reader))
    return schedule_draft.turned(draft, button, _monday(reader))


def _members(draft: Draft, configuration: Configuration) -> tuple[str, ...]:
    team = configuration.teams.get(draft.team)
    return team.members if team is not None else ()


def _monday(reader: Reader) -> str:
    return monday(timezone.now().astimezone(reader.zone).date()).isoformat()


# --- saving ----------------------------------------------------------------------------------------------------------


def _saved(request: HttpRequest, draft: Draft, kept: nouns.Kept | None, reader: Reader) -> Wrong | None:
    """None when it was; else why not."""
    mistake = _plainly_wrong(draft)
    if mistake is not None:
        return mistake
    if kept is None and Entry.objects.filter(kind="schedules", name=draft.key).exists():
        return Wrong("key", f"There is one called {draft.key} already.")
    if kept is not None and request.POST.get("seen") != kept.seen:
        return Wrong("", editing.CHANGED_MEANWHILE)
    revision = Revision.objects.values_list("revision", flat=True).first() or 0
    try:
        view: NounView = ask(request, PutNoun("schedules", draft.key, _noun(draft, kept, reader), revision))
    except Refused as refused:
        return _wrong_of(refused.field, refused.message)
    except NotAnswering as silent:
        return Wrong("", f"Perhaps not saved: {silent}.")
    messages.success(request, f"{draft.key} is saved.")
    editing.warn(request, view)
    if draft.also_secondary and kept is None:
        _second(request, draft)
    return None


def _second(request: HttpRequest, draft: Draft) -> None:
    """The second seat that goes with a new schedule."""
    name = f"{draft.key.removesuffix('-primary')}-secondary"[:64]
    noun: dict[str, Any] = {"secondary_of": draft.key, "time_zone": draft.time_zone or "UTC"}
    if draft.team:
        noun["team"] = draft.team
    if Entry.objects.filter(kind="schedules", name=name).exists():
        messages.warning(request, f"There is a schedule {name} already; its second seat was not made.")
    elif editing.put(request, "schedules", name, noun) is not None:
        messages.success(request, f"{name}, its second seat, is saved too.")


def _noun(draft: Draft, kept: nouns.Kept | None, reader: Reader) -> dict[str, Any]:
    before = kept.tree if kept is not None and isinstance(kept.tree, dict) else {}
    rest = {name: value for name, value in before.items() if name not in COVERED}
    began = kept.noun.effective_from if kept is not None else None
    if began is not None and began <= timezone.now():
        rest["effective_from"] = before["effective_from"]  # it has come, and says nothing of this edit
    return {**rest, **schedule_draft.written(draft, reader.zone)}


def _plainly_wrong(draft: Draft) -> Wrong | None:
    """What the configuration's own checks would say in words that fit no form."""
    if not draft.key:
        return Wrong("key", "It needs a short name.")
    if draft.valid == "later" and not draft.valid_from:
        return Wrong("valid_from", "Say from when it counts.")
    if draft.secondary_of:
        return None
    if not draft.layers:
        return Wrong("layers", "It needs a layer: somebody who takes turns.")
    for number, layer in enumerate(draft.layers):
        if layer.calendar:
            continue
        if not schedule_draft.turns_of(layer):
            return Wrong(f"people-{number}", "Choose who takes turns.")
        if not layer.starts:
            return Wrong(f"starts-{number}", "Say from which day turns are counted.")
        for place, hours in enumerate(layer.hours):
            if not hours.days:
                return Wrong(f"hours-{number}-{place}", "Choose at least one day.")
    return None


def _wrong_of(field: str, message: str) -> Wrong:
    if "cannot be a name" in message:
        return Wrong("key", message)
    place = place_of(field)
    return Wrong(place, message) if place else Wrong("", f"{field}: {message}" if field else message)


# --- showing ---------------------------------------------------------------------------------------------------------


def _show(request: HttpRequest, draft: Draft, kept: nouns.Kept | None, wrong: Wrong | None) -> HttpResponse:
    """With the weeks that would come of it, or what keeps them from being drawn; a mistake stands at its field once the
    form was to be saved or drawn, not while its parts are still put together."""
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    found, preview = _looked(draft, kept, wrong, configuration, reader, now)
    said = found if wrong is not None or request.POST.get("do") == "look" else None
    context = {
        "draft": draft,
        "kept": kept,
        "layers": [_Layer(number, layer, len(draft.layers)) for number, layer in enumerate(draft.layers)][
            ::-1
        ],
        "full": len(draft.layers) >= schedule_draft.MOST_LAYERS,
        "patterns": patterns.PATTERNS if kept is None else (),
        "parts": schedule_draft.PARTS,
        "units": UNITS,
        "days": DAYS,
        "teams": forms.or_none(forms.named(configuration.teams), "No team"),
        "people": forms.people(configuration),
        "calendars": forms.named(configuration.calendars),
        "primaries": forms.named({k: s for k, s in configuration.schedules.items() if k != draft.key}),
        "wrong": {said.place: said.message} if said else {},
        "said_above": _said_above(said, draft) if said else "",
        "anchor": _anchor(said.place) if said else "",
        "preview": preview,
        "not_drawn": found.message if found else "",
        "cancel": reverse("schedule", args=(kept.name,)) if kept else reverse("schedules"),
        "zone": reader.zone.key,
        "facts": configuration,
    }
    return render(request, "oncall/schedule_edit.html", context, status=422 if wrong is not None else 200)


def _said_above(wrong: Wrong, draft: Draft) -> str:
    """The mistake with the layer it is in, for whoever does not see its field."""
    number = _LAYER_IN_PLACE.search(wrong.place)
    if number is None or int(number[1]) >= len(draft.layers):
        return wrong.message
    layer = draft.layers[int(number[1])]
    return f"{layer.name or f'Layer {int(number[1]) + 1}'}: {wrong.message}"


def _anchor(place: str) -> str:
    """Where on the page it is: the layer, or the field itself."""
    number = _LAYER_IN_PLACE.search(place)
    return f"layer-{number[1]}" if number else place.replace("_", "-")


class _Layer(msgspec.Struct, frozen=True):
    """A layer as the form shows it."""

    number: int
    draft: schedule_draft.DraftLayer
    count: int

    @property
    def title(self) -> str:
        return self.draft.name or f"Layer {self.number + 1}"

    @property
    def text(self) -> str:
        """Its number, to be joined with the name of a field."""
        return str(self.number)

    @property
    def hours(self) -> list[tuple[str, schedule_draft.Hours]]:
        """Each with the form's name for where it is."""
        return [(f"hours-{self.number}-{m}", each) for m, each in enumerate(self.draft.hours)]

    @property
    def is_top(self) -> bool:
        return self.number == self.count - 1

    @property
    def is_bottom(self) -> bool:
        return self.number == 0

    @property
    def narrowed(self) -> bool:
        """Whether what folds has something in it."""
        said = self.draft
        return bool(said.hours or said.zone or said.until or said.part or said.calendar)


def _looked(
    draft: Draft,
    kept: nouns.Kept | None,
    wrong: Wrong | None,
    configuration: Configuration,
    reader: Reader,
    now: datetime,
) -> tuple[Wrong | None, schedule_preview.Preview | None]:
    plainly = _plainly_wrong(draft)
    if plainly is not None and plainly.place != "key":
        return wrong or plainly, None
    name = draft.key or UNNAMED
    try:
        schedule, _ = try_noun(all_entries(), "schedules", name, _noun(draft, kept, reader), now)
    except NotEdited as refused:
        return wrong or _wrong_of(refused.field, refused.message), None
    assert isinstance(schedule, Schedule)
    return wrong, schedule_preview.preview(configuration, name, schedule, reader.zone, now)
