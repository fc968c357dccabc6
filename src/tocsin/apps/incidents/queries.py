"""What people read about incidents: lists found by the columns, the incident itself from its document.

Lists are paged by id (newest first), so that a million incidents cost what a hundred do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from django.db.models import Q, QuerySet

from tocsin.apps.alerts.queries import alerts_of_incident
from tocsin.apps.incidents import models
from tocsin.apps.services.models import Change
from tocsin.control.requests import (
    AlertView,
    AttemptView,
    ChangeView,
    IncidentView,
    NotificationView,
    TimelineLine,
)
from tocsin.core.configuration import Configuration
from tocsin.core.respond.delivery import Notification
from tocsin.core.respond.incident import OPEN_STATES, Incident, State
from tocsin.core.respond.next_step import next_step
from tocsin.core.severity import Severity

OPEN = tuple(state.value for state in OPEN_STATES)
OVER = (State.RESOLVED.value, State.CLOSED.value)
A_SCREENFUL = 50
ALERTS_SHOWN = 50
TIMELINE_SHOWN = 200
NOTIFICATIONS_SHOWN = 100
CHANGES_SHOWN = 20
CHANGES_BEFORE = timedelta(hours=6)  # what changed within the hours before is likely what broke it

_incident = msgspec.json.Decoder(Incident).decode
_notification = msgspec.json.Decoder(Notification).decode


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A filter as it stands in the address of the page. `state`: open, over, all, or one state's name."""

    state: str = "open"
    severity: str = ""
    service: str = ""
    text: str = ""
    before: int | None = None

    @property
    def narrows(self) -> bool:
        return bool(self.severity or self.service or self.text or self.state not in ("open", "all"))

    @property
    def states(self) -> tuple[str, ...]:
        """Empty: any."""
        if self.state in State.__members__.values():
            return (self.state,)
        return {"open": OPEN, "over": OVER}.get(self.state, ())


class Found(NamedTuple):
    incidents: list[Incident]
    older: int | None  # where the next page begins; None at the end


def open_incidents(limit: int) -> list[Incident]:
    return _read(models.Incident.objects.filter(state__in=OPEN).order_by("-id")[:limit])


def latest_over(limit: int) -> list[Incident]:
    """Those that ended last, so that a calm page still says what happened."""
    return _read(models.Incident.objects.filter(state__in=OVER).order_by("-id")[:limit])


def search(wanted: Wanted, limit: int = A_SCREENFUL) -> Found:
    found = models.Incident.objects.order_by("-id")
    if wanted.states:
        found = found.filter(state__in=wanted.states)
    if wanted.severity in Severity.__members__:
        found = found.filter(severity=wanted.severity)
    if wanted.service:
        found = found.filter(service=wanted.service)
    if wanted.text:
        found = found.filter(words__contains=wanted.text.casefold())
    if wanted.before is not None:
        found = found.filter(id__lt=wanted.before)
    incidents = _read(found[: limit + 1])
    return Found(incidents[:limit], incidents[limit - 1].id if len(incidents) > limit else None)


def show(incident_id: int, facts: Configuration, now: datetime) -> IncidentView | None:
    """The incident with the newest of what belongs to it, newest first; None when there is none."""
    row = models.Incident.objects.filter(id=incident_id).values_list("document", flat=True).first()
    if row is None:
        return None
    incident = _incident(row)
    return IncidentView(
        incident=incident,
        timeline=_timeline(incident_id),
        alerts=_alerts(incident_id),
        pages=(),
        notifications=_notifications(incident_id),
        changes=_changes(incident, now),
        pending=(),
        next_step=next_step(incident, facts, now),
    )


def _read(rows: QuerySet[models.Incident]) -> list[Incident]:
    return [_incident(document) for document in rows.values_list("document", flat=True)]


def _alerts(incident_id: int) -> tuple[AlertView, ...]:
    return tuple(alerts_of_incident(incident_id, ALERTS_SHOWN))


def _timeline(incident_id: int) -> tuple[TimelineLine, ...]:
    rows = models.TimelineEntry.objects.filter(incident_id=incident_id).order_by("-entry")[:TIMELINE_SHOWN]
    return tuple(TimelineLine(r.entry, r.at, r.reason, r.text, r.actor, r.via) for r in rows)


def _notifications(incident_id: int) -> tuple[NotificationView, ...]:
    rows = list(
        models.Notification.objects.filter(incident_id=incident_id).order_by("-created_at", "-id")[
            :NOTIFICATIONS_SHOWN
        ]
    )
    tries: dict[str, list[AttemptView]] = {}
    for row in models.Attempt.objects.filter(notification_id__in=[r.id for r in rows]).order_by(
        "started_at", "id"
    ):
        tries.setdefault(row.notification_id, []).append(AttemptView(row.ended_at, row.outcome, row.detail))
    return tuple(_view(row, tries.get(row.id, ())) for row in rows)


def _view(row: models.Notification, attempts: Sequence[AttemptView]) -> NotificationView:
    notification = _notification(row.document)
    return NotificationView(
        id=row.id,
        purpose=notification.purpose.value,
        channel=notification.channel,
        person=notification.person,
        method=notification.method,
        state=row.state,
        reason=row.reason or notification.reason,
        detail=row.detail,
        created_at=row.created_at,
        attempts=tuple(attempts),
    )


def _changes(incident: Incident, now: datetime) -> tuple[ChangeView, ...]:
    rows = Change.objects.filter(
        at__gte=incident.opened_at - CHANGES_BEFORE, at__lt=incident.resolved_at or now
    )
    if incident.service is not None:
        rows = rows.filter(Q(service=incident.service) | Q(service=None))  # or one that does not say
    return tuple(
        ChangeView(row.at, row.summary, row.source, row.integration)
        for row in rows.order_by("-at", "-id")[:CHANGES_SHOWN]
    )
