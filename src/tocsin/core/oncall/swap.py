"""The nouns of swaps: a part of a schedule, and the offer of one. The rules are in swaps.py."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace


class Part(msgspec.Struct, frozen=True):
    """A shift on a schedule, or a piece of one: UTC instants, end exclusive."""

    schedule: str
    starts_at: datetime
    ends_at: datetime

    def after(self, now: datetime) -> "Part | None":
        """What is still to come of it; None when nothing is."""
        if self.ends_at <= now:
            return None
        return replace(self, starts_at=max(self.starts_at, now))


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"  # by everybody who was asked
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Swap(msgspec.Struct, frozen=True, omit_defaults=True):
    """`person` offers `part`, to any of `asked`, until `expires_at`; with `back`, whoever takes it gives that in return.

    `cover`: they cannot take it, whoever does. `unreachable`: nobody can reach them either, so they are off the schedule at
    once (`gaps` are the overrides that took them off). `overrides` are those by which it was carried out.
    """

    id: str
    person: str
    part: Part
    asked: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    back: Part | None = None
    cover: bool = False
    unreachable: bool = False
    comment: str = ""
    made_by: str = ""
    state: State = State.OPEN
    declined: tuple[str, ...] = ()
    accepted_by: str = ""
    settled_at: datetime | None = None
    overrides: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    told: tuple[str, ...] = ()  # what its timer has said already

    @property
    def is_open(self) -> bool:
        return self.state is State.OPEN

    @property
    def waits_for(self) -> tuple[str, ...]:
        return tuple(person for person in self.asked if person not in self.declined)
