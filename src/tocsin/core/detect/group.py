"""A group between decisions: what is remembered of the alerts that one route gathers, and for how long.

Instants are microseconds since the epoch.
"""

from datetime import timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from tocsin.core.instants import MICROSECOND

# An acknowledged incident whose alerts ended stays open as mitigated at most this long (see respond/incident.py); only after
# that is its end presumed, should nobody have told.
MITIGATED_AT_MOST = timedelta(hours=1)


class Phase(StrEnum):
    QUIET = "quiet"  # nothing fires, nothing is remembered
    WAITING = "waiting"  # gathers before it opens an incident or posts for the first time
    ACTIVE = "active"
    ENDED = "ended"  # all its alerts ended; a re-fire within the flap window goes to the same incident


class Group(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is remembered of a group between decisions; GroupRow.document is its JSON. Counts live in the index."""

    key: str
    route: str  # the resolved route's id
    labels: dict[str, str] = {}
    incident: int | None = None
    incident_ended_at: int | None = None
    begun_at: int | None = None
    ended_at: int | None = None  # since when none of its alerts fires, held back or not
    wait_until: int | None = None  # gathers until then, then opens an incident
    post_at: int | None = None  # the next look at what the chat should hear
    flushed_at: int | None = None  # the last such look; ticks are counted from it
    posted_at: int | None = None
    posted: tuple[int, ...] = ()  # ids of the alerts that the chat believes to fire
    alerts: int = 0  # it ever had, in this episode

    @property
    def phase(self) -> Phase:
        if self.begun_at is None:
            return Phase.QUIET
        if self.ended_at is not None:
            return Phase.ENDED
        if self.incident is None and self.flushed_at is None and self.next_flush_at is not None:
            return Phase.WAITING
        return Phase.ACTIVE

    @property
    def next_flush_at(self) -> int | None:
        if self.wait_until is None or self.post_at is None:
            return self.post_at if self.wait_until is None else self.wait_until
        return min(self.wait_until, self.post_at)

    def opened(self, incident: int) -> "Group":
        """The group once the engine has given its OpenIncident an id."""
        return replace(self, incident=incident, incident_ended_at=None)

    def begun_anew(self) -> "Group":
        """The same group at the start of a new episode. What the chat believes stays, and so does its rhythm."""
        return replace(self, incident=None, incident_ended_at=None, begun_at=None, ended_at=None, alerts=0)


def set_back(group: Group, now: int, by: int) -> Group:
    """The clock was set back: what lies ahead was reckoned by the old time, and comes as much nearer."""
    instants = (
        "incident_ended_at",
        "begun_at",
        "ended_at",
        "wait_until",
        "post_at",
        "flushed_at",
        "posted_at",
    )
    ahead = {name: at - by for name in instants if (at := getattr(group, name)) is not None and at > now}
    return replace(group, **ahead)


def episode_over(group: Group, now: int, flap_window: timedelta) -> bool:
    """Whether what fires now is a new story: its alerts and its incident had ended, and the flap window passed since."""
    over_at = _over_at(group, flap_window)
    return over_at is not None and over_at < now


def removable_at(group: Group, flap_window: timedelta) -> int | None:
    """When an inactive group may be forgotten: nothing pending and its flap window over. None while it is active."""
    if group.begun_at is None:
        return 0 if group.next_flush_at is None else None
    if group.next_flush_at is not None:
        return None
    over_at = _over_at(group, flap_window)
    return None if over_at is None else over_at + 1


def _over_at(group: Group, flap_window: timedelta) -> int | None:
    if group.ended_at is None:
        return None
    if group.incident is None:
        return group.ended_at + flap_window // MICROSECOND
    if group.incident_ended_at is None:
        return group.ended_at + (flap_window + MITIGATED_AT_MOST) // MICROSECOND
    return max(group.ended_at, group.incident_ended_at) + flap_window // MICROSECOND
