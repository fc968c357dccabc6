"""A month's pay, line by line; every line says why.

A shift is an unbroken stretch in which somebody holds a schedule; it is paid in the month in which it begins, its hours in
the month in which they pass. Amounts are exact decimals, each line rounded half up to the smallest coin.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.paged import Paged
from tocsin.core.oncall.pay.hours import night_of, stretches
from tocsin.core.oncall.pay.rules import NOTHING, Hour, Month, PayRule, fits
from tocsin.core.oncall.shifts import shifts
from tocsin.core.oncall.wall_clock import instant_of, local_date

BEFORE = timedelta(days=62)  # how far before the month a shift that runs into it is looked for
WEEK = timedelta(weeks=1)
MIDNIGHT = time(0)
_HOUR = Decimal(3600)


class Paid(StrEnum):
    SHIFT = "shift"
    HOURS = "hours"
    PAGE = "page"
    MONTH = "month"
    TIME_OFF = "time_off"  # `quantity` is days; no amount
    ADJUSTMENT = "adjustment"


class PayLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """`quantity` shifts, hours, pages, months or days at `rate` each make `amount`."""

    person: str
    what: Paid
    why: str
    currency: str = ""
    quantity: Decimal = Decimal(1)
    rate: Decimal = NOTHING
    amount: Decimal = NOTHING
    rule: str = ""
    schedule: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    hour: Hour | None = None
    of: str = ""  # the closed month that an adjustment corrects


class _Held(msgspec.Struct, frozen=True):
    """One person's unbroken stretch on one schedule, as far as it lies in the span; whether it began there."""

    person: str
    schedule: str
    starts_at: datetime
    ends_at: datetime
    begun: bool


def lines_of(
    rules: Sequence[PayRule], team: str, month: Month, facts: Configuration, paged: Sequence[Paged]
) -> tuple[PayLine, ...]:
    """By person, then in the order of time. `rules` of other teams do not matter; `paged` may reach beyond the month."""
    month_of_team = _Month(tuple(r for r in rules if r.team == team), team, month, facts)
    found = [
        line for begins, ends in month_of_team.parts() for line in month_of_team.lines(begins, ends, paged)
    ]
    return tuple(sorted(_once_a_month(found), key=_order))


def span_of(month: Month, time_zone: str) -> tuple[datetime, datetime]:
    return _midnight(month.first, time_zone), _midnight(month.plus(1).first, time_zone)


def team_zone(team: str, facts: Configuration) -> str:
    """By whose clock the team's months begin."""
    known = facts.teams.get(team)
    return known.business_hours.time_zone if known else "UTC"


