"""The ledger: what everybody held of a team's on-call against their fair share, and what is carried over.

The share of a month is divided among those who took part in it, by how long they did: who joined or left within it by the
days they were there, leave taken off. Dividing by the month lets who covers Christmas be owed by those on leave then, while
nobody owes anything for months before they came. Months are of UTC; nights, weekends and holidays are of the person's own
wall clock and place. Lengths are time that passes.

A ledger keeps sums, never shares: two of spans that follow each other, added, are exactly that of the whole span.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import msgspec

from tocsin.core.oncall.away import Holidays
from tocsin.core.oncall.nights import COUNTS_FROM, DAY, night
from tocsin.core.oncall.paged import Paged
from tocsin.core.oncall.seats import Seat
from tocsin.core.oncall.spans import Span, holds, joined, without
from tocsin.core.oncall.wall_clock import instant_of, local_date

Month = tuple[int, int]  # year, month
WEEKEND = (5, 6)  # Saturday and Sunday
NO_TIME = timedelta(0)
NONE = Fraction(0)
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


class Home(msgspec.Struct, frozen=True):
    """Where somebody lives: whose clock their nights and weekends go by, and which days are holidays there."""

    time_zone: str = "UTC"
    holidays: Holidays = {}


class Held(msgspec.Struct, frozen=True):
    """What one person did in one month, and for how long they took part."""

    hours: timedelta = NO_TIME
    weekend: timedelta = NO_TIME
    holidays: timedelta = NO_TIME
    pages: int = 0
    part: timedelta = NO_TIME


class Ledger(msgspec.Struct, frozen=True):
    """`nights`: how much of each night each person was on call."""

    months: Mapping[tuple[Month, str], Held] = {}
    nights: Mapping[tuple[str, date], timedelta] = {}


class Measure(msgspec.Struct, frozen=True):
    """`over` is what was held beyond the share (negative: short of it), `carried` the same of what came before."""

    held: Fraction
    share: Fraction
    over: Fraction
    carried: Fraction

    @property
    def owed(self) -> Fraction:
        """What the team owes them by now; negative: what they owe."""
        return self.carried + self.over


class Account(msgspec.Struct, frozen=True):
    """One person's standing. Times are in hours, nights and pages counted; `part` is how long they took part."""

    person: str
    part: timedelta
    hours: Measure
    nights: Measure
    weekend: Measure
    holidays: Measure
    pages: Measure


MEASURES = ("hours", "nights", "weekend", "holidays", "pages")


def ledger(
    seats: Iterable[Seat],
    parts: Mapping[str, Iterable[Span]],
    leaves: Mapping[str, Iterable[Span]],
    homes: Mapping[str, Home],
    pages: Iterable[Paged],
) -> Ledger:
    """Of one span: seats, parts and pages must lie in it. Pages count where they reached somebody who was on call."""
    months: dict[tuple[Month, str], Held] = {}
    nights: dict[tuple[str, date], timedelta] = {}

    def add(month: Month, person: str, more: Held) -> None:
        months[month, person] = _sum(months.get((month, person), Held()), more)

    by_person: dict[str, list[Span]] = {}
    for seat in seats:
        by_person.setdefault(seat.person, []).append((seat.starts_at, seat.ends_at))
        home = homes.get(seat.person, Home())
        for month, span in _by_month(seat.starts_at, seat.ends_at):
            weekend, holidays = _free_days(span, home)
            add(month, seat.person, Held(span[1] - span[0], weekend, holidays))
    for person, held in by_person.items():
        spans = by_person[person] = joined(held)
        for span in spans:  # a night is one night, however many seats
            for day, held_of_it in _nights(span, homes.get(person, Home()).time_zone):
                nights[person, day] = nights.get((person, day), NO_TIME) + held_of_it

    for person, given in parts.items():
        for part in without(given, joined(leaves.get(person, ()))):
            for month, (begin, end) in _by_month(*part):
                add(month, person, Held(part=end - begin))
    for page in pages:
        if holds(by_person.get(page.person, ()), page.at):
            add((page.at.year, page.at.month), page.person, Held(pages=page.count))
    return Ledger(months, nights)


def added(one: Ledger, other: Ledger) -> Ledger:
    """Both, as if they had been kept as one: of spans that do not overlap."""
    months = dict(one.months)
    for key, held in other.months.items():
        months[key] = _sum(months.get(key, Held()), held)
    nights = dict(one.nights)
    for night_of, more in other.nights.items():
        nights[night_of] = nights.get(night_of, NO_TIME) + more
    return Ledger(months, nights)


