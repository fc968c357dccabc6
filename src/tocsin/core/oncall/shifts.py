"""Who is on call: one algorithm for an instant and for a span.

It answers at an instant and says how long the answer surely holds; a span is that question asked again at each such end.
Layers stack, restrictions cut, overrides win; each instant is answered by the version of the schedule that held then. A
secondary takes the next people in its primary's order who are not already on the primary, so the two never coincide,
overrides included.

Everything returned is in UTC, ends exclusive. Instants given must be aware. Overrides are given as `Overrides` where
there may be many: those are indexed once, anything else for each question.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from tocsin.core.oncall.calendar_layer import event_at, events_following
from tocsin.core.oncall.overrides import NOTHING_HELD, OfSchedule, indexed
from tocsin.core.oncall.restrictions import window_at
from tocsin.core.oncall.rotation import Turn, begins_at, following, turn_at
from tocsin.core.oncall.schedule import (
    Gap,
    Layer,
    LayerShifts,
    OnCall,
    Override,
    OverrideKind,
    Schedule,
    Shift,
)
from tocsin.core.oncall.wall_clock import FOREVER

# How far ahead the next shift is looked for: two yearly turns.
LOOKAHEAD = timedelta(days=731)

Order = list[tuple[str, ...]]


class _Seat:
    """A schedule in the version that holds, with its overrides.

    While a span is walked forward it keeps what each layer and the overrides last said, with until when that stands, so
    that of the layers only the one that changes is asked again.
    """

    __slots__ = ("held", "overrides", "schedule", "turns")

    def __init__(self, schedule: Schedule, overrides: OfSchedule | None, forward: bool) -> None:
        self.schedule = schedule
        self.overrides = overrides
        self.turns: list[_Held] | None = [_NOT_ASKED] * len(schedule.layers) if forward else None
        self.held = NOTHING_HELD


_Held = tuple[Turn | None, datetime]
_NOT_ASKED: _Held = (None, datetime.min.replace(tzinfo=UTC))


class _Seats(NamedTuple):
    """A schedule and those it is derived from, the first primary first; empty when one is missing or they form a ring."""

    seats: tuple[_Seat, ...]
    until: datetime  # when another version of one of them holds


class _Stretch(NamedTuple):
    people: tuple[str, ...]
    by: str
    until: datetime  # FOREVER when nothing known ends it
    shadows: tuple[str, ...] = ()


def who_is_on_call(
    schedules: Mapping[str, Schedule], key: str, instant: datetime, overrides: Iterable[Override]
) -> OnCall:
    """Who holds the schedule at the instant; nobody for a schedule that is not known."""
    seats, until = _seats(schedules, key, instant, overrides)
    stretch = _at(seats, instant)
    if stretch.until < until:
        until = stretch.until
    return OnCall(stretch.people, stretch.by, None if until == FOREVER else until, stretch.shadows)


def shifts(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> list[Shift]:
    """The shifts in the span, in order, cut at its ends; equal neighbours are one. Where nobody is on call there is none,
    whoever looks on."""
    return [shift for shift in _walk(schedules, key, starts_at, ends_at, indexed(overrides)) if shift.people]


def gaps(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> list[Gap]:
    """The stretches of the span in which nobody is on call."""
    found: list[Gap] = []
    for shift in _walk(schedules, key, starts_at, ends_at, indexed(overrides)):
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
    overrides = indexed(overrides)
    now = who_is_on_call(schedules, key, instant, overrides).people
    coming = _walk(schedules, key, instant, instant + LOOKAHEAD, overrides)
    return next((s for s in coming if s.people and s.people != now), None)


def layers_of(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> list[LayerShifts]:
    """What each layer alone says of the span, the lowest first, for drawing; layers of former versions go by their names.

    A derived schedule has one layer: whom it takes from its primary before its own overrides.
    """
    overrides = indexed(overrides)
    found: dict[str, LayerShifts] = {}
    at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    while at < ends_at:
        seats, until = _seats(schedules, key, at, overrides, forward=True)
        until = min(until, ends_at)
        for each in _drawn(seats, at, until):
            before = found.get(each.name)
            joined = _joined(before.shifts, each.shifts) if before else each.shifts
            found[each.name] = LayerShifts(each.name, joined, each.beside, each.shadow)
        at = until
    return list(found.values())


def _drawn(seats: tuple[_Seat, ...], starts_at: datetime, ends_at: datetime) -> Iterator[LayerShifts]:
    """The layers of the last seat in a span in which no version changes."""
    if not seats:
        return
    schedule = seats[-1].schedule
    if len(seats) > 1:
        plain = (*seats[:-1], _Seat(schedule, None, forward=True))
        yield LayerShifts(
            f"secondary of {schedule.secondary_of}",
            tuple(_stretches(lambda at: _at(plain, at), starts_at, ends_at)),
        )
    for number, layer in enumerate(schedule.layers, 1):
        name = layer.name or f"layer {number}"
        time_zone = layer.time_zone or schedule.time_zone

        def of_layer(
            at: datetime, layer: Layer = layer, name: str = name, time_zone: str = time_zone
        ) -> _Stretch:
            turn, until = _turn_of(layer, time_zone, at)
            return _Stretch(turn.people if turn else (), name, until)

        found = tuple(shift for shift in _stretches(of_layer, starts_at, ends_at) if shift.people)
        yield LayerShifts(name, found, layer.beside, layer.shadow)


def _joined(before: tuple[Shift, ...], after: tuple[Shift, ...]) -> tuple[Shift, ...]:
    """Both, the two that meet as one when they are equal."""
    if before and after:
        last, first = before[-1], after[0]
        if last.ends_at == first.starts_at and last.people == first.people:
            one = Shift(last.starts_at, first.ends_at, last.people, last.by, last.shadows)
            return (*before[:-1], one, *after[1:])
    return before + after


# --- which schedules, in which version -------------------------------------------------------------------------------


def _seats(
    schedules: Mapping[str, Schedule],
    key: str,
    instant: datetime,
    overrides: Iterable[Override],
    forward: bool = False,
) -> _Seats:
    """`forward`: the instants asked about will only be later and later, up to its `until`."""
    known = schedules.get(key)
    if known is None:
        return _Seats((), FOREVER)
    overrides = indexed(overrides)
    if (
        known.secondary_of is None and not known.former and known.effective_from is None
    ):  # most are as plain as that
        return _Seats((_Seat(known, overrides.of(key), forward),), FOREVER)
    seats: list[_Seat] = []
    until = FOREVER
    seen: set[str] = set()
    while True:
        if known is None or known.key in seen:
            return _Seats((), until)
        seen.add(known.key)
        version, limit = _version(known, instant)
        until = min(until, limit)
        seats.append(_Seat(version, overrides.of(known.key), forward))
        above = version.secondary_of
        if above is None:
            return _Seats(tuple(reversed(seats)), until)
        known = schedules.get(above) or version.primary


_UNTIL = attrgetter("until")


def _version(schedule: Schedule, instant: datetime) -> tuple[Schedule, datetime]:
    """The version that holds at the instant, and until when; one that holds nobody before the first takes effect."""
    former = schedule.former
    if not former and schedule.effective_from is None:
        return schedule, FOREVER
    number = bisect_right(former, instant, key=_UNTIL)
    until = former[number].until if number < len(former) else FOREVER
    version = former[number].schedule if number < len(former) else schedule
    if number == 0 and version.effective_from is not None and instant < version.effective_from:
        return Schedule(schedule.key), min(until, version.effective_from)
    return version, until


# --- the span --------------------------------------------------------------------------------------------------------


def _walk(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> Iterator[Shift]:
    """The whole span as shifts, those of nobody included."""
    at = starts_at.astimezone(UTC)
    seats, changes_at = _seats(schedules, key, at, overrides, forward=True)

    def answer(instant: datetime) -> _Stretch:
        nonlocal seats, changes_at
        if instant >= changes_at:
            seats, changes_at = _seats(schedules, key, instant, overrides, forward=True)
        stretch = _at(seats, instant)
        return stretch if stretch.until <= changes_at else stretch._replace(until=changes_at)

    return _stretches(answer, at, ends_at.astimezone(UTC))


def _stretches(
    answer: Callable[[datetime], _Stretch], starts_at: datetime, ends_at: datetime
) -> Iterator[Shift]:
    """What `answer` says over the span; equal neighbours are one."""
    at = since = starts_at
    held: _Stretch | None = None
    while at < ends_at:
        people, by, until, shadows = stretch = answer(at)
        if held is not None and (people != held.people or by != held.by or shadows != held.shadows):
            yield Shift(since, at, held.people, held.by, held.shadows)
            since = at
        held, at = stretch, until
    if held is not None:
        yield Shift(since, ends_at, held.people, held.by, held.shadows)


# --- the instant -----------------------------------------------------------------------------------------------------


def _at(seats: tuple[_Seat, ...], instant: datetime) -> _Stretch:
    """The algorithm: the first primary's layers, its overrides, then each derived seat from what is left of the order."""
    if not seats:
        return _Stretch((), "", FOREVER)
    primary = seats[0]
    if len(seats) == 1:
        return _overridden(primary, _layered(primary, instant, None), instant, frozenset())
    order: Order = []
    stretch = _overridden(primary, _layered(primary, instant, order), instant, frozenset())
    taken = set(stretch.people)
    for seat in seats[1:]:
        people = next((free for group in order if (free := _without(group, taken))), ())
        by = f"secondary of {seat.schedule.secondary_of}" if people else ""
        stretch = _overridden(seat, _Stretch(people, by, stretch.until), instant, taken)
        taken.update(stretch.people)
    return stretch


