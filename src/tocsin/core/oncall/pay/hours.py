"""Cuts a stretch of time into hours of a kind, by the wall clock of whoever was on call."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import msgspec

from tocsin.core.oncall.away import Holidays
from tocsin.core.oncall.pay.rules import Hour, PayRule
from tocsin.core.oncall.wall_clock import instant_of, local_date, window

DAY = timedelta(days=1)


class Stretch(msgspec.Struct, frozen=True):
    kind: Hour
    starts_at: datetime
    ends_at: datetime


def stretches(
    starts_at: datetime, ends_at: datetime, time_zone: str, rule: PayRule, holidays: Holidays
) -> Iterator[Stretch]:
    """The whole of [starts_at, ends_at) in order, each part of one kind. Lengths are time that passes, so a night in which
    clocks go forward is an hour shorter."""
    day = local_date(starts_at, time_zone)
    at = starts_at
    while at < ends_at:
        for until, kind in _day(day, time_zone, rule, holidays):
            until = min(until, ends_at)
            if at < until:
                yield Stretch(kind, at, until)
                at = until
        day += DAY


def _day(day: date, time_zone: str, rule: PayRule, holidays: Holidays) -> Iterator[tuple[datetime, Hour]]:
    """The parts of a local day: up to when, and what it counts as."""
    midnight = instant_of(datetime.combine(day + DAY, time(0)), time_zone)
    if day in holidays:
        yield midnight, Hour.HOLIDAY
        return
    if day.weekday() >= 5:
        yield midnight, Hour.WEEKEND
        return
    nights = [
        window(begins, rule.night_from, rule.night_to, time_zone)
        for begins in (day - DAY, day)
        if rule.night_from != rule.night_to
    ]
    for begins_at, ends_at in nights:
        yield min(begins_at, midnight), Hour.WEEKDAY
        yield min(ends_at, midnight), Hour.NIGHT
    yield midnight, Hour.WEEKDAY


def night_of(at: datetime, time_zone: str, rule: PayRule) -> date | None:
    """The local day on which the night that holds this instant began; None by day."""
    today = local_date(at, time_zone)
    for day in (today - DAY, today):
        begins_at, ends_at = window(day, rule.night_from, rule.night_to, time_zone)
        if rule.night_from != rule.night_to and begins_at <= at < ends_at:
            return day
    return None
