"""The first page: what needs me, what is open, who is on call."""

from datetime import datetime, timedelta

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tocsin.apps.alerts.queries import missed
from tocsin.apps.configuration.getting_started import unfinished
from tocsin.apps.configuration.heard import troubling
from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents import queries as incidents
from tocsin.apps.incidents.wording import rows
from tocsin.apps.oncall import queries as oncall
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.core.configuration import Configuration
from tocsin.core.detect.matchers import format_matchers
from tocsin.core.roles import Permission

MOST_SHOWN = 100
MOST_LOOKED_AT = 1_000  # open incidents among which those that need the reader are found
SOON = timedelta(hours=24)
ENDINGS_SHOWN = 5
SILENT_SHOWN = 5


class Ending(msgspec.Struct, frozen=True):
    """Something that holds pages back, and ends within a day."""

    what: str
    ends_at: datetime
    name: str  # of its page's address
    id: str


def endings(configuration: Configuration, at: datetime) -> list[Ending]:
    """The next to end first."""
    silences = [
        Ending(f"Silence of {format_matchers(s.matchers)}", s.ends_at, "silence", s.id)
        for s in configuration.silences
        if s.starts_at <= at < s.ends_at <= at + SOON
    ]
    windows = [
        Ending(f"Maintenance of {', '.join(m.services)}", m.ends_at, "maintenance-window", m.id)
        for m in configuration.maintenance
        if m.starts_at <= at < m.ends_at <= at + SOON
    ]
    return sorted([*silences, *windows], key=lambda ending: ending.ends_at)[:ENDINGS_SHOWN]


@needs(Permission.FOLLOW)
@require_safe
def now(request: HttpRequest) -> HttpResponse:
    configuration, reader, at = facts(), reader_of(request), timezone.now()
    person = reader.person.key if reader.person else ""
    may_read = reader.grants.allow(Permission.READ)
    opened = incidents.open_incidents(MOST_LOOKED_AT)
    found = rows(opened, configuration, person or reader.name)
    others = [row for row in found if not row.mine]
    on_call = oncall.now_and_next(configuration, at) if may_read or person else []
    context = {
        "mine": [row for row in found if row.mine],
        "others": others[:MOST_SHOWN],
        "more": len(others) > MOST_SHOWN,
        "over": rows(incidents.latest_over(5), configuration, "") if not found else [],
        "on_call": on_call,
        "my_shifts": oncall.held_by(on_call, person) if person else [],
        "my_next_shifts": [
            view for view in on_call if person in view.next_people and person not in view.people
        ],
        "ends_soon": endings(configuration, at) if may_read else [],
        "silent_heartbeats": missed(configuration) if may_read else [],
        "silent_integrations": troubling(configuration, at)[:SILENT_SHOWN] if may_read else [],
        "may_read": may_read,
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "unfinished": reader.grants.everything and unfinished(configuration),
        "configured": bool(configuration.people or configuration.integrations),
        "facts": configuration,
    }
    return render(request, "web/now.html", context)
