"""Escalation policies: steps, waits, repeats and the last resort."""

from datetime import timedelta
from enum import StrEnum

import msgspec


class TargetKind(StrEnum):
    PERSON = "person"
    SCHEDULE = "schedule"
    TEAM = "team"
    CHAT = "chat"


class Target(msgspec.Struct, frozen=True):
    kind: TargetKind
    name: str


class Step(msgspec.Struct, frozen=True):
    """Reach all `targets`, then wait that long for an acknowledgement before the next step."""

    targets: tuple[Target, ...]
    wait: timedelta


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """`repeat` is how many further times all steps run after the first round."""

    key: str
    steps: tuple[Step, ...]
    repeat: int = 0
    last_resort: tuple[Target, ...] = ()
    team: str | None = None
