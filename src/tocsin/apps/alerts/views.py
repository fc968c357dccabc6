"""Alerts as people see them, and a test alert of their own."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tocsin.apps.alerts import queries
from tocsin.apps.asking import ask
from tocsin.apps.paging import Found, Place, address, place_of
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused, SendAlert
from tocsin.core.reasons import EXPLANATIONS, Reason
from tocsin.core.roles import Permission

OF_ALERTS = (  # what may become of an alert
    Reason.OPENED_INCIDENT,
    Reason.JOINED_INCIDENT,
    Reason.REOPENED_INCIDENT,
    Reason.SENT_TO_CHAT,
    Reason.TICKET_ONLY,
    Reason.BACKLOG,
    Reason.ROUTE_SAYS_NOTHING,
    Reason.SILENCED,
    Reason.INHIBITED,
    Reason.MAINTENANCE,
    Reason.MUTED,
    Reason.HEARTBEAT,
)
STATUSES = (("active", "Firing"), ("resolved", "Resolved"), ("all", "Any status"))
LONGEST_LABEL = 200
LONGEST_SAID = 2000  # characters of one filter in an address


@needs(Permission.READ)
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    wanted, refused = wanted_of(request.GET), ""
    try:
        found = queries.search(wanted)
    except ValueError as error:
        found, refused = Found([]), str(error)
    said = _said(wanted)
    context = {
        "alerts": found.items,
        "found": found,
        "wanted": wanted,
        "refused": refused,
        "older": address(said, found.older),
        "newer": address(said, found.newer),
        "any_status": address({**said, "status": "all"}, Place()),
        "statuses": STATUSES,
        "reasons": [(reason.value, EXPLANATIONS[reason]) for reason in OF_ALERTS],
        "may_read": True,
        "may_respond": reader_of(request).grants.allow(Permission.RESPOND),
    }
    return render(request, "alerts/list.html", context)


def wanted_of(given: Mapping[str, str]) -> queries.Wanted:
    """What cannot be understood in an address counts as not said."""
    said = {
        name: given.get(name, "").replace("\0", "").strip()[:LONGEST_SAID]
        for name in ("status", "reason", "label", "text")
    }
    return queries.Wanted(
        status=said["status"] if said["status"] in dict(STATUSES) else "active",
        reason=said["reason"] if said["reason"] in Reason.__members__.values() else "",
        label=said["label"],
        text=said["text"],
        place=place_of(given),
    )


def _said(wanted: queries.Wanted) -> dict[str, str]:
    return {
        "status": wanted.status if wanted.status != "active" else "",
        "reason": wanted.reason,
        "label": wanted.label,
        "text": wanted.text,
    }


@needs(Permission.RESPOND)
@require_POST
def send_test(request: HttpRequest) -> HttpResponse:
    """It takes the real way: routes, policy, whoever is on call."""
    labels: dict[str, str] = {}
    for pair in request.POST.get("labels", "")[:2000].split():
        name, _, value = pair.partition("=")
        labels[name[:LONGEST_LABEL]] = value.strip("\"'")[:LONGEST_LABEL]
    summary = f"A test alert, sent by {request.user} from the web."
    try:
        ask(request, SendAlert(labels, {"summary": summary}))
    except Refused as refused:
        messages.error(request, f"Not sent: {refused.message}")
    except NotAnswering as silent:
        messages.error(request, f"Perhaps not sent: {silent}.")
    else:
        messages.success(request, "The test alert is on its way.")
    return redirect("now")
