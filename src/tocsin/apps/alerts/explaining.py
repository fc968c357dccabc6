"""What would happen to an alert with these labels: its route, group and severity, and who would be paged when."""

from datetime import timedelta

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.apps.alerts import queries
from tocsin.apps.alerts.ends import wall_time
from tocsin.apps.alerts.labels_given import alert_number, labels_of
from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents.wording import called_all
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.channels import plain
from tocsin.control.client import NotAnswering
from tocsin.control.requests import AlertView, Explain, Explanation, Refused, RouteView
from tocsin.core.configuration import Configuration
from tocsin.core.labels import Labels
from tocsin.core.respond.prose import span
from tocsin.core.roles import Permission


class Step(msgspec.Struct, frozen=True):
    """One stop of the time line, as `web/way.html` draws it."""

    when: str
    what: str
    detail: str = ""
    tone: str = ""


@needs(Permission.READ)
@require_safe
def explain(request: HttpRequest) -> HttpResponse:
    configuration, reader = facts(), reader_of(request)
    given, at = request.GET.get("labels", "").replace("\0", ""), request.GET.get("at", "").strip()
    labels: Labels = {}
    alert: AlertView | None = None
    explained: Explanation | None = None
    refused: Refused | None = None
    if given.strip():
        try:
            labels, alert = _understood(given)
            explained = ask(request, Explain(labels, wall_time(at, reader.zone, "at") if at else None))
        except Refused as error:
            refused = error
        except NotAnswering as silent:
            refused = Refused("", f"{silent}. Try again in a moment.")
    context = {
        "given": given[:20_000],
        "at": at,
        "labels": sorted(labels.items()),
        "alert": alert,
        "explained": explained,
        "routes": [(route, way_of(route, configuration)) for route in explained.routes] if explained else [],
        "refused": refused,
        "zone": reader.zone.key,
        "may_read": True,
        "facts": configuration,
    }
    return render(request, "alerts/explain.html", context, status=400 if refused else 200)


def _understood(given: str) -> tuple[Labels, AlertView | None]:
    number = alert_number(given)
    if number is not None:
        alert = queries.one(number)
        if alert is None:
            raise Refused("not_found", f"There is no alert {number}.", "labels")
        return alert.labels, alert
    try:
        return labels_of(given), None
    except ValueError as error:
        raise Refused("invalid", str(error), "labels") from None


def way_of(route: RouteView, configuration: Configuration) -> list[Step]:
    """Who is reached when, from the alert on."""
    if not route.pages:
        return []
    begin = [
        Step(
            "0 s", "The alert comes in", f"gathered for {span(route.group_wait)}" if route.group_wait else ""
        )
    ]
    steps = [
        Step(
            "at once" if page.after <= timedelta(0) else f"+{span(page.after)}",
            plain.line(called_all(page.people, configuration) if page.people else "nobody on call", 120),
            plain.line(", ".join(part for part in (page.target, page.by) if part), 120),
            "last" if page.by == "last resort" else "" if page.people else "held",
        )
        for page in route.pages
    ]
    return [*begin, *steps]
