"""Shifts as a calendar that others subscribe to (RFC 5545, RFC 7986): of one person, a schedule, one of its layers, a team.

Each event is a stint (core/oncall/stints.py), whose name outlives overrides, reordering and neighbours that merge; what
an override takes away is gone from the feed, and calendars drop it. The same facts give the same bytes.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from tocsin.channels.plain import line
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Schedule
from tocsin.core.oncall.shifts import gaps
from tocsin.core.oncall.stints import Stint, stints, stints_of_layer

AHEAD = timedelta(days=180)
BEHIND = timedelta(days=31)
REFRESHED = timedelta(hours=1)
PERSON, SCHEDULE, TEAM = "person", "schedule", "team"


class Wish(msgspec.Struct, frozen=True):
    """What a feed holds; `subject` is a person's, schedule's or team's key."""

    kind: str
    subject: str
    layer: str = ""
    reminder: int = 0  # minutes before a shift begins; 0: none
    gaps: bool = False


def exists(facts: Configuration, wish: Wish) -> bool:
    """Whether what it is about is there (still)."""
    known: dict[str, Iterable[str]] = {PERSON: facts.people, SCHEDULE: facts.schedules, TEAM: facts.teams}
    if wish.subject not in known.get(wish.kind, ()):
        return False
    return not wish.layer or wish.layer in layers_of(facts, wish.subject)


def layers_of(facts: Configuration, schedule: str) -> list[str]:
    """The names of its layers, where it has several."""
    known = facts.schedules.get(schedule)
    layers = known.layers if known is not None else ()
    return (
        [layer.name or f"layer {number}" for number, layer in enumerate(layers, 1)] if len(layers) > 1 else []
    )


