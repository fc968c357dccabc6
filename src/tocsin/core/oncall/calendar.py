"""Calendars that others keep: whose leave their events are, or whose shifts. Fetching and parsing them is not done here.

An event is somebody's when its text is, word for word, the key, name or e-mail address of one person. What is nobody's, or
could be two people's, is told of and never guessed.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice

import msgspec
import xxhash

from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.schedule import Event
from tocsin.core.oncall.wall_clock import instant_of
from tocsin.core.people import Person, Secret

CALENDAR_EVENTS = (
    "calendar_events"  # the kind of entries in which the store keeps a Content each, named as its calendar
)


class Serves(StrEnum):
    LEAVE = "leave"
    SCHEDULE = "schedule"


class PeopleIn(StrEnum):
    """Where an event says whose it is."""

    SUMMARY = "summary"
    ATTENDEE = "attendee"
    DESCRIPTION = "description"


class Calendar(msgspec.Struct, frozen=True, omit_defaults=True):
    """An iCal feed. Every event of it is `person`'s; without one, whose it is stands in `people_in`, the first that names
    somebody. `time_zone` is where its days begin and its times without a zone are meant."""

    key: str
    url: str | Secret
    serves: Serves
    team: str | None = None
    person: str | None = None
    people_in: tuple[PeopleIn, ...] = tuple(PeopleIn)
    time_zone: str | None = None


def web_address(url: str) -> str:
    """`webcal:` is https by another name."""
    scheme, colon, rest = url.partition("://")
    return f"https://{rest}" if colon and scheme.lower() in ("webcal", "webcals") else url


class CalendarEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One occurrence. Naive `starts` and `ends` (exclusive) are wall times of whomever it concerns; `all_day` ones begin and
    end at midnight."""

    uid: str
    starts: datetime
    ends: datetime
    summary: str = ""
    description: str = ""  # only what is short enough to be a name
    attendees: tuple[str, ...] = ()
    all_day: bool = False


FIRST_YEAR, LAST_YEAR = 1970, 2200
_FIRST, _LAST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)


def within_years(at: datetime) -> datetime:
    """The instant or wall time, or the nearest with which every zone can reckon: feeds write "for ever" as they like."""
    if at.tzinfo is None:
        return min(max(at, _FIRST.replace(tzinfo=None)), _LAST.replace(tzinfo=None))
    return min(max(at, _FIRST), _LAST)


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last good content of a calendar. `time_zone` is what the feed itself says, "" when it does not; `left_out` says
    what of it could not be read."""

    key: str
    events: tuple[CalendarEvent, ...] = ()
    time_zone: str = ""
    left_out: tuple[str, ...] = ()


class Told(msgspec.Struct, frozen=True):
    """An event and whose it is, with the instants that it means; `level` as Grafana OnCall writes it, `[L1]`."""

    event: CalendarEvent
    people: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    level: int = 0


class Understood(msgspec.Struct, frozen=True):
    """`unclear` are sentences, each naming an event that is nobody's for sure."""

    told: tuple[Told, ...]
    unclear: tuple[str, ...]


# --- whose an event is -----------------------------------------------------------------------------------------------

_LEVEL = re.compile(r"^\s*\[L(\d{1,3})\]\s*")
_LABELS = re.compile(r"\s[-–—|/]\s|[:()\[\]]|[–—|]")  # "Vacation: Alice Ames", "alice (primary)"
_LIST = re.compile(r"\s*[,;&+]\s*|\s+and\s+")


