"""A group: the alerts that one route gathers, and what they owe to an incident or a chat.

`decide` is pure. Membership and resolution reach an incident at once; Alertmanager's timings bound chat messages only.
Instants are microseconds since the epoch. Differences from Alertmanager, on purpose: a muted or silenced flush loses no
resolution, and what fires again after a silence is announced.
"""

from datetime import timedelta
from enum import StrEnum

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import AlertsChanged, Kind
from tocsin.core.severity import Severity


class Phase(StrEnum):
    QUIET = "quiet"  # nothing fires, nothing is remembered
    WAITING = "waiting"  # gathers before it opens an incident or posts for the first time
    ACTIVE = "active"
    ENDED = "ended"  # all its alerts ended; a re-fire within the flap window goes to the same incident


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
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
        return msgspec.structs.replace(self, incident=incident, incident_ended_at=None)


class GroupChange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one group, from the index. Counts are absolute, `joined` and `ended` are this change's (short names).

    The id tuples and `names` are filled only for a flush, from `Detection.flush`.
    """

    key: str
    route: ResolvedRoute
    labels: dict[str, str]
    firing: int  # not held back; includes source_silent
    suppressed: int  # fire, but are silenced, inhibited, under maintenance or muted
    source_silent: int
    total: int  # alerts it ever had, in this episode
    joined: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    severity: Severity | None = None  # the worst that joined with this change
    worst: Severity | None = None  # the worst of all since something began to fire
    service: str | None = None
    integration: str = ""
    common_labels: dict[str, str] = {}
    summary: str = ""
    description: str = ""
    runbook_url: str = ""
    starts_at: int = 0  # the earliest start among what joined
    pregrouped: bool = False
    muted: bool = False  # the route's time intervals hold it back now
    reasons: tuple[Reason, ...] = ()  # how alerts ended or why they are held back, each once
    firing_ids: tuple[int, ...] = ()
    held_ids: tuple[int, ...] = ()
    ended_ids: tuple[int, ...] = ()  # ended since the last post; may fire again
    names: dict[int, str] = {}  # of some of them: enough for a message


# --- what can happen -------------------------------------------------------------------------------------------------


class GroupChanged(msgspec.Struct, frozen=True, tag="group_changed"):
    change: GroupChange


class FlushDue(msgspec.Struct, frozen=True, tag="flush_due"):
    """The group's timer. `change` is the group as it is now."""

    change: GroupChange


class IncidentEnded(msgspec.Struct, frozen=True, tag="incident_ended"):
    """Its incident was resolved or closed, by whomever: the engine tells in the transaction that does it."""

    incident: int
    at: int


GroupEvent = GroupChanged | FlushDue | IncidentEnded


# --- what a decision may demand --------------------------------------------------------------------------------------


class OpenIncident(msgspec.Struct, frozen=True, kw_only=True, tag="open_incident"):
    """The engine gives it an id, keeps `group.opened(id)`, and decides incident.Opened(policy)."""

    title: str
    severity: Severity
    kind: Kind
    route: str  # the route's path
    group: str
    policy: str | None = None
    summary: str = ""
    description: str = ""
    runbook_url: str = ""
    service: str | None = None
    team: str | None = None
    labels: dict[str, str] = {}
    firing: int = 0
    alerts: int = 0
    source_silent: int = 0
    detected_by: str = "monitoring"
    test: bool = False


class ChangeIncident(msgspec.Struct, frozen=True, tag="change_incident"):
    incident: int
    change: AlertsChanged


class PostGroup(msgspec.Struct, frozen=True, tag="post_group"):
    """One chat message. `firing` and `resolved` are short names, cut to what is readable; the counts are in the title."""

    chat: str
    title: str
    text: str
    firing: tuple[str, ...]
    resolved: tuple[str, ...]
    reason: Reason


class RemindFlush(msgspec.Struct, frozen=True, tag="remind_flush"):
    """Set or move the group's one timer. `due_at` may be now: then FlushDue follows at once."""

    due_at: int


class CancelFlush(msgspec.Struct, frozen=True, tag="cancel_flush"):
    pass


GroupEffect = OpenIncident | ChangeIncident | PostGroup | RemindFlush | CancelFlush


class GroupDecision(msgspec.Struct, frozen=True):
    """`group` is the same object when nothing of it changed. `reason` is what its counting alerts are told."""

    group: Group
    effects: tuple[GroupEffect, ...]
    reason: Reason


def decide(
    group: Group, event: GroupEvent, now: int, route: ResolvedRoute, configuration: Configuration
) -> GroupDecision:
    """Fold one event into the group. `route` is the group's route as configured now."""
    return GroupDecision(group, (), Reason.UNCHANGED)


def removable_at(group: Group, flap_window: timedelta) -> int | None:
    """When an inactive group may be forgotten: nothing pending and its flap window over. None while it is active."""
    return None
