"""Leave, the calendars that others keep, and public holidays by API."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from tocsin.apps.api.asking import ask
from tocsin.apps.api.cursors import Cursor, Limit, name_after, page_of
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Name, Word
from tocsin.apps.api.problems import Stopped
from tocsin.apps.configuration import noun_operations
from tocsin.apps.oncall.calendars import standings
from tocsin.config.holidays import FIRST_YEAR, LAST_YEAR, holidays_of, place_of
from tocsin.control.oncall import leaves
from tocsin.control.requests import AddLeave, CalendarView, EndLeave, LeaveView, ListLeaves, ReadCalendar
from tocsin.core.instants import Aware, micros
from tocsin.core.oncall.away import Leave
from tocsin.core.roles import Permission
from tocsin.engine.oncall.calendars import Standing

router = Router(tags=["On-call"])
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Ended = Annotated[bool, Query(description="That which is over, too.", example=False)]
Year = Annotated[
    int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="Left out: this year.", example=2026)
]


class Leaves(msgspec.Struct, frozen=True):
    """By their beginning; told by hand, and from calendars (`source`). `next` is the cursor of the following page."""

    items: tuple[LeaveView, ...]
    next: str | None


class NewLeave(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whole days of the person's own time zone (`from_day` to `to_day`, both included), or exactly `starts_at` to
    `ends_at`."""

    person: Key
    from_day: date | None = None
    to_day: date | None = None
    starts_at: Aware | None = None
    ends_at: Aware | None = None
    comment: Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^[^\0]*$")] = ""


class CalendarState(msgspec.Struct, frozen=True):
    """`state` is new, good or failing. Whatever fails, the events that were read last stay in force. `unclear` are events
    that are nobody's for sure."""

    calendar: str
    state: str
    events: int
    good_at: datetime | None
    failing_since: datetime | None
    why: str
    unclear: tuple[str, ...]


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`as_it_is`: what comes counts, even if nothing is left in it."""

    as_it_is: bool = False


class Holiday(msgspec.Struct, frozen=True):
    date: date
    name: str


class PublicHolidays(msgspec.Struct, frozen=True):
    place: str
    year: int
    items: tuple[Holiday, ...]


@operation(
    router,
    "GET",
    "/leaves",
    needs=Permission.READ,
    summary="List leave",
    answers=Leaves,
    refuses=(404,),
)
def list_leaves(
    request: HttpRequest,
    person: Word = "",
    team: Word = "",
    ended: Ended = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Leaves:
    """Now and to come, of everybody, one person or one team."""
    asking, now, after = caller(request), timezone.now(), name_after(cursor)
    found = leaves.chosen(ListLeaves(person or None, team or None, ended), asking.facts, now)
    coming = [leave for leave in found if after is None or _place(leave) > after]
    page, following = page_of(coming[: limit + 1], limit, _place)
    return Leaves(tuple(leaves.view(leave, now) for leave in page), following)


def _place(leave: Leave) -> str:
    return f"{micros(leave.starts_at):020d} {leave.id}"


@operation(
    router,
    "POST",
    "/leaves",
    needs=Permission.RESPOND,
    summary="Tell of leave",
    takes=NewLeave,
    answers=LeaveView,
    status=201,
    example={"person": "bob", "from_day": "2026-07-01", "to_day": "2026-07-14", "comment": "Summer"},
)
def add_leave(request: HttpRequest, body: NewLeave) -> Answer:
    """Your own, or that of the people whose team you manage. It warns of shifts that fall into it and moves none."""
    wanted = AddLeave(body.person, body.from_day, body.to_day, body.starts_at, body.ends_at, body.comment)
    made: LeaveView = ask(caller(request), wanted)
    return Answer(made, 201, {"Location": f"/api/v1/leaves/{made.id}"})


@operation(
    router,
    "GET",
    "/leaves/{key}",
    needs=Permission.READ,
    summary="Read one leave",
    answers=LeaveView,
    refuses=(404,),
)
def get_leave(request: HttpRequest, key: Name) -> LeaveView:
    found = next((leave for leave in caller(request).facts.leaves if leave.id == key), None)
    if found is None:
        raise Stopped("not-found", f"there is no leave with id {key!r}")
    return leaves.view(found, timezone.now())


@operation(
    router,
    "DELETE",
    "/leaves/{key}",
    needs=Permission.RESPOND,
    summary="End a leave now, or take it back",
    answers=LeaveView,
    refuses=(404, 409),
)
def end_leave(request: HttpRequest, key: Name) -> LeaveView:
    """It stays in the list as ended. What comes from a calendar is ended there (409)."""
    asking = caller(request)
    if all(leave.id != key for leave in asking.facts.leaves):
        raise Stopped("not-found", f"there is no leave with id {key!r}")
    ended: LeaveView = ask(asking, EndLeave(key))
    return ended


# --- calendars -------------------------------------------------------------------------------------------------------

noun_operations.many(
    router,
    "/calendars",
    "calendars",
    "calendar",
    {"url": "https://hr.example.com/leave.ics", "for": "leave", "team": "platform"},
)


@operation(
    router,
    "GET",
    "/calendars/{key}/state",
    needs=Permission.READ,
    summary="How a calendar stands",
    answers=CalendarState,
    refuses=(404,),
)
def get_calendar_state(request: HttpRequest, key: Name) -> CalendarState:
    facts = caller(request).facts
    if key not in facts.calendars:
        raise Stopped("not-found", f"there is no calendar {key!r}")
    stands = standings((key,)).get(key, Standing(key))
    return CalendarState(
        key,
        stands.state,
        stands.events,
        stands.good_at,
        stands.failing_since,
        stands.why,
        facts.unclear.get(key, ()),
    )


@operation(
    router,
    "POST",
    "/calendars/{key}/read",
    needs=Permission.MANAGE,
    summary="Read a calendar now",
    takes=Reading,
    answers=CalendarView,
    example={"as_it_is": False},
    refuses=(404,),
)
def read_calendar(request: HttpRequest, key: Name, body: Reading) -> CalendarView:
    """It takes some seconds; its state says when it was."""
    asking = caller(request)
    if key not in asking.facts.calendars:
        raise Stopped("not-found", f"there is no calendar {key!r}")
    view: CalendarView = ask(asking, ReadCalendar(key, body.as_it_is))
    return view


# --- public holidays -------------------------------------------------------------------------------------------------


@operation(
    router,
    "GET",
    "/holidays/{place}",
    needs=Permission.READ,
    summary="Public holidays of a place",
    answers=PublicHolidays,
    refuses=(404,),
)
def list_holidays(request: HttpRequest, place: Name, year: Year = None) -> PublicHolidays:
    """A country (DE, GB, US) or a part of one (DE-BY, GB-SCT, US-CA)."""
    try:
        known = place_of(place)
    except ValueError as wrong:
        raise Stopped("not-found", str(wrong)) from None
    asked = year or timezone.now().year
    found = tuple(Holiday(day, name) for day, name in holidays_of(known).items() if day.year == asked)
    return PublicHolidays(known, asked, found)
