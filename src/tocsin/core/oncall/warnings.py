"""What is going to bite within the next weeks, before it does: each with its numbers, what helps, and who could step in.

It looks at schedules as they will be, overrides in. What happens again and again at the same time of day is told once, with
how often. Nothing here changes a shift.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import combinations, pairwise
from math import ceil

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.goals import Goals
from tocsin.core.oncall.schedule import Override, Schedule
from tocsin.core.oncall.seats import LONG_AGO, Seat, seats, taking_part
from tocsin.core.oncall.spans import Span, between, joined, length, shared, within
from tocsin.core.oncall.wall_clock import FOREVER, instant_of, local_date, zone
from tocsin.core.people import BusinessHours, Person
from tocsin.core.reasons import Reason

AHEAD = timedelta(weeks=8)
MOST_SHARE = 0.25  # one week in four
ROUNDING = 0.005  # an hour of daylight saving is no breach
SHIFT_WITHOUT_REST = timedelta(days=1)  # who is on call for longer rests within the shift
AGAIN = 3  # so often at the same time of day, and it is a pattern
MOST_PROPOSED = 3
WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)


class Level(StrEnum):
    WARNING = "warning"
    NOTE = "note"  # good to know; nobody is told unasked


class Proposal(msgspec.Struct, frozen=True):
    """Somebody free and reachable, with how many hours they have in the time looked at."""

    person: str
    hours: int


class OnCallWarning(msgspec.Struct, frozen=True):
    """`id` stays the same as long as the trouble does. `starts_at` and `ends_at` are of its first time, of `times`;
    `schedule` is where something can be done about it, `also` are others that it concerns;
    `helps` says what to do about it, `proposals` who could take what is affected, least loaded first."""

    id: str
    reason: Reason
    level: Level
    text: str
    starts_at: datetime
    ends_at: datetime
    team: str | None = None
    schedule: str = ""
    also: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    times: int = 1


def warnings(
    facts: Configuration, now: datetime, ahead: timedelta = AHEAD, team: str | None = None
) -> list[OnCallWarning]:
    """All of them, or those of one team, the ones that page nobody first, then by time."""
    of_team = [schedule for schedule in facts.schedules.values() if schedule.team == team]
    outlook = _Outlook(facts, now, now + ahead, None if team is None else _related(facts, of_team))
    found = [
        warning
        for look in (_gaps, _unreachable, _on_leave, _double_bookings, _too_much, _rest, _holidays)
        for warning in look(outlook)
        if team is None or warning.team == team
    ]
    return sorted(
        found, key=lambda each: (each.level is Level.NOTE, _RANK.get(each.reason, 2), each.starts_at, each.id)
    )


_RANK = {Reason.GAP_AHEAD: 0, Reason.UNREACHABLE_ON_CALL: 0, Reason.ON_CALL_ON_LEAVE: 1}


def is_reachable(person: Person | None) -> bool:
    """Whether a page of high urgency goes to a contact method that was proven to be theirs."""
    if person is None:
        return False
    methods = {method.name for method in person.contact if method.verified}
    return any(rule.by in methods for rule in person.notify_high)


def _related(facts: Configuration, schedules: Iterable[Schedule]) -> set[str]:
    """These, and every schedule on which any of their people may stand."""
    keys = {schedule.key for schedule in schedules}
    people = {person for key in keys for person in _may_stand(facts, key)}
    return {key for key in facts.schedules if key in keys or not people.isdisjoint(_may_stand(facts, key))}


def _may_stand(facts: Configuration, key: str) -> set[str]:
    named = set(taking_part(facts.schedules, [key], LONG_AGO, FOREVER))
    team = facts.teams.get(facts.schedules[key].team or "")
    members = team.members if team else ()
    return named.union(members, (each.person for each in facts.overrides if each.schedule == key))


class _Outlook:
    """The weeks ahead, worked out once; of the schedules in `only` alone, where that is given."""

    def __init__(
        self, facts: Configuration, now: datetime, until: datetime, only: set[str] | None = None
    ) -> None:
        self.facts, self.now, self.until = facts, now, until
        self.keys = sorted(facts.schedules if only is None else only)
        overrides: dict[str, list[Override]] = defaultdict(list)
        for each in facts.overrides:
            overrides[each.schedule].append(each)
        self.overrides = {
            key: [each for above in _chain(facts.schedules, key) for each in overrides.get(above, ())]
            for key in self.keys
        }
        self.by_schedule = {
            key: seats(facts.schedules, [key], now, until, self.overrides[key]) for key in self.keys
        }
        self.by_person: dict[str, list[Seat]] = defaultdict(list)
        for held in self.by_schedule.values():
            for seat in held:
                self.by_person[seat.person].append(seat)
        for held in self.by_person.values():
            held.sort(key=lambda seat: (seat.starts_at, seat.ends_at, seat.schedule))
        self.leaves: dict[str, list[Span]] = defaultdict(list)
        for leave in facts.leaves:
            self.leaves[leave.person].append((leave.starts_at, leave.ends_at))

    @cached_property
    def rotating(self) -> dict[str, set[str]]:
        """Who takes part, by team: of all teams, as any of them may be asked for help."""
        found: dict[str, set[str]] = defaultdict(set)
        for key, schedule in self.facts.schedules.items():
            if schedule.team is not None:
                found[schedule.team].update(taking_part(self.facts.schedules, [key], self.now, self.until))
        return found

    @cached_property
    def busy(self) -> dict[str, list[Span]]:
        """When each person is on call anywhere."""
        return {
            person: joined((seat.starts_at, seat.ends_at) for seat in held)
            for person, held in self.by_person.items()
        }

    def team_of(self, schedule: str) -> str | None:
        return self.facts.schedules[schedule].team

    def name(self, key: str) -> str:
        person = self.facts.people.get(key)
        return person.name if person else key

    def names(self, keys: Iterable[str]) -> str:
        return _listed([self.name(key) for key in keys])

    def goals(self, team: str | None) -> Goals:
        found = self.facts.teams.get(team or "")
        return found.goals if found else Goals()

    def when(self, at: datetime, schedule: str) -> str:
        """On the schedule's own clock: `Mon 15 Jun 09:00`."""
        return f"{at.astimezone(zone(self.facts.schedules[schedule].time_zone)):%a %d %b %H:%M}"

    def who_could(
        self, schedule: str, spans: Sequence[Span], besides: Sequence[str] = ()
    ) -> tuple[Proposal, ...]:
        """Of the schedule's own people and the team's members: free all that time, not on leave, reachable."""
        team = self.facts.teams.get(self.team_of(schedule) or "")
        rotating = taking_part(self.facts.schedules, [schedule], self.now, self.until)
        known = sorted({*rotating, *(team.members if team else ())} - {*besides})
        free = [
            person
            for person in known
            if is_reachable(self.facts.people.get(person))
            and not shared(self.busy.get(person, []), spans)
            and not shared(joined(self.leaves.get(person, [])), spans)
        ]
        loads = [Proposal(person, _hours(length(self.busy.get(person, [])))) for person in free]
        return tuple(sorted(loads, key=lambda each: (each.hours, each.person))[:MOST_PROPOSED])


