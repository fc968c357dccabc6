"""What the machine knows of a shift: its part of a handoff."""

from datetime import datetime

import msgspec


class IncidentLine(msgspec.Struct, frozen=True, omit_defaults=True):
    id: int
    title: str
    severity: str
    state: str
    opened_at: datetime
    service: str | None = None
    holder: str | None = None
    resolved_at: datetime | None = None
    resolution: str = ""
    summary: str = ""


class AlertLine(msgspec.Struct, frozen=True):
    """Alerts of one name in the shift, and what became of their incidents: `done` by word and count."""

    name: str
    incidents: tuple[int, ...]
    alerts: int
    done: str


class ChangeLine(msgspec.Struct, frozen=True, omit_defaults=True):
    at: datetime
    summary: str
    source: str
    service: str | None = None


class WindowLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A silence or a maintenance window. `what` is its matchers or services."""

    kind: str  # silence or maintenance
    what: str
    starts_at: datetime
    ends_at: datetime
    comment: str = ""
    created_by: str = ""


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one shift, as it stood `written_at`. `in_force` and `to_come` are silences and windows."""

    written_at: datetime
    open: tuple[IncidentLine, ...] = ()
    resolved: tuple[IncidentLine, ...] = ()
    alerts: tuple[AlertLine, ...] = ()
    in_force: tuple[WindowLine, ...] = ()
    to_come: tuple[WindowLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()
    pages: int = 0
    left_out: int = 0  # incidents and changes of the shift beyond what is listed
