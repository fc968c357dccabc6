"""A week or a month of one schedule as a calendar grid: for each day who has it, and from when to when."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tocsin.apps.oncall.hues import hues_among, hues_of
from tocsin.apps.oncall.spans import Span, View, midnight, month_shown
from tocsin.apps.oncall.timeline import asking, exact, name_of
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Gap, Shift
from tocsin.core.oncall.shifts import gaps, shifts

DAY_HEIGHT = 312  # pixels of a day in a week
NAME_HEIGHT = 20
TICKS = tuple((DAY_HEIGHT * hour // 24, f"{hour:02}:00") for hour in (6, 12, 18))


class Entry(msgspec.Struct, frozen=True):
    """One person's hours of one day; nobody's are a gap. `hours` is "" for the whole day."""

    person: str
    name: str
    hue: int
    hours: str
    starts_at: datetime  # of the whole shift
    ends_at: datetime
    says: str  # who, and the exact instants of the whole shift

    @property
    def query(self) -> str:
        return asking(self.starts_at, self.ends_at, self.person)


class Block(msgspec.Struct, frozen=True):
    """An entry as a week draws it: `y` and `height` are pixels of the day, `x` and `width` per cent of its column."""

    entry: Entry
    x: str
    width: str
    y: int
    height: int
    text: str  # as much of the name as there is room for
    hours: str  # beneath it, where there is room


class Day(msgspec.Struct, frozen=True):
    date: date
    within: bool  # in the month that is shown
    today: bool
    entries: tuple[Entry, ...]
    blocks: tuple[Block, ...] = ()  # of a week
    now: int = -1  # where now is in the day, in pixels; -1 when it is elsewhere


class Grid(msgspec.Struct, frozen=True):
    title: str
    weeks: tuple[tuple[Day, ...], ...]
    hues: dict[str, int]
    ticks: tuple[tuple[int, str], ...] = TICKS


def grid(facts: Configuration, key: str, span: Span, now: datetime) -> Grid:
    begin, end = span.starts_at, span.ends_at
    held = shifts(facts.schedules, key, begin, end, facts.overrides)
    empty = gaps(facts.schedules, key, begin, end, facts.overrides)
    hues = hues_among({p for shift in held for p in shift.people}, hues_of(facts))
    days = [_day(day, span, now, list(_entries(day, span, held, empty, facts, hues))) for day in span.days]
    return Grid(title(span), tuple(tuple(days[n : n + 7]) for n in range(0, len(days), 7)), hues)


def _day(day: date, span: Span, now: datetime, entries: Sequence[Entry]) -> Day:
    shown = month_shown(span)
    begin, end = midnight(day, span.zone), midnight(day + timedelta(days=1), span.zone)
    return Day(
        date=day,
        within=span.view is not View.MONTH or (day.year, day.month) == (shown.year, shown.month),
        today=day == span.today,
        entries=tuple(entries),
        blocks=tuple(_blocks(entries, begin, end)) if span.view is View.WEEK else (),
        now=_pixel(now, begin, end) if begin <= now < end else -1,
    )


def _blocks(entries: Sequence[Entry], begin: datetime, end: datetime) -> Iterator[Block]:
    """Those who are on call together stand side by side."""
    together = Counter((entry.starts_at, entry.ends_at) for entry in entries)
    placed: Counter[tuple[datetime, datetime]] = Counter()
    for entry in entries:
        stretch = (entry.starts_at, entry.ends_at)
        count = together[stretch]
        width = 100 / count
        y = _pixel(max(entry.starts_at, begin), begin, end)
        height = _pixel(min(entry.ends_at, end), begin, end) - y
        name = entry.name if count == 1 else (entry.name.split() or [""])[0]
        yield Block(
            entry=entry,
            x=f"{width * placed[stretch]:.2f}%",
            width=f"{width:.2f}%",
            y=y,
            height=max(height, 3),
            text=name if height >= NAME_HEIGHT else "",
            hours=entry.hours if height >= 2 * NAME_HEIGHT and count == 1 else "",
        )
        placed[stretch] += 1


def _pixel(at: datetime, begin: datetime, end: datetime) -> int:
    return round(DAY_HEIGHT * (at - begin) / (end - begin))


def _entries(
    day: date,
    span: Span,
    held: Sequence[Shift],
    empty: Sequence[Gap],
    facts: Configuration,
    hues: Mapping[str, int],
) -> Iterator[Entry]:
    begin, end = midnight(day, span.zone), midnight(day + timedelta(days=1), span.zone)
    stretches = sorted([*held, *(Shift(gap.starts_at, gap.ends_at, (), "") for gap in empty)], key=_begin)
    for stretch in stretches:
        if stretch.starts_at >= end or stretch.ends_at <= begin:
            continue
        hours = _hours(stretch.starts_at, stretch.ends_at, begin, end, span)
        for person in stretch.people or ("",):
            who = name_of(person, facts) if person else "Nobody"
            yield Entry(
                person=person,
                name=who,
                hue=hues.get(person, 0),
                hours=hours,
                starts_at=stretch.starts_at,
                ends_at=stretch.ends_at,
                says=f"{who}: {exact(stretch.starts_at, span.zone)} to {exact(stretch.ends_at, span.zone)}",
            )


def _begin(shift: Shift) -> datetime:
    return shift.starts_at


def _hours(starts_at: datetime, ends_at: datetime, begin: datetime, end: datetime, span: Span) -> str:
    """`from 09:00`, `until 09:00`, `09:00 to 17:00`; "" for the whole day."""
    since = starts_at.astimezone(span.zone).strftime("%H:%M") if starts_at > begin else ""
    until = ends_at.astimezone(span.zone).strftime("%H:%M") if ends_at < end else ""
    if since and until:
        return f"{since} to {until}"
    return f"from {since}" if since else f"until {until}" if until else ""


def title(span: Span) -> str:
    """Of what a page shows: `June 2026`, or from when to when."""
    if span.view is View.MONTH:
        return f"{month_shown(span):%B %Y}"
    last = span.end - timedelta(days=1)
    return f"{span.first.day} {span.first:%b} to {last.day} {last:%b %Y}"