class _Month:
    """One team's month, cut where rules begin or end."""

    def __init__(self, rules: tuple[PayRule, ...], team: str, month: Month, facts: Configuration) -> None:
        self._rules = rules
        self._team = team
        self._month = month
        self._facts = facts
        self._time_zone = team_zone(team, facts)

    def parts(self) -> Iterator[tuple[date, date]]:
        """Stretches of days in which the same rules hold."""
        first, last = self._month.first, self._month.plus(1).first
        edges = {first, last}
        for rule in self._rules:
            edges |= {day for day in (rule.starts, rule.ends) if day is not None and first < day < last}
        return itertools.pairwise(sorted(edges))

    def lines(self, begins: date, ends: date, paged: Sequence[Paged]) -> Iterator[PayLine]:
        in_force = [r for r in self._rules if r.starts <= begins and (r.ends is None or ends <= r.ends)]
        span = _midnight(begins, self._time_zone), _midnight(ends, self._time_zone)
        for rule in in_force:
            held = [each for each in self._held(rule, *span) if self._best(in_force, each.person) == rule]
            for person in sorted({each.person for each in held}):
                theirs = [each for each in held if each.person == person]
                yield from self._of_person(rule, person, theirs, span, paged)

    def _best(self, rules: Sequence[PayRule], person: str) -> PayRule | None:
        place = self._place(person)
        return max((r for r in rules if fits(r, place)), key=lambda r: len(r.country), default=None)

    def _place(self, person: str) -> str:
        known = self._facts.people.get(person)
        return known.holidays if known else ""

    def _clock(self, person: str) -> str:
        known = self._facts.people.get(person)
        return known.time_zone if known else self._time_zone

    def _held(self, rule: PayRule, starts_at: datetime, ends_at: datetime) -> Iterator[_Held]:
        schedules = self._facts.schedules_ever()
        named = rule.schedules or [key for key, each in sorted(schedules.items()) if each.team == self._team]
        for key in named:
            found = shifts(schedules, key, starts_at - BEFORE, ends_at, self._facts.overrides)
            since: dict[str, datetime] = {}
            until: dict[str, datetime] = {}
            for shift in found:
                for person in shift.people:
                    if until.get(person) != shift.starts_at:
                        if person in since:
                            yield from _cut(person, key, since[person], until[person], starts_at, ends_at)
                        since[person] = shift.starts_at
                    until[person] = shift.ends_at
            for person, begun_at in since.items():
                yield from _cut(person, key, begun_at, until[person], starts_at, ends_at)

    def _of_person(
        self,
        rule: PayRule,
        person: str,
        held: Sequence[_Held],
        span: tuple[datetime, datetime],
        paged: Sequence[Paged],
    ) -> Iterator[PayLine]:
        for each in held:
            if rule.per_shift and each.begun:
                yield _line(
                    rule, person, Paid.SHIFT, f"a shift on {each.schedule}", rate=rule.per_shift, held=each
                )
            yield from self._of_hours(rule, each)
        if rule.per_month:
            why = f"on call for {self._team} in {self._month}"
            yield _line(rule, person, Paid.MONTH, why, rate=rule.per_month)
        yield from self._of_pages(rule, person, held, paged)
        if rule.time_off is not None:
            yield from self._of_weeks(rule, person, held, paged, span)

    def _of_hours(self, rule: PayRule, held: _Held) -> Iterator[PayLine]:
        """Of each kind one line a shift."""
        clock = self._clock(held.person)
        holidays = self._facts.holidays.get(self._place(held.person), {})
        seconds: dict[Hour, int] = {}
        days: dict[Hour, dict[date, None]] = {}
        for part in stretches(held.starts_at, held.ends_at, clock, rule, holidays):
            lasted = int((part.ends_at - part.starts_at).total_seconds())
            seconds[part.kind] = seconds.get(part.kind, 0) + lasted
            days.setdefault(part.kind, {})[local_date(part.starts_at, clock)] = None
        for kind in Hour:
            rate = rule.per_hour.get(kind)
            if rate and seconds.get(kind):
                why = f"{kind.value} hours on {held.schedule}"
                if kind is Hour.HOLIDAY:
                    why += f" ({', '.join(holidays[day] for day in days[kind] if day in holidays)})"
                hours = Decimal(seconds[kind]) / _HOUR
                yield _line(rule, held.person, Paid.HOURS, why, hours, rate, held, hour=kind)

    def _of_pages(
        self, rule: PayRule, person: str, held: Sequence[_Held], paged: Sequence[Paged]
    ) -> Iterator[PayLine]:
        """One line a minute in which they were paged; a page that rings by several methods is one."""
        for page in paged:
            if rule.per_page and page.person == person and _is_held(held, page.at):
                why = f"{_count(page.count, 'page')} while on call for {self._team}"
                yield _line(rule, person, Paid.PAGE, why, Decimal(page.count), rule.per_page, at=page.at)

    def _of_weeks(
        self,
        rule: PayRule,
        person: str,
        held: Sequence[_Held],
        paged: Sequence[Paged],
        span: tuple[datetime, datetime],
    ) -> Iterator[PayLine]:
        """Weeks of the person's own calendar, each counted where it ends."""
        clock = self._clock(person)
        off = rule.time_off
        assert off is not None
        weeks: dict[date, list[Paged]] = {}
        for page in paged:
            if page.person == person:
                day = local_date(page.at, clock)
                weeks.setdefault(day - timedelta(days=day.weekday()), []).append(page)
        for monday, pages in sorted(weeks.items()):
            ends_at = _midnight(monday + WEEK, clock)
            if not span[0] < ends_at <= span[1]:
                continue
            count = sum(page.count for page in pages)
            nights = len({night for page in pages if (night := night_of(page.at, clock, rule)) is not None})
            busy = (off.pages and count >= off.pages, off.broken_nights and nights >= off.broken_nights)
            if any(busy):
                said = f"{_count(count, 'page')} and {_count(nights, 'broken night')}"
                why = f"a busy week from {monday:%Y-%m-%d}: {said}"
                yield PayLine(
                    person,
                    Paid.TIME_OFF,
                    why,
                    quantity=off.days,
                    rule=rule.key,
                    starts_at=_midnight(monday, clock),
                    ends_at=ends_at,
                )


def _cut(
    person: str, schedule: str, since: datetime, until: datetime, starts_at: datetime, ends_at: datetime
) -> Iterator[_Held]:
    if until > starts_at:
        yield _Held(person, schedule, max(since, starts_at), min(until, ends_at), begun=since >= starts_at)


def _line(
    rule: PayRule,
    person: str,
    what: Paid,
    why: str,
    quantity: Decimal = Decimal(1),
    rate: Decimal = NOTHING,
    held: _Held | None = None,
    at: datetime | None = None,
    hour: Hour | None = None,
) -> PayLine:
    return PayLine(
        person=person,
        what=what,
        why=why,
        currency=rule.currency,
        quantity=_shown(quantity),
        rate=rate,
        amount=(quantity * rate).quantize(rule.cent, ROUND_HALF_UP),
        rule=rule.key,
        schedule=held.schedule if held else "",
        starts_at=held.starts_at if held else at,
        ends_at=held.ends_at if held else at,
        hour=hour,
    )


def _shown(quantity: Decimal) -> Decimal:
    """To the ten-thousandth, without idle zeros; the amount comes of the exact one."""
    short = quantity.quantize(Decimal("0.0001"))
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short.normalize()


def _once_a_month(lines: Iterable[PayLine]) -> Iterator[PayLine]:
    """A flat amount is paid once, by the rule that held first."""
    paid: set[str] = set()
    for line in lines:
        if line.what is Paid.MONTH:
            if line.person in paid:
                continue
            paid.add(line.person)
        yield line


def _is_held(held: Sequence[_Held], at: datetime) -> bool:
    """`at` is the beginning of a minute."""
    return any(each.starts_at <= at < each.ends_at for each in held)


def _midnight(day: date, time_zone: str) -> datetime:
    return instant_of(datetime.combine(day, MIDNIGHT), time_zone)


def _order(line: PayLine) -> tuple[str, bool, float, str]:
    at = line.starts_at
    return line.person, at is None, at.timestamp() if at else 0.0, line.what.value


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
