"""The page of one silence or one maintenance window: its end is moved, or it ends now."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from tocsin.apps.alerts import operational
from tocsin.apps.alerts.ends import CHOICES, as_input
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.reader import reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused
from tocsin.core.configuration import Maintenance, Silence


class Room(NamedTuple):
    """`name` is the kind of its facts and the name of its list's address; `ended` is said when one was ended."""

    name: str
    title: str
    ended: str


def show_or_change(
    request: HttpRequest, room: Room, fact: Silence | Maintenance, **also: Any
) -> HttpResponse:
    """`also` is what this room's page shows beside."""
    reader, now = reader_of(request), timezone.now()
    refused: Refused | None = None
    if request.method == "POST":
        try:
            view = operational.changed(request, room.name, fact, now, reader.zone)
        except Refused as error:
            refused = error
        except NotAnswering as silent:
            refused = Refused("", operational.said_of(silent))
        else:
            messages.success(request, room.ended if view.state == "ended" else "Its end is moved.")
            return redirect(room.name)
    context = {
        "title": room.title,
        "kind": room.name,
        "fact": fact,
        "list": room.name,
        "over": fact.ends_at <= now,
        "choices": CHOICES,
        "until": as_input(fact.ends_at, reader.zone),
        "refused": refused,
        "zone": reader.zone.key,
        "facts": facts(),
        **also,
    }
    return render(request, "alerts/one_timed.html", context, status=400 if refused else 200)
