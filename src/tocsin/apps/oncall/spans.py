"""Which stretch of time a page of a schedule shows, as its address says it: `view`, `span`, `from` and `zone`.

A stretch is whole local days of one zone. What an address says wrongly is shown as if it had said nothing.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from tocsin.core.oncall.wall_clock import instant_of

FIRST, LAST = date(2000, 1, 3), date(2999, 1, 1)
MIDNIGHT = time(0)


class View(StrEnum):
    TIMELINE = "timeline"
    WEEK = "week"
    MONTH = "month"


class Length(StrEnum):
    """How much a timeline shows at once."""

    TWO_WEEKS = "2w"
    MONTH = "month"
    QUARTER = "quarter"


WORDS = {Length.TWO_WEEKS: "2 weeks", Length.MONTH: "4 weeks", Length.QUARTER: "13 weeks"}
WEEKS = {Length.TWO_WEEKS: 2, Length.MONTH: 4, Length.QUARTER: 13}


class Span(msgspec.Struct, frozen=True):
    """Local days from `first` up to, not including, `end`; `earlier` and `later` are where its neighbours begin."""

    view: View
    length: Length
    first: date
    end: date
    earlier: date
    later: date
    zone: ZoneInfo
    of_schedule: bool  # in the schedule's own zone, not the reader's
    today: date

    @property
    def starts_at(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        return midnight(self.end, self.zone)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.end - self.first).days)]

    @property
    def named(self) -> date:
        """The day by which an address names it: a month's weeks begin in the month before."""
        return month_shown(self) if self.view is View.MONTH else self.first

    @property
    def holds_today(self) -> bool:
        return self.first <= self.today < self.end

    def asks(self, **other: str) -> str:
        """The query of this page's address with something changed; what is usual is left out."""
        said = {
            "view": self.view.value,
            "span": self.length.value,
            "from": self.named.isoformat(),
            "zone": "schedule" if self.of_schedule else "",
            **other,
        }
        usual = {"view": View.TIMELINE.value, "span": Length.TWO_WEEKS.value}
        if said["view"] != View.TIMELINE:
            said["span"] = ""
        return urlencode({name: value for name, value in said.items() if value and value != usual.get(name)})


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the local day begins, in UTC."""
    return instant_of(datetime.combine(day, MIDNIGHT), zone.key or "UTC").astimezone(UTC)


def span_of(
    view: str, length: str, begin: str, zone: ZoneInfo, now: datetime, of_schedule: bool = False
) -> Span:
    """Timelines and weeks begin on a Monday unless the address says otherwise; months show whole weeks."""
    shown = View(view) if view in tuple(View) else View.TIMELINE
    chosen = Length(length) if length in tuple(Length) else Length.TWO_WEEKS
    today = now.astimezone(zone).date()
    asked = _day(begin)
    if shown is View.MONTH:
        first, end, earlier, later = _month(asked or today)
    elif shown is View.WEEK:
        first = monday(asked or today)
        end, earlier, later = _moved(first, 1), _moved(first, -1), _moved(first, 1)
    else:
        first = asked or monday(today)
        weeks = WEEKS[chosen]
        end, earlier, later = _moved(first, weeks), _moved(first, -weeks), _moved(first, weeks)
    return Span(shown, chosen, first, end, earlier, later, zone, of_schedule, today)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def month_shown(span: Span) -> date:
    """The first of the month that a month's weeks are about."""
    return (span.first + timedelta(days=6)).replace(day=1)


def _month(day: date) -> tuple[date, date, date, date]:
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    end = monday(following - timedelta(days=1)) + timedelta(days=7)
    return monday(first), end, (first - timedelta(days=1)).replace(day=1), following


def _moved(day: date, weeks: int) -> date:
    return day + timedelta(weeks=weeks)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day is not None and FIRST <= day <= LAST else None
