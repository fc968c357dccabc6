"""Alerts as people see them, and a test alert of their own."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tocsin.apps.alerts import queries
from tocsin.apps.asking import ask
from tocsin.apps.people.authority import needs
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused, SendAlert
from tocsin.core.reasons import EXPLANATIONS, Reason
from tocsin.core.roles import Permission

LARGEST_ID = 2**63 - 1
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


@needs(Permission.READ)
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    wanted = _wanted(request)
    found = queries.search(wanted)
    context = {
        "alerts": found.alerts,
        "wanted": wanted,
        "older": _address(wanted, found.older) if found.older is not None else "",
        "newest": _address(wanted, None) if wanted.before is not None else "",
        "statuses": STATUSES,
        "reasons": [(reason.value, EXPLANATIONS[reason]) for reason in OF_ALERTS],
    }
    return render(request, "alerts/list.html", context)


def _wanted(request: HttpRequest) -> queries.Wanted:
    """What cannot be understood in an address counts as not said."""
    status, reason, before = (request.GET.get(name, "") for name in ("status", "reason", "before"))
    return queries.Wanted(
        status=status if status in dict(STATUSES) else "active",
        reason=reason if reason in Reason.__members__.values() else "",
        before=min(int(before), LARGEST_ID)
        if before.isascii() and before.isdigit() and len(before) < 20
        else None,
    )


def _address(wanted: queries.Wanted, before: int | None) -> str:
    said = {
        "status": wanted.status if wanted.status != "active" else "",
        "reason": wanted.reason,
        "before": before,
    }
    return "?" + urlencode({name: value for name, value in said.items() if value})


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
