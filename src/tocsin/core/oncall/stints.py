"""Stints: who is on call, person by person and turn by turn, each with a name that outlives what happens around it.

A shift is what a reader wants: equal neighbours are one. Whoever keeps a copy (a calendar) needs to know the same stint
again after an override has cut it, somebody was added beside it, layers or people were reordered, or the week before became
the same person's. So a stint is anchored in where it comes from: the turn of a rotation (by its own beginning, whatever
overrules it), a calendar's event, or an override.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from tocsin.core.oncall.overrides import Occurrences, OfSchedule, indexed
from tocsin.core.oncall.rotation import begins_at, turn_at
from tocsin.core.oncall.schedule import Layer, LayerShifts, Override, OverrideKind, Schedule
from tocsin.core.oncall.shifts import layers_of, shifts
from tocsin.core.oncall.wall_clock import FOREVER


class Stint(msgspec.Struct, frozen=True):
    """`anchor` is unique among one schedule's stints of one person, apart for those in which they only look on."""

    person: str
    starts_at: datetime
    ends_at: datetime
    anchor: str
    by: str
    shadow: bool = False


class _Part(msgspec.Struct, frozen=True):
    """What one layer alone gives, from its own beginning: a turn, or the part of it that restrictions leave."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]


class _Origins:
    """Where the people of a schedule come from: the layers, the upper first, of it or of what it is derived from."""

    def __init__(self, layers: list[tuple[LayerShifts, list[_Part]]], derived: bool) -> None:
        self._layers = [(drawn, parts, [part.starts_at for part in parts]) for drawn, parts in layers[::-1]]
        self._derived = derived
        self.edges = sorted(
            {edge for _, parts in layers for part in parts for edge in (part.starts_at, part.ends_at)}
        )

    def of(self, person: str, instant: datetime, shadow: bool) -> datetime | None:
        """When the turn that gives them this instant begins; None when no layer does."""
        for drawn, parts, starts in self._layers:
            number = bisect_right(starts, instant) - 1
            if number < 0 or parts[number].ends_at <= instant or drawn.shadow != shadow:
                continue
            if self._derived or person in parts[number].people:
                return starts[number]
        return None


def stints(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> list[Stint]:
    """Everybody's in the span, by their beginning, cut at its ends; overrides are in them."""
    span = (starts_at, ends_at)
    root = _root(schedules, key)
    origins = _Origins(_parts(schedules, root, *span), derived=root != key)

    def by_layers(person: str, at: datetime, shadow: bool) -> tuple[str, datetime]:
        begins = origins.of(person, at, shadow)
        return (_turn(begins) if begins is not None else f"at {_instant(at)}"), _after(origins.edges, at)

    # What the layers alone say has its names from its turns; what overrides leave of it keeps them.
    plain = _named(_held(schedules, key, span, (), by_layers))
    by_everything = _ByEverything(plain, indexed(overrides).of(key))
    return _named(_held(schedules, key, span, overrides, by_everything.anchor))


def stints_of_layer(
    schedules: Mapping[str, Schedule],
    key: str,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
) -> list[Stint]:
    """What one layer alone would say, turn by turn; nothing for a layer that is not there."""
    return [
        Stint(person, part.starts_at, part.ends_at, _turn(part.starts_at), drawn.name, drawn.shadow)
        for drawn, parts in _parts(schedules, key, starts_at, ends_at)
        if drawn.name == name
        for part in parts
        for person in part.people
    ]


def _root(schedules: Mapping[str, Schedule], key: str) -> str:
    seen = {key}
    while (schedule := schedules.get(key)) is not None and (above := schedule.secondary_of):
        if above not in schedules or above in seen:
            break
        seen.add(above)
        key = above
    return key


class _ByEverything:
    """Where an instant comes from when overrides count, too."""

    def __init__(self, plain: list[Stint], overrides: OfSchedule | None) -> None:
        self._plain: dict[tuple[str, bool], list[Stint]] = {}
        for stint in plain:
            self._plain.setdefault((stint.person, stint.shadow), []).append(stint)
        self._starts = {key: [stint.starts_at for stint in found] for key, found in self._plain.items()}
        self._edges = sorted({edge for stint in plain for edge in (stint.starts_at, stint.ends_at)})
        self._overrides = overrides

    def anchor(self, person: str, at: datetime, shadow: bool) -> tuple[str, datetime]:
        until = _after(self._edges, at)
        own = f"at {_instant(at)}"
        if self._overrides is not None:
            overrides, changes_at = self._overrides.at(at)
            until = min(until, changes_at)
            for override in overrides:
                if override.person == person and override.kind is not OverrideKind.REMOVE:
                    own = f"override {override.id} {_instant(_begins(override, at))}"
        found = self._plain.get((person, shadow), [])
        number = bisect_right(self._starts.get((person, shadow), []), at) - 1
        if number >= 0 and found[number].ends_at > at:
            return found[number].anchor, until  # who "replaces" themselves still has their turn
        return own, until


