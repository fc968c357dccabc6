"""Incidents by API: found, read with all that belongs to them, and acted on."""

from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from tocsin.apps.alerts.models import AlertState
from tocsin.apps.alerts.queries import views_of
from tocsin.apps.api import etags
from tocsin.apps.api.asking import ask
from tocsin.apps.api.cursors import Cursor, Limit, name_after, number_after, page_of
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import IncidentId, Instant, Word, instant_in
from tocsin.apps.api.problems import Stopped
from tocsin.apps.incidents import acts, finding, models, shapes
from tocsin.apps.incidents.queries import notification_views, related_changes
from tocsin.control.as_seen import FIELD as SEEN
from tocsin.control.as_seen import mark_of
from tocsin.control.requests import Accepted, Act, Acted, Id, OpenIncident, Refused, TimelineLine
from tocsin.core.respond import incident as core
from tocsin.core.respond import page as core_page
from tocsin.core.roles import Permission
from tocsin.core.severity import Severity

router = Router(tags=["Incidents"])
StateFilter = Annotated[
    Literal["all", "open", "over", "detected", "acknowledged", "mitigated", "resolved", "closed"],
    Query(
        description="`open` is detected, acknowledged or mitigated; `over` is resolved or closed.",
        example="open",
    ),
]
SeverityFilter = Annotated[Literal["", "SEV1", "SEV2", "SEV3", "SEV4"], Query(example="SEV2")]
Label = Annotated[
    str,
    Query(max_length=500, description="Matchers on the labels its alerts share.", example='namespace="prod"'),
]
Concerning = Annotated[str, Query(max_length=64, description="A person: what they hold or are paged about.")]
MOST_AT_ONCE = 100

_incident = msgspec.json.Decoder(core.Incident).decode
_page = msgspec.json.Decoder(core_page.Page).decode


