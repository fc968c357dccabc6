"""Overrides on screen: somebody stands in, joins or is taken out for a while; looked at before, shortened or ended after."""

from datetime import datetime

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tocsin.apps.alerts.ends import CHOICES, as_input, end_of
from tocsin.apps.asking import ask
from tocsin.apps.configuration import forms, nouns
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall import overriding, timeline
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import ChangeEnd, EndOperational, OperationalView, Refused
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.overlaps import overlapped
from tocsin.core.oncall.schedule import Override, OverrideKind
from tocsin.core.oncall.shifts import who_is_on_call
from tocsin.core.roles import Permission

KINDS = (
    (OverrideKind.REPLACE.value, "Stand in", "In place of who is on call."),
    (OverrideKind.ADD.value, "Join them", "On call as well, beside who is."),
    (OverrideKind.REMOVE.value, "Take out", "Nobody comes in their place."),
)

PLACES = (
    "kind",
    "person",
    "replaces",
    "starts_at",
    "ends_at",
    "repeat",
    "repeat_until",
)  # with room for a mistake


class Standing(msgspec.Struct, frozen=True):
    """One that holds now or will."""

    override: Override
    effect: str
    repeats: str


def standing(configuration: Configuration, key: str, now: datetime) -> list[Standing]:
    """Of one schedule, the next first."""
    found = [o for o in configuration.overrides if o.schedule == key and not _is_over(o, now)]
    return [
        Standing(each, timeline.effect_of(each, configuration), repeats(each))
        for each in sorted(found, key=lambda o: (o.starts_at, o.id))
    ]


def repeats(override: Override) -> str:
    """`every week`, `every 2 weeks until 24 Dec 2026`; "" for once."""
    repeat = override.repeat
    if repeat is None:
        return ""
    often = f"every {repeat.unit}" if repeat.every == 1 else f"every {repeat.every} {repeat.unit}s"
    return f"{often} until {repeat.until.day} {repeat.until:%b %Y}" if repeat.until else often


def _clashes(override: Override, configuration: Configuration, now: datetime) -> bool:
    others = [each for each in configuration.overrides if not _is_over(each, now)]
    return overlapped(msgspec.structs.replace(override, on_top=False), others) is not None


def _is_over(override: Override, now: datetime) -> bool:
    over_at = override.over_at
    return over_at is not None and over_at <= now


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, key: str) -> HttpResponse:
    """A form with what would change beneath; `do=look` only draws that."""
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    kept = nouns.found(configuration, "schedules", key)
    person = reader.person.key if reader.person else ""
    posted = request.method == "POST"
    draft = (
        overriding.of_form(request.POST)
        if posted
        else overriding.draft_of(request.GET, configuration, key, person, reader.zone, now)
    )
    refused, preview, override = None, None, None
    try:
        override = overriding.override_of(draft, configuration, key, reader.zone)
        preview = overriding.preview(override, configuration, reader.zone, now)
        if posted and request.POST.get("do") != "look":
            made: OperationalView = ask(request, overriding.request_of(override))
            until = timezone.localtime(made.ends_at).strftime("%a %H:%M")
            messages.success(request, f"{timeline.effect_of(override, configuration)}, until {until}.")
            return redirect("schedule", key)
    except Refused as error:
        refused = error if posted else None
    except NotAnswering as silent:
        refused = Refused("", f"Perhaps not done: {silent}. Look at the schedule before you try again.")
    context = {
        "schedule": kept.noun,
        "draft": draft,
        "kinds": KINDS,
        "people": forms.people(configuration),
        "held": who_is_on_call(
            configuration.schedules, key, overriding.begins(draft, reader.zone, now), configuration.overrides
        ).people,
        "repeats": overriding.REPEATS,
        "overlaps": draft.on_top
        or (posted and override is not None and _clashes(override, configuration, now)),
        "preview": preview,
        "refused": refused,
        "elsewhere": refused is not None and refused.field not in PLACES,
        "zone": reader.zone.key,
        "facts": configuration,
    }
    wrong = refused is not None and request.POST.get("do") != "look"
    return render(request, "oncall/new_override.html", context, status=400 if wrong else 200)


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, key: str, override_id: str) -> HttpResponse:
    """Its end is moved, or it ends now."""
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    found = next((o for o in configuration.overrides if o.id == override_id and o.schedule == key), None)
    if found is None:
        raise Http404("There is no such override of this schedule.")
    refused: Refused | None = None
    if request.method == "POST":
        try:
            view = _changed(request, found, now)
        except Refused as error:
            refused = error
        except NotAnswering as silent:
            refused = Refused("", f"Perhaps not done: {silent}. Look at the schedule before you try again.")
        else:
            said = (
                "It has ended: the schedule counts again." if view.state == "ended" else "Its end is moved."
            )
            messages.success(request, said)
            return redirect("schedule", key)
    context = {
        "override": found,
        "effect": timeline.effect_of(found, configuration),
        "repeats": repeats(found),
        "over": _is_over(found, now),
        "choices": CHOICES,
        "until": as_input(found.ends_at, reader.zone),
        "refused": refused,
        "zone": reader.zone.key,
        "facts": configuration,
        "at": now,
    }
    return render(request, "oncall/override.html", context, status=400 if refused else 200)


def _changed(request: HttpRequest, override: Override, now: datetime) -> OperationalView:
    """Raises Refused and NotAnswering."""
    form = request.POST.dict()
    if form.get("do") == "end":
        ended: OperationalView = ask(request, EndOperational("overrides", override.id))
        return ended
    if form.get("do") != "move":
        raise Refused("invalid", "There is no such act.", "do")
    begin = max(now, override.starts_at)
    end = end_of(form, now, reader_of(request).zone, begin)
    moved: OperationalView = ask(request, ChangeEnd("overrides", override.id, end))
    return moved
