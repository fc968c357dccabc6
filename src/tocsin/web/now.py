"""The first page: what needs me, what is open, who is on call."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents import queries as incidents
from tocsin.apps.incidents.wording import rows
from tocsin.apps.oncall import queries as oncall
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.core.roles import Permission

MOST_SHOWN = 100


@needs(Permission.FOLLOW)
@require_safe
def now(request: HttpRequest) -> HttpResponse:
    configuration, reader = facts(), reader_of(request)
    person = reader.person.key if reader.person else ""
    opened = incidents.open_incidents(MOST_SHOWN + 1)
    found = rows(opened[:MOST_SHOWN], configuration, person or reader.name)
    on_call = oncall.now_and_next(configuration, timezone.now())
    context = {
        "mine": [row for row in found if row.mine],
        "others": [row for row in found if not row.mine],
        "more": len(opened) > MOST_SHOWN,
        "over": rows(incidents.latest_over(5), configuration, "") if not found else [],
        "on_call": on_call,
        "my_shifts": oncall.held_by(on_call, person) if person else [],
        "configured": bool(configuration.people or configuration.integrations),
        "facts": configuration,
    }
    return render(request, "web/now.html", context)