class ActOnSeveral(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act on up to 100 incidents."""

    incidents: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]
    act: acts.Act


class ActedOnSeveral(msgspec.Struct, frozen=True):
    """What became of each; `refused` says why one was not done."""

    items: tuple[Acted, ...]


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a person noticed."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    severity: Severity
    service: acts.Key | None = None
    policy: acts.Key | None = None
    summary: acts.Note = ""


@operation(
    router,
    "GET",
    "/incidents",
    needs=Permission.FOLLOW,
    summary="Find incidents, the newest first",
    answers=shapes.Incidents,
)
def list_incidents(
    request: HttpRequest,
    state: StateFilter = "all",
    severity: SeverityFilter = "",
    service: Word = "",
    team: Word = "",
    text: Word = "",
    label: Label = "",
    person: Concerning = "",
    opened_after: Instant = None,
    opened_before: Instant = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> shapes.Incidents:
    """`text` finds whole words of title, summary and labels. What opens while you read pages moves none of them. A page may
    hold less than `limit`, even nothing, and still have a `next`: a filter that no index answers looks at so many at a time.
    """
    wanted = finding.Wanted(state, severity, service, team, text, label, person)
    after, before = instant_in(opened_after, "opened_after"), instant_in(opened_before, "opened_before")
    found, following = finding.search(wanted, after, before, cursor, limit)
    return shapes.Incidents(tuple(shapes.incident_of(each) for each in found), following)


@operation(
    router,
    "POST",
    "/incidents",
    needs=Permission.RESPOND,
    summary="Report a problem",
    takes=Report,
    answers=Accepted,
    status=201,
    example={
        "title": "Creating a task takes seconds",
        "severity": "SEV2",
        "service": "task-api",
        "summary": "Users see a spinner, then an error.",
    },
    refuses=(404, 409),
)
def report_incident(request: HttpRequest, body: Report) -> Answer:
    """It pages the policy named, else the service's; without either it is a ticket. The same report by the same person
    within a minute is one."""
    accepted: Accepted = ask(
        caller(request), OpenIncident(body.title, body.severity, body.service, body.policy, body.summary)
    )
    where = f"/api/v1/incidents/{accepted.incident}"
    return Answer(accepted, 201, {"Location": where} if accepted.incident else {})


@operation(
    router,
    "GET",
    "/incidents/{int:incident_id}",
    needs=Permission.FOLLOW,
    summary="Read one incident",
    answers=shapes.Incident,
    refuses=(404,),
)
def get_incident(request: HttpRequest, incident_id: IncidentId) -> shapes.Incident:
    return shapes.incident_of(_found(incident_id))


@operation(
    router,
    "GET",
    "/incidents/{int:incident_id}/timeline",
    needs=Permission.FOLLOW,
    summary="Read an incident's timeline, the oldest line first",
    answers=shapes.Timeline,
    refuses=(404,),
)
def get_timeline(
    request: HttpRequest, incident_id: IncidentId, cursor: Cursor = "", limit: Limit = 50
) -> shapes.Timeline:
    _check_is_there(incident_id)
    after = number_after(cursor)
    rows = models.TimelineEntry.objects.filter(incident_id=incident_id).order_by("entry")
    if after is not None:
        rows = rows.filter(entry__gt=after)
    lines = [TimelineLine(r.entry, r.at, r.reason, r.text, r.actor, r.via) for r in rows[: limit + 1]]
    return shapes.Timeline(*page_of(lines, limit, lambda line: line.entry))


@operation(
    router,
    "GET",
    "/incidents/{int:incident_id}/alerts",
    needs=Permission.FOLLOW,
    summary="List an incident's alerts, the newest first",
    answers=shapes.IncidentAlerts,
    refuses=(404,),
)
def list_alerts_of_incident(
    request: HttpRequest, incident_id: IncidentId, cursor: Cursor = "", limit: Limit = 50
) -> shapes.IncidentAlerts:
    _check_is_there(incident_id)
    before = number_after(cursor)
    rows = AlertState.objects.select_related("alert").filter(incident_id=incident_id).order_by("-alert_id")
    if before is not None:
        rows = rows.filter(alert_id__lt=before)
    return shapes.IncidentAlerts(*page_of(views_of(rows[: limit + 1]), limit, lambda alert: alert.id))


@operation(
    router,
    "GET",
    "/incidents/{int:incident_id}/notifications",
    needs=Permission.FOLLOW,
    summary="List what was sent about an incident, with each attempt",
    answers=shapes.IncidentNotifications,
    refuses=(404,),
)
def list_notifications(
    request: HttpRequest, incident_id: IncidentId, cursor: Cursor = "", limit: Limit = 50
) -> shapes.IncidentNotifications:
    """Ordered by their ids. Addresses are not told."""
    _check_is_there(incident_id)
    after = name_after(cursor)
    rows = models.Notification.objects.filter(incident_id=incident_id).order_by("id")
    if after is not None:
        rows = rows.filter(id__gt=after)
    views = notification_views(list(rows[: limit + 1]))
    return shapes.IncidentNotifications(*page_of(views, limit, lambda view: view.id))


@operation(
    router,
    "GET",
    "/incidents/{int:incident_id}/pages",
    needs=Permission.FOLLOW,
    summary="List whom an incident wanted to reach",
    answers=shapes.Pages,
    refuses=(404,),
)
def list_pages(
    request: HttpRequest, incident_id: IncidentId, cursor: Cursor = "", limit: Limit = 50
) -> shapes.Pages:
    _check_is_there(incident_id)
    after = number_after(cursor)
    rows = models.Page.objects.filter(incident_id=incident_id).order_by("serial")
    if after is not None:
        rows = rows.filter(serial__gt=after)
    found = [_page(document) for document in rows.values_list("document", flat=True)[: limit + 1]]
    shown, following = page_of(found, limit, lambda page: page.serial)
    return shapes.Pages(tuple(shapes.page_of(page) for page in shown), following)


@operation(
    router,
    "GET",
    "/incidents/{int:incident_id}/changes",
    needs=Permission.FOLLOW,
    summary="List deploys and other changes around an incident's beginning",
    answers=shapes.Changes,
    refuses=(404,),
)
def list_changes(request: HttpRequest, incident_id: IncidentId) -> shapes.Changes:
    return shapes.Changes(related_changes(_found(incident_id), timezone.now()))


@operation(
    router,
    "POST",
    "/incidents/{int:incident_id}/acts",
    needs=Permission.RESPOND,
    summary="Acknowledge, resolve, escalate, snooze, reassign, pull somebody in, note, set the severity",
    takes=acts.Act,
    answers=Acted,
    example={"do": "acknowledge"},
    refuses=(404, 409),
    conditional=True,
)
def act_on_incident(request: HttpRequest, incident_id: IncidentId, body: Any) -> Answer:
    """`do` names the act. What cannot be done as things stand (say, acknowledging what is resolved) is a 409 that says
    why. With `If-Match` and the ETag of the incident as you read it, it is done only while the incident is still that; the
    answer's ETag is that of the incident afterwards."""
    seen = _as_matched(request, incident_id)
    (acted,) = _act(request, (incident_id,), body, "#", seen)
    if acted.refused:
        raise Stopped("conflict", acted.refused)
    return Answer(acted, 200, {"ETag": _etag(_found(incident_id))})


def _as_matched(request: HttpRequest, incident_id: int) -> str:
    """How the caller saw it, when they said; what comes between here and the act is refused there. Raises Stopped."""
    if not etags.are_asked(request):
        return ""
    incident = _found(incident_id)
    etags.check(request, _etag(incident))
    return mark_of(incident)


def _etag(incident: core.Incident) -> str:
    return etags.etag_of(msgspec.json.encode(shapes.incident_of(incident)))


@operation(
    router,
    "POST",
    "/incidents/acts",
    needs=Permission.RESPOND,
    summary="Do the same on up to 100 incidents",
    takes=ActOnSeveral,
    answers=ActedOnSeveral,
    example={"incidents": [1, 2], "act": {"do": "resolve", "note": "The disk is larger now."}},
    refuses=(404, 409),
)
def act_on_several(request: HttpRequest, body: ActOnSeveral) -> ActedOnSeveral:
    """Each is answered by itself; 404 when none of them exists."""
    return ActedOnSeveral(tuple(_act(request, body.incidents, body.act, "#/act")))


def _act(
    request: HttpRequest, incidents: tuple[int, ...], act: acts.Act, at: str, seen: str = ""
) -> list[Acted]:
    asking = caller(request)
    command = acts.command_of(act, asking.facts.people, asking.facts.policies, timezone.now(), at)
    try:
        answered: list[Acted] = ask(asking, Act(incidents, command, seen))
    except Refused as refused:
        if refused.field == SEEN:
            raise Stopped("precondition", refused.message) from None
        raise
    return answered


def _found(incident_id: int) -> core.Incident:
    document = models.Incident.objects.filter(id=incident_id).values_list("document", flat=True).first()
    if document is None:
        raise _missing(incident_id)
    return _incident(document)


def _check_is_there(incident_id: int) -> None:
    if not models.Incident.objects.filter(id=incident_id).exists():
        raise _missing(incident_id)


def _missing(incident_id: int) -> Stopped:
    return Stopped("not-found", f"there is no incident {incident_id}")
