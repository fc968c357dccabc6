"""Business hours: whether a team is at work at an instant, and when it next is. Right across clock changes."""

from collections.abc import Iterator
from datetime import date, datetime

from tocsin.core.oncall.wall_clock import local_date, window
from tocsin.core.people import BusinessHours


def is_open(hours: BusinessHours, instant: datetime) -> bool:
    """Whether the instant lies in business hours (`start` inclusive, `end` exclusive, not on a holiday).

    An `end` at or before `start` is the next day's: the night belongs to the day on which it begins.
    """
    return any(
        starts_at <= instant < ends_at for starts_at, ends_at in _windows(hours, instant, days_ahead=1)
    )


def next_opening(hours: BusinessHours, instant: datetime) -> datetime | None:
    """The instant itself when it lies in business hours, else when they next begin; None when they never do."""
    # Of more weeks than there are holidays (and a few for days that clock changes skip) one has a free day.
    for starts_at, ends_at in _windows(hours, instant, days_ahead=7 * (len(hours.holidays) + 3)):
        if instant < ends_at:
            return max(instant, starts_at)
    return None


def _windows(hours: BusinessHours, instant: datetime, days_ahead: int) -> Iterator[tuple[datetime, datetime]]:
    """The windows that begin from the day before the instant's local day on, in order."""
    today = local_date(instant, hours.time_zone).toordinal()
    for ordinal in range(today - 1, today + days_ahead + 1):
        day = date.fromordinal(ordinal)
        if day.weekday() in hours.days and day not in hours.holidays:
            starts_at, ends_at = window(day, hours.start, hours.end, hours.time_zone)
            if starts_at < ends_at:
                yield starts_at, ends_at
