"""The single values of the configuration: texts, durations, times, days, zones, matchers; each with its written form."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from tocsin.config import document as yaml
from tocsin.config.document import Node, Scalar
from tocsin.config.forms import Atom, Choice, Json, Names, Reading, Tree, described, nearest
from tocsin.core.detect.matchers import Matcher, format_matcher, parse_matchers
from tocsin.core.instants import format_duration, parse_duration
from tocsin.core.oncall.schedule import Unit
from tocsin.core.oncall.wall_clock import FIRST_YEAR, LAST_YEAR, instant_of, zone
from tocsin.core.severity import Severity

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$")
_EVERY = re.compile(r"^(?:(\d{1,4}) *)?(hour|day|week|month|h|d|w)s?$")


# --- texts and numbers -----------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    if len(text) > 10_000:
        raise ValueError("longer than 10000 characters")
    if "\0" in text:
        raise ValueError("contains a NUL character")
    return text


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
            raise ValueError
        return int(text)

    return parse


def _yes_or_no(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.netloc or any(c.isspace() for c in text):
        raise ValueError(f"expected a URL such as https://tocsin.example.com, found {text!r}")
    return text


TEXT = Atom[str]("a text", _text, str, {"type": "string"})
URL = Atom[str]("a URL", _url, str, {"type": "string", "pattern": "^https?://"})
YES_OR_NO = Atom[bool]("true or false", _yes_or_no, bool, {"type": "boolean"})


def whole_number(least: int, most: int) -> Atom[int]:
    return Atom(
        f"a whole number from {least} to {most}",
        _whole(least, most),
        int,
        {"type": "integer", "minimum": least, "maximum": most},
    )


# --- severities ------------------------------------------------------------------------------------------------------

SEVERITY = Choice(Severity)


# --- durations -------------------------------------------------------------------------------------------------------

_DURATION_SCHEMA: Json = {
    "type": ["string", "integer"],
    "pattern": r"^\s*(?:0|(?=\d)(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?)\s*$",
    "maximum": 0,
    "minimum": 0,
    "description": "a duration such as 30s, 10m, 1h30m or 2d",
}


LONGEST = timedelta(days=3653)  # ten years: beyond, sums leave the calendar, and every decision with them


def _duration(text: str) -> timedelta:
    duration = parse_duration(text)
    if duration > LONGEST:
        raise ValueError(f"{text!r} is longer than ten years")
    return duration


def _positive(text: str) -> timedelta:
    duration = _duration(text)
    if not duration:
        raise ValueError(f"{text!r} must be longer than nothing")
    return duration


DURATION = Atom[timedelta](
    "a duration such as 30s, 10m or 1h30m", _duration, format_duration, _DURATION_SCHEMA
)
LASTING = Atom[timedelta](
    "a duration such as 30s, 10m or 1h30m", _positive, format_duration, _DURATION_SCHEMA
)


class DurationOrNone:
    """A duration, or `none` where nothing is demanded."""

    takes_nothing = True

    def read(self, node: Node, reading: Reading) -> timedelta | None:
        if isinstance(node, Scalar) and (node.absent or node.text == "none"):
            return None
        return LASTING.read(node, reading)

    def write(self, value: timedelta | None, names: Names) -> Tree:
        return "none" if value is None else format_duration(value)

    def schema(self) -> Json:
        return {"anyOf": [DURATION.schema(), {"enum": ["none", None]}]}


# --- dates, times, instants ------------------------------------------------------------------------------------------


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
        if len(text) != 10 or not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValueError
    except ValueError:
        raise ValueError(f"expected a date such as 2026-06-01, found {text!r}") from None
    return found


def _time(text: str) -> time:
    found = _TIME.match(text)
    if not found:
        raise ValueError(f"expected a time of day such as 09:00, found {text!r}")
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def _write_time(value: time) -> str:
    return value.strftime("%H:%M:%S" if value.second else "%H:%M")


def _end(text: str) -> time:
    """An end of 24:00 is the next day's 00:00, as every end at or before its start is."""
    return time(0) if text == "24:00" else _time(text)


def _write_end(value: time) -> str:
    return "24:00" if value == time(0) else _write_time(value)


def _hours(text: str) -> tuple[time, time]:
    start, dash, end = (part.strip() for part in text.partition("-"))
    if not dash:
        raise ValueError(f"expected hours such as 09:00-17:00, found {text!r}")
    begin, finish = _time(start), _end(end)
    if begin == finish and begin != time(0):
        raise ValueError(f"{text!r} begins when it ends; the whole day is 00:00-24:00")
    return begin, finish


def _instant(text: str) -> datetime:
    wanted = (
        f"expected an instant such as 2026-06-14T14:30:00Z or 2026-06-14 14:30 Europe/Berlin, found {text!r}"
    )
    words = text.split()
    there = _zone(words[2]) if len(words) == 3 and words[2] != "Z" else ""
    if there:
        text = f"{words[0]}T{words[1]}"
    try:
        found = datetime.fromisoformat(text.strip())
        if len(text.strip()) < 16:
            raise ValueError
    except ValueError:
        raise ValueError(wanted) from None
    if there and found.tzinfo is None:
        return instant_of(found, there)
    if found.tzinfo is None:
        raise ValueError(wanted)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(wanted) from None


def _write_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _zone(text: str) -> str:
    try:
        zone(text)
    except ValueError:
        raise ValueError(f"unknown time zone {text!r}{nearest(text, _zones())}") from None
    return text


@cache
def _zones() -> tuple[str, ...]:
    return tuple(files("tzdata").joinpath("zones").read_text("utf-8").split())


