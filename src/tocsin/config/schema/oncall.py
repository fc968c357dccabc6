"""Schedules with their layers, rotations and restrictions, and overrides, in their written form."""

from typing import Any

import msgspec

from tocsin.config.forms import Choice, Many, Reference
from tocsin.config.records import Field, Record
from tocsin.config.schema.people import PERSON, TEAM
from tocsin.config.values import DATE, END, EVERY, HANDOFF, INSTANT, TEXT, TIME, ZONE, Days
from tocsin.core.oncall.schedule import Layer, Override, OverrideKind, Restriction, Rotation, Schedule, Unit

SCHEDULE = Reference("schedules", "schedule")


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
    day, at = values.pop("handoff")
    return Rotation(every=every, unit=unit, handoff_day=day, handoff_at=at, **values)


def _rotation_parts(rotation: Rotation) -> dict[str, Any]:
    plain = canonical(rotation)
    return {
        "every": (plain.every, plain.unit),
        "handoff": (plain.handoff_day, plain.handoff_at),
        "starts": plain.starts,
        "until": plain.until,
        "people": plain.people,
    }


def _rotation_wrong(rotation: Rotation) -> str:
    if not rotation.people or not all(rotation.people):
        return "a rotation needs people, at least one for each turn"
    if rotation.handoff_day is not None and rotation.unit is not Unit.WEEK:
        return f"a turn of {rotation.unit}s is not handed over on a day of the week; write the time alone"
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

LAYER = Record(
    Layer,
    Field("name", TEXT),
    Field("rotation", ROTATION, required=True),
    Field("restrictions", Many(RESTRICTION)),
    Field("time_zone", ZONE),
)


def _schedule_wrong(schedule: Schedule) -> str:
    if bool(schedule.layers) == (schedule.secondary_of is not None):
        return "a schedule has either layers or secondary_of"
    return ""


SCHEDULES = Record(
    Schedule,
    Field("team", TEAM),
    Field("time_zone", ZONE),
    Field("layers", Many(LAYER)),
    Field("secondary_of", SCHEDULE),
    check=_schedule_wrong,
    named="key",
)

OVERRIDES = Record(
    Override,
    Field("schedule", SCHEDULE, required=True),
    Field("person", PERSON, required=True),
    Field("starts", INSTANT, "starts_at", required=True),
    Field("ends", INSTANT, "ends_at", required=True),
    Field("kind", Choice(OverrideKind)),
    Field("replaces", PERSON),
    Field("comment", TEXT),
    Field("created_by", TEXT),
    check=lambda override: "" if override.starts_at < override.ends_at else "'ends' must be after 'starts'",
    named="id",
)
