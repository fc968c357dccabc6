"""Whether on-call is bearable: what pages did to shifts and nights, by person and team, against the team's own goals.

Never a league table: people stand by name, and who may read whose numbers is asked before these are shown. A stretch on
call of more than a week counts as one shift for each week of it that began. A night is broken by a page of high urgency;
what is of low urgency may wait for the morning. Tests are no pages.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import msgspec

from tocsin.core.business_hours import is_open
from tocsin.core.oncall.goals import Goals
from tocsin.core.oncall.nights import COUNTS_FROM, DAY, night, night_at
from tocsin.core.oncall.paged import Paged
from tocsin.core.oncall.seats import Seat
from tocsin.core.oncall.spans import Span, holds, joined, length, within
from tocsin.core.oncall.wall_clock import instant_of, local_date
from tocsin.core.people import BusinessHours
from tocsin.core.severity import Urgency

WEEK = timedelta(weeks=1)
HEAVY = 3  # pages in one night: nobody sleeps in between
SYSTEMIC = 4  # heavy nights within a week: more nights than not
ON_CALL_THAT_WEEK = timedelta(days=1)  # less of a week is a handoff, or an evening for a colleague
TREND = 4  # weeks that are held against as many before them


class Verdict(StrEnum):
    CALM = "calm"
    NOW_AND_THEN = "now_and_then"
    TOO_OFTEN = "too_often"
    SYSTEMIC = "systemic"


class Week(msgspec.Struct, frozen=True):
    """From a Monday's midnight where the team works. `after_hours`: pages outside its business hours."""

    starts_at: datetime
    pages: int = 0
    after_hours: int = 0
    broken_nights: int = 0


class Standing(msgspec.Struct, frozen=True):
    """`nights` were on call, `broken_nights` had a page, `heavy_nights` three or more; `worst_week` is the most heavy nights
    within seven. `off_duty` pages reached somebody who was not on call. `longest_run` is of weeks, one after the other."""

    shifts: int
    calm_shifts: int
    pages: int
    night_pages: int
    nights: int
    broken_nights: int
    heavy_nights: int
    worst_week: int
    longest_run: int
    off_duty: int
    after_hours: int
    weeks: tuple[Week, ...]

    @property
    def pages_per_shift(self) -> float:
        return self.pages / self.shifts if self.shifts else 0.0

    @property
    def broken_per_shift(self) -> float:
        return self.broken_nights / self.shifts if self.shifts else 0.0

    @property
    def calm_share(self) -> float:
        """Per cent of shifts."""
        return 100 * self.calm_shifts / self.shifts if self.shifts else 100.0

    def verdict(self, goals: Goals) -> Verdict:
        if self.worst_week >= SYSTEMIC:
            return Verdict.SYSTEMIC
        if not self.broken_nights:
            return Verdict.CALM
        if self.broken_nights > goals.broken_nights * self.shifts or self.heavy_nights > 1:
            return Verdict.TOO_OFTEN
        return Verdict.NOW_AND_THEN


class Health(msgspec.Struct, frozen=True):
    team: Standing
    people: tuple[tuple[str, Standing], ...]  # by name


def health(
    seats: Iterable[Seat],
    pages: Iterable[Paged],
    zones: Mapping[str, str],
    hours: BusinessHours,
    starts_at: datetime,
    ends_at: datetime,
) -> Health:
    """Of the span [starts_at, ends_at), in which seats and pages must lie. `zones` are people's own."""
    held: dict[str, list[Seat]] = {}
    for seat in seats:
        held.setdefault(seat.person, []).append(seat)
    received: dict[str, list[Paged]] = {}
    for page in sorted(pages):
        received.setdefault(page.person, []).append(page)

    mondays = _mondays(starts_at, ends_at, hours.time_zone)
    burdens = [
        _Burden(
            person, held.get(person, []), received.get(person, []), zones.get(person, "UTC"), hours, mondays
        )
        for person in sorted(held.keys() | received.keys())
    ]
    return Health(
        _standing(burdens, mondays),
        tuple((burden.person, _standing([burden], mondays)) for burden in burdens),
    )


