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

from tocsin.core.oncall.calendar_layer import events_following
from tocsin.core.oncall.cursor import Cursor, turn_of
from tocsin.core.oncall.overrides import OfSchedule, indexed
from tocsin.core.oncall.rotation import following
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
    """A schedule in the version that holds, with its overrides. While a span is walked forward it keeps where each layer
    stands and which overrides hold, so that only what changes is asked again."""

    __slots__ = ("cursors", "held", "held_until", "overrides", "plain", "schedule")

    def __init__(self, schedule: Schedule, overrides: OfSchedule | None, forward: bool) -> None:
        self.schedule = schedule
        self.overrides = overrides
        self.held: tuple[Override, ...] = ()
        self.held_until = _NOT_ASKED
        self.plain = forward and not any(layer.shadow or layer.beside for layer in schedule.layers)
        self.cursors = _cursors(schedule) if forward else None


def _cursors(schedule: Schedule) -> list[Cursor]:
    """The layers, the highest first."""
    return [
        Cursor(layer, _name(layer, number), layer.time_zone or schedule.time_zone)
        for number, layer in reversed([*enumerate(schedule.layers, 1)])
    ]


def _name(layer: Layer, number: int) -> str:
    return layer.name or f"layer {number}"


_NOT_ASKED = datetime.min.replace(tzinfo=UTC)


# A schedule and those it is derived from, the first primary first (none when one is missing or they form a ring), and until
# when no other version of one of them holds.
_Seats = tuple[tuple[_Seat, ...], datetime]
# people, by, until (FOREVER when nothing known ends it), shadows: a plain tuple, since one is made at every step
_Stretch = tuple[tuple[str, ...], str, datetime, tuple[str, ...]]
_NOBODY: tuple[str, ...] = ()


def who_is_on_call(
    schedules: Mapping[str, Schedule], key: str, instant: datetime, overrides: Iterable[Override]
) -> OnCall:
    """Who holds the schedule at the instant; nobody for a schedule that is not known.

    The last answer is kept with the overrides for as long as it holds: now is asked again and again. `schedules` must not be
    changed in place.
    """
    overrides = indexed(overrides)
    known = overrides.answered.get(key)
    if known is not None and known[0] is schedules and known[1] <= instant < known[2]:
        return known[3]
    seats, changes_at = _seats(schedules, key, instant, overrides)
    people, by, until, shadows = _at(seats, instant)
    if changes_at < until:
        until = changes_at
    answer = OnCall(people, by, None if until == FOREVER else until, shadows)
    overrides.answered[key] = (schedules, instant, until, answer)
    return answer


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
    """What each layer alone says of the span, the lowest first, for drawing.

    Layers of former versions go by their names and kinds. A derived schedule has one layer: whom it takes from its primary
    before its own overrides.
    """
    overrides = indexed(overrides)
    found: dict[tuple[str, bool, bool], LayerShifts] = {}
    at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    while at < ends_at:
        seats, until = _seats(schedules, key, at, overrides, forward=True)
        until = min(until, ends_at)
        for each in _drawn(seats, at, until):
            same = (each.name, each.beside, each.shadow)
            joined = _joined(found[same].shifts, each.shifts) if same in found else each.shifts
            found[same] = LayerShifts(each.name, joined, each.beside, each.shadow)
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
    for cursor in reversed(_cursors(schedule)):

        def of_layer(at: datetime, cursor: Cursor = cursor) -> _Stretch:
            cursor.advance(at)
            people = cursor.turn.people if cursor.turn is not None else _NOBODY
            return people, cursor.name, cursor.until, _NOBODY

        found = tuple(shift for shift in _stretches(of_layer, starts_at, ends_at) if shift.people)
        yield LayerShifts(cursor.name, found, cursor.layer.beside, cursor.layer.shadow)


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
        return (), FOREVER
    overrides = indexed(overrides)
    if (
        known.secondary_of is None and not known.former and known.effective_from is None
    ):  # most are as plain as that
        return (_Seat(known, overrides.of(key), forward),), FOREVER
    seats: list[_Seat] = []
    until = FOREVER
    seen: set[str] = set()
    while True:
        if known is None or known.key in seen:
            return (), until
        seen.add(known.key)
        version, limit = _version(known, instant)
        until = min(until, limit)
        seats.append(_Seat(version, overrides.of(known.key), forward))
        above = version.secondary_of
        if above is None:
            return tuple(reversed(seats)), until
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
        return stretch if stretch[2] <= changes_at else (*stretch[:2], changes_at, stretch[3])

    return _stretches(answer, at, ends_at.astimezone(UTC))


def _stretches(
    answer: Callable[[datetime], _Stretch], starts_at: datetime, ends_at: datetime
) -> Iterator[Shift]:
    """What `answer` says over the span; equal neighbours are one."""
    at = since = starts_at
    held: _Stretch | None = None
    while at < ends_at:
        stretch = answer(at)
        if held is None:
            held = stretch
        elif stretch[0] != held[0] or stretch[1] != held[1] or stretch[3] != held[3]:
            yield Shift(since, at, held[0], held[1], held[3])
            since, held = at, stretch
        at = stretch[2]
    if held is not None:
        yield Shift(since, ends_at, held[0], held[1], held[3])