def calendar_of(facts: Configuration, wish: Wish, house: str, now: datetime) -> bytes:
    """The last month and the next half year."""
    calendar = Calendar()
    calendar.add("PRODID", "-//Tocsin//On-call//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", title_of(facts, wish))
    calendar.add("X-WR-CALNAME", title_of(facts, wish))
    calendar.add("REFRESH-INTERVAL", REFRESHED, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", REFRESHED)
    for key in _schedules(facts, wish):
        together = list(_held(facts, wish, key, now))
        for stint in together:
            if wish.kind != PERSON or stint.person == wish.subject:
                calendar.add_component(_event(facts, wish, key, stint, together, house))
        if wish.gaps and not wish.layer and wish.kind != PERSON:
            for event in _gaps(facts, key, house, now):
                calendar.add_component(event)
    return bytes(calendar.to_ical())


def title_of(facts: Configuration, wish: Wish) -> str:
    match wish.kind:
        case "person":
            person = facts.people[wish.subject]
            return f"On call: {line(person.name or person.key, 80)}"
        case "team":
            team = facts.teams[wish.subject]
            return f"On call: team {line(team.name or team.key, 80)}"
        case _:
            layer = f", {line(wish.layer, 60)}" if wish.layer else ""
            return f"On call: {line(wish.subject, 80)}{layer}"


def _schedules(facts: Configuration, wish: Wish) -> list[str]:
    match wish.kind:
        case "schedule":
            return [wish.subject]
        case "team":
            return sorted(key for key, each in facts.schedules.items() if each.team == wish.subject)
        case _:
            standing_in = {each.schedule for each in facts.overrides if each.person == wish.subject}
            return sorted(
                key for key in facts.schedules if key in standing_in or _may_hold(facts, key, wish.subject)
            )


def _may_hold(facts: Configuration, key: str, person: str) -> bool:
    """Whether a person could be in a schedule without an override: most are in few of a thousand."""
    seen: set[str] = set()
    schedule: Schedule | None = facts.schedules.get(key)
    while schedule is not None and schedule.key not in seen:
        seen.add(schedule.key)
        versions = (schedule, *(former.schedule for former in schedule.former))
        if any(_names(version, person) for version in versions):
            return True
        schedule = schedule.primary or facts.schedules.get(schedule.secondary_of or "")
    return False


def _names(schedule: Schedule, person: str) -> bool:
    return any(
        person in turn
        for layer in schedule.layers
        for turn in (*layer.rotation.people, *(people for _, _, people in layer.events))
    )


def _held(facts: Configuration, wish: Wish, key: str, now: datetime) -> Iterator[Stint]:
    """With their true beginnings and ends: the span begins with a year and ends with a month, so that no stint is cut anew
    with every look."""
    begins = datetime((now - timedelta(days=60)).year, 1, 1, tzinfo=UTC)
    ends = _end_of_span(now)
    found = (
        stints_of_layer(facts.schedules, key, wish.layer, begins, ends)
        if wish.layer
        else stints(facts.schedules, key, begins, ends, facts.overrides)
    )
    return (each for each in found if now - BEHIND < each.ends_at and each.starts_at < now + AHEAD)


def _end_of_span(now: datetime) -> datetime:
    last = (now + AHEAD + timedelta(days=62)).astimezone(UTC)
    return datetime(last.year, last.month, 1, tzinfo=UTC)


def _event(
    facts: Configuration, wish: Wish, schedule: str, stint: Stint, together: list[Stint], house: str
) -> Event:
    person = facts.people.get(stint.person)
    name = line((person.name if person else "") or stint.person, 80)
    verb = "Looking on" if stint.shadow else "On call"
    event = _begun(uid(schedule, wish.layer, stint.person, _anchor(stint)), stint.starts_at, stint.ends_at)
    event.add(
        "SUMMARY",
        f"{verb}: {line(schedule, 80)}" if wish.kind == PERSON else f"{verb}: {name} ({line(schedule, 80)})",
    )
    others = dict.fromkeys(
        each.person
        for each in together
        if each.person != stint.person and each.starts_at < stint.ends_at and stint.starts_at < each.ends_at
    )
    told = [f"By {line(stint.by, 120)}."] if stint.by else []
    told += [f"Together with {line(', '.join(_called(facts, others)), 200)}."] if others else []
    event.add("DESCRIPTION", "\n".join(told))
    event.add("URL", f"{house}/schedules/{schedule}")
    if person is not None and "@" in person.email:
        attendee = vCalAddress(f"mailto:{line(person.email, 200)}")
        attendee.params["CN"] = vText(name.replace('"', "'"))
        event.add("ATTENDEE", attendee, encode=False)
    if wish.reminder:
        event.add_component(_reminder(wish.reminder, str(event["SUMMARY"])))
    return event


def _anchor(stint: Stint) -> str:
    return f"shadow {stint.anchor}" if stint.shadow else stint.anchor


def _called(facts: Configuration, people: Iterable[str]) -> list[str]:
    return [facts.people[key].name or key if key in facts.people else key for key in people]


def _begun(name: str, starts_at: datetime, ends_at: datetime) -> Event:
    event = Event()
    event.add("UID", name)
    event.add("DTSTAMP", starts_at.astimezone(UTC))  # what is asked for twice must be the same twice
    event.add("DTSTART", starts_at.astimezone(UTC))
    event.add("DTEND", ends_at.astimezone(UTC))
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")  # being on call keeps nobody from being invited
    return event


def _reminder(minutes: int, said: str) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", said)
    alarm.add("TRIGGER", -timedelta(minutes=minutes))
    return alarm


def _gaps(facts: Configuration, schedule: str, house: str, now: datetime) -> Iterator[Event]:
    begins = datetime(now.year, now.month, 1, tzinfo=UTC)
    for gap in gaps(facts.schedules, schedule, begins, _end_of_span(now), facts.overrides):
        if now < gap.ends_at and gap.starts_at < now + AHEAD:
            event = _begun(
                uid(schedule, "", "", f"gap {gap.starts_at:%Y%m%dT%H%M%SZ}"), gap.starts_at, gap.ends_at
            )
            event.add("SUMMARY", f"Nobody on call: {line(schedule, 80)}")
            event.add("URL", f"{house}/schedules/{schedule}")
            yield event


def uid(schedule: str, layer: str, person: str, anchor: str) -> str:
    named = "\n".join((schedule, layer, person, anchor))
    return f"{hashlib.sha256(named.encode()).hexdigest()[:32]}@tocsin"
