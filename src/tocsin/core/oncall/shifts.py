"""Who is on call: one algorithm for an instant and for a span.

It answers at an instant and says how long the answer surely holds; a span is that question asked again at each such end.
Layers stack, restrictions cut, overrides win. A secondary takes the next people in its primary's order who are not
already on the primary, so the two never coincide, overrides included.

Everything returned is in UTC, ends exclusive. Instants given must be aware.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tocsin.core.oncall.restrictions import window_at
from tocsin.core.oncall.rotation import Turn, begins_at, following, turn_at
from tocsin.core.oncall.schedule import Gap, Layer, OnCall, Override, OverrideKind, Schedule, Shift
from tocsin.core.oncall.wall_clock import FOREVER

# How far ahead the next shift is looked for: two yearly turns.
LOOKAHEAD = timedelta(days=731)

Order = list[tuple[str, ...]]


class _Seat(NamedTuple):
    schedule: Schedule
    overrides: list[Override]


class _Stretch(NamedTuple):
    people: tuple[str, ...]
    by: str
    until: datetime  # FOREVER when nothing known ends it


def who_is_on_call(
    schedules: Mapping[str, Schedule], key: str, instant: datetime, overrides: Iterable[Override]
) -> OnCall:
    """Who holds the schedule at the instant; nobody for a schedule that is not known."""
    people, by, until = _at(_seats(schedules, key, overrides), instant)
    return OnCall(people, by, None if until == FOREVER else until)


def shifts(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> list[Shift]:
    """The shifts in the span, in order, cut at its ends; equal neighbours are one. Where nobody is on call there is none."""
    seats = _seats(schedules, key, overrides, starts_at, ends_at)
    return [shift for shift in _walk(seats, starts_at, ends_at) if shift.people]


def gaps(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> list[Gap]:
    """The stretches of the span in which nobody is on call."""
    found: list[Gap] = []
    seats = _seats(schedules, key, overrides, starts_at, ends_at)
    for shift in _walk(seats, starts_at, ends_at):
        if shift.people:
            continue
        if found and found[-1].ends_at == shift.starts_at:
            found[-1] = Gap(found[-1].starts_at, shift.ends_at)
        else:
            found.append(Gap(shift.starts_at, shift.ends_at))
    return found


def next_shift(
    schedules: Mapping[str, Schedule], key: str, instant: datetime, overrides: Iterable[Override]
) -> Shift | None:
    """The next shift of other people than those on call at the instant, cut at `LOOKAHEAD`; None if none begins by then."""
    horizon = instant + LOOKAHEAD
    seats = _seats(schedules, key, overrides, instant, horizon)
    now = _at(seats, instant).people
    return next((s for s in _walk(seats, instant, horizon) if s.people and s.people != now), None)


def _seats(
    schedules: Mapping[str, Schedule],
    key: str,
    overrides: Iterable[Override],
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> list[_Seat]:
    """The schedule and those it is derived from, the first primary first; empty when one is missing or they form a ring."""
    seats: list[_Seat] = []
    above: str | None = key
    overrides = tuple(overrides)
    while above is not None:
        schedule = schedules.get(above)
        if schedule is None or len(seats) == len(schedules):
            return []
        mine = [o for o in overrides if o.schedule == above]
        if starts_at is not None and ends_at is not None:
            mine = [o for o in mine if o.starts_at < ends_at and starts_at < o.ends_at]
        seats.insert(0, _Seat(schedule, mine))
        above = schedule.secondary_of
    return seats


def _walk(seats: list[_Seat], starts_at: datetime, ends_at: datetime) -> Iterator[Shift]:
    """The whole span as shifts, those of nobody included."""
    at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    since, held = at, None
    while at < ends_at:
        stretch = _at(seats, at)
        if held is not None and (stretch.people, stretch.by) != (held.people, held.by):
            yield Shift(since, at, held.people, held.by)
            since = at
        held, at = stretch, stretch.until
    if held is not None:
        yield Shift(since, ends_at, held.people, held.by)


def _at(seats: list[_Seat], instant: datetime) -> _Stretch:
    """The algorithm: the first primary's layers, its overrides, then each derived seat from what is left of the order."""
    if not seats:
        return _Stretch((), "", FOREVER)
    primary, *derived = seats
    order: Order | None = [] if derived else None
    stretch = _overridden(primary, _layered(primary.schedule, instant, order), instant, frozenset())
    taken = set(stretch.people)
    for seat in derived:
        people = next((free for group in order or () if (free := _without(group, taken))), ())
        by = f"secondary of {seat.schedule.secondary_of}" if people else ""
        stretch = _overridden(seat, _Stretch(people, by, stretch.until), instant, taken)
        taken.update(stretch.people)
    return stretch