class _Burden:
    """One person's, of which standings are summed."""

    def __init__(
        self,
        person: str,
        seats: Sequence[Seat],
        pages: Sequence[Paged],
        zone: str,
        hours: BusinessHours,
        mondays: Sequence[datetime],
    ) -> None:
        self.person = person
        on_call = joined((seat.starts_at, seat.ends_at) for seat in seats)
        on_duty = [page for page in pages if holds(on_call, page.at)]
        self.off_duty = sum(page.count for page in pages) - sum(page.count for page in on_duty)
        self.pages = sum(page.count for page in on_duty)

        shifts = [part for seat in seats for part in _by_week((seat.starts_at, seat.ends_at))]
        self.shifts = len(shifts)
        came = sorted({page.at for page in on_duty})
        self.calm_shifts = sum(bisect_left(came, begin) == bisect_left(came, end) for begin, end in shifts)

        self.nights = _nights_held(on_call, zone)
        self.in_night: dict[date, int] = {}
        self.of_week: dict[int, list[int]] = {}  # pages, after hours, broken nights
        for page in on_duty:
            week = self.of_week.setdefault(bisect_right(mondays, page.at) - 1, [0, 0, 0])
            week[0] += page.count
            week[1] += 0 if is_open(hours, page.at) else page.count
            day = night_at(page.at, zone) if page.urgency is Urgency.HIGH else None
            if day is not None:
                week[2] += day not in self.in_night
                self.in_night[day] = self.in_night.get(day, 0) + page.count
        self.longest_run = _longest_run(on_call, mondays)


def _standing(burdens: Sequence[_Burden], mondays: Sequence[datetime]) -> Standing:
    """Of several: sums, but a night in which two people were woken is one heavy night of the team when it was of either."""
    in_nights = [burden.in_night for burden in burdens]
    heavy = sorted({day for nights in in_nights for day, count in nights.items() if count >= HEAVY})
    weeks = []
    for number, monday in enumerate(mondays):
        counted = [burden.of_week.get(number, [0, 0, 0]) for burden in burdens]
        weeks.append(Week(monday, *(sum(each[place] for each in counted) for place in range(3))))
    return Standing(
        shifts=sum(burden.shifts for burden in burdens),
        calm_shifts=sum(burden.calm_shifts for burden in burdens),
        pages=sum(burden.pages for burden in burdens),
        night_pages=sum(sum(nights.values()) for nights in in_nights),
        nights=sum(burden.nights for burden in burdens),
        broken_nights=sum(len(nights) for nights in in_nights),
        heavy_nights=len(heavy),
        worst_week=_most_within_a_week(heavy),
        longest_run=max((burden.longest_run for burden in burdens), default=0),
        off_duty=sum(burden.off_duty for burden in burdens),
        after_hours=sum(week.after_hours for week in weeks),
        weeks=tuple(weeks),
    )


def _by_week(span: Span) -> Iterator[Span]:
    at = span[0]
    while at < span[1]:
        yield at, min(at + WEEK, span[1])
        at += WEEK


def _mondays(starts_at: datetime, ends_at: datetime, time_zone: str) -> list[datetime]:
    """The weeks of the span by their beginning; the first one's may lie before it."""
    first = local_date(starts_at, time_zone)
    first -= timedelta(days=first.weekday())
    mondays: list[datetime] = []
    while (monday := instant_of(datetime.combine(first, time(0)), time_zone)) < ends_at:
        mondays.append(monday)
        first += WEEK
    return mondays


def _nights_held(on_call: Sequence[Span], zone: str) -> int:
    count = 0
    for day in sorted({day for span in on_call for day in _days(span, zone)}):
        count += length(within(on_call, *night(day, zone))) >= COUNTS_FROM
    return count


