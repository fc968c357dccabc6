"""Incidents as the API tells of them: what a program may build on, without what decisions keep for themselves."""

from datetime import datetime

import msgspec
from django.conf import settings

from tocsin.control.requests import AlertView, ChangeView, NotificationView, TimelineLine
from tocsin.core.reasons import Reason
from tocsin.core.respond import incident as core
from tocsin.core.respond import page as core_page
from tocsin.core.severity import Severity, Urgency


class Escalation(msgspec.Struct, frozen=True):
    """Where the escalation stands. `step` counts from 0; -1 before the first."""

    status: core.EscalationStatus
    policy: str | None
    step: int
    round: int
    next_at: datetime | None


class Incident(msgspec.Struct, frozen=True):
    """What a human must deal with. Instants are UTC; people are named by their key. `timeline_lines` grows with whatever
    happens to it."""

    id: int
    url: str
    title: str
    summary: str
    description: str
    state: core.State
    severity: Severity
    kind: core.Kind
    service: str | None
    team: str | None
    labels: dict[str, str]
    runbook_url: str
    detected_by: str
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledgement_expires_at: datetime | None
    snoozed_until: datetime | None
    snoozed_by: str | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str
    alerts: int
    firing: int
    source_silent: int
    suppressed: int
    paged: tuple[str, ...]
    responders: tuple[str, ...]
    reopened: int
    timeline_lines: int
    test: bool
    escalation: Escalation


class Incidents(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page; null at the end."""

    items: tuple[Incident, ...]
    next: str | None


class Timeline(msgspec.Struct, frozen=True):
    items: tuple[TimelineLine, ...]
    next: str | None


class IncidentAlerts(msgspec.Struct, frozen=True):
    items: tuple[AlertView, ...]
    next: str | None


class IncidentNotifications(msgspec.Struct, frozen=True):
    items: tuple[NotificationView, ...]
    next: str | None


class Planned(msgspec.Struct, frozen=True):
    """Notify by this contact method at that instant."""

    method: str
    due_at: datetime


class Page(msgspec.Struct, frozen=True):
    """The intent to reach one person about one incident, until it is stopped."""

    id: str
    person: str
    urgency: Urgency
    reason: Reason
    state: core_page.PageState
    begun_at: datetime
    stopped_because: Reason | None
    plan: tuple[Planned, ...]
    used: tuple[str, ...]
    failed: tuple[str, ...]


class Pages(msgspec.Struct, frozen=True):
    items: tuple[Page, ...]
    next: str | None


class Changes(msgspec.Struct, frozen=True):
    """Deploys and the like around the beginning of the incident, the newest first."""

    items: tuple[ChangeView, ...]


def incident_of(found: core.Incident) -> Incident:
    return Incident(
        id=found.id,
        url=f"{settings.PUBLIC_URL}/incidents/{found.id}",
        title=found.title,
        summary=found.summary,
        description=found.description,
        state=found.state,
        severity=found.severity,
        kind=found.kind,
        service=found.service,
        team=found.team,
        labels=found.labels,
        runbook_url=found.runbook_url,
        detected_by=found.detected_by,
        opened_at=found.opened_at,
        acknowledged_at=found.acknowledged_at,
        acknowledged_by=found.acknowledged_by,
        acknowledgement_expires_at=found.ack_expires_at,
        snoozed_until=found.snoozed_until,
        snoozed_by=found.snoozed_by,
        mitigated_at=found.mitigated_at,
        resolved_at=found.resolved_at,
        resolved_by=found.resolved_by,
        resolution=found.resolution,
        alerts=found.alerts,
        firing=found.firing,
        source_silent=found.source_silent,
        suppressed=found.suppressed,
        paged=found.paged,
        responders=found.responders,
        reopened=found.reopened,
        timeline_lines=found.next_entry - 1,
        test=found.test,
        escalation=_escalation(found.escalation),
    )


def _escalation(found: core.Escalation) -> Escalation:
    return Escalation(
        status=found.status,
        policy=found.policy.key if found.policy is not None else None,
        step=found.step,
        round=found.round,
        next_at=found.due_at,
    )


def page_of(found: core_page.Page) -> Page:
    return Page(
        id=found.id,
        person=found.person,
        urgency=found.urgency,
        reason=found.reason,
        state=found.state,
        begun_at=found.begun_at,
        stopped_because=found.stopped_because,
        plan=tuple(Planned(each.method, each.due_at) for each in found.plan),
        used=found.used,
        failed=found.failed,
    )
