"""What people read about incidents: lists found by the columns, the incident itself from its document.

Lists are paged by id (newest first), so that a million incidents cost what a hundred do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from django.db.models import Count, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat

from tocsin.apps.alerts.queries import alerts_of_incident
from tocsin.apps.incidents import models
from tocsin.apps.incidents.wording import concerns
from tocsin.apps.incidents.words import ids_with, words_of
from tocsin.apps.paging import Found, Place, far_enough, found
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
from tocsin.core.detect.matchers import Matcher, MatchOp, compile_matchers, parse_matchers
from tocsin.core.respond.delivery import Notification
from tocsin.core.respond.incident import OPEN_STATES, Incident, State
from tocsin.core.respond.next_step import next_step
from tocsin.engine.store.owed import alertname, alike

OPEN = tuple(state.value for state in OPEN_STATES)
OVER = (State.RESOLVED.value, State.CLOSED.value)
A_SCREENFUL = 50
ALERTS_SHOWN = 50
FIRST_LOOKED_AT, MOST_LOOKED_AT = 100, 1_000  # incidents whose document is read for what no column says
MOST_ROWS = 20_000  # rows that one index leads to and another column must agree with
TIMELINE_SHOWN = 200
NOTIFICATIONS_SHOWN = 100
CHANGES_SHOWN = 20
NEWEST_ALIKE = (
    "SELECT id FROM (SELECT id FROM incident WHERE {0} = %s AND id < %s AND test = %s ORDER BY id DESC LIMIT %s)"
    " AS by_{0}"
)
CHANGES_BEFORE = timedelta(hours=6)  # what changed within the hours before is likely what broke it

_incident = msgspec.json.Decoder(Incident).decode
_notification = msgspec.json.Decoder(Notification).decode


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A filter as it stands in the address of the page. `state`: open, over, all, or one state's name. `label`: a matcher on
    the labels that an incident's alerts share. `mine`: only those that concern this person."""

    state: str = "open"
    severity: str = ""
    service: str = ""
    team: str = ""
    text: str = ""
    label: str = ""
    mine: str = ""
    place: Place = Place()

    @property
    def narrows(self) -> bool:
        exactly = (self.severity, self.service, self.team, self.text, self.label, self.mine)
        return any(exactly) or self.state not in ("open", "all")

    @property
    def open_only(self) -> bool:
        return self.state == "open" or self.state in OPEN or bool(self.mine)


class Alike(NamedTuple):
    """`by`: group, alert or service, whichever is nearest."""

    incident: Incident
    by: str


def open_incidents(limit: int) -> list[Incident]:
    return _read(models.Incident.objects.filter(state__in=OPEN).order_by("-id")[:limit])


def latest_over(limit: int) -> list[Incident]:
    """Those that ended last, so that a calm page still says what happened."""
    return _read(models.Incident.objects.exclude(state__in=OPEN).order_by("-id")[:limit])


def search(wanted: Wanted, limit: int = A_SCREENFUL) -> Found[Incident]:
    """Raises ValueError when `label` is no matcher."""
    matchers = parse_matchers(wanted.label) if wanted.label else ()
    rows, place = _narrowed(wanted), wanted.place
    words, edge = words_of("\n".join([*_telling(matchers), wanted.text])), None
    if wanted.text and not words_of(wanted.text):
        return Found([])
    if words and not wanted.open_only:
        ids = ids_with(words, place.before, place.after, MOST_LOOKED_AT)
        edge = ids[-1] if len(ids) == MOST_LOOKED_AT else None
        rows = rows.filter(id__in=ids)
    elif not wanted.open_only:
        edge = _far_enough(wanted)
        if edge is not None:
            rows = rows.filter(id__lte=edge) if place.upwards else rows.filter(id__gte=edge)
    rows = place.within(rows, "id")
    if not (matchers or wanted.mine):
        return found(_read(rows[: limit + 1]), _id_of, place, limit, edge)
    holds = compile_matchers(matchers)
    looked, kept = 0, list[Incident]()
    for much in (FIRST_LOOKED_AT, MOST_LOOKED_AT):
        batch = _read(rows[looked:much])
        looked += len(batch)
        kept += [
            one for one in batch if holds(one.labels) and (not wanted.mine or concerns(one, wanted.mine))
        ]
        if looked < much or len(kept) > limit:
            break
    else:
        edge = batch[-1].id
    return found(kept[: limit + 1], _id_of, place, limit, edge)


