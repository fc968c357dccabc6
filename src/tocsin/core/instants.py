"""Instants and durations, and the one place where they change their form.

The core speaks aware UTC datetimes and timedeltas; hot tables and the detection index speak integer
microseconds since the Unix epoch. Nothing here reads a clock.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

# An instant that came from outside: msgspec refuses one without a zone where it is decoded.
Aware = Annotated[datetime, msgspec.Meta(tz=True)]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_UNITS = {
    "y": timedelta(days=365),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
# Prometheus writes integer and unit pairs in falling order, each unit once.
_DURATION = re.compile(
    r"^(?:(?P<y>\d+)y)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?"
    r"(?:(?P<m>\d+)m(?!s))?(?:(?P<s>\d+)s)?(?:(?P<ms>\d+)ms)?$"
)


def micros(instant: datetime) -> int:
    """Microseconds since the epoch; exact, because timedelta division by integers is."""
    return (instant - EPOCH) // MICROSECOND


def instant(micros: int) -> datetime:
    """The aware UTC instant of microseconds since the epoch; before or after the calendar its first or last."""
    return EPOCH + timedelta(microseconds=min(max(micros, _FIRST), _LAST))


_FIRST = micros(datetime.min.replace(tzinfo=UTC))
_LAST = micros(
    datetime.max.replace(tzinfo=UTC)
)  # "for ever" as some senders write it, and a lease counted on from there


def parse_duration(text: str) -> timedelta:
    """`1h30m` as a timedelta, in Prometheus' syntax (`y w d h m s ms`, each once, `0` allowed).

    Raises ValueError naming the text and what was expected.
    """
    stripped = text.strip()
    if stripped == "0":
        return timedelta(0)
    found = _DURATION.match(stripped)
    if not stripped or found is None:
        raise ValueError(f"{text!r} is not a duration; expected for example 30s, 10m, 1h30m or 2d")
    try:
        return sum((int(n) * _UNITS[unit] for unit, n in found.groupdict().items() if n), timedelta(0))
    except OverflowError:
        raise ValueError(f"{text!r} is too long a duration") from None


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back to the same duration (whole milliseconds)."""
    left = duration // timedelta(milliseconds=1)
    if left == 0:
        return "0s"
    parts = []
    for unit in ("w", "d", "h", "m", "s", "ms"):
        size = _UNITS[unit] // timedelta(milliseconds=1)
        count, left = divmod(left, size)
        if unit == "w" and left:  # 10d reads better than 1w3d
            left += count * size
            continue
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
