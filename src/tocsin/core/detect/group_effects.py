"""What a group's decision may demand of the engine."""

import msgspec

from tocsin.core.detect.group import Group
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import AlertsChanged, Kind
from tocsin.core.severity import Severity


class OpenIncident(msgspec.Struct, frozen=True, kw_only=True, tag="open_incident", gc=False):
    """The engine gives it an id, keeps `group.opened(id)`, and decides incident.Opened(policy)."""

    title: str
    severity: Severity
    kind: Kind
    route: str  # the route's id
    group: str
    policy: str | None = None
    summary: str = ""
    description: str = ""
    runbook_url: str = ""
    service: str | None = None
    team: str | None = None
    labels: dict[str, str] = {}
    firing: int = 0
    alerts: int = 0
    source_silent: int = 0
    detected_by: str = "monitoring"
    test: bool = False
    released: tuple[Reason, ...] = ()  # what held its alerts back until now


class ChangeIncident(msgspec.Struct, frozen=True, tag="change_incident", gc=False):
    incident: int
    change: AlertsChanged


class PostGroup(msgspec.Struct, frozen=True, tag="post_group", gc=False):
    """One chat message. `firing` and `resolved` are short names, cut to what is readable; the counts are in the title."""

    chat: str
    title: str
    text: str
    firing: tuple[str, ...]
    resolved: tuple[str, ...]
    reason: Reason


class RemindFlush(msgspec.Struct, frozen=True, tag="remind_flush", gc=False):
    """Set or move the group's one timer. `due_at` may be now: then FlushDue follows at once."""

    due_at: int


class CancelFlush(msgspec.Struct, frozen=True, tag="cancel_flush", gc=False):
    pass


GroupEffect = OpenIncident | ChangeIncident | PostGroup | RemindFlush | CancelFlush


class GroupDecision(msgspec.Struct, frozen=True, gc=False):
    """`group` is the same object when nothing of it changed. `reason` is what its counting alerts are told."""

    group: Group
    effects: tuple[GroupEffect, ...]
    reason: Reason
