"""Instants as people write and read them: `2h`, `tomorrow 09:00`, `Mon 14:00`, ISO; shown in local time.

Pure: the caller gives now and the zone's name. Wall times meet clock changes by the rule of core/oncall/wall_clock.py.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from tocsin.core.instants import parse_duration
from tocsin.core.oncall import wall_clock

EXPECTED = "expected for example 2h, '30m ago', 18:00, 'tomorrow 09:00', 'Mon 09:00' or 2026-06-14T09:00:00Z"

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$")


def parse_instant(text: str, now: datetime, zone: str) -> datetime:
    """The aware UTC instant meant by `text`; without a zone in it, `zone` holds. Raises ValueError.

    A bare duration lies ahead (`2h`, `in 2h`), `2h ago` behind. A bare clock time is the next such time.
    """
    words = text.strip().split()
    if not words:
        raise ValueError(f"no instant given; {EXPECTED}")
    if len(words) > 1 and (named := _zone(words[-1])) is not None:
        words, zone = words[:-1], named
    try:
        return _understood(words, there(now, zone), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not an instant; {EXPECTED}") from None


def parse_future(text: str, now: datetime, zone: str) -> datetime:
    """Like parse_instant, but refuses what is over already."""
    found = parse_instant(text, now, zone)
    if found <= now:
        raise ValueError(f"{text!r} is {local(found, now, zone)}, which has passed")
    return found


def _understood(words: list[str], here: datetime, zone: str) -> datetime:
    match [word.lower() for word in words]:
        case ["now"]:
            return here
        case ["in", duration] | [duration] if _is_duration(duration):
            return here + parse_duration(duration.removeprefix("+"))
        case [duration, "ago"]:
            return here - parse_duration(duration)
        case [clock] if _CLOCK.match(clock):
            today = _at(here.date(), _clock(clock), zone)
            return today if today > here else _at(here.date() + timedelta(days=1), _clock(clock), zone)
        case [day]:
            if (known := _day(day, here, None)) is not None:
                return _at(known, time(0), zone)
            return _iso(words[0], zone)
        case [day, clock]:
            known = _day(day, here, _clock(clock))
            return _at(date.fromisoformat(day) if known is None else known, _clock(clock), zone)
        case _:
            raise ValueError


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text.removeprefix("+"))
    except ValueError:
        return False
    return True


def _day(word: str, here: datetime, clock: time | None) -> date | None:
    """The date a word names; a weekday is the next one, today's only while its time is ahead."""
    today = here.date()
    match word:
        case "today":
            return today
        case "tomorrow":
            return today + timedelta(days=1)
        case "yesterday":
            return today - timedelta(days=1)
    if word[:3] not in _DAYS or not word.isalpha():
        return None
    ahead = (_DAYS.index(word[:3]) - today.weekday()) % 7
    if ahead == 0 and (clock is None or clock <= here.time()):
        ahead = 7
    return today + timedelta(days=ahead)


def _clock(text: str) -> time:
    found = _CLOCK.match(text)
    if found is None:
        raise ValueError
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def _iso(text: str, zone: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo is not None else _at(parsed.date(), parsed.time(), zone)


def _zone(word: str) -> str | None:
    if word.upper() in ("UTC", "Z"):
        return "UTC"
    if "/" not in word:
        return None
    try:
        wall_clock.zone(word)
    except ValueError:
        return None
    return word


def _at(day: date, clock: time, zone: str) -> datetime:
    return wall_clock.instant_of(datetime.combine(day, clock), zone)


def there(instant: datetime, zone: str) -> datetime:
    """The instant as the zone's clocks show it, still aware."""
    return instant.astimezone(wall_clock.zone(zone))


def local(instant: datetime, now: datetime, zone: str) -> str:
    """As short as can be: `14:32 CEST` today, `Mon 14:32 CEST` within the week, else with its date."""
    shown, today = there(instant, zone), there(now, zone).date()
    days = (shown.date() - today).days
    if days == 0:
        return f"{shown:%H:%M %Z}"
    if -7 < days < 7:
        return f"{shown:%a %H:%M %Z}"
    return f"{shown:%Y-%m-%d %H:%M %Z}"


def span(duration: timedelta) -> str:
    """A length of time in at most two units: `4m`, `2h 5m`, `3d 4h`; under a minute in seconds."""
    seconds = max(0, round(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    for size, unit, smaller, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "m")):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size}{unit}" + (f" {rest}{name}" if rest else "")
    return f"{seconds // 60}m"
