"""Local wall time to instants and back: the one rule by which all on-call times meet daylight saving.

A wall time means the first instant at which the local clock shows it or later. So a time that a change skips moves to
the next that exists, and a time that happens twice is its first. Windows built on this tile without holes or overlaps.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from tocsin.core.instants import EPOCH

FOREVER = datetime(9999, 12, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = (
    1900,
    9000,
)  # that people may write: up to the ends of the calendar not every zone can reckon
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
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


def local_date(instant: datetime, time_zone: str) -> date:
    """The date that the wall clock of the zone shows."""
    return instant.astimezone(zone(time_zone)).date()


def local_time(instant: datetime, time_zone: str) -> datetime:
    """What the wall clock of the zone shows, naive."""
    return instant.astimezone(zone(time_zone)).replace(tzinfo=None, fold=0)


def instant_of(local: datetime, time_zone: str) -> datetime:
    """The first instant at which the zone's wall clock shows `local` (naive) or later, in UTC."""
    tz = zone(time_zone)
    if local.fold:
        local = local.replace(fold=0)
    before = tz.utcoffset(
        local
    )  # of a time that comes twice the first one's, of one that is skipped the one before
    assert before is not None  # a ZoneInfo always knows its offset
    found = EPOCH + (local - _NAIVE_EPOCH - before)
    after = found.astimezone(tz).utcoffset()
    if after == before:
        return found
    assert after is not None

    # Skipped: the clock jumps somewhere in (local - after, local - before]. Jumps happen on whole seconds.
    shown = EPOCH + (local.replace(microsecond=0) - _NAIVE_EPOCH)
    early, late = shown - after, shown - before
    while late - early > _SECOND:
        middle = early + (late - early) // _SECOND // 2 * _SECOND
        if middle.astimezone(tz).replace(tzinfo=None) < local:
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
