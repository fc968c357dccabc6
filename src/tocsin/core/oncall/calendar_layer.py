"""A layer that a calendar drives: whose event it is at an instant, found by bisection."""

from bisect import bisect_right
from datetime import datetime
from operator import itemgetter

from tocsin.core.oncall.rotation import Turn
from tocsin.core.oncall.schedule import Layer
from tocsin.core.oncall.wall_clock import FOREVER

COMING = 32  # how many events ahead a derived secondary is looked for

_STARTS_AT = itemgetter(0)


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
