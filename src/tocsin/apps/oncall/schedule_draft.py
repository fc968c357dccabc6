"""A schedule while somebody writes it: layers, people and hours as a form sends them, without a script.

Common fields: `key`, `team`, `time_zone`, `secondary_of`, `valid` (now or later), `valid_from`. For each layer, the
uppermost first, a `layer` with its number n (the lowest is 0) and `name-n`, `part-n` ("", beside, shadow), `calendar-n`,
`every-n`, `unit-n`, `time-n`, `day-n` (several), `starts-n`, `until-n`, `zone-n`; its people in order as `person-n`
(several, "" is nobody) with `with-n` the places of those who share the turn of the one above; its hours as `hours-n`
(numbers m) with `hours-days-n-m` (several), `hours-from-n-m` and `hours-to-n-m`. Wall times are the layer's zone's;
`valid_from` is the reader's.
"""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.http import QueryDict

from tocsin.apps.alerts.ends import as_input
from tocsin.config.schema.oncall import canonical
from tocsin.config.values import DAYS
from tocsin.core.oncall.schedule import Layer, Restriction, Rotation, Schedule, Unit
from tocsin.core.oncall.wall_clock import zone

MOST_LAYERS = 20
MOST_PEOPLE = 60
MOST_HOURS = 14
PARTS = (
    ("", "Takes turns", "Where it has somebody, it wins over the layers below."),
    ("beside", "Beside the others", "On call together with the layers below."),
    ("shadow", "Looks on", "Listed and told, but never paged: to learn."),
)
COVERED = (
    "team",
    "time_zone",
    "layers",
    "secondary_of",
    "effective_from",
)  # the rest of a noun stays as it is


class Slot(msgspec.Struct):
    """A place in the order; `shares` the turn of the place above."""

    person: str = ""
    shares: bool = False


class Hours(msgspec.Struct):
    days: list[str] = msgspec.field(default_factory=lambda: list(DAYS))
    begin: str = "09:00"
    end: str = "17:00"


class DraftLayer(msgspec.Struct):
    name: str = ""
    part: str = ""
    calendar: str = ""
    every: str = "1"
    unit: str = Unit.WEEK.value
    time: str = "09:00"
    days: list[str] = []
    starts: str = ""
    until: str = ""
    zone: str = ""
    slots: list[Slot] = []
    hours: list[Hours] = []


class Draft(msgspec.Struct):
    """Everything as text, however wrong: it is shown again as it was typed."""

    key: str = ""
    team: str = ""
    time_zone: str = ""
    secondary_of: str = ""
    valid: str = "now"
    valid_from: str = ""
    also_secondary: bool = False
    layers: list[DraftLayer] = []


# --- from what is kept, and from a form ------------------------------------------------------------------------------


def of_schedule(schedule: Schedule, reader: ZoneInfo, now: datetime) -> Draft:
    waits = schedule.effective_from is not None and schedule.effective_from > now
    return Draft(
        key=schedule.key,
        team=schedule.team or "",
        time_zone=schedule.time_zone,
        secondary_of=schedule.secondary_of or "",
        valid="later" if waits else "now",
        valid_from=as_input(schedule.effective_from, reader) if waits and schedule.effective_from else "",
        layers=[_of_layer(layer, schedule.time_zone) for layer in schedule.layers],
    )


def _of_layer(layer: Layer, time_zone: str) -> DraftLayer:
    shown = DraftLayer(
        name=layer.name,
        part="shadow" if layer.shadow else "beside" if layer.beside else "",
        calendar=layer.calendar,
        zone=layer.time_zone or "",
        hours=[_of_restriction(each) for each in layer.restrictions],
    )
    if layer.calendar:
        return shown
    rotation: Rotation = canonical(layer.rotation)
    local = rotation.until.astimezone(zone(layer.time_zone or time_zone)) if rotation.until else None
    return msgspec.structs.replace(
        shown,
        every=str(rotation.every),
        unit=rotation.unit.value,
        time=_clock(rotation.handoff_at),
        days=[DAYS[day] for day in rotation.days],
        starts=rotation.starts.isoformat(),
        until=f"{local:%Y-%m-%d}T{_clock(local.time())}" if local else "",
        slots=[Slot(person, number > 0) for turn in rotation.people for number, person in enumerate(turn)],
    )


