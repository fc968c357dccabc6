"""One's own shifts: the next three months across all schedules, with what can be done about each."""

from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall.spans import midnight
from tocsin.apps.oncall.timeline import written
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.seats import seats, taking_part
from tocsin.core.roles import Permission

MONTHS = 3


class Shift(msgspec.Struct, frozen=True):
    schedule: str
    starts_at: datetime
    ends_at: datetime
    runs: bool  # now
    last: bool  # of those that are looked at: it may go on
    day: date  # its first, in the reader's zone
    one_day: bool  # so that its end is told by the clock alone
    asks: str  # what the address of a form about this shift says

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


class Month(msgspec.Struct, frozen=True):
    """`hours` are those within the month from now on, those of several schedules at once counted for each."""

    first: date
    shifts: tuple[Shift, ...]
    hours: int


def months(facts: Configuration, person: str, now: datetime, zone: ZoneInfo) -> list[Month]:
    """This month and the next ones, also those without any shift."""
    firsts = [_first(now.astimezone(zone).date(), n) for n in range(MONTHS + 2)]
    edges = [midnight(first, zone) for first in firsts]
    horizon = midnight(_first(now.astimezone(zone).date(), MONTHS + 1), zone)
    since = now - timedelta(days=35)  # so that a running shift is shown from its begin
    keys = _concerned(facts, person, since, horizon)
    held = [
        seat
        for seat in seats(facts.schedules, keys, since, horizon, facts.overrides)
        if seat.person == person and seat.ends_at > now
    ]
    found = []
    for number, first in enumerate(firsts[: MONTHS + 1]):
        begin, end = edges[number], edges[number + 1]
        inside = [seat for seat in held if begin <= max(seat.starts_at, now) < end]
        hours = sum(
            (
                max(timedelta(0), min(seat.ends_at, end) - max(seat.starts_at, begin, now))
                for seat in held
                if seat.starts_at < end and seat.ends_at > begin
            ),
            timedelta(0),
        )
        listed = tuple(
            Shift(
                schedule=seat.schedule,
                starts_at=seat.starts_at,
                ends_at=seat.ends_at,
                runs=seat.starts_at <= now,
                last=seat.ends_at >= horizon,
                day=seat.starts_at.astimezone(zone).date(),
                one_day=seat.starts_at.astimezone(zone).date() == seat.ends_at.astimezone(zone).date(),
                asks=urlencode(
                    {
                        "schedule": seat.schedule,
                        "starts_at": written(max(seat.starts_at, now.replace(microsecond=0))),
                        "ends_at": written(seat.ends_at),
                    }
                ),
            )
            for seat in sorted(inside, key=lambda seat: (seat.starts_at, seat.schedule))
        )
        found.append(Month(first, listed, round(hours / timedelta(hours=1))))
    return found


def _concerned(facts: Configuration, person: str, starts_at: datetime, ends_at: datetime) -> list[str]:
    """The schedules that may name them, so that those of other teams cost nothing."""
    put_in = {override.schedule for override in facts.overrides if override.person == person}
    return [
        key
        for key in sorted(facts.schedules)
        if key in put_in or person in taking_part(facts.schedules, [key], starts_at, ends_at)
    ]


def _first(day: date, months_on: int) -> date:
    years, month = divmod(day.month - 1 + months_on, 12)
    return date(day.year + years, month + 1, 1)


@needs(Permission.READ)
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    request.live_topics = ("configuration",)  # type: ignore[attr-defined]
    person = reader.person.key if reader.person else ""
    found = months(configuration, person, now, reader.zone) if person else []
    shifts = [shift for month in found for shift in month.shifts]
    context = {
        "person": person,
        "months": found,
        "now_on": [shift for shift in shifts if shift.runs],
        "next_on": next((shift for shift in shifts if not shift.runs), None),
        "any": bool(shifts),
        "offer": _address("offer-swap"),
        "cover": _address("ask-cover"),
        "calendar": _address("profile"),
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "facts": configuration,
        "at": now,
    }
    return render(request, "oncall/mine.html", context)


def _address(name: str) -> str:
    """ "" where nobody built that page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
