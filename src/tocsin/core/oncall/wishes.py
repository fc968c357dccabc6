"""What a schedule must keep and what people wish for, as data: what a solver works on, and a proposal is judged by.

A constraint must hold; a wish is a constraint that should, with how much it matters. `broken` says which of them a timeline
breaks, where and by how much, so that a person who plans by hand and a solver are told the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from tocsin.core.oncall.nights import DAY, night
from tocsin.core.oncall.seats import Seat
from tocsin.core.oncall.spans import Span, joined, length, shared, within
from tocsin.core.oncall.wall_clock import instant_of, local_date

WEEK = timedelta(weeks=1)


class NotDuring(msgspec.Struct, frozen=True, tag="not_during"):
    """Somebody is away, or would rather be free."""

    person: str
    starts_at: datetime
    ends_at: datetime


class NotOnDays(msgspec.Struct, frozen=True, tag="not_on_days"):
    """Never on these weekdays (0 = Monday) of the person's own clock."""

    person: str
    days: tuple[int, ...]


class NoNights(msgspec.Struct, frozen=True, tag="no_nights"):
    """Nothing of any night (see nights.py)."""

    person: str


class NotTogether(msgspec.Struct, frozen=True, tag="not_together"):
    """Never on call at the same time: a couple with children, the two who know the database."""

    one: str
    other: str


class AtMostShare(msgspec.Struct, frozen=True, tag="at_most_share"):
    """At most so many per cent of the timeline, for everybody alone (an empty person) or one."""

    percent: float
    person: str = ""


class RestBetween(msgspec.Struct, frozen=True, tag="rest_between"):
    """At least so long between two stretches on call."""

    rest: timedelta
    person: str = ""


class AtMostInARow(msgspec.Struct, frozen=True, tag="at_most_in_a_row"):
    """No stretch on call longer than that."""

    longest: timedelta
    person: str = ""


class Wanted(msgspec.Struct, frozen=True, tag="wanted"):
    """They would like to be on call all of that time."""

    person: str
    starts_at: datetime
    ends_at: datetime


Constraint = (
    NotDuring | NotOnDays | NoNights | NotTogether | AtMostShare | RestBetween | AtMostInARow | Wanted
)


class Wish(msgspec.Struct, frozen=True):
    """`weight` is how much it matters against other wishes: twice the weight, twice the cost of breaking it."""

    constraint: Constraint
    weight: int = 1


class Wishes(msgspec.Struct, frozen=True):
    """What one timeline is judged by."""

    constraints: tuple[Constraint, ...] = ()
    wishes: tuple[Wish, ...] = ()


class Broken(msgspec.Struct, frozen=True):
    """One constraint in one place; `by` is how much time is too much, or missing."""

    constraint: Constraint
    person: str
    starts_at: datetime
    ends_at: datetime
    by: timedelta


def broken(
    timeline: Iterable[Seat],
    constraints: Iterable[Constraint],
    zones: Mapping[str, str],
    starts_at: datetime,
    ends_at: datetime,
) -> list[Broken]:
    """What this timeline of the span breaks, in order of time. `zones` are people's own."""
    held: dict[str, list[Span]] = {}
    for seat in timeline:
        held.setdefault(seat.person, []).append((seat.starts_at, seat.ends_at))
    spans = {person: joined(within(own, starts_at, ends_at)) for person, own in held.items()}
    found = [
        each for constraint in constraints for each in _broken(constraint, spans, zones, starts_at, ends_at)
    ]
    return sorted(found, key=lambda each: (each.starts_at, each.person))


def cost(found: Iterable[Broken], wishes: Sequence[Wish]) -> float:
    """The hours by which wishes are broken, each by its weight: what a solver makes small."""
    weights = {wish.constraint: wish.weight for wish in wishes}
    return sum(weights.get(each.constraint, 0) * (each.by / timedelta(hours=1)) for each in found)


def _broken(
    constraint: Constraint,
    spans: Mapping[str, list[Span]],
    zones: Mapping[str, str],
    starts_at: datetime,
    ends_at: datetime,
) -> Iterator[Broken]:
    match constraint:
        case NotDuring(person):
            away = within([(constraint.starts_at, constraint.ends_at)], starts_at, ends_at)
            yield from _each(constraint, person, shared(spans.get(person, []), away))
        case NotOnDays(person):
            days = _days(constraint.days, zones.get(person, "UTC"), starts_at, ends_at)
            yield from _each(constraint, person, shared(spans.get(person, []), days))
        case NoNights(person):
            nights = _nights(zones.get(person, "UTC"), starts_at, ends_at)
            yield from _each(constraint, person, shared(spans.get(person, []), nights))
        case NotTogether(one, other):
            together = shared(spans.get(one, []), spans.get(other, []))
            yield from _each(constraint, one, together)
        case Wanted(person):
            wanted = within([(constraint.starts_at, constraint.ends_at)], starts_at, ends_at)
            missing = length(wanted) - length(shared(spans.get(person, []), wanted))
            if missing:
                yield Broken(constraint, person, wanted[0][0], wanted[0][1], missing)
        case AtMostShare():
            most = (ends_at - starts_at) * (constraint.percent / 100)
            for person, own in _whose(constraint.person, spans):
                if length(own) > most:
                    yield Broken(constraint, person, own[0][0], own[-1][1], length(own) - most)
        case RestBetween():
            for person, own in _whose(constraint.person, spans):
                for (_, begin), (end, _) in pairwise(own):
                    if end - begin < constraint.rest:
                        yield Broken(constraint, person, begin, end, constraint.rest - (end - begin))
        case AtMostInARow():
            for person, own in _whose(constraint.person, spans):
                for begin, end in own:
                    if end - begin > constraint.longest:
                        yield Broken(constraint, person, begin, end, end - begin - constraint.longest)


def _each(constraint: Constraint, person: str, spans: Iterable[Span]) -> Iterator[Broken]:
    return (Broken(constraint, person, begin, end, end - begin) for begin, end in spans)


def _whose(person: str, spans: Mapping[str, list[Span]]) -> list[tuple[str, list[Span]]]:
    return [(key, own) for key, own in sorted(spans.items()) if own and person in ("", key)]


def _days(days: Sequence[int], zone: str, starts_at: datetime, ends_at: datetime) -> list[Span]:
    """Those weekdays of the span, from midnight to midnight."""
    found: list[Span] = []
    day = local_date(starts_at, zone)
    while (begin := _midnight(day.toordinal(), zone)) < ends_at:
        if day.weekday() in days:
            found.append((begin, _midnight(day.toordinal() + 1, zone)))
        day += DAY
    return joined(found)


def _midnight(ordinal: int, zone: str) -> datetime:
    return instant_of(datetime.fromordinal(ordinal), zone)


def _nights(zone: str, starts_at: datetime, ends_at: datetime) -> list[Span]:
    found: list[Span] = []
    day = local_date(starts_at, zone) - DAY
    while (whole := night(day, zone))[0] < ends_at:
        found.append(whole)
        day += DAY
    return joined(found)
