"""Schedules on screen: who takes turns, how long a turn is, when it is handed over. What does not fit this form (several
layers, restrictions, groups) is changed as text."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall import queries
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.config.schema.kinds import Noun
from tocsin.config.schema.oncall import canonical
from tocsin.config.values import DAYS
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Schedule, Unit
from tocsin.core.roles import Permission

PLACES = 8  # people the form has room for
ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
UNITS = [(unit.value, f"{unit.value}s") for unit in (Unit.WEEK, Unit.DAY, Unit.HOUR, Unit.MONTH)]


class ScheduleForm(ask.NounForm):
    """Either one rotation or the second seat of another schedule."""

    kind = "schedules"
    covers = ("team", "time_zone", "layers", "secondary_of")
    at = {"layers": "person_0"}

    team = ask.choice("Team", "Its managers may change this schedule.")
    secondary_of = ask.choice(
        "Second seat of",
        "Leave it empty for a rotation of its own. The second seat is never the same person as the first.",
    )
    every = forms.IntegerField(label="A turn lasts", min_value=1, max_value=366, initial=1, required=False)
    unit = forms.ChoiceField(label="Weeks, days or hours", choices=UNITS, required=False)
    day = forms.ChoiceField(
        label="Handed over on",
        choices=[(day, day) for day in DAYS],
        required=False,
        help_text="Counts for weeks; shorter turns are handed over at the time alone.",
    )
    time = forms.CharField(
        label="At", initial="09:00", required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    starts = forms.CharField(
        label="Counted from",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The day on which the first person's turn begins.",
    )
    time_zone = ask.text("Time zone", "Hand-offs happen at this zone's wall time, for example Europe/Berlin.")

    def ask_about(self, facts: Configuration) -> None:
        ask.choose_one(self.fields["team"], ask.or_none(ask.named(facts.teams), "No team"))
        seats = {key: each for key, each in facts.schedules.items() if key != self.initial.get("key")}
        ask.choose_one(
            self.fields["secondary_of"], ask.or_none(ask.named(seats), "None: it has its own turns")
        )
        if not seats:
            del self.fields["secondary_of"]
        people = ask.people(facts)
        for number in range(min(PLACES, max(2, len(people)))):
            field = forms.ChoiceField(
                label=f"Who is {ORDER[number]}", required=False, choices=ask.or_none(people, "Nobody")
            )
            self.fields[f"person_{number}"] = field
        self.order_fields([name for name in self.fields if name.startswith("person_")])

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "key": noun.key,
            "team": noun.team,
            "time_zone": noun.time_zone,
            "secondary_of": noun.secondary_of,
        }
        if noun.layers:
            rotation = canonical(noun.layers[0].rotation)
            turns = {f"person_{number}": turn[0] for number, turn in enumerate(rotation.people)}
            day = DAYS[rotation.handoff_day] if rotation.handoff_day is not None else DAYS[0]
            shown |= {
                **turns,
                "every": rotation.every,
                "unit": rotation.unit.value,
                "day": day,
                "time": rotation.handoff_at.strftime("%H:%M"),
                "starts": rotation.starts.isoformat(),
            }
        return shown

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        common = ask.given(team=said["team"], time_zone=said["time_zone"])
        if said.get("secondary_of"):
            return {**common, "secondary_of": said["secondary_of"]}
        people = [said[name] for name in sorted(self.fields) if name.startswith("person_") and said[name]]
        weekly = said["unit"] == Unit.WEEK.value
        rotation = {
            "every": f"{said['every'] or 1} {said['unit'] or 'week'}",
            "handoff": f"{said['day']} {said['time']}" if weekly else said["time"],
            "from": said["starts"],
            "people": people,
        }
        return {**common, "layers": [{"rotation": rotation}]}


def fits(schedule: Schedule) -> bool:
    """Whether the form can say all that this schedule says."""
    if schedule.secondary_of:
        return True
    if len(schedule.layers) != 1:
        return False
    layer = schedule.layers[0]
    turns = layer.rotation.people
    return (
        not layer.name
        and not layer.restrictions
        and layer.time_zone is None
        and layer.rotation.until is None
        and len(turns) <= PLACES
        and all(len(turn) == 1 for turn in turns)
        and (layer.rotation.unit is not Unit.WEEK or layer.rotation.handoff_day is not None)
        and not layer.rotation.handoff_at.second
    )


PAGE = editing.Page(
    "schedules",
    ScheduleForm,
    "schedule",
    "schedules",
    hint="People take turns in the order below. Layers and restrictions are written as text later.",
)


@needs(Permission.READ)
@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    context = {
        "views": queries.now_and_next(configuration, timezone.now()),
        "origins": {name: origin for (_, name), origin in nouns.origins(["schedules"]).items()},
        "may_make": nouns.may_make(request, "schedules"),
        "facts": configuration,
    }
    return render(request, "oncall/schedules.html", context)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    zone = reader_of(request).zone
    today = timezone.now().astimezone(zone).date()
    initial = {
        "starts": (today - timedelta(days=today.weekday())).isoformat(),
        "time_zone": zone.key,
        "unit": "week",
        "every": 1,
        "day": "Mon",
    }
    return editing.make(request, PAGE, initial)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    kept = nouns.found(facts(), "schedules", key)
    if not fits(kept.noun):
        return redirect("configuration-text", "schedules", key)
    return editing.change(request, PAGE, key)


@needs(Permission.MANAGE)
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    return editing.remove(request, PAGE, key)