def _narrowed(wanted: Wanted) -> QuerySet[models.Incident]:
    rows = models.Incident.objects.all()
    columns = {name: getattr(wanted, name) for name in ("service", "team", "severity")}
    exactly = {name: value for name, value in columns.items() if value}
    if wanted.open_only:
        # Few are open, so their index leads; the others would read everything that a service ever had.
        rows = rows.filter(state__in=OPEN if wanted.state not in OPEN else (wanted.state,))
        if wanted.text:
            rows = rows.filter(words__contains=wanted.text.casefold())
        return rows.alias(
            **{f"its_{name}": Concat(name, Value(""), output_field=TextField()) for name in exactly}
        ).filter(**{f"its_{name}": value for name, value in exactly.items()})
    if wanted.state == "over":
        rows = rows.exclude(state__in=OPEN)  # nearly all: their index would only be in the way
    elif wanted.state in State.__members__.values():
        rows = rows.filter(state=wanted.state)
    return rows.filter(**exactly)


def _far_enough(wanted: Wanted) -> int | None:
    """Where to stop when two columns must both be right, of which only one leads; None when the end is nearer."""
    columns = {name: getattr(wanted, name) for name in ("service", "team", "severity")}
    leading = [(name, value) for name, value in columns.items() if value]
    if len(leading) < 2 and not (leading and wanted.state in OVER):
        return None
    name, value = leading[0]
    rows = wanted.place.within(models.Incident.objects.filter(**{name: value}), "id")
    return far_enough(rows.values_list("id", flat=True), MOST_ROWS)


def _telling(matchers: Sequence[Matcher]) -> list[str]:
    """The values that must be among an incident's words."""
    return [matcher.value for matcher in matchers if matcher.op is MatchOp.EQUAL]


def _id_of(incident: Incident) -> int:
    return incident.id


def open_by_service() -> dict[str, int]:
    """How many are open of each service that has any."""
    rows = models.Incident.objects.filter(state__in=OPEN, service__isnull=False).order_by()
    return {service: count for service, count in rows.values_list("service").annotate(Count("id")) if service}


def by_number(numbers: Sequence[int]) -> list[Incident]:
    """In the order given, without those that do not exist."""
    known = {i.id: i for i in _read(models.Incident.objects.filter(id__in=numbers))}
    return [known[number] for number in numbers if number in known]


def earlier_alike(incident: Incident, limit: int = 5) -> list[Alike]:
    """What went before it: first the same group, then the same alert, then the same service; the newest of each first."""
    same = {"alike": alike(incident), "alertname": alertname(incident), "service": incident.service}
    asked = {column: value for column, value in same.items() if value is not None}
    if not asked:
        return []
    # One union, because PostgreSQL answers three conditions with OR between them by reading all incidents.
    newest = " UNION ".join(NEWEST_ALIKE.format(column) for column in asked)
    params = [param for value in asked.values() for param in (value, incident.id, incident.test, limit)]
    earlier = _read(models.Incident.objects.filter(id__in=RawSQL(newest, params)))
    order = ("group", "alert", "service")
    ranked = [Alike(one, _nearest(one, incident)) for one in earlier]
    return sorted(ranked, key=lambda one: (order.index(one.by), -one.incident.id))[:limit]


def _nearest(earlier: Incident, incident: Incident) -> str:
    if incident.group and earlier.group == incident.group:
        return "group"
    name = alertname(incident)
    return "alert" if name is not None and alertname(earlier) == name else "service"


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
        changes=related_changes(incident, now),
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
    return notification_views(rows)


def notification_views(rows: Sequence[models.Notification]) -> tuple[NotificationView, ...]:
    """With each attempt; one query for all."""
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


def related_changes(incident: Incident, now: datetime) -> tuple[ChangeView, ...]:
    rows = Change.objects.filter(
        at__gte=incident.opened_at - CHANGES_BEFORE, at__lt=incident.resolved_at or now
    )
    if incident.service is not None:
        rows = rows.filter(Q(service=incident.service) | Q(service=None))  # or one that does not say
    return tuple(
        ChangeView(row.at, row.summary, row.source, row.integration)
        for row in rows.order_by("-at", "-id")[:CHANGES_SHOWN]
    )