def _chain(schedules: Mapping[str, Schedule], key: str) -> list[str]:
    """The schedule and those it is derived from: only their overrides matter."""
    chain: list[str] = []
    above: str | None = key
    while above is not None and above in schedules and above not in chain:
        chain.append(above)
        above = schedules[above].secondary_of
    return chain


# --- nobody, or nobody who can be reached ----------------------------------------------------------------------------


def _gaps(outlook: _Outlook) -> Iterator[OnCallWarning]:
    facts = outlook.facts
    for key in outlook.keys:
        schedule = facts.schedules[key]
        held = ((seat.starts_at, seat.ends_at) for seat in outlook.by_schedule[key])
        patterns: dict[tuple[time, time, int], list[Span]] = defaultdict(list)
        for gap in between(held, outlook.now, outlook.until):
            begin, end = (at.astimezone(zone(schedule.time_zone)) for at in gap)
            patterns[begin.time(), end.time(), (end.date() - begin.date()).days].append(gap)
        for same in patterns.values():
            if len(same) >= AGAIN:
                yield _gap(outlook, key, same)
            else:
                yield from (_gap(outlook, key, [gap]) for gap in same)


def _gap(outlook: _Outlook, key: str, same: Sequence[Span]) -> OnCallWarning:
    starts_at, ends_at = same[0]
    begin = starts_at.astimezone(zone(outlook.facts.schedules[key].time_zone))
    hours = _hours(ends_at - starts_at)
    again = f", and {len(same) - 1} more times at that time of day" if len(same) > 1 else ""
    pattern = f"{begin:%H%M}-{hours}h" if len(same) > 1 else f"{starts_at:%Y%m%dT%H%M}"
    if starts_at <= outlook.now:
        pattern = "now"
    return OnCallWarning(
        id=f"gap:{key}:{pattern}",
        reason=Reason.GAP_AHEAD,
        level=Level.WARNING,
        text=f"Nobody is on call on {key} from {outlook.when(starts_at, key)} for {hours} h{again}.",
        starts_at=starts_at,
        ends_at=ends_at,
        team=outlook.team_of(key),
        schedule=key,
        helps=(
            "Add a layer that covers these hours, or let the policy's next step answer for them."
            if len(same) > 1
            else "Let somebody stand in, with an override.",
        ),
        proposals=outlook.who_could(key, same[:1]),
        times=len(same),
    )


