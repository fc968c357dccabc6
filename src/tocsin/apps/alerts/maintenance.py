"""Maintenance windows on screen: new pages of the named services are held until they end."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.apps.alerts import operational
from tocsin.apps.alerts.ends import CHOICES, end_of, wall_time
from tocsin.apps.alerts.one_timed import Room, show_or_change
from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents import queries as incidents
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import AddMaintenance, OperationalView, Refused
from tocsin.core.configuration import Configuration, Maintenance
from tocsin.core.roles import Permission

LONGEST_COMMENT = 1_000

ROOM = Room("maintenance", "Maintenance", "It has ended: what still fires pages now.")


class Shown(msgspec.Struct, frozen=True):
    window: Maintenance
    open_incidents: int


@needs(Permission.READ)
@require_safe
def windows(request: HttpRequest) -> HttpResponse:
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    found = operational.sort(configuration.maintenance, now)
    counts = incidents.open_by_service()
    groups = (("Running", found.active), ("Coming", found.pending), ("Ended", found.ended))
    context = {
        "groups": [(word, [_shown(each, counts) for each in known]) for word, known in groups if known],
        "ended_hidden": found.ended_hidden,
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "now": now,
        "facts": configuration,
    }
    return render(request, "alerts/maintenance.html", context)


def _shown(window: object, counts: Mapping[str, int]) -> Shown:
    assert isinstance(window, Maintenance)
    return Shown(window, sum(counts.get(service, 0) for service in window.services))


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    chosen = [service for service in given.getlist("service") if service in configuration.services]
    refused: Refused | None = None
    if request.method == "POST" and given.get("do") != "look":
        try:
            made: OperationalView = ask(request, _request(given.dict(), chosen, now, reader))
        except Refused as error:
            refused = error
        except NotAnswering as silent:
            refused = Refused("", operational.said_of(silent))
        else:
            until = timezone.localtime(made.ends_at).strftime("%a %H:%M")
            messages.success(
                request, f"Maintenance of {made.what} until {until}. What still fires at its end pages then."
            )
            return redirect("maintenance")
    counts = incidents.open_by_service()
    context = {
        "services": _services(configuration, chosen, counts),
        "choices": CHOICES,
        "starts_at": given.get("starts_at", ""),
        "until": given.get("until", ""),
        "for_other": given.get("for_other", "")[:40],
        "comment": given.get("comment", "")[:LONGEST_COMMENT],
        "refused": refused,
        "zone": reader.zone.key,
    }
    return render(request, "alerts/new_maintenance.html", context, status=400 if refused else 200)


def _services(
    configuration: Configuration, chosen: list[str], counts: Mapping[str, int]
) -> list[tuple[str, str, bool, int]]:
    named = sorted((service.name or key, key) for key, service in configuration.services.items())
    return [(key, name, key in chosen, counts.get(key, 0)) for name, key in named]


def _request(form: Mapping[str, str], chosen: list[str], now: datetime, reader: Reader) -> AddMaintenance:
    if not chosen:
        raise Refused("invalid", "Choose at least one service.", "services")
    starts = form.get("starts_at", "").strip()
    begin = wall_time(starts, reader.zone, "starts_at") if starts else None
    return AddMaintenance(
        services=tuple(chosen),
        ends_at=end_of(form, now, reader.zone, begin),
        starts_at=begin,
        comment=form.get("comment", "").strip()[:LONGEST_COMMENT],
    )


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, fact_id: str) -> HttpResponse:
    window = operational.found(facts().maintenance, fact_id)
    if window is None:
        raise Http404("There is no such maintenance window.")
    return show_or_change(request, ROOM, window)
