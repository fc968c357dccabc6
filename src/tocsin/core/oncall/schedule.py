"""The nouns of on-call: schedule, layer, rotation, restriction, override. The rules live beside this file."""

from datetime import date, datetime, time
from enum import StrEnum

import msgspec


class Unit(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Rotation(msgspec.Struct, frozen=True, omit_defaults=True):
    """People (or groups of people) in order, each turn `every` x `unit` long.

    Handoffs happen at local wall time `handoff_at` (on `handoff_day`, 0 = Monday, for weekly ones). `starts` is
    the local date from which turns are counted: the first turn is people[0]'s and begins at the first handoff at or
    after local midnight of `starts`, except that the stretch between `starts` and that first handoff is people[0]'s too
    (a short first turn would otherwise leave a hole). `until` cuts a running shift.
    """

    people: tuple[tuple[str, ...], ...]
    starts: date
    every: int = 1
    unit: Unit = Unit.WEEK
    handoff_at: time = time(9)
    handoff_day: int | None = None
    until: datetime | None = None


class Restriction(msgspec.Struct, frozen=True, omit_defaults=True):
    """A window of local wall time in which the layer counts. An `end` at or before `start` runs overnight."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    start: time = time(0)
    end: time = time(0)


class Layer(msgspec.Struct, frozen=True, omit_defaults=True):
    rotation: Rotation
    name: str = ""
    restrictions: tuple[Restriction, ...] = ()
    time_zone: str | None = None  # the schedule's, unless it differs


class Schedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Layers stack: a later one in `layers` wins where it has someone. Either `layers` or `secondary_of` is given."""

    key: str
    team: str | None = None
    time_zone: str = "UTC"
    layers: tuple[Layer, ...] = ()
    secondary_of: str | None = None


class OverrideKind(StrEnum):
    REPLACE = "replace"  # `person` stands in for `replaces` (or for everybody when it is None)
    ADD = "add"
    REMOVE = "remove"


class Override(msgspec.Struct, frozen=True, omit_defaults=True):
    """Wins over all layers from exactly `starts_at` to exactly `ends_at` (UTC instants, end exclusive)."""

    id: str
    schedule: str
    person: str
    starts_at: datetime
    ends_at: datetime
    kind: OverrideKind = OverrideKind.REPLACE
    replaces: str | None = None
    comment: str = ""
    created_by: str = ""


class Shift(msgspec.Struct, frozen=True):
    """One stretch of time in which the same people hold the schedule. `by` says which layer or override decided."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]
    by: str


class OnCall(msgspec.Struct, frozen=True):
    """The answer at one instant. `people` is empty when nobody is on call; `until` is when the answer may change."""

    people: tuple[str, ...]
    by: str
    until: datetime | None = None
