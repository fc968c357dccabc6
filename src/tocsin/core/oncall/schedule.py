"""The nouns of on-call: schedule, layer, rotation, restriction, override. The rules live beside this file."""

from datetime import date, datetime, time
from enum import StrEnum

import msgspec


class Unit(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


# cache_hash: whole rotations and restrictions are keys of the turn and window caches.
class Rotation(msgspec.Struct, frozen=True, omit_defaults=True, cache_hash=True):
    """People (or groups of people) in order, each turn `every` x `unit` long.

    Handoffs happen at local wall time `handoff_at` (on `handoff_day`, 0 = Monday, for weekly ones). `starts` is
    the local date from which turns are counted: the first turn is people[0]'s and begins at the first handoff at or
    after local midnight of `starts`, except that the stretch between `starts` and that first handoff is people[0]'s too
    (a short first turn would otherwise leave a hole). `until` cuts a running shift. `first` is the index in `people` of
    who has that first turn: an edit may set it, so that the list stays as people wrote it and nobody's turn jumps.
    """

    people: tuple[tuple[str, ...], ...]
    starts: date
    every: int = 1
    unit: Unit = Unit.WEEK
    handoff_at: time = time(9)
    handoff_day: int | None = None
    until: datetime | None = None
    first: int = 0

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"a rotation changes every 1 or more {self.unit}s, not every {self.every}")
        if self.handoff_day is not None and not 0 <= self.handoff_day <= 6:
            raise ValueError(f"handoff_day is 0 (Monday) to 6 (Sunday), not {self.handoff_day}")


class Restriction(msgspec.Struct, frozen=True, omit_defaults=True, cache_hash=True):
    """A window of local wall time in which the layer counts. An `end` at or before `start` runs overnight.

    `days` are those on which the window begins; several restrictions of a layer add up.
    """

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    start: time = time(0)
    end: time = time(0)


class Layer(msgspec.Struct, frozen=True, omit_defaults=True):
    rotation: Rotation
    name: str = ""
    restrictions: tuple[Restriction, ...] = ()
    time_zone: str | None = None  # the schedule's, unless it differs


class Schedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Layers stack: a later one in `layers` wins where it has someone. Either `layers` or `secondary_of` is given.

    With `secondary_of` the people are derived from that schedule, so that the two are never the same person.
    """

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
    """Wins over all layers from exactly `starts_at` to exactly `ends_at` (UTC instants, end exclusive).

    Several at once apply in the order in which they are given: a later one sees what the earlier ones left.
    """

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


class Gap(msgspec.Struct, frozen=True):
    """One stretch of time in which nobody holds the schedule."""

    starts_at: datetime
    ends_at: datetime