# --- the instant -----------------------------------------------------------------------------------------------------


def _at(seats: tuple[_Seat, ...], instant: datetime) -> _Stretch:
    """The algorithm: the first primary's layers, its overrides, then each derived seat from what is left of the order."""
    if not seats:
        return _NOBODY, "", FOREVER, _NOBODY
    primary = seats[0]
    if len(seats) == 1:
        cursors = primary.cursors
        if primary.plain and cursors is not None:
            stretch = _topmost(cursors, instant)
        else:
            stretch = _layered(primary, instant, None)
        if not stretch[3]:
            if primary.overrides is None:
                return stretch
            if not primary.held and instant < primary.held_until:  # none holds before another may
                changes_at = primary.held_until
                return stretch if stretch[2] <= changes_at else (stretch[0], stretch[1], changes_at, _NOBODY)
        return _overridden(primary, stretch, instant, _NONE_TAKEN)
    order: Order = []
    stretch = _overridden(primary, _layered(primary, instant, order), instant, _NONE_TAKEN)
    taken = set(stretch[0])
    for seat in seats[1:]:
        people = next((free for group in order if (free := _without(group, taken))), _NOBODY)
        by = f"secondary of {seat.schedule.secondary_of}" if people else ""
        stretch = _overridden(seat, (people, by, stretch[2], _NOBODY), instant, taken)
        taken.update(stretch[0])
    return stretch


_NONE_TAKEN: Set[str] = frozenset()


def _layered(seat: _Seat, instant: datetime, order: Order | None) -> _Stretch:
    """Whom the layers name. `order`, when wanted, is filled with those who come next: in the layers that decide first, the
    lowest of them before those beside it; then in the layers below, from their present turn on, since they would be on call
    if the others were not. Shadows are in nobody's order.
    """
    schedule, cursors = seat.schedule, seat.cursors
    people, by, until, shadows = _NOBODY, "", FOREVER, _NOBODY
    decided = False
    deciding: list[Order] = []
    below: Order = []
    for number, layer in zip(range(len(schedule.layers), 0, -1), reversed(schedule.layers), strict=True):
        if decided and order is None and not layer.shadow:
            continue
        if cursors is None:
            turn, limit = turn_of(layer, layer.time_zone or schedule.time_zone, instant)
        else:
            cursor = cursors[-number]
            if instant >= cursor.until:
                cursor.advance(instant)
            turn, limit = cursor.turn, cursor.until
        if limit < until:
            until = limit
        if turn is None:
            continue
        if layer.shadow:
            shadows = _joint(turn.people, shadows)
            continue
        if order is not None:
            # The deciding turn's own people come last of their layer: only an override can have freed them.
            upcoming = _following(layer, turn.number)
            if decided:
                below += [upcoming[-1], *upcoming[:-1]]
            else:
                deciding.append(upcoming)
        if not decided:
            name = _name(layer, number)
            people = turn.people if not people else _joint(turn.people, people)
            by = name if not by else f"{name}, {by}"
            decided = not layer.beside
    if order is not None:
        for upcoming in reversed(deciding):
            order += upcoming
        order += below
    return people, by, until, shadows


def _topmost(cursors: list[Cursor], instant: datetime) -> _Stretch:
    """The same where no layer is beside others or a shadow: the highest that has somebody. Most schedules are as plain."""
    until = FOREVER
    for cursor in cursors:
        if instant >= cursor.until:
            cursor.advance(instant)
        if cursor.until < until:
            until = cursor.until
        if cursor.turn is not None:
            return cursor.turn.people, cursor.name, until, _NOBODY
    return _NOBODY, "", until, _NOBODY


def _following(layer: Layer, number: int) -> Order:
    return events_following(layer, number) if layer.calendar else following(layer.rotation, number)


def _overridden(seat: _Seat, stretch: _Stretch, instant: datetime, taken: Set[str]) -> _Stretch:
    """The stretch after the seat's overrides. One that would seat a person of `taken` (the primary) has no effect. Whoever
    is on call in the end is no shadow then."""
    people, by, until, shadows = stretch
    decided: list[str] = []
    if seat.overrides is not None:
        if instant >= seat.held_until:
            seat.held, seat.held_until = seat.overrides.at(instant)
        if seat.held_until < until:
            until = seat.held_until
        for override in seat.held:
            changed = _apply(override, people, taken)
            if changed is not None:
                people = changed
                decided.append(f"override {override.id}")
            if override.kind is OverrideKind.REMOVE and override.person in shadows:
                shadows = _without(shadows, {override.person})
    if shadows:
        shadows = _without(shadows, set(people))
    return people, ", ".join(decided) if decided else by, until, shadows


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
