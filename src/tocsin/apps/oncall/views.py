"""Who is on call, as people see it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall import queries
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.core.roles import Permission


@needs(Permission.READ)
@require_safe
def oncall(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    request.live_topics = ("configuration",)  # type: ignore[attr-defined]
    context = {
        "outlooks": queries.outlooks(configuration, timezone.now(), reader_of(request).zone),
        "day_shares": [f"{100 * day / 7:.3f}%" for day in range(1, 7)],
        "facts": configuration,
    }
    return render(request, "oncall/oncall.html", context)


@needs(Permission.READ)
@require_safe
def moved(_request: HttpRequest) -> HttpResponse:
    """Where the board stood before; calendars and bookmarks still name it."""
    return redirect("oncall", permanent=True)