Anchor = Callable[[str, datetime, bool], tuple[str, datetime]]  # and up to when it need not be asked again
_Piece = tuple[datetime, datetime, str, str]  # starts_at, ends_at, anchor, by


def _held(
    schedules: Mapping[str, Schedule],
    key: str,
    span: tuple[datetime, datetime],
    overrides: Iterable[Override],
    anchor_of: Anchor,
) -> dict[tuple[str, bool], list[_Piece]]:
    """By person and whether they only look on, in the order of time."""
    held: dict[tuple[str, bool], list[_Piece]] = {}
    for shift in shifts(schedules, key, *span, overrides):
        for shadow, people in ((False, shift.people), (True, shift.shadows)):
            for person in people:
                pieces = held.setdefault((person, shadow), [])
                at = shift.starts_at
                while at < shift.ends_at:
                    anchor, until = anchor_of(person, at, shadow)
                    until = min(until, shift.ends_at)
                    _append(pieces, at, until, anchor, shift.by)
                    at = until
    return held


def _append(pieces: list[_Piece], at: datetime, until: datetime, anchor: str, by: str) -> None:
    if pieces and pieces[-1][1] == at and (pieces[-1][2] == anchor or anchor.startswith("at ")):
        pieces[-1] = (pieces[-1][0], until, *pieces[-1][2:])
    else:
        pieces.append((at, until, anchor, by))


def _named(held: Mapping[tuple[str, bool], list[_Piece]]) -> list[Stint]:
    """What is cut in two keeps its name in the first part; the second is called by its beginning, too."""
    found: list[Stint] = []
    for (person, shadow), pieces in held.items():
        taken: set[str] = set()
        for starts_at, ends_at, anchor, by in pieces:
            name = anchor if anchor not in taken else f"{anchor} from {_instant(starts_at)}"
            taken |= {anchor, name}
            found.append(Stint(person, starts_at, ends_at, name, by, shadow))
    found.sort(key=lambda stint: (stint.starts_at, stint.person, stint.shadow))
    return found


def _turn(begins: datetime) -> str:
    return f"turn {_instant(begins)}"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _after(edges: list[datetime], at: datetime) -> datetime:
    number = bisect_right(edges, at)
    return edges[number] if number < len(edges) else FOREVER


def _begins(override: Override, at: datetime) -> datetime:
    if override.repeat is None:
        return override.starts_at
    occurrence = Occurrences(override).at(at)
    return occurrence[0] if occurrence is not None else override.starts_at


# --- turns, whatever overrules them ----------------------------------------------------------------------------------


def _parts(
    schedules: Mapping[str, Schedule],
    key: str,
    starts_at: datetime,
    ends_at: datetime,
) -> list[tuple[LayerShifts, list[_Part]]]:
    """Each layer's own shifts, cut where one turn follows another of the same people."""
    if key not in schedules:
        return []
    edges = _turn_edges(schedules[key], starts_at, ends_at)
    return [
        (drawn, list(_cut(drawn, edges.get(drawn.name, []))))
        for drawn in layers_of(schedules, key, starts_at, ends_at, ())
    ]


def _cut(drawn: LayerShifts, edges: list[datetime]) -> Iterator[_Part]:
    for shift in drawn.shifts:
        at = shift.starts_at
        number = bisect_right(edges, at)
        while number < len(edges) and edges[number] < shift.ends_at:
            yield _Part(at, edges[number], shift.people)
            at = edges[number]
            number += 1
        yield _Part(at, shift.ends_at, shift.people)


def _turn_edges(schedule: Schedule, starts_at: datetime, ends_at: datetime) -> dict[str, list[datetime]]:
    """When turns begin, by the name of their layer, each in the version of the schedule that holds then."""
    found: dict[str, set[datetime]] = {}
    since = starts_at
    versions = [(former.schedule, former.until) for former in schedule.former]
    for version, until in (*versions, (schedule, ends_at)):
        end = min(until, ends_at)
        for number, layer in enumerate(version.layers, 1):
            edges = found.setdefault(layer.name or f"layer {number}", set())
            if since < end:
                edges.update(_begins_of(layer, layer.time_zone or version.time_zone, since, end))
        since = max(since, until)
    return {name: sorted(edges) for name, edges in found.items()}


def _begins_of(layer: Layer, time_zone: str, since: datetime, until: datetime) -> Iterator[datetime]:
    if layer.calendar:
        yield from (starts_at for starts_at, _, _ in layer.events if since < starts_at < until)
        return
    at = max(since, begins_at(layer.rotation, time_zone))
    while at < until and (turn := turn_at(layer.rotation, time_zone, at)) is not None:
        if turn.starts_at > since:
            yield turn.starts_at
        at = turn.ends_at
