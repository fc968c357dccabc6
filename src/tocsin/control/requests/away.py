"""Leave, and the calendars that others keep."""

from datetime import date, datetime
from typing import Annotated

import msgspec

from tocsin.core.instants import Aware

Comment = Annotated[str, msgspec.Meta(max_length=2000)]


class AddLeave(msgspec.Struct, frozen=True, tag="add_leave", omit_defaults=True):
    """Whole days of the person's own time zone (`from_day` to `to_day`, both included; one day without the latter), or from
    exactly `starts_at` to exactly `ends_at`. Answer: LeaveView."""

    person: str
    from_day: date | None = None
    to_day: date | None = None
    starts_at: Aware | None = None
    ends_at: Aware | None = None
    comment: Comment = ""


class EndLeave(msgspec.Struct, frozen=True, tag="end_leave"):
    """They are back now; leave that lies ahead does not begin. Answer: LeaveView."""

    id: str


class ListLeaves(msgspec.Struct, frozen=True, tag="list_leaves", omit_defaults=True):
    """That told by hand and that from calendars, by its beginning. Answer: list[LeaveView]."""

    person: str | None = None
    team: str | None = None
    ended: bool = False


class LeaveView(msgspec.Struct, frozen=True):
    """`source` is the calendar that it comes from: it is ended there. Empty: it was told by hand."""

    id: str
    person: str
    state: str  # pending, active, ended
    starts_at: datetime
    ends_at: datetime
    comment: str = ""
    created_by: str = ""
    source: str = ""


class ReadCalendar(msgspec.Struct, frozen=True, tag="read_calendar", omit_defaults=True):
    """Fetch a calendar now. `as_it_is`: what comes counts, even if nothing is left in it. Answer: CalendarView."""

    calendar: str
    as_it_is: bool = False


class CalendarView(msgspec.Struct, frozen=True):
    calendar: str
    said: str
