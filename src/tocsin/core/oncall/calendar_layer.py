"""A layer that a calendar drives: whose event it is at an instant, found by bisection."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import itemgetter

from msgspec.structs import replace

from tocsin.core.oncall.rotation import Turn
from tocsin.core.oncall.schedule import Event, Former, Layer, Schedule
from tocsin.core.oncall.wall_clock import FOREVER

COMING = 32  # how many events ahead a derived secondary is looked for

_STARTS_AT = itemgetter(0)


def with_events(schedule: Schedule, events: Mapping[str, Iterable[Event]]) -> Schedule:
    """The schedule with the events of its calendars (by name) in its layers, and in those of its former versions.

    A calendar that is not among them keeps what the layer has: the last good state goes on.
    """
    layers = tuple(
        replace(layer, events=disjoint(events[layer.calendar])) if layer.calendar in events else layer
        for layer in schedule.layers
    )
    former = tuple(Former(each.until, with_events(each.schedule, events)) for each in schedule.former)
    return replace(schedule, layers=layers, former=former)


def disjoint(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in any order as stretches that do not overlap, by their start; where several hold at once, all their people."""
    known = [(s.astimezone(UTC), e.astimezone(UTC), people) for s, e, people in events if s < e and people]
    known.sort()
    edges = sorted({edge for starts_at, ends_at, _ in known for edge in (starts_at, ends_at)})
    found: list[Event] = []
    holding: list[Event] = []
    coming = 0
    for number, edge in enumerate(edges):
        holding = [event for event in holding if event[1] > edge]
        while coming < len(known) and known[coming][0] == edge:
            holding.append(known[coming])
            coming += 1
        if not holding:
            continue
        people = tuple(dict.fromkeys(person for event in holding for person in event[2]))
        if found and found[-1][1] == edge and found[-1][2] == people:
            found[-1] = (found[-1][0], edges[number + 1], people)
        else:
            found.append((edge, edges[number + 1], people))
    return tuple(found)


def event_at(layer: Layer, instant: datetime) -> tuple[Turn | None, datetime]:
    """The layer's event at the instant as a turn, None between events; and until when that stands."""
    number = bisect_right(layer.events, instant, key=_STARTS_AT)
    if number and layer.events[number - 1][1] > instant:
        starts_at, ends_at, people = layer.events[number - 1]
        return Turn(number - 1, people, starts_at, ends_at), ends_at
    return None, layer.events[number][0] if number < len(layer.events) else FOREVER


def events_following(layer: Layer, number: int) -> list[tuple[str, ...]]:
    """The people of the next events, in order, each once; those of event `number` itself are last."""
    coming = layer.events[number + 1 : number + 1 + COMING]
    own = layer.events[number][2]
    return [*dict.fromkeys(people for _, _, people in coming if people != own), own]
