"""Silences, maintenance windows and overrides."""

from datetime import datetime

import msgspec

from tocsin.core.instants import Aware


class AddSilence(msgspec.Struct, frozen=True, tag="add_silence", omit_defaults=True):
    """Answer: OperationalView."""

    matchers: tuple[str, ...]
    ends_at: Aware
    starts_at: Aware | None = None
    comment: str = ""


class AddMaintenance(msgspec.Struct, frozen=True, tag="add_maintenance", omit_defaults=True):
    services: tuple[str, ...]
    ends_at: Aware
    starts_at: Aware | None = None
    comment: str = ""


class AddOverride(msgspec.Struct, frozen=True, tag="add_override", omit_defaults=True):
    """`repeat`: every so many days or weeks ("1 week", "2 days") at the same local time of `time_zone` (the schedule's),
    until `repeat_until`. `on_top`: it is meant to lie over another override of the same seat."""

    schedule: str
    person: str
    ends_at: Aware
    starts_at: Aware | None = None
    kind: str = "replace"
    replaces: str | None = None
    comment: str = ""
    repeat: str = ""
    repeat_until: Aware | None = None
    time_zone: str = ""
    on_top: bool = False


class ListOperational(msgspec.Struct, frozen=True, tag="list_operational", omit_defaults=True):
    """`kind`: silences, maintenance or overrides. Answer: list[OperationalView]."""

    kind: str
    ended: bool = False


class EndOperational(msgspec.Struct, frozen=True, tag="end_operational"):
    """End it now; what repeats does not come again. Answer: OperationalView."""

    kind: str
    id: str


class ChangeEnd(msgspec.Struct, frozen=True, tag="change_end"):
    """Let what has not ended last longer, or shorter; what repeats does so until then. Answer: OperationalView."""

    kind: str
    id: str
    ends_at: Aware


class OperationalView(msgspec.Struct, frozen=True):
    kind: str
    id: str
    state: str  # pending, active, ended
    starts_at: datetime
    ends_at: datetime
    what: str  # matchers, services or "bob on platform-primary", as text
    created_by: str = ""
    comment: str = ""
