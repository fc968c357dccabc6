"""Who is told of which shift, and when: a day before it begins, at its start, and at its end.

A shift here is what its person lives through: the whole stretch in which they hold the schedule, however many layers, turns
and overrides it is made of. Times in which the schedule has nobody (the nights of one for business hours) do not part a
stretch while they last `NIGHT` at most.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from tocsin.core.oncall.schedule import Override, Schedule
from tocsin.core.oncall.shifts import shifts
from tocsin.core.oncall.wall_clock import zone


class Notice(StrEnum):
    AHEAD = "ahead"  # a day before it begins
    BEGINS = "begins"
    ENDS = "ends"


AHEAD_BY = timedelta(hours=24)
NIGHT = timedelta(hours=16)
TOO_LATE = timedelta(hours=2)  # after an outage: what a start or an end is still worth saying
# Between two notices of a kind to one person about one schedule, so that hourly turns do not ring by the hour. Under 24 h
# for what comes a day before: with daily turns the day of a clock change has 23.
AT_LEAST_BETWEEN = {
    Notice.AHEAD: timedelta(hours=23),
    Notice.BEGINS: timedelta(hours=4),
    Notice.ENDS: timedelta(hours=4),
}
LOOKED_AHEAD = timedelta(days=42)  # how far a shift's end is looked for
LOOK_AGAIN = timedelta(
    hours=24
)  # at the latest: what changed without a word (a calendar's events) is noticed then
_MOMENT = timedelta(microseconds=1)


class Stretch(msgspec.Struct, frozen=True):
    """`ends_at` None: not within sight."""

    person: str
    starts_at: datetime
    ends_at: datetime | None


class Due(msgspec.Struct, frozen=True):
    """`at` is when it was due. `too_late`: it is not worth saying any more."""

    kind: Notice
    stretch: Stretch
    at: datetime
    too_late: bool = False

    @property
    def id(self) -> str:
        """The same for the same start or end, however often it is asked."""
        shift = self.stretch.ends_at if self.kind is Notice.ENDS else self.stretch.starts_at
        assert shift is not None, "what ends has an end"
        return f"{self.kind.value}.{shift:%Y%m%dT%H%M%S.%f}"


Told = Mapping[str, datetime]  # "kind person" -> when that person was last told of that kind on this schedule


def told_key(kind: Notice, person: str) -> str:
    return f"{kind.value} {person}"


def stretches(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> list[Stretch]:
    """Everybody's stretches of this span, by their start. One that begins with the span may have begun before it."""
    found: list[Stretch] = []
    running: dict[str, datetime] = {}  # person -> since when
    last = starts_at
    for shift in shifts(schedules, key, starts_at, ends_at, overrides):
        night_is_over = shift.starts_at - last > NIGHT
        for person in [p for p in running if night_is_over or p not in shift.people]:
            found.append(Stretch(person, running.pop(person), last))
        for person in shift.people:
            running.setdefault(person, shift.starts_at)
        last = shift.ends_at
    in_sight = last < ends_at - NIGHT  # whoever comes back after the night is the same stretch
    found += [Stretch(person, since, last if in_sight else None) for person, since in running.items()]
    return sorted(found, key=lambda stretch: (stretch.starts_at, stretch.person))


def due(
    schedules: Mapping[str, Schedule],
    key: str,
    overrides: Sequence[Override],
    since: datetime,
    now: datetime,
    told: Told,
) -> list[Due]:
    """What came due in (since, now], in order. What follows too soon on another of its kind is left out."""
    seen_from = since - NIGHT - _MOMENT
    ahead = now + AHEAD_BY + LOOKED_AHEAD
    told = dict(told)
    found: list[Due] = []
    whole = stretches(schedules, key, seen_from, ahead, overrides)
    moments = [moment for stretch in whole if stretch.starts_at > seen_from for moment in _moments(stretch)]
    moments += [_end(s) for s in whole if s.starts_at <= seen_from and s.ends_at is not None]
    for moment in sorted(moments, key=lambda due: (due.at, due.kind, due.stretch.person)):
        if not since < moment.at <= now:
            continue
        before = told.get(told_key(moment.kind, moment.stretch.person))
        if before is not None and moment.at - before < AT_LEAST_BETWEEN[moment.kind]:
            continue
        late = _too_late(moment, now)
        if not late:
            told[told_key(moment.kind, moment.stretch.person)] = moment.at
        found.append(msgspec.structs.replace(moment, too_late=late))
    return found


def next_at(
    schedules: Mapping[str, Schedule], key: str, overrides: Sequence[Override], now: datetime
) -> datetime:
    """When to look again: at the next notice, and in a day at the latest."""
    horizon = now + LOOK_AGAIN
    seen = stretches(schedules, key, now - NIGHT - _MOMENT, horizon + AHEAD_BY + NIGHT + _MOMENT, overrides)
    coming = [moment.at for stretch in seen for moment in _moments(stretch) if moment.at > now]
    return min([*coming, horizon])


def _moments(stretch: Stretch) -> list[Due]:
    begins = [
        Due(Notice.AHEAD, stretch, stretch.starts_at - AHEAD_BY),
        Due(Notice.BEGINS, stretch, stretch.starts_at),
    ]
    return begins if stretch.ends_at is None else [*begins, _end(stretch)]


def _end(stretch: Stretch) -> Due:
    assert stretch.ends_at is not None
    return Due(Notice.ENDS, stretch, stretch.ends_at)


def _too_late(moment: Due, now: datetime) -> bool:
    if moment.kind is Notice.AHEAD:
        return now >= moment.stretch.starts_at
    return now - moment.at > TOO_LATE


# --- words -----------------------------------------------------------------------------------------------------------


class Words(msgspec.Struct, frozen=True):
    title: str
    text: str


def words(moment: Due, schedule: str, time_zone: str, now: datetime, after: Sequence[str] = ()) -> Words:
    """`time_zone` is the reader's; `after` are the names of those who are on call once it has ended."""
    stretch = moment.stretch
    until = f"until {local(stretch.ends_at, time_zone)}" if stretch.ends_at else "until further notice"
    match moment.kind:
        case Notice.AHEAD:
            early = stretch.starts_at - now > AHEAD_BY - timedelta(hours=1)
            when = "in a day" if early else "soon"
            return Words(
                f"Your shift on {schedule} begins {when}",
                f"You are on call for {schedule} from {local(stretch.starts_at, time_zone)} {until} ({time_zone}).",
            )
        case Notice.BEGINS:
            return Words(
                f"You are on call now: {schedule}",
                f"Your shift on {schedule} runs {until} ({time_zone}). Pages reach you from now on.",
            )
        case Notice.ENDS:
            who = f"{' and '.join(after)} took over." if after else "Nobody is on call there now."
            return Words(
                f"Your shift on {schedule} is over", f"It ended at {_end_of(stretch, time_zone)}. {who}"
            )


def _end_of(stretch: Stretch, time_zone: str) -> str:
    assert stretch.ends_at is not None
    return f"{local(stretch.ends_at, time_zone)} ({time_zone})"


def local(at: datetime, time_zone: str) -> str:
    """`Mon 15 Jun 09:00`, as the wall clock there shows it."""
    return f"{at.astimezone(zone(time_zone)):%a %d %b %H:%M}"
