"""One layer: whose turn it is at an instant, within its restrictions; and the same walked forward through a span.

A cursor keeps the turn and the window it stands in, so that walking costs what changes, not what is asked.
"""

from datetime import UTC, datetime

from tocsin.core.oncall.calendar_layer import event_at
from tocsin.core.oncall.restrictions import edges_at, window_at
from tocsin.core.oncall.rotation import Turn, begins_at, turn_after, turn_at
from tocsin.core.oncall.schedule import Layer
from tocsin.core.oncall.wall_clock import FOREVER

_NEVER_ASKED = datetime.min.replace(tzinfo=UTC)


def turn_of(layer: Layer, time_zone: str, instant: datetime) -> tuple[Turn | None, datetime]:
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


class Cursor:
    """`turn` and `until` are what `turn_of` says of the instant last asked for; instants only grow."""

    __slots__ = ("_edges", "_place", "_present", "_several", "_time_zone", "layer", "name", "turn", "until")

    def __init__(self, layer: Layer, name: str, time_zone: str) -> None:
        self.layer, self.name = layer, name
        self.turn: Turn | None = None
        self.until = _NEVER_ASKED
        self._time_zone = time_zone
        self._edges: list[datetime] = []
        self._place = 0
        self._several = len(layer.rotation.people) > 1
        self._present: Turn | None = None  # the rotation's, whether a window is open or not

    def advance(self, instant: datetime) -> None:
        layer = self.layer
        present = self._present
        if present is None or layer.calendar:
            self._begin(instant)
            return
        until = FOREVER
        if layer.restrictions:
            edges, place = self._edges, self._place
            while place < len(edges) and edges[place] <= instant:
                place += 1
            if place >= len(edges):
                self._begin(instant)
                return
            self._place, until = place, edges[place]
            if place % 2 == 0:  # closed
                self.turn, self.until = None, until
                return
        if instant >= present.ends_at:
            following = turn_after(layer.rotation, self._time_zone, present)
            if not following.starts_at <= instant < following.ends_at:  # not asked for a while
                found = turn_at(layer.rotation, self._time_zone, instant)
                if found is None:
                    self._begin(instant)
                    return
                following = found
            self._present = present = following
        limit = present.ends_at if self._several else layer.rotation.until or FOREVER
        self.turn = present if present.people else None
        self.until = limit if limit < until else until

    def _begin(self, instant: datetime) -> None:
        """Anew from any instant."""
        layer, time_zone = self.layer, self._time_zone
        self.turn, self.until = turn_of(layer, time_zone, instant)
        if layer.restrictions:
            self._edges, self._place = edges_at(layer.restrictions, time_zone, instant)
        self._present = None if layer.calendar else turn_at(layer.rotation, time_zone, instant)
