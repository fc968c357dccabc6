"""Incidents as people see them: the list, and the page of one with its buttons."""

from collections.abc import Iterable, Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents import queries
from tocsin.apps.incidents.actions import bulk_command_of, chosen_of, command_of, told_by_name
from tocsin.apps.incidents.forms import ReportForm
from tocsin.apps.incidents.wording import as_row, called_all, ending_of, holder_of, people_by_name
from tocsin.apps.paging import LARGEST_ID, Found, Place, address, place_of
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.apps.way_back import back_of, back_or
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Accepted, Act, Acted, Refused
from tocsin.core.configuration import Configuration
from tocsin.core.respond.incident import Incident, State
from tocsin.core.roles import Permission
from tocsin.core.severity import Severity

TOLD = "told_by_name"  # in the session
LONGEST_SAID = 2000  # characters of one filter in an address
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
    configuration, reader = facts(), reader_of(request)
    wanted, refused = wanted_of(request.GET, reader.name), ""
    try:
        found = queries.search(wanted)
    except ValueError as error:
        found, refused = Found([]), str(error)
    said = _said(wanted)
    context = {
        "rows": [as_row(incident, configuration, reader.name) for incident in found.items],
        "found": found,
        "told": _told(request),
        "wanted": wanted,
        "refused": refused,
        "older": address(said, found.older),
        "newer": address(said, found.newer),
        "all_states": address({**said, "state": "all"}, Place()),
        "states": STATES,
        "severities": [severity.value for severity in Severity],
        "services": with_wanted(configuration.services, wanted.service),
        "teams": with_wanted(configuration.teams, wanted.team),
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "here": request.get_full_path(),
        "facts": configuration,
    }
    return render(request, "incidents/list.html", context)


def wanted_of(given: Mapping[str, str], reader: str) -> queries.Wanted:
    """What cannot be understood in an address counts as not said."""
    names = ("state", "severity", "service", "team", "text", "label")
    said = {name: given.get(name, "").replace("\0", "").strip()[:LONGEST_SAID] for name in names}
    return queries.Wanted(
        **{**said, "state": said["state"] or "open", "severity": said["severity"].upper()},
        mine=reader if given.get("mine") else "",
        place=place_of(given),
    )


def _said(wanted: queries.Wanted) -> dict[str, str]:
    return {
        "state": wanted.state if wanted.state != "open" else "",
        "severity": wanted.severity,
        "service": wanted.service,
        "team": wanted.team,
        "text": wanted.text,
        "label": wanted.label,
        "mine": "1" if wanted.mine else "",
    }


def with_wanted(known: Iterable[str], wanted: str) -> list[str]:
    """What a filter offers: what is configured, and what the address asks for, though nothing may be called so."""
    return sorted({*known, *([wanted] if wanted else [])})


@needs(Permission.FOLLOW)
@require_safe
def incident(request: HttpRequest, incident_id: int) -> HttpResponse:
    configuration, now = facts(), timezone.now()
    view = queries.show(incident_id, configuration, now) if incident_id <= LARGEST_ID else None
    if view is None:
        raise Http404(f"There is no incident {incident_id}.")
    found = view.incident
    request.live_topics = (f"incident:{found.id}", "configuration")  # type: ignore[attr-defined]
    reader = reader_of(request)
    context = {
        "view": view,
        "incident": found,
        "holder": holder_of(found, configuration),
        "mine": reader.name == found.acknowledged_by,
        "responders": called_all(found.responders, configuration),
        "runbook": found.runbook_url or _runbook_of_service(found, configuration),
        "labels": sorted(found.labels.items()),
        "alerts_hidden": max(0, found.alerts - len(view.alerts)),
        "timeline_hidden": view.timeline[-1].entry - 1 if view.timeline else 0,
        "alike": [(one, ending_of(one.incident, configuration)) for one in queries.earlier_alike(found)],
        "people": people_by_name(configuration),
        "policies": sorted(configuration.policies),
        "severities": list(configuration.severities.values()),
        "snoozes": SNOOZES,
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "may_read": reader.grants.allow(Permission.READ),
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
    return back_or(request, "incident", incident_id)


@needs(Permission.RESPOND)
@require_POST
def act_on_several(request: HttpRequest) -> HttpResponse:
    """Acknowledge or resolve all that are ticked. The answer names each."""
    try:
        chosen = chosen_of(request.POST.getlist("incident"))
        command = bulk_command_of(request.POST.dict())
        answered: list[Acted] = ask(request, Act(chosen, command))
    except Refused as refused:
        messages.error(request, f"Not done: {refused.message}")
    except NotAnswering as silent:
        messages.error(request, f"Perhaps not done: {silent}. Look at the list before you try again.")
    else:
        titles = {incident.id: incident.title for incident in queries.by_number(chosen)}
        request.session[TOLD] = told_by_name(answered, titles)  # too long for a message, which is a cookie
    back = back_of(request.POST.get("back", ""))
    return redirect(back if back.partition("?")[0] == reverse("incidents") else "incidents")


def _told(request: HttpRequest) -> list[tuple[bool, str]]:
    """What became of those that were ticked, once; a live look in between does not use it up."""
    if request.headers.get("X-Tocsin-Live") or TOLD not in request.session:
        return []
    return [(bool(good), str(line)) for good, line in request.session.pop(TOLD)]


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """A person reports a problem."""
    configuration = facts()
    form = ReportForm(
        request.POST or None,
        facts=configuration,
        service=request.GET.get("service", ""),
        policy=request.GET.get("policy", ""),
    )
    if request.method == "POST" and form.is_valid():
        try:
            accepted: Accepted = ask(request, form.request())
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        except NotAnswering as silent:
            form.add_error(
                None, f"Perhaps not reported: {silent}. Look at the open incidents before you try again."
            )
        else:
            messages.success(request, accepted.said)
            return redirect("incident", accepted.incident)
    context = {"form": form, "severities": list(configuration.severities.values()), "facts": configuration}
    return render(request, "incidents/report.html", context, status=400 if form.errors else 200)
