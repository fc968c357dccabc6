"""Who is on call."""

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