def _unreachable(outlook: _Outlook) -> Iterator[OnCallWarning]:
    for person, held in sorted(outlook.by_person.items()):
        known = outlook.facts.people.get(person)
        if is_reachable(known):
            continue
        first = held[0]
        if known is None:
            text, helps = f"{person} is on call and nobody Tocsin knows", "Take them out of the rotation."
        elif not known.notify_high:
            text = f"{known.name} is on call without any rule for high urgency: a page would reach nobody"
            helps = "They say in their profile how they are paged, or an administrator does."
        else:
            text = f"{known.name} is on call with no verified contact method that pages use"
            helps = "They verify one in their profile: a code is sent and typed in."
        yield OnCallWarning(
            id=f"unreachable:{person}",
            reason=Reason.UNREACHABLE_ON_CALL,
            level=Level.WARNING,
            text=f"{text} (from {outlook.when(first.starts_at, first.schedule)}, {first.schedule}).",
            starts_at=first.starts_at,
            ends_at=first.ends_at,
            team=outlook.team_of(first.schedule),
            schedule=first.schedule,
            also=tuple(sorted({seat.schedule for seat in held} - {first.schedule})),
            people=(person,),
            helps=(helps,),
            proposals=outlook.who_could(first.schedule, [(first.starts_at, first.ends_at)], (person,)),
            times=len(held),
        )


def _on_leave(outlook: _Outlook) -> Iterator[OnCallWarning]:
    for leave in outlook.facts.leaves:
        away = [(leave.starts_at, leave.ends_at)]
        for key in sorted({seat.schedule for seat in outlook.by_person.get(leave.person, [])}):
            held = [
                (seat.starts_at, seat.ends_at)
                for seat in outlook.by_schedule[key]
                if seat.person == leave.person
            ]
            both = shared(joined(held), away)
            if both:
                yield OnCallWarning(
                    id=f"leave:{leave.id}:{key}",
                    reason=Reason.ON_CALL_ON_LEAVE,
                    level=Level.WARNING,
                    text=f"{outlook.name(leave.person)} is on leave and on call on {key}, from "
                    f"{outlook.when(both[0][0], key)}, {_hours(length(both))} h in all.",
                    starts_at=both[0][0],
                    ends_at=both[0][1],
                    team=outlook.team_of(key),
                    schedule=key,
                    people=(leave.person,),
                    helps=("Swap the shift, or let somebody stand in with an override.",),
                    proposals=outlook.who_could(key, both, (leave.person,)),
                    times=len(both),
                )


# --- too much ---------------------------------------------------------------------------------------------------------


