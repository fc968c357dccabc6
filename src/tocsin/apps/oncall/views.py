"""Who is on call, as people see it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tocsin.apps.configuration import forms, nouns
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall import warnings
from tocsin.apps.oncall.board import board
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.core.roles import Permission


@needs(Permission.READ)
@require_safe
def oncall(request: HttpRequest) -> HttpResponse:
    """The board of all teams, or of the one that the address names."""
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    request.live_topics = ("configuration",)  # type: ignore[attr-defined]
    wanted = request.GET.get("team", "")
    team = wanted if wanted in configuration.teams else ""
    may_respond = reader.grants.allow(Permission.RESPOND)
    person = reader.person.key if reader.person else ""
    context = {
        "board": board(configuration, now, person, team, may_respond),
        "warnings": warnings.of_board(configuration, now, team),
        "teams": forms.named(configuration.teams),
        "team": team,
        "may_respond": may_respond,
        "may_make": nouns.may_make(request, "schedules"),
        "facts": configuration,
    }
    return render(request, "oncall/board.html", context)


@needs(Permission.READ)
@require_safe
def moved(_request: HttpRequest) -> HttpResponse:
    """Where the board stood before; calendars and bookmarks still name it."""
    return redirect("oncall", permanent=True)
