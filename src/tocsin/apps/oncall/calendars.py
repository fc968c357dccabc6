"""Calendars that others keep: subscribed to, and how each stands."""

from datetime import date, timedelta
from typing import Any

import msgspec
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.asking import ask as ask_machine
from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.models import Entry
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall.models import Record
from tocsin.apps.people.authority import needs
from tocsin.channels.plain import host_of
from tocsin.config.away import members_of
from tocsin.config.schema.kinds import Noun
from tocsin.control.client import NotAnswering
from tocsin.control.requests import CalendarView, ReadCalendar, Refused
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.calendar import (
    CALENDAR_EVENTS,
    Calendar,
    Content,
    PeopleIn,
    Serves,
    Told,
    understood,
    web_address,
)
from tocsin.core.roles import Permission
from tocsin.engine.oncall.calendars import STANDING, Standing

SHOWN = 20
WORDS = {Serves.LEAVE: "Leave", Serves.SCHEDULE: "Shifts"}
PLACES = {
    PeopleIn.SUMMARY: "title",
    PeopleIn.ATTENDEE: "attendees",
    PeopleIn.DESCRIPTION: "description",
}


class Shown(msgspec.Struct, frozen=True):
    """`days` is set for an event of whole days: the first and the last."""

    told: Told
    days: tuple[date, date] | None


class CalendarForm(ask.NounForm):
    kind = "calendars"
    covers = ("url", "for", "team", "person", "people_in", "time_zone")
    at = {"for": "serves"}
    title_field = "key"

    url = ask.text(
        "Address of the feed",
        "An iCal address, https:// or webcal://. It is kept as a secret and not shown again.",
        spellcheck="false",
        inputmode="url",
    )
    serves = ask.choice("What its events are", required=True)
    team = ask.choice(
        "Team", "Its managers may change this calendar. Of leave, only what is its members' counts."
    )
    person = ask.choice("Whose events", "Leave it empty when the events themselves say whose they are.")
    people_in = ask.several(
        "Where an event says whose it is",
        "By a person's short name, name or e-mail address. What is nobody's for sure counts for nobody. None ticked: all.",
    )
    time_zone = ask.text(
        "Time zone", "Where its days begin. Empty: as the feed says, for days of leave each person's own."
    )

    def ask_about(self, facts: Configuration) -> None:
        ask.choose_one(self.fields["serves"], [(each.value, WORDS[each]) for each in Serves])
        ask.choose_one(self.fields["team"], ask.or_none(ask.named(facts.teams), "No team"))
        ask.choose_one(self.fields["person"], ask.or_none(ask.people(facts), "As each event says"))
        ask.choose_several(
            self.fields["people_in"], [(each.value, PLACES[each].capitalize()) for each in PeopleIn]
        )

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        return {
            "serves": noun.serves.value,
            "team": noun.team,
            "person": noun.person,
            "people_in": [] if noun.people_in == tuple(PeopleIn) else [each.value for each in noun.people_in],
            "time_zone": noun.time_zone,
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "key" in self.fields and not said.get("url"):
            self.add_error("url", forms.ValidationError("Paste the address of the feed."))
        return said

    def noun(self, before: Any) -> dict[str, Any]:
        kept = before.get("url") if isinstance(before, dict) else None
        return {**super().noun(before), "url": self.cleaned_data["url"] or kept}

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "for": said["serves"],
            **ask.given(
                team=said["team"],
                person=said["person"],
                people_in=said["people_in"],
                time_zone=said["time_zone"],
            ),
        }


PAGE = editing.Page(
    "calendars",
    CalendarForm,
    "calendar",
    "calendars",
    hint="A calendar that is kept elsewhere: leave from the HR system, or shifts that a layer of a schedule takes from it.",
)