def _double_bookings(outlook: _Outlook) -> Iterator[OnCallWarning]:
    for person, held in sorted(outlook.by_person.items()):
        by_schedule: dict[str, list[Span]] = defaultdict(list)
        for seat in held:
            by_schedule[seat.schedule].append((seat.starts_at, seat.ends_at))
        for one, other in combinations(sorted(by_schedule), 2):
            both = shared(joined(by_schedule[one]), joined(by_schedule[other]))
            if both:
                yield OnCallWarning(
                    id=f"double:{person}:{one}:{other}:{both[0][0]:%Y%m%dT%H%M}"
                    if len(both) < AGAIN
                    else f"double:{person}:{one}:{other}",
                    reason=Reason.DOUBLE_BOOKED,
                    level=Level.WARNING,
                    text=f"{outlook.name(person)} is on call on {one} and on {other} at once, from "
                    f"{outlook.when(both[0][0], one)}, {_hours(length(both))} h in all.",
                    starts_at=both[0][0],
                    ends_at=both[0][1],
                    team=outlook.team_of(one) or outlook.team_of(other),
                    schedule=one,
                    also=(other,),
                    people=(person,),
                    helps=("Let somebody else hold one of the two: when both page, one of them waits.",),
                    proposals=outlook.who_could(one, both[:1], (person,)),
                    times=len(both),
                )


def _too_much(outlook: _Outlook) -> Iterator[OnCallWarning]:
    """One a team, as what helps is the team's. Hours on two schedules at once count once."""
    whole = outlook.until - outlook.now
    shares = {person: length(spans) / whole for person, spans in outlook.busy.items()}
    over = {person for person, share in shares.items() if share > MOST_SHARE + ROUNDING}
    for team, keys in _by_team(outlook):
        people = sorted({seat.person for key in keys for seat in outlook.by_schedule[key]} & over)
        if not people:
            continue
        said = _listed([f"{outlook.name(person)} {_percent(shares[person])}" for person in people])
        yield OnCallWarning(
            id=f"share:{team or keys[0]}",
            reason=Reason.MORE_THAN_ONE_WEEK_IN_FOUR,
            level=Level.WARNING,
            text=f"More than one week in four on call, of the next {whole // WEEK} weeks: {said}.",
            starts_at=outlook.now,
            ends_at=outlook.until,
            team=team,
            schedule=keys[0] if len(keys) == 1 else "",
            people=tuple(people),
            helps=tuple(_what_helps(outlook, team, keys)),
        )


def _by_team(outlook: _Outlook) -> list[tuple[str | None, list[str]]]:
    """Schedules by their team; one without a team stands alone."""
    found: dict[tuple[str | None, str], list[str]] = defaultdict(list)
    for key in outlook.keys:
        schedule = outlook.facts.schedules[key]
        found[schedule.team, "" if schedule.team else key].append(key)
    return [(team, keys) for (team, _), keys in found.items()]


def _what_helps(outlook: _Outlook, team: str | None, keys: Sequence[str]) -> Iterator[str]:
    """Hire, share the rotation, cut the scope: each with the share that everybody would then have."""
    whole = outlook.until - outlook.now
    load = (
        sum(
            (seat.ends_at - seat.starts_at for key in keys for seat in outlook.by_schedule[key]), timedelta(0)
        )
        / whole
    )
    people = set(taking_part(outlook.facts.schedules, keys, outlook.now, outlook.until))
    count = len(people) or 1

    needed = ceil(load / (MOST_SHARE + ROUNDING)) - count
    if needed > 0:
        steps = sorted({1, needed})
        said = ", ".join(f"with {more} more {_percent(load / (count + more))}" for more in steps)
        yield f"Hire, or train more people: now {_count(count, 'person', 'people')} at {_percent(load / count)}, {said}."
    others = sorted(
        (
            (len(theirs - people), other)
            for other, theirs in outlook.rotating.items()
            if other != team and theirs - people
        ),
        reverse=True,
    )
    for more, other in others[:2]:
        yield (
            f"Share the rotation: one for this team and {other} "
            f"({more} more {'person' if more == 1 else 'people'}) is {_percent(load / (count + more))} each."
        )
    found = outlook.facts.teams.get(team or "")
    hours = found.business_hours if found else BusinessHours()
    at_work = _weekly(hours) / WEEK
    yield (
        f"Cut the scope: paged in business hours alone ({_percent(at_work)} of the week) it is "
        f"{_percent(load * at_work / count)} each; without 22:00 to 06:00 it is {_percent(load * 2 / 3 / count)}."
    )


def _weekly(hours: BusinessHours) -> timedelta:
    day = timedelta(hours=hours.end.hour - hours.start.hour, minutes=hours.end.minute - hours.start.minute)
    return len(hours.days) * (day if day > timedelta(0) else day + timedelta(days=1))


