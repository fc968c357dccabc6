"""One person's shifts as a calendar that others subscribe to (RFC 5545, RFC 7986).

A shift keeps its UID as long as it begins when it began, so that an override moves its end instead of doubling it; what an
override takes away is gone from the feed, and calendars drop it.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from tocsin.channels.plain import line
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Shift
from tocsin.core.oncall.shifts import shifts
from tocsin.core.people import Person

AHEAD = timedelta(days=90)
BEHIND = timedelta(days=7)
REFRESHED = timedelta(hours=1)


def calendar_of(facts: Configuration, person: Person, house: str, now: datetime) -> bytes:
    """The last week and the next 90 days. The same facts give the same bytes, whenever it is asked for."""
    calendar = Calendar()
    calendar.add("PRODID", "-//Tocsin//On-call//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", f"On call: {line(person.name or person.key, 80)}")
    calendar.add("REFRESH-INTERVAL", REFRESHED, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", REFRESHED)
    for key in sorted(facts.schedules):
        for shift in shifts_of(facts, key, person.key, now):
            calendar.add_component(_event(facts, key, shift, person, house))
    return bytes(calendar.to_ical())


def shifts_of(facts: Configuration, schedule: str, person: str, now: datetime) -> Iterator[Shift]:
    """Those of this person, with their true beginnings and ends: the span begins with a year and ends with a month, so that
    no shift is cut anew with every look."""
    begins = datetime((now - timedelta(days=60)).year, 1, 1, tzinfo=UTC)
    last = (now + AHEAD + timedelta(days=62)).astimezone(UTC)
    ends = datetime(last.year, last.month, 1, tzinfo=UTC)
    for shift in shifts(facts.schedules, schedule, begins, ends, facts.overrides):
        if person in shift.people and now - BEHIND < shift.ends_at and shift.starts_at < now + AHEAD:
            yield shift


def _event(facts: Configuration, schedule: str, shift: Shift, person: Person, house: str) -> Event:
    event = Event()
    event.add("UID", uid(schedule, person.key, shift.starts_at))
    event.add("DTSTAMP", shift.starts_at.astimezone(UTC))
    event.add("SEQUENCE", facts.revision)
    event.add("DTSTART", shift.starts_at.astimezone(UTC))
    event.add("DTEND", shift.ends_at.astimezone(UTC))
    event.add("SUMMARY", f"On call: {line(schedule, 80)}")
    others = [
        facts.people[key].name or key for key in shift.people if key != person.key and key in facts.people
    ]
    told = [f"By {line(shift.by, 120)}."] if shift.by else []
    told += [f"Together with {line(', '.join(others), 200)}."] if others else []
    event.add("DESCRIPTION", "\n".join(told))
    event.add("URL", f"{house}/on-call")
    event.add("TRANSP", "TRANSPARENT")  # being on call keeps nobody from being invited
    return event


def uid(schedule: str, person: str, starts_at: datetime) -> str:
    named = f"{schedule}\n{person}\n{int(starts_at.timestamp())}"
    return f"{hashlib.sha256(named.encode()).hexdigest()[:32]}@tocsin"
