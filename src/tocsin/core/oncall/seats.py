"""What shifts mean for one person: the seats they hold, and since when they take part in a team's on-call at all."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from tocsin.core.oncall.rotation import begins_at
from tocsin.core.oncall.schedule import Layer, Override, Schedule
from tocsin.core.oncall.shifts import shifts
from tocsin.core.oncall.spans import Span, joined, within
from tocsin.core.oncall.wall_clock import FOREVER

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class Seat(msgspec.Struct, frozen=True, order=True):
    """One stretch in which one person holds one schedule without a break, whatever decided it."""

    person: str
    starts_at: datetime
    ends_at: datetime
    schedule: str = ""


def seats(
    schedules: Mapping[str, Schedule],
    keys: Iterable[str],
    starts_at: datetime,
    ends_at: datetime,
    overrides: Iterable[Override],
) -> list[Seat]:
    """Who holds these schedules in the span, each stretch whole, by person and start. Shadows hold nothing."""
    overrides = tuple(overrides)
    found: list[Seat] = []
    for key in keys:
        held: dict[str, list[Span]] = {}
        for shift in shifts(schedules, key, starts_at, ends_at, overrides):
            for person in shift.people:
                held.setdefault(person, []).append((shift.starts_at, shift.ends_at))
        found += [Seat(person, *span, key) for person, spans in held.items() for span in joined(spans)]
    return sorted(found)


def schedules_of(schedules: Mapping[str, Schedule], team: str) -> list[str]:
    return sorted(key for key, schedule in schedules.items() if schedule.team == team)


def taking_part(
    schedules: Mapping[str, Schedule], keys: Iterable[str], starts_at: datetime, ends_at: datetime
) -> dict[str, list[Span]]:
    """Who stands in a rotation of these schedules, and when within the span. Who only stood in is not among them, and
    neither is who looks on."""
    found: dict[str, list[Span]] = {}
    for key in keys:
        for person, span in _named(schedules, schedules.get(key), frozenset()):
            found.setdefault(person, []).append(span)
    cut = {person: within(joined(spans), starts_at, ends_at) for person, spans in found.items()}
    return {person: spans for person, spans in sorted(cut.items()) if spans}


def _named(
    schedules: Mapping[str, Schedule], schedule: Schedule | None, passed: frozenset[str]
) -> Iterator[tuple[str, Span]]:
    if schedule is None or schedule.key in passed:
        return
    since = LONG_AGO if schedule.former else schedule.effective_from or LONG_AGO
    versions = [(former.until, former.schedule) for former in schedule.former]
    for until, version in [*versions, (FOREVER, schedule)]:
        named = [
            span
            for layer in version.layers
            for span in _of_layer(layer, layer.time_zone or version.time_zone)
        ]
        if version.secondary_of is not None:
            primary = schedules.get(version.secondary_of, version.primary)
            named += _named(schedules, primary, passed | {schedule.key})
        yield from ((person, span) for person, whole in named for span in within([whole], since, until))
        since = until


def _of_layer(layer: Layer, time_zone: str) -> Iterator[tuple[str, Span]]:
    if layer.shadow:
        return
    for person in dict.fromkeys(person for _, _, people in layer.events for person in people):
        yield person, (LONG_AGO, FOREVER)
    if layer.rotation.people:
        span = begins_at(layer.rotation, time_zone), layer.rotation.until or FOREVER
        yield from ((person, span) for person in {p for group in layer.rotation.people for p in group})
