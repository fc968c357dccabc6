"""On-call by API: who has it, now, at an instant and over a span; schedules, overrides and escalation policies."""

from datetime import datetime, timedelta

import msgspec
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from tocsin.apps.api.cursors import Cursor, Limit, number_after, page_of
from tocsin.apps.api.operations import caller, operation
from tocsin.apps.api.parameters import Instant, Name, Word, instant_in
from tocsin.apps.api.problems import Stopped, invalid
from tocsin.apps.configuration import noun_operations
from tocsin.control.oncall.who import who
from tocsin.control.requests import Who, WhoView
from tocsin.core.instants import micros
from tocsin.core.oncall.schedule import LayerShifts, Shift
from tocsin.core.oncall.shifts import gaps, layers_of, shifts
from tocsin.core.roles import Permission

router = Router(tags=["On-call"])
LONGEST_SPAN = timedelta(days=366)
USUAL_SPAN = timedelta(days=28)


class OnCall(msgspec.Struct, frozen=True):
    """Each schedule with who has it at that instant."""

    at: datetime
    items: tuple[WhoView, ...]


class Shifts(msgspec.Struct, frozen=True):
    """In order; a stretch without people is a gap. `next` is the cursor of the following page."""

    items: tuple[Shift, ...]
    next: str | None


class Layers(msgspec.Struct, frozen=True):
    """Each with its own shifts."""

    items: tuple[LayerShifts, ...]


@operation(
    router, "GET", "/on-call", needs=Permission.READ, summary="Who is on call", answers=OnCall, refuses=(404,)
)
def get_on_call(request: HttpRequest, schedule: Word = "", at: Instant = None) -> OnCall:
    """Now or at an instant, of one schedule or all; with who comes next and when."""
    facts, instant = caller(request).facts, instant_in(at, "at") or timezone.now()
    return OnCall(instant, tuple(who(facts, Who(schedule or None, instant), instant)))


@operation(
    router,
    "GET",
    "/schedules/{key}/shifts",
    needs=Permission.READ,
    summary="Who is on call when, over a span",
    answers=Shifts,
    refuses=(404,),
)
def list_shifts(
    request: HttpRequest,
    key: Name,
    starts_at: Instant = None,
    ends_at: Instant = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Shifts:
    """Overrides are in it. A year at most; four weeks from `starts_at` (now) when `ends_at` is left out."""
    facts, after = caller(request).facts, number_after(cursor)
    if key not in facts.schedules:
        raise Stopped("not-found", f"there is no schedule {key!r}")
    begin, end = _span(starts_at, ends_at)
    found = shifts(facts.schedules, key, begin, end, facts.overrides)
    empty = gaps(facts.schedules, key, begin, end, facts.overrides)
    stretches = sorted(
        [*found, *(Shift(gap.starts_at, gap.ends_at, (), "") for gap in empty)], key=lambda s: s.starts_at
    )
    coming = [shift for shift in stretches if after is None or micros(shift.starts_at) > after]
    return Shifts(*page_of(coming[: limit + 1], limit, lambda shift: micros(shift.starts_at)))


@operation(
    router,
    "GET",
    "/schedules/{key}/layers",
    needs=Permission.READ,
    summary="What each layer says by itself, over a span",
    answers=Layers,
    refuses=(404,),
)
def list_layers(
    request: HttpRequest, key: Name, starts_at: Instant = None, ends_at: Instant = None
) -> Layers:
    """The lowest first, without overrides: for drawing beside the shifts. The same spans as for shifts."""
    facts = caller(request).facts
    if key not in facts.schedules:
        raise Stopped("not-found", f"there is no schedule {key!r}")
    begin, end = _span(starts_at, ends_at)
    return Layers(tuple(layers_of(facts.schedules, key, begin, end, facts.overrides)))


def _span(starts_at: Instant, ends_at: Instant) -> tuple[datetime, datetime]:
    begin = instant_in(starts_at, "starts_at") or timezone.now().replace(microsecond=0)
    end = instant_in(ends_at, "ends_at") or begin + USUAL_SPAN
    if not timedelta(0) < end - begin <= LONGEST_SPAN:
        raise invalid("it must come after `starts_at`, a year at most", parameter="ends_at")
    return begin, end


noun_operations.many(
    router,
    "/schedules",
    "schedules",
    "schedule",
    {
        "team": "platform",
        "time_zone": "Europe/Berlin",
        "layers": [
            {
                "rotation": {
                    "every": "1 week",
                    "handoff": "Mon 09:00",
                    "from": "2026-06-08",
                    "people": ["alice", "bob"],
                }
            }
        ],
    },
)
noun_operations.many(
    router,
    "/policies",
    "policies",
    "policy",
    {
        "team": "platform",
        "steps": [{"page": "platform-primary", "wait": "10m"}, {"page": "platform-secondary", "wait": "10m"}],
        "last_resort": ["carol"],
    },
)
