"""Local wall time to instants and back: the one rule by which all on-call times meet daylight saving.

A wall time means the first instant at which the local clock shows it or later. So a time that a change skips moves to
the next that exists, and a time that happens twice is its first. Windows built on this tile without holes or overlaps.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

FOREVER = datetime(9999, 12, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone from the tzdata package, never the host's own files: all nodes must agree on who is on call.

    Raises ValueError for a name that is no zone.
    """
    if _ZONE_NAME.fullmatch(name):
        try:
            with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
                return ZoneInfo.from_file(data, key=name)
        except (OSError, ValueError):
            pass
    raise ValueError(f"{name!r} is not a time zone; expected an IANA name, for example Europe/Berlin")


def local(instant: datetime, time_zone: str) -> datetime:
    """What the wall clock of the zone shows, without a zone."""
    return instant.astimezone(zone(time_zone)).replace(tzinfo=None, fold=0)


def instant_of(local: datetime, time_zone: str) -> datetime:
    """The first instant at which the zone's wall clock shows `local` (naive) or later, in UTC."""
    aware = local.replace(tzinfo=zone(time_zone), fold=0)
    before, after = aware.utcoffset(), aware.replace(fold=1).utcoffset()
    assert before is not None and after is not None  # a ZoneInfo always knows its offset
    if after <= before:
        return local.replace(tzinfo=UTC) - before

    # Skipped: the clock jumps somewhere in (local - after, local - before]. Jumps happen on whole seconds.
    whole = local.replace(microsecond=0, tzinfo=UTC)
    early, late = whole - after, whole - before + (_SECOND if local.microsecond else timedelta(0))
    while late - early > _SECOND:
        middle = early + (late - early) // _SECOND // 2 * _SECOND
        if middle.astimezone(aware.tzinfo).replace(tzinfo=None, fold=0) < local:
            early = middle
        else:
            late = middle
    return late


def window(day: date, start: time, end: time, time_zone: str) -> tuple[datetime, datetime]:
    """The window that begins on a local day, as instants, end exclusive; an `end` at or before `start` is the next day's.

    Empty (both the same) where a clock change skips it whole.
    """
    last = day if end > start else day + timedelta(days=1)
    return (
        instant_of(datetime.combine(day, start), time_zone),
        instant_of(datetime.combine(last, end), time_zone),
    )
