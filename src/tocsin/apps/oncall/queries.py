"""Who is on call: now, next, and the coming weeks as bars to draw and numbers to read.

A week begins on Monday in the reader's zone; bars are shares of it in elapsed time, true also when clocks change.
"""

import itertools
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from tocsin.control.oncall.who import who
from tocsin.control.requests import Who, WhoView
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Shift
from tocsin.core.oncall.shifts import gaps, shifts

WEEKS = 4
HUES = 8  # how many colours of people the style sheet has
MIDNIGHT = time(0)


class Bar(msgspec.Struct, frozen=True):
    """One stretch of one week. `x` and `width` are per cent of it; no people: a gap."""

    x: str
    width: str
    people: tuple[str, ...]
    hue: int
    text: str  # as much of the names as fits
    starts_at: datetime
    ends_at: datetime


class Week(msgspec.Struct, frozen=True):
    starts_at: datetime
    days: tuple[datetime, ...]
    bars: tuple[Bar, ...]
    now: str  # where now is, in per cent; "" in another week


class Share(msgspec.Struct, frozen=True):
    """How much one person holds within the weeks shown."""

    person: str
    hue: int
    hours: int
    shifts: int


class Outlook(msgspec.Struct, frozen=True):
    who: WhoView
    weeks: tuple[Week, ...]
    shifts: tuple[Shift, ...]
    shares: tuple[Share, ...]
    gap_hours: int


def now_and_next(facts: Configuration, at: datetime) -> list[WhoView]:
    return who(facts, Who(), at)


def held_by(views: Sequence[WhoView], person: str) -> list[WhoView]:
    """The schedules that this person holds now."""
    return [view for view in views if person in view.people]


def outlooks(facts: Configuration, now: datetime, zone: ZoneInfo) -> list[Outlook]:
    hues = hues_of(facts)
    return [_outlook(facts, view, now, zone, hues) for view in now_and_next(facts, now)]


def outlook(facts: Configuration, schedule: str, now: datetime, zone: ZoneInfo) -> Outlook:
    """Of one schedule, which must exist."""
    (view,) = who(facts, Who(schedule), now)
    return _outlook(facts, view, now, zone, hues_of(facts))


def hues_of(facts: Configuration) -> dict[str, int]:
    """A colour for each person, the same on every page."""
    return {key: number % HUES for number, key in enumerate(sorted(facts.people))}


def _outlook(
    facts: Configuration, view: WhoView, now: datetime, zone: ZoneInfo, hues: dict[str, int]
) -> Outlook:
    edges = _mondays(now, zone)
    found = shifts(facts.schedules, view.schedule, edges[0], edges[-1], facts.overrides)
    empty = gaps(facts.schedules, view.schedule, edges[0], edges[-1], facts.overrides)
    stretches = [*found, *(Shift(gap.starts_at, gap.ends_at, (), "") for gap in empty)]
    weeks = tuple(
        _week(starts_at, ends_at, stretches, now, zone, facts, hues)
        for starts_at, ends_at in itertools.pairwise(edges)
    )
    coming = tuple(shift for shift in found if shift.ends_at > now)
    gap_hours = sum(
        (gap.ends_at - max(gap.starts_at, now) for gap in empty if gap.ends_at > now), timedelta(0)
    )
    return Outlook(view, weeks, coming, _shares(found, hues), int(gap_hours / timedelta(hours=1)))


def _mondays(now: datetime, zone: ZoneInfo) -> list[datetime]:
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    return [_midnight(monday + timedelta(weeks=n), zone) for n in range(WEEKS + 1)]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MIDNIGHT, zone)


def _week(
    starts_at: datetime,
    ends_at: datetime,
    stretches: Sequence[Shift],
    now: datetime,
    zone: ZoneInfo,
    facts: Configuration,
    hues: dict[str, int],
) -> Week:
    monday = starts_at.date()
    bars = [
        _bar(max(s.starts_at, starts_at), min(s.ends_at, ends_at), s, starts_at, ends_at, facts, hues)
        for s in sorted(stretches, key=lambda s: s.starts_at)
        if s.starts_at < ends_at and s.ends_at > starts_at
    ]
    return Week(
        starts_at=starts_at,
        days=tuple(_midnight(monday + timedelta(days=n), zone) for n in range(7)),
        bars=tuple(bars),
        now=_percent(now, starts_at, ends_at) if starts_at <= now < ends_at else "",
    )


def _bar(
    begin: datetime,
    end: datetime,
    shift: Shift,
    starts_at: datetime,
    ends_at: datetime,
    facts: Configuration,
    hues: dict[str, int],
) -> Bar:
    names = [facts.people[p].name or p if p in facts.people else p for p in shift.people]
    share = _elapsed(begin, end) / _elapsed(starts_at, ends_at)
    return Bar(
        x=_percent(begin, starts_at, ends_at),
        width=f"{100 * share:.3f}%",
        people=shift.people,
        hue=hues.get(shift.people[0], 0) if shift.people else -1,
        text=", ".join(
            names if share > 0.25 else [name.split()[0] if name.split() else name for name in names]
        )
        if share > 0.1
        else "",
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
    )


def _percent(at: datetime, starts_at: datetime, ends_at: datetime) -> str:
    return f"{100 * _elapsed(starts_at, at) / _elapsed(starts_at, ends_at):.3f}%"


def _elapsed(starts_at: datetime, ends_at: datetime) -> float:
    """Seconds that pass; two instants of one zone subtract as wall clocks do, which is wrong twice a year."""
    return ends_at.timestamp() - starts_at.timestamp()


def _shares(found: Sequence[Shift], hues: dict[str, int]) -> tuple[Share, ...]:
    hours: dict[str, float] = {}
    count: dict[str, int] = {}
    for shift in found:
        for person in shift.people:
            hours[person] = hours.get(person, 0) + _elapsed(shift.starts_at, shift.ends_at) / 3600
            count[person] = count.get(person, 0) + 1
    return tuple(
        Share(person, hues.get(person, 0), round(hours[person]), count[person])
        for person in sorted(hours, key=lambda p: -hours[p])
    )