def _of_restriction(restriction: Restriction) -> Hours:
    return Hours(
        [DAYS[day] for day in restriction.days],
        _clock(restriction.start),
        _clock(restriction.end),
    )


def _clock(at: time) -> str:
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")


def of_form(data: QueryDict) -> Draft:
    return Draft(
        key=data.get("key", "").strip()[:64],
        team=data.get("team", "")[:64],
        time_zone=data.get("time_zone", "").strip()[:64],
        secondary_of=data.get("secondary_of", "")[:64],
        valid=data.get("valid", "now")[:10],
        valid_from=data.get("valid_from", "").strip()[:40],
        also_secondary=bool(data.get("also_secondary")),
        layers=[_layer_in(data, number[:4]) for number in reversed(data.getlist("layer")[:MOST_LAYERS])],
    )


def _layer_in(data: QueryDict, n: str) -> DraftLayer:
    def said(name: str) -> str:
        return data.get(f"{name}-{n}", "").strip()[:200]

    shared = set(data.getlist(f"with-{n}"))
    people = data.getlist(f"person-{n}")[:MOST_PEOPLE]
    return DraftLayer(
        name=said("name"),
        part=said("part"),
        calendar=said("calendar"),
        every=said("every"),
        unit=said("unit"),
        time=said("time"),
        days=[day for day in DAYS if day in data.getlist(f"day-{n}")],
        starts=said("starts"),
        until=said("until"),
        zone=said("zone"),
        slots=[Slot(person[:64], place > 0 and str(place) in shared) for place, person in enumerate(people)],
        hours=[_hours_in(data, n, m[:4]) for m in data.getlist(f"hours-{n}")[:MOST_HOURS]],
    )


def _hours_in(data: QueryDict, n: str, m: str) -> Hours:
    chosen = data.getlist(f"hours-days-{n}-{m}")
    return Hours(
        [day for day in DAYS if day in chosen],
        data.get(f"hours-from-{n}-{m}", "").strip()[:20],
        data.get(f"hours-to-{n}-{m}", "").strip()[:20],
    )


# --- buttons that are not Save ---------------------------------------------------------------------------------------


def turned(draft: Draft, button: str, today: str) -> Draft:
    """`add` (on top), `remove:n`, `up:n`, `down:n` for layers; `person:n`, `person-up:n:i`, `person-down:n:i` and
    `person-drop:n:i`; `hours:n`, `hours-drop:n:m`. All are counted from 0; anything else leaves it as it is."""
    act, *numbers = button.split(":")
    places = [int(number) for number in numbers if re.fullmatch(r"\d{1,3}", number, re.ASCII)]
    if len(places) != len(numbers):
        return draft
    layers = list(draft.layers)
    if act == "add" and len(layers) < MOST_LAYERS:
        layers.append(_another(layers, today))
    elif len(places) == 1 and places[0] < len(layers) and act in ("remove", "up", "down"):
        _moved(
            layers, {"up": "down", "down": "up"}.get(act, act), places[0]
        )  # the upper ones are the later ones
    elif places and places[0] < len(layers):
        layers[places[0]] = _layer_turned(layers[places[0]], act, places[1:])
    return msgspec.structs.replace(draft, layers=layers)


def _another(layers: Sequence[DraftLayer], today: str) -> DraftLayer:
    """The people and the beginning of the layer before, to be changed."""
    if not layers:
        return DraftLayer(starts=today, days=["Mon"], slots=[Slot(), Slot()])
    last = layers[-1]
    return DraftLayer(
        starts=last.starts or today, days=["Mon"], slots=list(last.slots) or [Slot(), Slot()], zone=last.zone
    )


def _layer_turned(layer: DraftLayer, act: str, places: Sequence[int]) -> DraftLayer:
    slots, hours = list(layer.slots), list(layer.hours)
    match act, list(places):
        case "person", [] if len(slots) < MOST_PEOPLE:
            slots.append(Slot())
        case "person-drop", [place] if place < len(slots):
            _moved(slots, "remove", place)
        case "person-up", [place] if place < len(slots):
            _moved(slots, "up", place)
        case "person-down", [place] if place < len(slots):
            _moved(slots, "down", place)
        case "hours", [] if len(hours) < MOST_HOURS:
            hours.append(Hours(list(DAYS[:5])))
        case "hours-drop", [place] if place < len(hours):
            del hours[place]
    if slots and slots[0].shares:
        slots[0] = Slot(slots[0].person)
    return msgspec.structs.replace(layer, slots=slots, hours=hours)