class _Directory:
    """People by the texts that name them."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._known: dict[str, set[str]] = {}
        for key, person in people.items():
            for text in (key, person.name, person.email):
                if folded := _folded(text):
                    self._known.setdefault(folded, set()).add(key)
        self._read: dict[str, tuple[tuple[str, ...], str]] = {}

    def of(self, text: str) -> tuple[tuple[str, ...], str]:
        """The people named, and what is wrong ("" when nothing is)."""
        found = self._read.get(text)
        if found is None:
            found = self._read[text] = self._look(text)
        return found

    def _look(self, text: str) -> tuple[tuple[str, ...], str]:
        people, wrong = self._one(text)
        if people or wrong:
            return people, wrong
        named: list[str] = []
        for label in _LABELS.split(text):
            people, wrong = self._one(label)
            if not people and not wrong:
                people, wrong = self._listed(label)
            if wrong:
                return (), wrong
            named += people
        return tuple(dict.fromkeys(named)), ""

    def _listed(self, text: str) -> tuple[tuple[str, ...], str]:
        """Of a list that names somebody, everybody must be known."""
        parts = [part for part in _LIST.split(text) if part.strip()]
        if len(parts) < 2:
            return (), ""
        found = [self._one(part) for part in parts]
        if not any(people for people, _ in found):
            return (), next((wrong for _, wrong in found if wrong), "")
        for part, (people, wrong) in zip(parts, found, strict=True):
            if not people:
                return (), wrong or f"{part.strip()!r} is nobody here"
        return tuple(person for people, _ in found for person in people), ""

    def _one(self, text: str) -> tuple[tuple[str, ...], str]:
        keys = self._known.get(_folded(text), set())
        if len(keys) > 1:
            return (), f"{text.strip()!r} may be any of {', '.join(sorted(keys))}"
        return tuple(keys), ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().removeprefix("mailto:").split())


def understood(
    calendar: Calendar,
    content: Content,
    people: Mapping[str, Person],
    members: Collection[str] | None,
    time_zone: str,
) -> Understood:
    """Every event with its people. Of a team's leave only its `members` count: others' is passed over. `time_zone` is the
    schedule's; leave without a zone is in its person's own."""
    directory = _Directory(people)
    told: list[Told] = []
    unclear: list[str] = []
    for event in content.events:
        found, wrong = _people_of(event, calendar, directory, people)
        if not found:
            unclear.append(f"{_named(event)}: {wrong or 'it names nobody who is here'}")
            continue
        if calendar.serves is Serves.LEAVE and members is not None:
            found = tuple(person for person in found if person in members)
        level = _LEVEL.match(event.summary)
        for person in found:
            starts_at, ends_at = _span(event, _zone_of(event, calendar, content, people[person], time_zone))
            if starts_at < ends_at:
                told.append(Told(event, (person,), starts_at, ends_at, int(level[1]) if level else 0))
    return Understood(tuple(told), tuple(dict.fromkeys(unclear)))


def _people_of(
    event: CalendarEvent, calendar: Calendar, directory: _Directory, people: Mapping[str, Person]
) -> tuple[tuple[str, ...], str]:
    if calendar.person is not None:
        return (calendar.person,) if calendar.person in people else (), f"there is no {calendar.person}"
    wrong = ""
    for where in calendar.people_in:
        match where:
            case PeopleIn.SUMMARY:
                found, said = directory.of(_LEVEL.sub("", event.summary))
            case PeopleIn.DESCRIPTION:
                found, said = directory.of(event.description)
            case PeopleIn.ATTENDEE:
                found, said = _attending(event, calendar, directory)
        if found:
            return found, ""
        wrong = wrong or said
    return (), wrong


def _attending(
    event: CalendarEvent, calendar: Calendar, directory: _Directory
) -> tuple[tuple[str, ...], str]:
    """Everybody who is invited to a shift has it; whoever else is invited to somebody's leave need not be away."""
    if calendar.serves is Serves.LEAVE and len(event.attendees) > 1:
        return (), "it has several attendees, and nothing else says whose leave it is"
    found: list[str] = []
    for attendee in event.attendees:
        people, wrong = directory.of(attendee)
        if not people:
            return (), wrong or f"{attendee!r} is nobody here"
        found += people
    return tuple(dict.fromkeys(found)), ""


def _named(event: CalendarEvent) -> str:
    return f"{event.summary[:80] or 'an event without a title'!s} on {event.starts:%Y-%m-%d}"


def _zone_of(
    event: CalendarEvent, calendar: Calendar, content: Content, person: Person, time_zone: str
) -> str:
    if calendar.time_zone is not None:
        return calendar.time_zone
    if calendar.serves is Serves.LEAVE:
        # A day of leave is the person's own day, wherever the calendar is kept.
        return person.time_zone if event.all_day else content.time_zone or person.time_zone
    return content.time_zone or time_zone


def _span(event: CalendarEvent, time_zone: str) -> tuple[datetime, datetime]:
    return _instant(event.starts, time_zone), _instant(event.ends, time_zone)


def _instant(at: datetime, time_zone: str) -> datetime:
    return instant_of(at, time_zone) if at.tzinfo is None else at.astimezone(UTC)


MOST_AT_ONCE = (
    100  # people whose shift it is by a calendar; more are a mistake, and would cost every load dear
)


# --- what becomes of them --------------------------------------------------------------------------------------------


def leaves_of(calendar: Calendar, told: Iterable[Told]) -> tuple[Leave, ...]:
    return tuple(
        Leave(
            id=_id(calendar.key, each),
            person=each.people[0],
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            comment=each.event.summary,
            source=calendar.key,
        )
        for each in told
    )


def _id(calendar: str, told: Told) -> str:
    named = f"{told.event.uid}\n{told.people[0]}\n{told.starts_at.isoformat()}"
    return f"{calendar}~{xxhash.xxh3_64_hexdigest(named.encode())}"


def layer_events(told: Iterable[Told]) -> tuple[Event, ...]:
    """By their start, none overlapping another: at each instant everybody of the highest level that is present then (the
    first `MOST_AT_ONCE` of them)."""
    edges: list[tuple[datetime, int, int, Told]] = []
    for number, each in enumerate(told):
        edges.append((each.starts_at, 1, number, each))
        edges.append((each.ends_at, 0, number, each))
    edges.sort(key=lambda edge: edge[:3])
    present: dict[int, Counter[str]] = {}  # by level, how many events each person is present by
    found: list[Event] = []
    since: datetime | None = None
    for at, begins, _, each in edges:
        if since is not None and since < at and present:
            highest = islice(present[max(present)], MOST_AT_ONCE)
            _append(found, (since, at, tuple(sorted(highest))))
        if begins:
            present.setdefault(each.level, Counter()).update(each.people)
        else:
            _leave(present, each)
        since = at
    return tuple(found)


def _leave(present: dict[int, Counter[str]], told: Told) -> None:
    there = present[told.level]
    for person in told.people:
        there[person] -= 1
        if not there[person]:
            del there[person]
    if not there:
        del present[told.level]


def _append(found: list[Event], event: Event) -> None:
    """One that goes on with the same people is one."""
    if found and found[-1][1] == event[0] and found[-1][2] == event[2]:
        found[-1] = (found[-1][0], event[1], event[2])
    else:
        found.append(event)