def _layered(seat: _Seat, instant: datetime, order: Order | None) -> _Stretch:
    """Whom the layers name. `order`, when wanted, is filled with those who come next: in the layers that decide first, the
    lowest of them before those beside it; then in the layers below, from their present turn on, since they would be on call
    if the others were not. Shadows are in nobody's order.
    """
    schedule, turns = seat.schedule, seat.turns
    people: tuple[str, ...] = ()
    shadows: tuple[str, ...] = ()
    by = ""
    until = FOREVER
    decided = False
    deciding: list[Order] = []
    below: Order = []
    number = len(schedule.layers)
    for layer in reversed(schedule.layers):
        number -= 1
        if decided and order is None and not layer.shadow:
            continue
        if turns is None:
            turn, limit = _turn_of(layer, layer.time_zone or schedule.time_zone, instant)
        else:
            turn, limit = turns[number]
            if instant >= limit:
                turn, limit = _turn_of(layer, layer.time_zone or schedule.time_zone, instant)
                turns[number] = turn, limit
        if limit < until:
            until = limit
        if turn is None:
            continue
        if layer.shadow:
            shadows = turn.people if not shadows else _joint(turn.people, shadows)
            continue
        if order is not None:
            # The deciding turn's own people come last of their layer: only an override can have freed them.
            upcoming = _following(layer, turn.number)
            if decided:
                below += [upcoming[-1], *upcoming[:-1]]
            else:
                deciding.append(upcoming)
        if decided:
            continue
        name = layer.name or f"layer {number + 1}"
        people = turn.people if not people else _joint(turn.people, people)
        by = name if not by else f"{name}, {by}"
        decided = not layer.beside
    if order is not None:
        for upcoming in reversed(deciding):
            order += upcoming
        order += below
    return _Stretch(people, by, until, shadows)