def _moved(items: list[Any], act: str, place: int) -> None:
    item = items.pop(place)
    if act in ("up", "down"):
        items.insert(max(0, place + (-1 if act == "up" else 1)), item)


# --- what it means ---------------------------------------------------------------------------------------------------


def written(draft: Draft, reader: ZoneInfo) -> dict[str, Any]:
    """As it stands in YAML; what is wrong in it is for the checks of the configuration to say."""
    noun: dict[str, Any] = {}
    if draft.team:
        noun["team"] = draft.team
    if draft.time_zone:
        noun["time_zone"] = draft.time_zone
    if draft.valid == "later":
        noun["effective_from"] = instant(draft.valid_from, reader.key or "UTC")
    if draft.secondary_of:
        noun["secondary_of"] = draft.secondary_of
    else:
        noun["layers"] = [
            _written_layer(layer, layer.zone or draft.time_zone or "UTC") for layer in draft.layers
        ]
    return noun


def _written_layer(layer: DraftLayer, time_zone: str) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if layer.name:
        said["name"] = layer.name
    if layer.calendar:
        said["calendar"] = layer.calendar
    else:
        said["rotation"] = _written_rotation(layer, time_zone)
    if layer.hours:
        said["restrictions"] = [
            {"days": ",".join(hours.days), "from": hours.begin, "to": hours.end} for hours in layer.hours
        ]
    if layer.zone:
        said["time_zone"] = layer.zone
    if layer.part:
        said[layer.part if layer.part in ("beside", "shadow") else "part"] = True
    return said


def _written_rotation(layer: DraftLayer, time_zone: str) -> dict[str, Any]:
    by_day = layer.unit in (Unit.WEEK.value, Unit.DAY.value) and layer.days
    rotation = {
        "every": f"{layer.every or '1'} {layer.unit}",
        "handoff": f"{','.join(layer.days)} {layer.time}" if by_day else layer.time,
        "from": layer.starts,
        "people": turns_of(layer),
    }
    if layer.until:
        rotation["until"] = instant(layer.until, time_zone)
    return rotation


def turns_of(layer: DraftLayer) -> list[Any]:
    """`alice`, or `[alice, bob]` where they share the turn."""
    turns: list[list[str]] = []
    for slot in layer.slots:
        if not slot.person:
            continue
        if slot.shares and turns:
            turns[-1].append(slot.person)
        else:
            turns.append([slot.person])
    return [turn[0] if len(turn) == 1 else turn for turn in turns]


def instant(local: str, time_zone: str) -> str:
    """`2026-06-14T14:30` in a zone, as the YAML says it."""
    return f"{local.replace('T', ' ')} {time_zone}" if local else ""


# --- where a mistake is shown ----------------------------------------------------------------------------------------

_PLACES = {
    "rotation.every": "every",
    "rotation.handoff": "time",
    "rotation.from": "starts",
    "rotation.until": "until",
    "rotation.people": "people",
    "rotation": "people",
    "name": "name",
    "time_zone": "zone",
    "calendar": "calendar",
    "beside": "part",
    "shadow": "part",
}
_OF_LAYER = re.compile(r"layers\[(\d+)\]\.?(.*)")
_OF_HOURS = re.compile(r"restrictions\[(\d+)\]")


def place_of(field: str) -> str:
    """The form's name for a field of the noun: `layers[0].rotation.people[1]` is `people-0`; "" for no single one."""
    found = _OF_LAYER.fullmatch(field)
    if found is None:
        first = re.split(r"[.\[]", field, maxsplit=1)[0]
        return {"effective_from": "valid_from", "layers": "layers"}.get(first, first)
    number, inside = found[1], found[2]
    hours = _OF_HOURS.match(inside)
    if hours:
        return f"hours-{number}-{hours[1]}"
    named = re.sub(r"\[.*", "", inside)
    return f"{_PLACES.get(named, 'layer')}-{number}"