@needs(Permission.READ)
@require_safe
def calendars(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    origins, stood = nouns.origins(["calendars"]), standings()
    listed = [
        (each, WORDS[each.serves], stood.get(key), origins.get(("calendars", key), ""))
        for key, each in sorted(configuration.calendars.items())
    ]
    context = {"calendars": listed, "may_make": nouns.may_make(request, "calendars"), "facts": configuration}
    return render(request, "oncall/calendars.html", context)


def standings(keys: tuple[str, ...] = ()) -> dict[str, Standing]:
    """How each stands, or those; one query."""
    rows = Record.objects.filter(kind=STANDING)
    if keys:
        rows = rows.filter(name__in=keys)
    return {
        name: msgspec.json.decode(document, type=Standing)
        for name, document in rows.values_list("name", "document")
    }


@needs(Permission.READ)
@require_safe
def calendar(request: HttpRequest, key: str) -> HttpResponse:
    configuration, now = facts(), timezone.now()
    kept = nouns.found(configuration, "calendars", key)
    known: Calendar = kept.noun
    content = _content(key)
    told = _told(known, content, configuration) if content else ()
    coming = sorted((each for each in told if each.ends_at > now), key=lambda each: each.starts_at)
    unclear = configuration.unclear.get(key, ())
    may_change = nouns.may_change(request, configuration, "calendars", key)
    context = {
        "calendar": known,
        "kept": kept,
        "word": WORDS[known.serves],
        "host": host_of(web_address(known.url)) if isinstance(known.url, str) else "",
        "standing": standings((key,)).get(key),
        "events": [_shown(each) for each in coming[:SHOWN]],
        "more": max(0, len(coming) - SHOWN),
        "unclear": unclear[:SHOWN],
        "unclear_more": max(0, len(unclear) - SHOWN),
        "left_out": content.left_out[:SHOWN] if content else (),
        "places": [PLACES[each] for each in known.people_in],
        "schedules": _driven_by(key, configuration),
        "for_shifts": known.serves is Serves.SCHEDULE,
        "may_change": may_change and not kept.from_git,
        "may_read": may_change,
        "facts": configuration,
    }
    request.live_topics = ("configuration",)  # type: ignore[attr-defined]
    return render(request, "oncall/calendar.html", context)


def _content(key: str) -> Content | None:
    document = Entry.objects.filter(kind=CALENDAR_EVENTS, name=key).values_list("document", flat=True).first()
    return msgspec.json.decode(document, type=Content) if document is not None else None


def _told(known: Calendar, content: Content, configuration: Configuration) -> tuple[Told, ...]:
    driven = _driven_by(known.key, configuration)
    time_zone = configuration.schedules[driven[0]].time_zone if driven else "UTC"
    members = members_of(known, configuration.teams) if known.serves is Serves.LEAVE else None
    return understood(known, content, configuration.people, members, time_zone).told


def _shown(told: Told) -> Shown:
    event = told.event
    days = (event.starts.date(), (event.ends - timedelta(days=1)).date()) if event.all_day else None
    return Shown(told, days)


def _driven_by(key: str, configuration: Configuration) -> list[str]:
    return sorted(
        schedule.key
        for schedule in configuration.schedules.values()
        if any(layer.calendar == key for layer in schedule.layers)
    )


@needs(Permission.MANAGE)
@require_POST
def read(request: HttpRequest, key: str) -> HttpResponse:
    """Now, and with `as_it_is` whatever it holds."""
    try:
        view: CalendarView = ask_machine(request, ReadCalendar(key, request.POST.get("do") == "as-it-is"))
    except Refused as refused:
        messages.error(request, f"Not read: {refused}.")
    except NotAnswering as silent:
        messages.error(request, f"Perhaps not read: {silent}.")
    else:
        messages.success(request, view.said)
    return redirect("calendar", key)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    return editing.make(request, PAGE, {"serves": request.GET.get("for", "leave")})


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    return editing.change(request, PAGE, key)


@needs(Permission.MANAGE)
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    return editing.remove(request, PAGE, key)
