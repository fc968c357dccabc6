"""A night: 22:00 to 06:00 on the person's own wall clock, wherever they are. It belongs to the day on which it begins."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from tocsin.core.oncall.wall_clock import local_date, window

BEGINS = time(22)
ENDS = time(6)
COUNTS_FROM = timedelta(hours=2)  # of a night on call make it a night; less is an evening or a morning

DAY = timedelta(days=1)


@lru_cache(maxsize=32768)
def night(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """The night that begins on a local day, end exclusive: 7 or 9 hours where the clock changes in it."""
    return window(day, BEGINS, ENDS, time_zone)


def night_at(instant: datetime, time_zone: str) -> date | None:
    """The day on which the night that holds the instant began; None by day."""
    today = local_date(instant, time_zone)
    for day in (today - DAY, today):
        begins_at, ends_at = night(day, time_zone)
        if begins_at <= instant < ends_at:
            return day
    return None
