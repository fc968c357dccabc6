"""What one call of the index changed: for the engine to decide, to store and to pass on."""

from collections.abc import Mapping, Sequence

import msgspec

from tocsin.core.detect.group import Group
from tocsin.core.detect.group_events import GroupChange
from tocsin.core.detect.index.alert import Alert, Identity, Told
from tocsin.core.detect.index.gathering import Delta, Gathering
from tocsin.core.detect.records import AlertRow
from tocsin.core.reasons import Reason

# group key -> (the group as decided, its incident, why)
Outcome = tuple[Group, int | None, Reason]


class HeartbeatSeen(msgspec.Struct, frozen=True):
    """An alert that a heartbeat's matchers take, or a ping by key. `at` is when it was received (microseconds)."""

    key: str
    at: int


class AcknowledgedSignal(msgspec.Struct, frozen=True):
    """A sender's acknowledgement (PagerDuty), with the groups and the incidents it concerns."""

    integration: str
    key: str
    groups: tuple[str, ...]
    incidents: tuple[int, ...]


class Unreadable(msgspec.Struct, frozen=True):
    """A stored row that the index goes on without."""

    what: str  # alert or group
    name: str  # its id, or its key
    why: str


class Changes:
    """`groups` to decide, `heartbeats`, `acknowledged`, keys of groups `removed`, stored rows that are `unreadable`. Hand it
    back to `rows` and `committed`.

    What begins with an underscore is the index's own.
    """

    __slots__ = (
        "_adopted",
        "_deltas",
        "_flushed",
        "_fresh",
        "_labels",
        "_new",
        "_outcomes",
        "_told",
        "_touched",
        "acknowledged",
        "groups",
        "heartbeats",
        "now",
        "removed",
        "unreadable",
    )

    def __init__(self, now: int) -> None:
        self.now = now
        self.groups: list[GroupChange] = []
        self.heartbeats: list[HeartbeatSeen] = []
        self.acknowledged: list[AcknowledgedSignal] = []
        self.removed: list[str] = []
        self.unreadable: list[Unreadable] = []
        self._new: list[AlertRow] = []
        self._labels: dict[Identity, dict[str, str]] = {}  # by identity, where they are at hand decoded
        self._touched: dict[Identity, Alert] = {}  # by identity: alerts whose state is to be stored
        self._deltas: dict[Gathering, Delta] = {}
        self._fresh: list[Alert] = []  # began to fire: what holds them back is looked at when the batch is in
        self._adopted: set[str] = set()  # groups whose state must be stored even if it does not change
        self._flushed: list[Gathering] = []
        self._told: Sequence[Told] = ()  # what the touched alerts are told, in their order
        self._outcomes: Mapping[str, Outcome] = {}

    @property
    def new_alerts(self) -> int:
        return len(self._new)

    @property
    def touched_alerts(self) -> int:
        return len(self._touched)

    def __bool__(self) -> bool:
        """Whether there is anything to decide, store or pass on."""
        return bool(self.groups or self._touched or self.heartbeats or self.acknowledged or self.removed)
