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

    Handoffs happen at local wall time `handoff_at`, on `handoff_day` (0 = Monday) or on several `handoff_days`: in weekly
    rotations each of those days hands over in every `every`-th week, in daily ones every `every`-th of those days does, so
    that Friday's person keeps the weekend. `starts` is
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
    handoff_days: tuple[int, ...] = ()  # several, in rising order; one alone is `handoff_day`

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"a rotation changes every 1 or more {self.unit}s, not every {self.every}")
        days = self.handoff_days if self.handoff_day is None else (*self.handoff_days, self.handoff_day)
        for day in days:
            if not 0 <= day <= 6:
                raise ValueError(f"a handoff's day is 0 (Monday) to 6 (Sunday), not {day}")
        if len(set(days)) < len(days) or (self.handoff_days and self.handoff_day is not None):
            raise ValueError("a rotation has either a handoff_day or several handoff_days, each once")

    @property
    def days(self) -> tuple[int, ...]:
        """The weekdays on which turns are handed over, however they are written; () for any."""
        return self.handoff_days if self.handoff_day is None else (self.handoff_day,)


NO_ROTATION = Rotation((), date.min)  # of a layer that a calendar drives


class Restriction(msgspec.Struct, frozen=True, omit_defaults=True, cache_hash=True):
    """A window of local wall time in which the layer counts. An `end` at or before `start` runs overnight.

    `days` are those on which the window begins; several restrictions of a layer add up.
    """

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    start: time = time(0)
    end: time = time(0)


Event = tuple[datetime, datetime, tuple[str, ...]]  # starts_at, ends_at (exclusive), people


class Layer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who would be on call by one rule: a `rotation`, or the `calendar` (of that name) in its place.

    `events` are that calendar's, put in when the configuration is loaded, never stored: by their start, none overlapping
    another. With `beside` its people are on call together with those of the layers below, not in their place. A `shadow`
    layer's people only look on: they are listed, cover nothing and are never paged as responders.
    """

    rotation: Rotation = NO_ROTATION
    name: str = ""
    restrictions: tuple[Restriction, ...] = ()
    time_zone: str | None = None  # the schedule's, unless it differs
    beside: bool = False
    shadow: bool = False
    calendar: str = ""
    events: tuple[Event, ...] = ()


class Former(msgspec.Struct, frozen=True):
    """A version of a schedule that holds up to `until` (exclusive), from where the one before it ends."""

    until: datetime
    schedule: "Schedule"


class Schedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Layers stack: a later one in `layers` wins where it has someone. Either `layers` or `secondary_of` is given.

    With `secondary_of` the people are derived from that schedule, so that the two are never the same person.

    An edit is valid from an instant on: `former` are the versions before this one, by `until`; each holds until then, this
    one from the last of them on. Before `effective_from` a schedule that has no former version has nobody. `former`
    and `primary` (the schedule that this one is derived from, where that has been removed since) are put in when the
    configuration is loaded.

    `handoff`: a report is written when a shift ends, for the next to accept. Derived schedules have none.
    """

    key: str
    team: str | None = None
    time_zone: str = "UTC"
    layers: tuple[Layer, ...] = ()
    secondary_of: str | None = None
    effective_from: datetime | None = None
    handoff: bool = True
    former: tuple[Former, ...] = ()
    primary: "Schedule | None" = None


class OverrideKind(StrEnum):
    REPLACE = "replace"  # `person` stands in for `replaces` (or for everybody when it is None)
    ADD = "add"
    REMOVE = "remove"  # nobody comes in their place; of a shadow too


class Repeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """An override again every so many days or weeks, at the same local wall time of `time_zone`. Nothing of it holds from
    `until` on: a running one is cut."""

    every: int = 1
    unit: Unit = Unit.WEEK
    time_zone: str = "UTC"
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.every < 1 or self.unit not in (Unit.DAY, Unit.WEEK):
            raise ValueError("an override repeats every 1 or more days or weeks")


class Override(msgspec.Struct, frozen=True, omit_defaults=True):
    """Wins over all layers from exactly `starts_at` to exactly `ends_at` (UTC instants, end exclusive), and again when it
    repeats.

    Several at once apply in the order in which they are given: a later one sees what the earlier ones left. Two that
    would take the same seat at the same time are refused where they are made, unless the later says `on_top`; those that
    do come after all others.
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
    repeat: Repeat | None = None
    on_top: bool = False

    @property
    def over_at(self) -> datetime | None:
        """When nothing of it is left to come; None when it repeats without end."""
        return self.ends_at if self.repeat is None else self.repeat.until


class Shift(msgspec.Struct, frozen=True):
    """One stretch of time in which the same people hold the schedule. `by` says which layer or override decided;
    `shadows` only look on."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]
    by: str
    shadows: tuple[str, ...] = ()


class OnCall(msgspec.Struct, frozen=True):
    """The answer at one instant. `people` is empty when nobody is on call; `until` is when the answer may change.

    `shadows` look on, and are not on call: with nobody but them there is a gap.
    """

    people: tuple[str, ...]
    by: str
    until: datetime | None = None
    shadows: tuple[str, ...] = ()


class LayerShifts(msgspec.Struct, frozen=True):
    """What one layer alone would say of a span, whoever wins in the end: for drawing it. Its shadows are `people` here."""

    name: str
    shifts: tuple[Shift, ...]
    beside: bool = False
    shadow: bool = False


class Gap(msgspec.Struct, frozen=True):
    """One stretch of time in which nobody holds the schedule."""

    starts_at: datetime
    ends_at: datetime
