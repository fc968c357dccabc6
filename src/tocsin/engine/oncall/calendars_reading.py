"""A feed's text to the events that a calendar keeps. Feeds are strangers' text: this runs in a process of its own, which has
no secrets, little memory and little time, so that one that repeats each second for ever costs nobody a page.

Run as `python -m`: the feed comes in, the answer (`Content` or `Unreadable`, as JSON) goes out.
"""

import os
import re
import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from types import FrameType
from typing import Any

import msgspec

from tocsin.core.oncall.calendar import CalendarEvent, Content, within_years
from tocsin.core.oncall.wall_clock import zone

BEHIND = timedelta(days=60)
AHEAD = timedelta(days=400)
MOST_EVENTS = 5_000  # occurrences in that time
MOST_COMPONENTS = 20_000  # events in the feed, of whatever time
MOST_A_DAY = 24  # repetitions of one event
MOST_LEFT_OUT = 50  # sentences about what could not be read
MEMORY = 1536 * 1024 * 1024  # bytes; a feed of the longest length that is taken needs a fifth of it
WORK = 15  # seconds of processor time for all of it
WORK_FOR_ONE = 2.0  # and for one repeating event
LONGEST_TEXT = 200  # characters of a summary
LONGEST_NAME = 120  # of a description, else it is none
MOST_ATTENDEES = 20

_NOT_COMING = ("DECLINED", "DELEGATED")


# How the libraries fail on what they did not expect; on one event that must not cost the others.
FAILURES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class Unreadable(Exception):
    """The feed cannot be used; the sentence says why, in words that hold nothing of it."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    why: str


class Read(msgspec.Struct, frozen=True, tag="read"):
    content: Content


Answer = Read | Refused


def content_of(feed: bytes, key: str, now: datetime) -> Content:
    """What the feed says of the time around now. Raises Unreadable."""
    calendars = _parsed(feed)
    masters = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if len(masters) > MOST_COMPONENTS:
        raise Unreadable(f"it has more than {MOST_COMPONENTS:,} events")
    series: dict[str, list[Any]] = defaultdict(list)
    for number, event in enumerate(masters):
        series[str(event.get("UID", f"without-{number}"))].append(event)

    since, until = now - BEHIND, now + AHEAD
    events: list[CalendarEvent] = []
    left_out: list[str] = []
    for uid, parts in series.items():
        try:
            events += _within(list(_occurrences(uid, parts, since, until)), since, until)
        except _LeftOut as wrong:
            left_out.append(f"{_name_of(parts[0])}: {wrong}")
        if len(events) > MOST_EVENTS:
            raise Unreadable(
                f"it has more than {MOST_EVENTS:,} events between {since:%Y-%m-%d} and {until:%Y-%m-%d}"
            )
    more = len(left_out) - MOST_LEFT_OUT
    if more > 0:
        left_out = [*left_out[:MOST_LEFT_OUT], f"and {more} more"]
    events.sort(key=lambda event: (event.starts.replace(tzinfo=None), event.uid))
    return Content(key, tuple(events), _zone_of(calendars), tuple(left_out))


_BEGINS = re.compile(rb"(?im)^BEGIN:VEVENT[ \t\r]*$")


# --- the text --------------------------------------------------------------------------------------------------------


def _parsed(feed: bytes) -> list[Any]:
    from icalendar import Calendar

    text = feed.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise Unreadable("the answer was empty")
    if not text[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        page = text[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))
        raise Unreadable(
            "it is a web page and no calendar; perhaps its address asks for a sign-in now"
            if page
            else "it is no calendar"
        )
    if not text[-30:].upper().rstrip().endswith(b"END:VCALENDAR"):
        raise Unreadable("it ends in the middle")
    try:
        calendars = list(Calendar.from_ical(text, multiple=True))
    except FAILURES as wrong:
        raise Unreadable(f"it is not well formed ({type(wrong).__name__})") from None
    # Where something ends that did not begin, the library answers with what came before, or with nothing at all.
    if sum(len(calendar.walk("VEVENT")) for calendar in calendars) != len(_BEGINS.findall(text)):
        raise Unreadable("it is not well formed: an event does not end where it should")
    return calendars


def _zone_of(calendars: Sequence[Any]) -> str:
    """What the feed calls its own time zone, if that is one."""
    for calendar in calendars:
        named = str(calendar.get("X-WR-TIMEZONE", "")).strip()
        try:
            return str(zone(named).key) if named else ""
        except ValueError:
            return ""
    return ""


def _name_of(event: Any) -> str:
    try:
        said = event.get("DTSTART").dt
    except (AttributeError, ValueError):  # there is none, or it is broken
        said = None
    day = f" on {said:%Y-%m-%d}" if isinstance(said, date) else ""
    return f"{_line(event.get('SUMMARY', ''), 80) or 'an event without a title'}{day}"


def _line(text: Any, limit: int) -> str:
    cleaned = "".join(c if c.isprintable() else " " for c in str(text)[: limit * 4])
    return " ".join(cleaned.split())[:limit]


# --- events and their repetitions ------------------------------------------------------------------------------------


class _LeftOut(Exception):
    """This event is not used, and why."""


def _occurrences(uid: str, parts: list[Any], since: datetime, until: datetime) -> Iterator[CalendarEvent]:
    repeats = len(parts) > 1 or any(name in parts[0] for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    try:
        for part in parts:
            _refuse_unknown_zones(part)
            _refuse_too_often(part)
        found = _expanded(parts, since, until) if repeats else parts
        for each in found:
            event = _event(uid, each)
            if event is not None:
                yield event
    except _LeftOut:
        raise
    except FAILURES as wrong:
        raise _LeftOut(f"it cannot be understood ({type(wrong).__name__})") from None


def _expanded(parts: list[Any], since: datetime, until: datetime) -> list[Any]:
    import recurring_ical_events
    from icalendar import Calendar

    calendar = Calendar()
    for part in parts:
        calendar.add_component(part)
    with _at_most(WORK_FOR_ONE):
        return list(
            recurring_ical_events.of(calendar).between(since - timedelta(days=1), until + timedelta(days=1))
        )


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raises _LeftOut when it takes longer. Only in a process of its own, where signals are its to use."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _LeftOut("working out its repetitions takes too long")

    if not _alone:
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_alone = False  # whether this process does nothing else

_STEPS = {"SECONDLY": 86_400, "MINUTELY": 1_440, "HOURLY": 24}


def _refuse_too_often(event: Any) -> None:
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        step = _STEPS.get(str(_first(rule, "FREQ", "")).upper(), 1)
        a_day = step / max(1, _number(_first(rule, "INTERVAL", 1))) if step > 1 else 1
        for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            a_day *= max(1, len(_listed(rule, name)))
        if a_day > MOST_A_DAY:
            raise _LeftOut(f"it repeats more than {MOST_A_DAY} times a day")


def _listed(rule: Any, name: str) -> list[Any]:
    value = rule.get(name, [])
    return list(value) if isinstance(value, list | tuple) else [value]


def _first(rule: Any, name: str, otherwise: Any) -> Any:
    values = _listed(rule, name)
    return values[0] if values else otherwise


def _number(value: Any) -> int:
    return int(value) if re.fullmatch(r"\d{1,9}", str(value)) else 1


def _refuse_unknown_zones(event: Any) -> None:
    """A time in a zone that nobody knows would be taken for a time without one, hours off."""
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        given = event.get(name)
        at, named = getattr(given, "dt", None), getattr(given, "params", {}).get("TZID")
        if isinstance(at, datetime) and at.tzinfo is None and named:
            raise _LeftOut(f"unknown time zone {_line(named, 60)!r}")


def _event(uid: str, event: Any) -> CalendarEvent | None:
    """None for what is cancelled, or lasts no time."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    if event.get("DTSTART") is None:
        raise _LeftOut("it has no beginning")
    starts, ends = event.start, event.end
    all_day = not isinstance(starts, datetime)
    begin, end = _moment(starts), _moment(ends)
    if (begin.tzinfo is None) != (end.tzinfo is None):
        raise _LeftOut("its end is of another kind than its beginning")
    if begin >= end:
        return None
    description = str(event.get("DESCRIPTION", "")).strip()
    return CalendarEvent(
        uid=_line(uid, LONGEST_TEXT),
        starts=begin,
        ends=end,
        summary=_line(event.get("SUMMARY", ""), LONGEST_TEXT),
        description=_line(description, LONGEST_NAME) if len(description) <= LONGEST_NAME else "",
        attendees=_attendees(event),
        all_day=all_day,
    )


