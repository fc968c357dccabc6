"""A group as the index holds it: who belongs to it, counted; and what one batch changed about it.

Counts move with each alert's code, so a change costs what changed and not what the group holds.
"""

from collections.abc import Mapping
from operator import itemgetter

import msgspec

from tocsin.core.configuration import TimeInterval
from tocsin.core.detect.group import Group
from tocsin.core.detect.index.alert import COUNTS, HELD, SILENT, Identity
from tocsin.core.detect.routing import ALL_LABELS, ResolvedRoute, group_labels, is_test
from tocsin.core.detect.time_intervals import muted_by
from tocsin.core.instants import instant
from tocsin.core.labels import decode_labels, encode_labels
from tocsin.core.severity import Severity, worst


class Landing:
    """A route with its groups by the values of its `group_by`, and whether its time intervals mute it now.

    It outlives changes of the configuration as long as the route keeps its id and its `group_by`.
    """

    __slots__ = ("_pick", "by_all", "groups", "muted", "names", "route")

    def __init__(self, route: ResolvedRoute) -> None:
        self.route = route
        self.names = tuple(sorted(route.group_by))
        self.by_all = ALL_LABELS in route.group_by
        self._pick = itemgetter(*self.names) if len(self.names) > 1 and not self.by_all else None
        self.groups: dict[tuple[str, ...], Gathering] = {}
        self.muted: str | None = None

    @property
    def timed(self) -> bool:
        """Whether the clock can mute it."""
        return bool(self.route.mute_time_intervals or self.route.active_time_intervals)

    def values(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """What names the alert's group among this route's. Equal exactly when `group_labels` are."""
        values = self._values(labels)
        # One longer keeps tests apart; what groups alone is longer by whole pairs.
        return (*values, "true") if len(values) == len(self.names) and is_test(labels) else values

    def _values(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        if self._pick is not None:  # the usual case: several labels, and the alert has them all
            try:
                values: tuple[str, ...] = self._pick(labels)
            except KeyError:
                pass
            else:
                if values[0] or any(values):
                    return values
        if self.by_all:
            return tuple([part for pair in sorted(labels.items()) if pair[1] for part in pair])
        get = labels.get
        values = tuple([get(name, "") for name in self.names])
        if values and not any(values):
            # It lacks every label that would group it, and groups alone; being longer keeps it apart from real values.
            return (*values, *[part for pair in sorted(labels.items()) if pair[1] for part in pair])
        return values

    def labels(self, values: tuple[str, ...], labels: Mapping[str, str]) -> dict[str, str]:
        """The labels that name that group; `group_labels` with less work."""
        if self.by_all or len(values) != len(self.names) or not any(values):
            return group_labels(self.route, labels)
        return {name: value for name, value in zip(self.names, values, strict=True) if value}

    def look(self, intervals: Mapping[str, TimeInterval], now: int) -> bool:
        """Look at the clock; whether it changed anything."""
        before = self.muted
        route = self.route
        self.muted = muted_by(route.mute_time_intervals, route.active_time_intervals, intervals, instant(now))
        return before != self.muted


class Gathering:
    """One group's members and counts. `total` and `common` are of its present episode."""

    __slots__ = (
        "_common",
        "_sole",
        "alone",
        "encoded_labels",
        "ended",
        "firing",
        "first",
        "integration",
        "key",
        "labels",
        "landing",
        "members",
        "pregrouped",
        "silent",
        "state",
        "suppressed",
        "total",
        "values",
        "waiting",
        "worst",
    )

    def __init__(
        self, key: str, landing: Landing, labels: dict[str, str], values: tuple[str, ...], state: Group
    ) -> None:
        self.key = key
        self.landing = landing
        self.labels = labels
        self.encoded_labels = encode_labels(labels)
        self.values = values
        self.state = state
        self.alone: tuple[Gathering, ...] = (self,)
        self.members: dict[Identity, None] = {}  # identities of what fires; half the weight of a set
        self.firing = self.suppressed = self.silent = 0
        self.total = state.alerts
        self._common: dict[str, str] | None = None
        self._sole: bytes | None = None
        self.first: Identity | None = None  # the identity whose annotations speak for the group
        self.worst: Severity | None = None  # only where the alerts say it and not the route
        self.pregrouped = False
        self.integration = ""
        self.waiting: list[Identity] | None = None  # identities last stored as waiting for a flush
        self.ended: dict[int, Identity] | None = (
            None  # id -> identity, since the chat last heard; chat routes only
        )

    @property
    def common(self) -> dict[str, str]:
        """The labels that every alert of the episode has with the same value."""
        if self._common is None:
            return {} if self._sole is None else decode_labels(self._sole)
        return self._common

    def add(self, identity: Identity, labels: dict[str, str], code: int) -> None:
        """One more member, with that code."""
        self.members[identity] = None
        self.total += 1
        if code:
            self.firing += 1
            if code == SILENT:
                self.silent += 1
        common = self._common
        if common is None:
            if self._sole is None:
                self._common = labels
                return
            common = self._common = decode_labels(self._sole)
            self._sole = None
        if not common.items() <= labels.items():
            self._common = {name: value for name, value in common.items() if labels.get(name) == value}

    def settle(self, labels: bytes) -> None:
        """Its only member's labels are all that is common; kept encoded they weigh a third."""
        self._common, self._sole = None, labels

    def worsen(self, severity: Severity) -> None:
        """One of that severity counts."""
        # Most alerts of a group are alike, so compare by identity before by rank.
        if self.worst is not severity:
            self.worst = severity if self.worst is None else worst(self.worst, severity)

    def begin_again(self) -> None:
        """A new episode: nothing of the last one is told again."""
        self.total = 0
        self._common = self._sole = None
        self.first = None
        self.worst = None
        self.integration = ""  # the next first alert says whether its sender has grouped

    def move(self, before: int, now: int) -> None:
        """One member's code changes."""
        if before == COUNTS:
            self.firing -= 1
        elif before == SILENT:
            self.firing -= 1
            self.silent -= 1
        elif before == HELD:
            self.suppressed -= 1
        if now == COUNTS:
            self.firing += 1
        elif now == SILENT:
            self.firing += 1
            self.silent += 1
        elif now == HELD:
            self.suppressed += 1


class Delta(msgspec.Struct, gc=False, eq=False):
    """What one batch changed about one group."""

    before: dict[Identity, int] = {}  # identity -> code before the batch
    severity: Severity | None = None  # the worst that began to count; only where the route gives none
    starts_at: int | None = None  # the earliest of those
    forced: bool = False  # a change even if no code changed