def _days(span: Span, zone: str) -> Iterator[date]:
    day, last = local_date(span[0], zone) - DAY, local_date(span[1], zone)
    while day <= last:
        yield day
        day += DAY


def _longest_run(on_call: Sequence[Span], mondays: Sequence[datetime]) -> int:
    longest = run = 0
    for number, monday in enumerate(mondays):
        until = mondays[number + 1] if number + 1 < len(mondays) else monday + WEEK
        run = run + 1 if length(within(on_call, monday, until)) >= ON_CALL_THAT_WEEK else 0
        longest = max(longest, run)
    return longest


def _most_within_a_week(days: Sequence[date]) -> int:
    return max((bisect_right(days, day + 6 * DAY) - place for place, day in enumerate(days)), default=0)


# --- in words --------------------------------------------------------------------------------------------------------


def said(standing: Standing, goals: Goals) -> tuple[str, ...]:
    """What the numbers mean, the most important first."""
    if not standing.shifts:
        return ("Nobody was on call in this time.",)
    return (
        _of_nights(standing, goals),
        _of_pages(standing, goals),
        _of_runs(standing, goals),
        _of_trend(standing),
    )


def _of_nights(standing: Standing, goals: Goals) -> str:
    broken, nights = standing.broken_nights, _count(standing.nights, "night")
    match standing.verdict(goals):
        case Verdict.CALM:
            return f"No night was broken, of {nights} on call."
        case Verdict.NOW_AND_THEN:
            return f"{broken} of {nights} broken: once a night now and then, which is acceptable."
        case Verdict.TOO_OFTEN:
            return (
                f"{broken} of {nights} broken, {standing.broken_per_shift:.1f} a shift: more than the "
                f"{goals.broken_nights} a shift that the team accepts. Look at which alerts woke somebody for nothing."
            )
        case Verdict.SYSTEMIC:
            return (
                f"This is systemic: {standing.worst_week} nights of one week with {HEAVY} pages or more. No rotation can "
                "carry that; what pages must be repaired, or stop paging, before anything else is built."
            )


def _of_pages(standing: Standing, goals: Goals) -> str:
    calm = f"{standing.calm_shifts} of {_count(standing.shifts, 'shift')} had no page at all"
    met = (
        "as the team wants"
        if standing.calm_share >= goals.calm_shifts
        else f"the team wants {goals.calm_shifts} %"
    )
    per = f"{standing.pages_per_shift:.1f} pages a shift"
    within_goal = standing.pages_per_shift <= goals.pages_per_shift
    goal = (
        f"within the goal of {goals.pages_per_shift}"
        if within_goal
        else f"above the goal of {goals.pages_per_shift}"
    )
    return f"{per}, {goal}; {calm} ({standing.calm_share:.0f} %, {met})."


def _of_runs(standing: Standing, goals: Goals) -> str:
    if not standing.longest_run:
        return "No week of this time was a week on call."
    run = f"At most {_count(standing.longest_run, 'week')} on call one after the other"
    if standing.longest_run <= goals.weeks_in_a_row:
        return f"{run}, as the team wants."
    return f"{run}; the team wants at most {goals.weeks_in_a_row}."


def _of_trend(standing: Standing) -> str:
    """The last four weeks against the four before; the week under way is not over, and not among them."""
    counts = [week.after_hours for week in standing.weeks[:-1]]
    late, before = counts[-TREND:], counts[-2 * TREND : -TREND]
    if len(before) < TREND:
        return f"{_count(standing.after_hours, 'page')} came after hours; a trend takes nine weeks."
    now, then = sum(late), sum(before)
    compared = f"{_count(now, 'after-hours page')} in the last four weeks, {then} in the four before"
    if now > then * 1.25 and now - then > 2:
        return f"It gets worse: {compared}."
    if then > now * 1.25 and then - now > 2:
        return f"It gets better: {compared}."
    return f"It stays as it was: {compared}."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