def _following(layer: Layer, number: int) -> Order:
    return events_following(layer, number) if layer.calendar else following(layer.rotation, number)


def _turn_of(layer: Layer, time_zone: str, instant: datetime) -> tuple[Turn | None, datetime]:
    """The turn in which the layer has someone now, or None; and until when that stands."""
    until = FOREVER
    if layer.restrictions:
        is_open, until = window_at(layer.restrictions, time_zone, instant)
        if not is_open:
            return None, until
    if layer.calendar:
        event, limit = event_at(layer, instant)
        return event, min(until, limit)
    rotation = layer.rotation
    turn = turn_at(rotation, time_zone, instant)
    if turn is None:
        begins = begins_at(rotation, time_zone)
        return None, min(until, begins) if instant < begins else until
    # Handed to oneself nothing changes at a handoff.
    limit = turn.ends_at if len(rotation.people) > 1 else rotation.until or FOREVER
    return (turn if turn.people else None), (limit if limit < until else until)


def _overridden(seat: _Seat, stretch: _Stretch, instant: datetime, taken: Set[str]) -> _Stretch:
    """The stretch after the seat's overrides. One that would seat a person of `taken` (the primary) has no effect. Whoever
    is on call in the end is no shadow then."""
    if seat.overrides is None:
        return _seen(stretch) if stretch.shadows else stretch
    holding, until = seat.held
    if instant >= until:
        seat.held = holding, until = seat.overrides.at(instant)
    if stretch.until < until:
        until = stretch.until
    if not holding:
        stretch = _Stretch(stretch.people, stretch.by, until, stretch.shadows)
        return _seen(stretch) if stretch.shadows else stretch
    people, shadows = stretch.people, stretch.shadows
    decided: list[str] = []
    for override in holding:
        changed = _apply(override, people, taken)
        if changed is not None:
            people = changed
            decided.append(f"override {override.id}")
        if override.kind is OverrideKind.REMOVE and override.person in shadows:
            shadows = _without(shadows, {override.person})
    return _seen(_Stretch(people, ", ".join(decided) or stretch.by, until, shadows))


def _seen(stretch: _Stretch) -> _Stretch:
    return stretch._replace(shadows=_without(stretch.shadows, set(stretch.people)))


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


def _joint(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))