def _every(text: str) -> tuple[int, Unit]:
    named = {"hourly": Unit.HOUR, "daily": Unit.DAY, "weekly": Unit.WEEK, "monthly": Unit.MONTH}
    if text in named:
        return 1, named[text]
    found = _EVERY.match(text)
    if not found or (found[1] and not int(found[1])):
        raise ValueError(f"expected how long a turn is, such as 1 week, 12 hours or 2 days, found {text!r}")
    return int(found[1] or 1), {"h": Unit.HOUR, "d": Unit.DAY, "w": Unit.WEEK}.get(found[2]) or Unit(found[2])


def days_or_weeks(text: str) -> tuple[int, Unit]:
    """`1 week` or `2 days`. Raises ValueError saying what was expected."""
    count, unit = _every(text)
    if unit not in (Unit.DAY, Unit.WEEK):
        raise ValueError(f"expected days or weeks, such as 1 week or 2 days, found {text!r}")
    return count, unit


def _write_every(value: tuple[int, Unit]) -> str:
    count, unit = value
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _handoff(text: str) -> tuple[tuple[int, ...], time]:
    days, _, at = text.strip().rpartition(" ")
    return (tuple(sorted(_days(days.strip()))) if days else ()), _time(at)


def _write_handoff(value: tuple[tuple[int, ...], time]) -> str:
    days, at = value
    return f"{_write_days(days)} {_write_time(at)}" if days else _write_time(at)


DATE = Atom[date](
    "a date such as 2026-06-01",
    _date,
    lambda value: value,
    {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
)
TIME = Atom[time](
    "a time of day such as 09:00",
    _time,
    _write_time,
    {"type": "string", "pattern": r"^\d{1,2}:\d\d(:\d\d)?$"},
)
END = Atom[time]("a time of day such as 17:00", _end, _write_end, TIME.schema())
HOURS = Atom[tuple[time, time]](
    "hours such as 09:00-17:00",
    _hours,
    lambda value: f"{_write_time(value[0])}-{_write_end(value[1])}",
    {"type": "string", "pattern": r"^\d{1,2}:\d\d(:\d\d)?\s*-\s*\d{1,2}:\d\d(:\d\d)?$"},
)
INSTANT = Atom[datetime]("an instant such as 2026-06-14T14:30:00Z", _instant, _write_instant)
ZONE = Atom[str]("a time zone such as Europe/Berlin", _zone, str)
EVERY = Atom[tuple[int, Unit]](
    "how long a turn is, such as 1 week",
    _every,
    _write_every,
    {"type": "string", "pattern": r"^(hourly|daily|weekly|monthly|(\d+ *)?(hour|day|week|month|h|d|w)s?)$"},
)
DAYS_OR_WEEKS = Atom[tuple[int, Unit]](
    "how often it comes again, such as 1 week or 2 days",
    days_or_weeks,
    _write_every,
    {"type": "string", "pattern": r"^(daily|weekly|(\d+ *)?(day|week|d|w)s?)$"},
)
HANDOFF = Atom[tuple[tuple[int, ...], time]](
    "a handoff such as Mon 09:00, or Mon,Fri 09:00 for several days", _handoff, _write_handoff
)


# --- days of the week ------------------------------------------------------------------------------------------------


def _day(text: str) -> int:
    for number, day in enumerate(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    ):
        if text.lower() in (day.lower(), day[:3].lower()):
            return number
    raise ValueError(f"expected a day such as Mon or Mon-Fri, found {text!r}")


def _days(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (each.strip() for each in part.partition("-"))
        begin = _day(first)
        end = _day(last) if dash else begin
        found.update((begin + n) % 7 for n in range((end - begin) % 7 + 1))
    return found


def _write_days(days: tuple[int, ...]) -> str:
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
    return ",".join(DAYS[day] for day in days)


class Days:
    """`Mon-Fri`, `Sat,Sun`, `Sat-Mon` or a list of these; kept in order, Monday first."""

    expected = "days such as Mon-Fri or Sat,Sun"

    def read(self, node: Node, reading: Reading) -> tuple[int, ...]:
        found: set[int] = set()
        for item in node.items if isinstance(node, yaml.Sequence) else (node,):
            if not isinstance(item, Scalar) or item.absent:
                raise reading.findings.error(item.place, f"expected {self.expected}, found {described(item)}")
            try:
                found |= _days(item.text)
            except ValueError as wrong:
                raise reading.findings.error(item.place, str(wrong)) from None
        if not found:
            raise reading.findings.error(node.place, f"expected {self.expected}, found an empty list")
        return tuple(sorted(found))

    def write(self, value: tuple[int, ...], names: Names) -> Tree:
        return _write_days(value)

    def schema(self) -> Json:
        one = {"type": "string", "description": self.expected}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


# --- matchers --------------------------------------------------------------------------------------------------------


class Matchers:
    """A list of texts, each one or several matchers; a single text stands for a list of it."""

    expected = """matchers such as ['severity="critical"']"""

    def read(self, node: Node, reading: Reading) -> tuple[Matcher, ...]:
        found: list[Matcher] = []
        items = node.items if isinstance(node, yaml.Sequence) else (node,)
        for item in items:
            if not isinstance(item, Scalar) or item.absent:
                raise reading.findings.error(item.place, f"expected {self.expected}, found {described(item)}")
            try:
                found.extend(parse_matchers(item.text))
            except ValueError as wrong:
                raise reading.findings.error(item.place, str(wrong)) from None
        return tuple(found)

    def write(self, value: tuple[Matcher, ...], names: Names) -> Tree:
        return [format_matcher(matcher) for matcher in value]

    def schema(self) -> Json:
        one = {"type": "string", "description": """a matcher such as severity="critical\""""}
        return {"anyOf": [{"type": "array", "items": one}, one]}