def _rest(outlook: _Outlook) -> Iterator[OnCallWarning]:
    for person, held in sorted(outlook.by_person.items()):
        found: dict[tuple[str, str], list[tuple[Seat, Seat]]] = defaultdict(list)
        for before, after in pairwise(held):
            cut = (
                outlook.now >= before.starts_at or outlook.until <= after.ends_at
            )  # how long it is, is not seen
            if not cut and _too_close(before, after, outlook.goals(outlook.team_of(after.schedule)).rest):
                found[before.schedule, after.schedule].append((before, after))
        for (one, other), pairs in sorted(found.items()):
            before, after = pairs[0]
            rest = outlook.goals(outlook.team_of(other)).rest
            again = f", {len(pairs)} times in all" if len(pairs) > 1 else ""
            yield OnCallWarning(
                id=f"rest:{person}:{one}:{other}"
                + ("" if len(pairs) >= AGAIN else f":{after.starts_at:%Y%m%dT%H%M}"),
                reason=Reason.TOO_LITTLE_REST,
                level=Level.WARNING,
                text=f"{outlook.name(person)} has {_time(after.starts_at - before.ends_at)} between two shifts, on "
                f"{outlook.when(before.ends_at, one)} from {one} to {other}; the team wants {_time(rest)}{again}.",
                starts_at=before.ends_at,
                ends_at=max(after.starts_at, before.ends_at),
                team=outlook.team_of(other),
                schedule=other,
                also=(one,),
                people=(person,),
                helps=("Let somebody else take one of the two shifts.",),
                proposals=outlook.who_could(other, [(after.starts_at, after.ends_at)], (person,)),
                times=len(pairs),
            )


def _too_close(before: Seat, after: Seat, rest: timedelta) -> bool:
    """Two shifts, each of a day at most. One that an override has cut in two is still one."""
    longest = max(before.ends_at - before.starts_at, after.ends_at - after.starts_at)
    pause = after.starts_at - before.ends_at
    cut = before.schedule == after.schedule and after.ends_at - before.starts_at <= SHIFT_WITHOUT_REST
    return longest <= SHIFT_WITHOUT_REST and timedelta(0) <= pause < rest and not cut


def _holidays(outlook: _Outlook) -> Iterator[OnCallWarning]:
    for person, held in sorted(outlook.by_person.items()):
        known = outlook.facts.people.get(person)
        days = outlook.facts.holidays.get(known.holidays, {}) if known else {}
        if known is None or not days:
            continue
        for key in sorted({seat.schedule for seat in held}):
            mine = [(seat.starts_at, seat.ends_at) for seat in held if seat.schedule == key]
            found = sorted(_on_holidays(mine, days, known.time_zone).items())
            if found:
                said = _listed([f"{days[day]} ({day:%a %d %b})" for day, _ in found[:5]])
                yield OnCallWarning(
                    id=f"holiday:{person}:{key}:{found[0][0]}",
                    reason=Reason.ON_CALL_ON_HOLIDAY,
                    level=Level.NOTE,
                    text=f"{known.name} is on call on {key} on a public holiday: {said}.",
                    starts_at=found[0][1][0],
                    ends_at=found[0][1][1],
                    team=outlook.team_of(key),
                    schedule=key,
                    people=(person,),
                    helps=("Nothing has to change; it counts as a holiday in the ledger.",),
                    times=len(found),
                )


def _on_holidays(spans: Sequence[Span], days: Iterable[date], time_zone: str) -> dict[date, Span]:
    """The holidays that lie in these stretches, each with its first part."""
    found: dict[date, Span] = {}
    if not spans:
        return found
    first, last = local_date(spans[0][0], time_zone), local_date(spans[-1][1], time_zone)
    for day in days:
        if first <= day <= last:
            begin, end = (instant_of(datetime.fromordinal(day.toordinal() + n), time_zone) for n in (0, 1))
            both = within(spans, begin, end)
            if both:
                found[day] = both[0]
    return found


# --- words -----------------------------------------------------------------------------------------------------------


def _hours(time: timedelta) -> int:
    """Whole ones, at least one."""
    return max(1, round(time / HOUR))


def _time(time: timedelta) -> str:
    return f"{time / HOUR:.1f}".removesuffix(".0") + " h"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)
