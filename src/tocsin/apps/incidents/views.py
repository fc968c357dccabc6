"""Incidents as people see them: the list, and the page of one with its buttons."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents import queries
from tocsin.apps.incidents.actions import command_of
from tocsin.apps.incidents.wording import called, called_all, holder_of, people_by_name, rows
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Act, Acted, Refused
from tocsin.core.configuration import Configuration
from tocsin.core.respond.incident import Incident, State
from tocsin.core.roles import Permission
from tocsin.core.severity import Severity

LARGEST_ID = 2**63 - 1
SNOOZES = (("30m", "30 min"), ("2h", "2 h"), ("8h", "8 h"))
STATES = (
    ("open", "Open"),
    *(
        (state.value, state.value.capitalize())
        for state in (State.DETECTED, State.ACKNOWLEDGED, State.MITIGATED)
    ),
    ("over", "Resolved or closed"),
    ("all", "Any state"),
)


@needs(Permission.FOLLOW)
@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    wanted = _wanted(request)
    found = queries.search(wanted)
    context = {
        "rows": rows(found.incidents, configuration, ""),
        "wanted": wanted,
        "older": _address(wanted, found.older) if found.older is not None else "",
        "newest": _address(wanted, None) if wanted.before is not None else "",
        "states": STATES,
        "severities": [severity.value for severity in Severity],
        "services": sorted(configuration.services),
        "facts": configuration,
    }
    return render(request, "incidents/list.html", context)


def _wanted(request: HttpRequest) -> queries.Wanted:
    """What cannot be understood in an address counts as not said."""
    names = ("state", "severity", "service", "text")
    given = {name: request.GET.get(name, "").replace("\0", "").strip()[:200] for name in names}
    before = request.GET.get("before", "")
    return queries.Wanted(
        state=given["state"] or "open",
        severity=given["severity"].upper(),
        service=given["service"],
        text=given["text"],
        before=min(int(before), LARGEST_ID)
        if before.isascii() and before.isdigit() and len(before) < 20
        else None,
    )


def _address(wanted: queries.Wanted, before: int | None) -> str:
    said = {
        "state": wanted.state if wanted.state != "open" else "",
        "severity": wanted.severity,
        "service": wanted.service,
        "text": wanted.text,
        "before": before,
    }
    return "?" + urlencode({name: value for name, value in said.items() if value})


@needs(Permission.FOLLOW)
@require_safe
def incident(request: HttpRequest, incident_id: int) -> HttpResponse:
    configuration, now = facts(), timezone.now()
    view = queries.show(incident_id, configuration, now) if incident_id <= LARGEST_ID else None
    if view is None:
        raise Http404(f"There is no incident {incident_id}.")
    found = view.incident
    request.live_topics = (f"incident:{found.id}", "configuration")  # type: ignore[attr-defined]
    context = {
        "view": view,
        "incident": found,
        "holder": holder_of(found, configuration),
        "owner": called(found.acknowledged_by, configuration) if found.acknowledged_by else "",
        "mine": reader_of(request).name == found.acknowledged_by,
        "responders": called_all(found.responders, configuration),
        "runbook": found.runbook_url or _runbook_of_service(found, configuration),
        "labels": sorted(found.labels.items()),
        "alerts_hidden": max(0, found.alerts - len(view.alerts)),
        "timeline_hidden": view.timeline[-1].entry - 1 if view.timeline else 0,
        "people": people_by_name(configuration),
        "policies": sorted(configuration.policies),
        "severities": list(configuration.severities.values()),
        "snoozes": SNOOZES,
        "facts": configuration,
    }
    return render(request, "incidents/show.html", context)


def _runbook_of_service(found: Incident, configuration: Configuration) -> str:
    service = configuration.services.get(found.service or "")
    return service.runbook_url if service is not None else ""


@needs(Permission.RESPOND)
@require_POST
def act(request: HttpRequest, incident_id: int) -> HttpResponse:
    """One button pressed. The answer is a sentence on the page it was pressed on, with and without JavaScript."""
    try:
        command = command_of(request.POST.dict(), timezone.now())
        answered: list[Acted] = ask(request, Act((min(incident_id, LARGEST_ID),), command))
    except Refused as refused:
        messages.error(request, f"Not done: {refused.message}")
    except NotAnswering as silent:
        messages.error(request, f"Perhaps not done: {silent}. Look at the timeline before you try again.")
    else:
        for acted in answered:
            messages.add_message(
                request, messages.WARNING if acted.refused else messages.SUCCESS, acted.refused or acted.said
            )
    back = request.POST.get("back", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, None):
        return redirect(back)
    return redirect("incident", incident_id)
