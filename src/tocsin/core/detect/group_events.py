"""What can happen to a group: its alerts changed, its timer rang, its incident ended."""

import msgspec

from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.reasons import Reason
from tocsin.core.severity import Severity


class GroupChange(msgspec.Struct, frozen=True, gc=False):
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
    released: tuple[Reason, ...] = ()  # what held back, until this change, some that joined


class GroupChanged(msgspec.Struct, frozen=True, tag="group_changed", gc=False):
    change: GroupChange


class FlushDue(msgspec.Struct, frozen=True, tag="flush_due", gc=False):
    """The group's timer. `change` is the group as it is now."""

    change: GroupChange


class IncidentEnded(msgspec.Struct, frozen=True, tag="incident_ended", gc=False):
    """Its incident was resolved or closed, by whomever: the engine tells in the transaction that does it."""

    incident: int
    at: int


GroupEvent = GroupChanged | FlushDue | IncidentEnded
