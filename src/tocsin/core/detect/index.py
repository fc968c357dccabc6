"""The detection index: every alert that matters now, its groups, and what holds it back. One owner, mutable.

It sees every alert, so it is an index and not a decision: `apply` and `tick` answer with Changes, the engine decides each
changed group, asks `rows` for what to store, and after the commit calls `committed`. After a failed commit the index is ahead
of the store: throw it away and `load` another. Instants are microseconds since the epoch.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.detect.grouping import Group, GroupChange
from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.detect.signal import Report
from tocsin.core.reasons import Reason

# group key -> (the group as decided, its incident, why)
Outcome = tuple[Group, int | None, Reason]


class HeartbeatSeen(msgspec.Struct, frozen=True):
    """An alert that a heartbeat's matchers take, or a ping by key. `at` is when it was received."""

    key: str
    at: int


class AcknowledgedSignal(msgspec.Struct, frozen=True):
    """A sender's acknowledgement (PagerDuty), with the groups whose incidents it concerns."""

    integration: str
    key: str
    groups: tuple[str, ...]
    incidents: tuple[int, ...]


class Changes:
    """What one call changed. Read `groups`, `heartbeats`, `acknowledged`, `removed`; hand it back to `rows` and `committed`."""

    now: int
    groups: list[GroupChange]
    heartbeats: list[HeartbeatSeen]
    acknowledged: list[AcknowledgedSignal]
    removed: list[str]  # keys of groups to forget in the store


class Detection:
    """The one owned index."""

    def __init__(self, configuration: Configuration, next_alert_id: int) -> None: ...

    def load(
        self, alerts: Iterable[tuple[AlertRow, AlertStateRow]], groups: Iterable[GroupRow], now: int
    ) -> Changes:
        """Take over what the store holds active. Every alert with a lease gets a fresh one (`GRACE`). The changes are what no
        longer agrees with the configuration (moved routes, ended silences); usually none."""
        ...

    def apply(self, reports: Sequence[Report], now: int) -> Changes:
        """Take reports in inbox order."""
        ...

    def tick(self, now: int) -> Changes:
        """Leases that ran out, silences, windows and intervals that began or ended, and what may be forgotten."""
        ...

    def flush(self, keys: Sequence[str], now: int) -> Changes:
        """The groups whose timer is due, as they are now, for FlushDue. Unknown keys are left out."""
        ...

    def reconfigure(self, configuration: Configuration, now: int) -> Changes:
        """Route and hold anew what is active, under another configuration."""
        ...

    def grant_grace(self, until: int) -> None:
        """No lease runs out before `until`: after a step of the clock or an outage of our own."""
        ...

    def next_due(self) -> int | None:
        """When `tick` has something to do."""
        ...

    def state(self, key: str) -> Group | None:
        """The group as last committed (fresh and empty for one that never was)."""
        ...

    def route(self, key: str) -> ResolvedRoute | None: ...

    def rows(
        self, changes: Changes, outcomes: Mapping[str, Outcome]
    ) -> tuple[list[AlertRow], list[AlertStateRow], list[GroupRow]]:
        """What to store. May be asked again with other outcomes before `committed`."""
        ...

    def committed(self, changes: Changes) -> None:
        """The rows are durable: from now on these outcomes are the groups' states."""
        ...
