"""Teams: who belongs to one, who leads it, and when it takes what is not urgent."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.config.schema.kinds import Noun
from tocsin.config.values import DAYS
from tocsin.control.requests import Refused
from tocsin.core.configuration import Configuration
from tocsin.core.instants import format_duration
from tocsin.core.oncall.goals import Goals
from tocsin.core.people import BusinessHours
from tocsin.core.roles import Permission


class TeamForm(ask.NounForm):
    kind = "teams"
    covers = ("name", "members", "lead", "chat", "business_hours", "goals")
    at = {"name": "title", "business_hours": "time_zone"}

    title = ask.title("Name", "Platform")
    members = ask.several(
        "Members", "They may respond to incidents. A policy that pages the team pages all of them."
    )
    lead = ask.choice("Lead", "Manages the team: its schedules, policies, services and integrations.")
    chat = ask.choice("Chat", "Where the team hears what is not a page.")
    time_zone = ask.text("Business hours: time zone", "For example Europe/Berlin.")
    days = forms.MultipleChoiceField(
        label="Business hours: days",
        required=False,
        choices=[(day, day) for day in DAYS],
        widget=forms.CheckboxSelectMultiple(),
    )
    start = forms.CharField(label="From", required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    end = forms.CharField(label="Until", required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    place = ask.text(
        "Public holidays of",
        "A country or a part of one, for example DE-BY: these days are not business hours.",
    )
    holidays = ask.lines("Other free days", "One date a line, for example 2026-12-24.")
    pages_per_shift = ask.text("Goals: pages a shift, at most", "Usually 2.", inputmode="numeric")
    broken_nights = ask.text("Broken nights a shift, at most", "Usually 1.", inputmode="numeric")
    calm_shifts = ask.text("Shifts without any page, at least", "Usually 50%.")
    weeks_in_a_row = ask.text("Weeks on call in a row, at most", "Usually 2.", inputmode="numeric")
    rest = ask.text("Rest between two shifts, at least", "Usually 11h.")

    def refuse(self, refused: Refused) -> None:
        goal = refused.field.removeprefix("goals.")
        if goal != refused.field and goal in self.fields:
            self.add_error(goal, refused.message)
            return
        if refused.field.startswith("business_hours.holidays"):
            self.add_error("place" if "place" in refused.message else "holidays", refused.message)
        else:
            super().refuse(refused)

    def ask_about(self, facts: Configuration) -> None:
        people = ask.people(facts)
        ask.choose_several(self.fields["members"], people)
        ask.choose_one(self.fields["lead"], ask.or_none(people, "Nobody"))
        ask.choose_one(self.fields["chat"], ask.or_none(ask.named(facts.chats), "None"))
        if not people:
            del self.fields["members"], self.fields["lead"]
        if not facts.chats:
            del self.fields["chat"]

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        hours: BusinessHours = noun.business_hours
        return {
            "title": noun.name,
            "members": noun.members,
            "lead": noun.lead,
            "chat": noun.chat,
            "time_zone": hours.time_zone,
            "days": [DAYS[day] for day in hours.days],
            "start": hours.start.strftime("%H:%M"),
            "end": hours.end.strftime("%H:%M"),
            "place": hours.place,
            "holidays": "\n".join(day.isoformat() for day in hours.holidays),
            "pages_per_shift": noun.goals.pages_per_shift,
            "broken_nights": noun.goals.broken_nights,
            "calm_shifts": f"{noun.goals.calm_shifts}%",
            "weeks_in_a_row": noun.goals.weeks_in_a_row,
            "rest": format_duration(noun.goals.rest),
        }

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        hours = ask.given(
            time_zone=said["time_zone"],
            days=said["days"],
            hours=f"{said['start']}-{said['end']}" if said["start"] or said["end"] else "",
            holidays=[*([said["place"]] if said["place"] else []), *ask.split_lines(said["holidays"])],
        )
        return ask.given(
            name=said["title"],
            members=said.get("members", []),
            lead=said.get("lead"),
            chat=said.get("chat"),
            business_hours=hours,
            goals=ask.given(**{goal: said[goal].strip() for goal in Goals.__struct_fields__}),
        )


PAGE = editing.Page(
    "teams",
    TeamForm,
    "team",
    "teams",
    hint="A team owns schedules, policies, services and integrations. Its lead manages them.",
)
BEGUN = {"days": list(DAYS[:5]), "start": "09:00", "end": "17:00"}


@needs(Permission.READ)
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    origins = nouns.origins(["teams"])
    context = {
        "teams": [
            (each, origins.get(("teams", key), "")) for key, each in sorted(configuration.teams.items())
        ],
        "may_make": nouns.may_make(request, "teams"),
        "facts": configuration,
    }
    return render(request, "configuration/teams.html", context)


@needs(Permission.READ)
@require_safe
def team(request: HttpRequest, key: str) -> HttpResponse:
    configuration = facts()
    kept = nouns.found(configuration, "teams", key)
    context = {
        "team": kept.noun,
        "days": ", ".join(DAYS[day] for day in kept.noun.business_hours.days),
        "kept": kept,
        "owned": _owned(configuration, key),
        "may_change": nouns.may_change(request, configuration, "teams", key) and not kept.from_git,
        "facts": configuration,
    }
    return render(request, "configuration/team.html", context)


def _owned(configuration: Configuration, team: str) -> list[tuple[str, str, list[str]]]:
    """(word, address name, names) of what belongs to the team."""
    return [
        (
            word,
            address,
            sorted(key for key, each in getattr(configuration, kind).items() if each.team == team),
        )
        for word, address, kind in (
            ("Services", "service", "services"),
            ("Schedules", "schedule", "schedules"),
            ("Policies", "policy", "policies"),
        )
    ]


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    return editing.make(request, PAGE, {**BEGUN, "time_zone": reader_of(request).zone.key})


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    return editing.change(request, PAGE, key)


@needs(Permission.MANAGE)
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    return editing.remove(request, PAGE, key)