def _moment(at: date | datetime) -> datetime:
    """An instant in UTC, or a wall time without a zone."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return within_years(at if at.tzinfo is None else at.astimezone(UTC))


def _attendees(event: Any) -> tuple[str, ...]:
    given = event.get("ATTENDEE", [])
    found: list[str] = []
    for each in given if isinstance(given, list) else [given]:
        parameters = getattr(each, "params", {})
        if str(parameters.get("PARTSTAT", "")).upper() in _NOT_COMING:
            continue
        address = re.sub(r"(?i)^mailto:", "", str(each)).strip()
        found.append(_line(address if "@" in address else parameters.get("CN", address), LONGEST_NAME))
    return tuple(dict.fromkeys(filter(None, found)))[:MOST_ATTENDEES]


def _within(events: list[CalendarEvent], since: datetime, until: datetime) -> list[CalendarEvent]:
    """Those that touch the time; a wall time without a zone may be half a day off."""
    room = timedelta(hours=14)
    begin, end = (since - room).replace(tzinfo=None), (until + room).replace(tzinfo=None)
    return [e for e in events if e.ends.replace(tzinfo=None) > begin and e.starts.replace(tzinfo=None) < end]


# --- the process -----------------------------------------------------------------------------------------------------


def main() -> None:
    global _alone
    _alone = True
    resource.setrlimit(resource.RLIMIT_CPU, (WORK, WORK + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(10)  # pages go first
    key, now = sys.argv[1], datetime.fromisoformat(sys.argv[2])
    feed = sys.stdin.buffer.read()
    answer: Answer
    try:
        answer = Read(content_of(feed, key, now))
    except Unreadable as wrong:
        answer = Refused(str(wrong))
    except MemoryError:
        answer = Refused("reading it takes too much memory")
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