def _layered(schedule: Schedule, instant: datetime, order: Order | None) -> _Stretch:
    """Whom the layers name. `order`, when wanted, is filled with those who come next, in the deciding layer first.

    The layers below it follow, from their present turn on: they would be on call if it were not.
    """
    held: _Stretch | None = None
    until = FOREVER
    for number in range(len(schedule.layers), 0, -1):
        layer = schedule.layers[number - 1]
        turn, limit = _turn_of(layer, layer.time_zone or schedule.time_zone, instant)
        until = min(until, limit)
        if turn is None:
            continue
        if order is not None:
            # The deciding turn's own people come last of their layer: only an override can have freed them.
            upcoming = following(layer.rotation, turn.number)
            order += upcoming if held is None else [upcoming[-1], *upcoming[:-1]]
        if held is None:
            held = _Stretch(turn.people, layer.name or f"layer {number}", until)
            if order is None:
                return held
    if held is None:
        return _Stretch((), "", until)
    return held._replace(until=until)


def _turn_of(layer: Layer, time_zone: str, instant: datetime) -> tuple[Turn | None, datetime]:
    """The turn in which the layer has someone now, or None; and until when that stands."""
    rotation = layer.rotation
    until = FOREVER
    if layer.restrictions:
        window = window_at(layer.restrictions, time_zone, instant)
        until = window.until
        if not window.is_open:
            return None, until
    turn = turn_at(rotation, time_zone, instant)
    if turn is None:
        begins = begins_at(rotation, time_zone)
        return None, min(until, begins) if instant < begins else until
    if len(rotation.people) == 1:  # handed to oneself: nothing changes at a handoff
        return (turn if turn.people else None), min(until, rotation.until or FOREVER)
    return (turn if turn.people else None), min(until, turn.ends_at)


def _overridden(seat: _Seat, stretch: _Stretch, instant: datetime, taken: Set[str]) -> _Stretch:
    """The stretch after the seat's overrides. One that would seat a person of `taken` (the primary) has no effect."""
    people, by, until = stretch
    decided: list[str] = []
    for override in seat.overrides:
        if instant < override.starts_at:
            if override.starts_at < override.ends_at:
                until = min(until, override.starts_at)
            continue
        if instant >= override.ends_at:
            continue
        until = min(until, override.ends_at)
        changed = _apply(override, people, taken)
        if changed is not None:
            people = changed
            decided.append(f"override {override.id}")
    return _Stretch(people, ", ".join(decided) or by, until)


def _apply(override: Override, people: tuple[str, ...], taken: Set[str]) -> tuple[str, ...] | None:
    """The people after one override; None when it does not concern them."""
    person = override.person
    if override.kind is OverrideKind.REMOVE:
        return _without(people, {person}) if person in people else None
    if person in taken:
        return None
    if override.kind is OverrideKind.ADD:
        return (*people, person) if person not in people else None
    if override.replaces is None:
        return (person,)
    if override.replaces not in people:
        return None
    return tuple(dict.fromkeys(person if p == override.replaces else p for p in people))


def _without(people: Iterable[str], others: Set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for p in people if p not in others))