def accounts(span: Ledger, before: Ledger | None = None) -> list[Account]:
    """Everybody who held something or took part, by name. With what came `before`, what is owed by now is exactly what one
    ledger of both says."""
    balances = _balances(span)
    whole = balances if before is None else _balances(added(before, span))
    people = sorted({person for _, person in (before or span).months} | {person for _, person in span.months})
    return [
        Account(
            person,
            sum((held.part for (_, who), held in span.months.items() if who == person), NO_TIME),
            **{name: _measure(balances, whole, name, person) for name in MEASURES},
        )
        for person in people
    ]


_Balances = dict[tuple[str, str], tuple[Fraction, Fraction]]  # (measure, person): held, share


def _measure(span: _Balances, whole: _Balances, name: str, person: str) -> Measure:
    held, share = span.get((name, person), (NONE, NONE))
    all_held, all_share = whole.get((name, person), (NONE, NONE))
    return Measure(held, share, held - share, (all_held - all_share) - (held - share))


def _balances(kept: Ledger) -> _Balances:
    found: _Balances = {}
    months: dict[Month, dict[str, dict[str, Fraction]]] = {}  # what was held, by month, measure, person
    parts: dict[Month, dict[str, timedelta]] = {}
    for (month, person), held in kept.months.items():
        of_month = months.setdefault(month, {name: {} for name in MEASURES})
        of_month["hours"][person] = _hours(held.hours)
        of_month["weekend"][person] = _hours(held.weekend)
        of_month["holidays"][person] = _hours(held.holidays)
        of_month["pages"][person] = Fraction(held.pages)
        if held.part:
            parts.setdefault(month, {})[person] = held.part
    for (person, day), held_of_it in kept.nights.items():
        if held_of_it >= COUNTS_FROM:
            of_month = months.setdefault((day.year, day.month), {name: {} for name in MEASURES})
            of_month["nights"][person] = of_month["nights"].get(person, NONE) + 1

    for month, measures in months.items():
        for name, held_by in measures.items():
            shares = _shares(held_by, parts.get(month, {}))
            for person in held_by.keys() | shares.keys():
                before, share_before = found.get((name, person), (NONE, NONE))
                found[name, person] = (
                    before + held_by.get(person, NONE),
                    share_before + shares.get(person, NONE),
                )
    return found


def _shares(held: Mapping[str, Fraction], parts: Mapping[str, timedelta]) -> dict[str, Fraction]:
    """What was held, divided by how long people took part. Where nobody did, everybody keeps what they held."""
    total, whole = sum(held.values(), NONE), sum(parts.values(), NO_TIME)
    if not whole:
        return dict(held)
    return {
        person: total * (part // _MICROSECOND) / (whole // _MICROSECOND) for person, part in parts.items()
    }


def _sum(one: Held, other: Held) -> Held:
    return Held(
        one.hours + other.hours,
        one.weekend + other.weekend,
        one.holidays + other.holidays,
        one.pages + other.pages,
        one.part + other.part,
    )


def _hours(time: timedelta) -> Fraction:
    return Fraction(time // _MICROSECOND, _HOUR // _MICROSECOND)


def _by_month(starts_at: datetime, ends_at: datetime) -> Iterator[tuple[Month, Span]]:
    at = starts_at
    while at < ends_at:
        years, month = divmod(at.month, 12)
        until = min(
            at.replace(at.year + years, month + 1, 1, hour=0, minute=0, second=0, microsecond=0), ends_at
        )
        yield (at.year, at.month), (at, until)
        at = until


def _free_days(span: Span, home: Home) -> tuple[timedelta, timedelta]:
    """How much of it lies on weekends, and on holidays; a holiday on a Sunday is both."""
    weekend = holidays = NO_TIME
    day = local_date(span[0], home.time_zone)
    at = span[0]
    while at < span[1]:
        day += DAY
        until = min(instant_of(datetime.combine(day, time(0)), home.time_zone), span[1])
        if until > at:
            today = day - DAY
            weekend += until - at if today.weekday() in WEEKEND else NO_TIME
            holidays += until - at if today in home.holidays else NO_TIME
            at = until
    return weekend, holidays


def _nights(span: Span, time_zone: str) -> Iterator[tuple[date, timedelta]]:
    day, last = local_date(span[0], time_zone) - DAY, local_date(span[1], time_zone)
    while day <= last:
        begins_at, ends_at = night(day, time_zone)
        time = min(ends_at, span[1]) - max(begins_at, span[0])
        if time > NO_TIME:
            yield day, time
        day += DAY
