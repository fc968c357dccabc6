"""A calendar that others keep, to be read now."""

from datetime import datetime

from tocsin.control.actor import Actor
from tocsin.control.oncall.decided import Decided
from tocsin.control.requests import CalendarView, ReadCalendar, Refused
from tocsin.engine.consequences import Consequences
from tocsin.engine.oncall.calendars import look_again


def read(owed: Consequences, request: ReadCalendar, actor: Actor, now: datetime) -> Decided:
    """Raises Refused."""
    calendar = owed.facts.calendars.get(request.calendar)
    if calendar is None:
        raise Refused("not_found", f"there is no calendar {request.calendar!r}", "calendar")
    look_again(owed.tx, calendar, now, request.as_it_is)
    said = "It is being read; that takes some seconds."
    return Decided(CalendarView(calendar.key, said), f"calendars.{calendar.key}")
