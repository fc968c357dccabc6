"""What reading, planning and applying configuration answers: files, problems, plan lines; plain values, JSON on the wire."""

import msgspec


class ConfigFile(msgspec.Struct, frozen=True):
    path: str
    text: str


class PlanLine(msgspec.Struct, frozen=True):
    """`change`: add, change, remove, keep (would be removed with --prune, or `fields` says why it stays)."""

    change: str
    kind: str
    name: str
    fields: tuple[str, ...] = ()  # "steps[0].wait: 10m -> 5m"


class Problem(msgspec.Struct, frozen=True):
    """`level`: error or warning. Lines count from 1; line 0 means the whole file, or no file when `file` is empty."""

    level: str
    file: str
    line: int
    field: str
    message: str


class OnCallChange(msgspec.Struct, frozen=True):
    """Who gains and who loses hours of a schedule in the next eight weeks, and gaps, as lines."""

    schedule: str
    lines: tuple[str, ...]


class PlanView(msgspec.Struct, frozen=True):
    lines: tuple[PlanLine, ...]
    problems: tuple[Problem, ...] = ()
    revision: int = 0
    applied: bool = False
    on_call: tuple[OnCallChange, ...] = ()
