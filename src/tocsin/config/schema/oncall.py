"""Schedules with their layers, rotations and restrictions, and overrides, in their written form."""

from typing import Any

import msgspec

from tocsin.config.forms import Choice, Many, Reference
from tocsin.config.records import Field, Record
from tocsin.config.schema.people import PERSON, TEAM
from tocsin.config.values import (
    DATE,
    DAYS_OR_WEEKS,
    END,
    EVERY,
    HANDOFF,
    INSTANT,
    TEXT,
    TIME,
    YES_OR_NO,
    ZONE,
    Days,
)
from tocsin.core.oncall.overlaps import unrepeatable
from tocsin.core.oncall.schedule import (
    NO_ROTATION,
    Layer,
    Override,
    OverrideKind,
    Repeat,
    Restriction,
    Rotation,
    Schedule,
    Unit,
)

SCHEDULE = Reference("schedules", "schedule")
CALENDAR = Reference("calendars", "calendar")


def canonical(rotation: Rotation) -> Rotation:
    """The same turns with the list turned so that the first turn is the first in it: what an export shows."""
    if not rotation.first or not rotation.people:
        return rotation
    place = rotation.first % len(rotation.people)
    return msgspec.structs.replace(
        rotation, people=rotation.people[place:] + rotation.people[:place], first=0
    )


def _rotation(values: dict[str, Any]) -> Rotation:
    every, unit = values.pop("every")
    days, at = values.pop("handoff")
    if unit is Unit.DAY and len(days) == 7:
        days = ()
    one = days[0] if len(days) == 1 else None
    several = days if len(days) > 1 else ()
    return Rotation(every=every, unit=unit, handoff_day=one, handoff_days=several, handoff_at=at, **values)


def _rotation_parts(rotation: Rotation) -> dict[str, Any]:
    plain = canonical(rotation)
    return {
        "every": (plain.every, plain.unit),
        "handoff": (plain.days, plain.handoff_at),
        "starts": plain.starts,
        "until": plain.until,
        "people": plain.people,
    }


def _rotation_wrong(rotation: Rotation) -> str:
    if not rotation.people or not all(rotation.people):
        return "a rotation needs people, at least one for each turn"
    if rotation.days and rotation.unit not in (Unit.DAY, Unit.WEEK):
        return f"a turn of {rotation.unit}s is not handed over on a day of the week; write the time alone"
    if len(rotation.days) == 1 and rotation.unit is Unit.DAY:
        return "a turn of days is handed over every day (write the time alone) or on several weekdays, such as Mon-Fri"
    return ""


ROTATION = Record(
    Rotation,
    Field("every", EVERY, required=True),
    Field("handoff", HANDOFF, required=True),
    Field("from", DATE, "starts", required=True),
    Field("until", INSTANT),
    Field("people", Many(Many(PERSON, one=True)), required=True),
    make=_rotation,
    parts=_rotation_parts,
    check=_rotation_wrong,
)

RESTRICTION = Record(
    Restriction,
    Field("days", Days()),
    Field("from", TIME, "start"),
    Field("to", END, "end"),
)


def _layer_wrong(layer: Layer) -> str:
    if bool(layer.calendar) == (layer.rotation != NO_ROTATION):
        return "a layer has either a rotation or a calendar"
    if layer.beside and layer.shadow:
        return "a layer is either beside those below it or a shadow, which is never on call"
    return ""


LAYER = Record(
    Layer,
    Field("name", TEXT),
    Field("rotation", ROTATION),
    Field("calendar", CALENDAR),
    Field("restrictions", Many(RESTRICTION)),
    Field("time_zone", ZONE),
    Field("beside", YES_OR_NO),
    Field("shadow", YES_OR_NO),
    check=_layer_wrong,
)


def _schedule_wrong(schedule: Schedule) -> str:
    if bool(schedule.layers) == (schedule.secondary_of is not None):
        return "a schedule has either layers or secondary_of"
    if schedule.layers and all(layer.shadow for layer in schedule.layers):
        return "a schedule needs a layer that is not a shadow: shadows cover nothing"
    return ""


SCHEDULES = Record(
    Schedule,
    Field("team", TEAM),
    Field("time_zone", ZONE),
    Field("effective_from", INSTANT),
    Field("layers", Many(LAYER)),
    Field("secondary_of", SCHEDULE),
    Field("handoff", YES_OR_NO),
    check=_schedule_wrong,
    named="key",
)


def _repeat(values: dict[str, Any]) -> Repeat:
    every, unit = values.pop("every")
    return Repeat(every=every, unit=unit, **values)


def _repeat_parts(repeat: Repeat) -> dict[str, Any]:
    return {"every": (repeat.every, repeat.unit), "time_zone": repeat.time_zone, "until": repeat.until}


REPEAT = Record(
    Repeat,
    Field("every", DAYS_OR_WEEKS, required=True),
    Field("time_zone", ZONE, required=True),
    Field("until", INSTANT),
    make=_repeat,
    parts=_repeat_parts,
)


def _override_wrong(override: Override) -> str:
    if override.starts_at >= override.ends_at:
        return "'ends' must be after 'starts'"
    return unrepeatable(override)


OVERRIDES = Record(
    Override,
    Field("schedule", SCHEDULE, required=True),
    Field("person", PERSON, required=True),
    Field("starts", INSTANT, "starts_at", required=True),
    Field("ends", INSTANT, "ends_at", required=True),
    Field("kind", Choice(OverrideKind)),
    Field("replaces", PERSON),
    Field("repeat", REPEAT),
    Field("on_top", YES_OR_NO),
    Field("comment", TEXT),
    Field("created_by", TEXT),
    check=_override_wrong,
    named="id",
)
