"""Who is on call, at an instant and over a span."""

from datetime import datetime

import msgspec

from tocsin.core.instants import Aware


class Who(msgspec.Struct, frozen=True, tag="who", omit_defaults=True):
    """Answer: list[WhoView]."""

    schedule: str | None = None
    at: Aware | None = None


class WhoView(msgspec.Struct, frozen=True):
    schedule: str
    team: str | None
    people: tuple[str, ...]
    names: tuple[str, ...]
    by: str
    until: datetime | None
    next_people: tuple[str, ...]
    next_at: datetime | None
    shadows: tuple[str, ...] = ()  # who only look on


class ShowSchedules(msgspec.Struct, frozen=True, tag="show_schedules", omit_defaults=True):
    """The shifts of a span (now and two weeks on, a year at most; eight weeks at most for every schedule at once).
    Answer: list[ScheduleView]."""

    schedule: str | None = None
    starts_at: Aware | None = None
    ends_at: Aware | None = None


class ShiftView(msgspec.Struct, frozen=True):
    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]
    by: str
    shadows: tuple[str, ...] = ()


class LayerView(msgspec.Struct, frozen=True):
    """What the layer alone says of the span."""

    name: str
    beside: bool
    shadow: bool
    shifts: tuple[ShiftView, ...]


class GapView(msgspec.Struct, frozen=True):
    starts_at: datetime
    ends_at: datetime


class ScheduleView(msgspec.Struct, frozen=True):
    """Where nobody is on call there is a gap and no shift. `layers` only when one schedule was asked for."""

    schedule: str
    team: str | None
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    shifts: tuple[ShiftView, ...]
    gaps: tuple[GapView, ...]
    layers: tuple[LayerView, ...] = ()
