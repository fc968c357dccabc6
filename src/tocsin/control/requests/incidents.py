"""Incidents and alerts: acting on them, reading them, sending one by hand."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from tocsin.control.requests.fields import Id, Limit
from tocsin.core.instants import Aware
from tocsin.core.respond.incident import Command, Incident
from tocsin.core.respond.page import Page
from tocsin.core.severity import Severity


class Act(msgspec.Struct, frozen=True, tag="act", omit_defaults=True):
    """A command on one or several incidents. `seen` (control/as_seen.py): on one, only while it is as it was then; else it
    is refused. Answer: list[Acted]."""

    incidents: tuple[Id, ...]
    command: Command
    seen: Annotated[str, msgspec.Meta(max_length=64)] = ""


class ListIncidents(msgspec.Struct, frozen=True, tag="list_incidents", omit_defaults=True):
    """Answer: list[Incident], newest first. No states: the open ones."""

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    service: str | None = None
    team: str | None = None
    text: str = ""
    before: Id | None = None
    limit: Limit = 100


class ShowIncident(msgspec.Struct, frozen=True, tag="show_incident"):
    """Answer: IncidentView."""

    incident: Id


class ListAlerts(msgspec.Struct, frozen=True, tag="list_alerts", omit_defaults=True):
    """Answer: list[AlertView], newest first. No statuses: those that fire."""

    statuses: tuple[str, ...] = ()
    reason: str | None = None
    limit: Limit = 100
    before: Id | None = None


class SendAlert(msgspec.Struct, frozen=True, tag="send_alert", omit_defaults=True):
    """A test alert by a person, on its way like any other (source `cli`). Answer: Accepted."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    resolved: bool = False
    test: bool = True


class TestPage(msgspec.Struct, frozen=True, tag="test_page", omit_defaults=True):
    """Page this person the real way, marked TEST: by their rules, or by one contact `method`. Answer: Accepted."""

    person: str
    method: str | None = None


class OpenIncident(msgspec.Struct, frozen=True, tag="open_incident", omit_defaults=True):
    """A person reports a problem. Whom it pages: the policy named, else the service's; without either it is a ticket. The
    same report by the same person within a minute is one. Answer: Accepted."""

    title: str
    severity: Severity
    service: str | None = None
    policy: str | None = None
    summary: str = ""  # what users see


class SendSample(msgspec.Struct, frozen=True, tag="send_sample"):
    """A sample event of an integration, as its sender would make it, marked as a test. Answer: Accepted."""

    integration: str


class Explain(msgspec.Struct, frozen=True, tag="explain", omit_defaults=True):
    """What would happen to an alert with these labels. Answer: Explanation."""

    labels: dict[str, str]
    at: Aware | None = None


class Acted(msgspec.Struct, frozen=True, omit_defaults=True):
    incident: int
    state: str
    reason: str
    said: str  # one sentence for a person
    refused: str = ""


class TimelineLine(msgspec.Struct, frozen=True):
    entry: int
    at: datetime
    reason: str
    text: str
    actor: str | None = None
    via: str = ""


class AlertView(msgspec.Struct, frozen=True):
    id: int
    labels: dict[str, str]
    annotations: dict[str, str]
    status: str
    reason: str
    why: str  # the reason as a sentence, with the rule that decided
    integration: str
    starts_at: datetime
    first_seen: datetime
    ends_at: datetime | None = None
    by: str = ""
    generator_url: str = ""
    incident: int | None = None


class AttemptView(msgspec.Struct, frozen=True):
    at: datetime
    outcome: str
    detail: str


class NotificationView(msgspec.Struct, frozen=True):
    id: str
    purpose: str
    channel: str
    person: str | None
    method: str | None
    state: str
    reason: str
    detail: str
    created_at: datetime
    attempts: tuple[AttemptView, ...] = ()


class ChangeView(msgspec.Struct, frozen=True):
    at: datetime
    summary: str
    source: str
    integration: str


class PendingTimer(msgspec.Struct, frozen=True):
    kind: str
    due_at: datetime


class IncidentView(msgspec.Struct, frozen=True):
    incident: Incident
    timeline: tuple[TimelineLine, ...]
    alerts: tuple[AlertView, ...]
    pages: tuple[Page, ...]
    notifications: tuple[NotificationView, ...]
    changes: tuple[ChangeView, ...]
    pending: tuple[PendingTimer, ...]
    next_step: str  # prose: "bob (platform-secondary) is paged in 6m if nobody acknowledges"


class Accepted(msgspec.Struct, frozen=True):
    said: str
    inbox_id: int = 0
    incident: int | None = None


class PlannedPage(msgspec.Struct, frozen=True):
    """Somebody would be reached `after` the alert; `people` is who is on call for it at that instant."""

    after: timedelta
    target: str
    people: tuple[str, ...]
    by: str


class RouteView(msgspec.Struct, frozen=True):
    path: str
    matchers: tuple[str, ...]  # from the root down to this route
    action: str  # "page platform", "chat alerts", "ticket platform", "nothing"
    severity: Severity | None
    service: str | None
    group: dict[str, str]
    group_wait: timedelta
    reason: str
    pages: tuple[PlannedPage, ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    at: datetime
    routes: tuple[RouteView, ...]
    suppressed: str = (
        ""  # why it would page nobody: silence, inhibition, maintenance, mute; "" when it is not
    )
    heartbeat: str | None = None
