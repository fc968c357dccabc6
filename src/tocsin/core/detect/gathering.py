"""A group as the index holds it: who belongs to it, counted; and what one batch changed about it.

Counts move with each alert's code, so a change costs what changed and not what the group holds.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum

import msgspec

from tocsin.core.configuration import TimeInterval
from tocsin.core.detect.group import Group
from tocsin.core.detect.group_events import GroupChange
from tocsin.core.detect.inhibition import Role
from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.detect.silences import CompiledSilence
from tocsin.core.detect.time_intervals import muted_by
from tocsin.core.instants import instant
from tocsin.core.labels import decode_labels, encode_labels, short_name
from tocsin.core.reasons import Reason
from tocsin.core.severity import Severity

NAMES = 8  # short names told per change; the counts tell the rest


class Status(IntEnum):
    FIRING = 0
    SOURCE_SILENT = 1
    RESOLVED = 2


STATUS_TEXT = ("firing", "source_silent", "resolved")

# What an alert is to one of its groups.
ABSENT, COUNTS, SILENT, HELD = 0, 1, 2, 3

# Why an alert is held back, and by which silence, rule, window or interval.
Hold = tuple[Reason, str]


class Verdict:
    """What the configuration says to a label set, whatever the time; shared by all alerts that look alike to it."""

    __slots__ = ("heartbeats", "landings", "plain", "roles", "silences")

    def __init__(
        self,
        landings: tuple["Landing", ...],
        heartbeats: tuple[str, ...],
        silences: tuple[CompiledSilence, ...],
        roles: tuple[Role, ...],
        plain: bool,
    ) -> None:
        self.landings = landings
        self.heartbeats = heartbeats
        self.silences = silences
        self.roles = roles
        self.plain = plain  # nothing can ever hold it back


class Alert(msgspec.Struct, gc=False, eq=False):
    """One alert in memory. Labels and annotations stay encoded: a dict would triple what an alert weighs.

    It refers to no object that refers to it, so it needs no cycle collection.
    """

    id: int
    identity: int
    integration: str
    labels: bytes
    annotations: bytes
    generator_url: str
    starts_at: int
    ends_at: int | None  # a firing alert's lease (None: until told otherwise), a resolved one's end
    verdict: Verdict
    groups: tuple["Gathering", ...] = ()
    codes: tuple[int, ...] = ()
    status: int = 0
    leased: bool = False  # it stands in the lease wheel
    holds: tuple[Hold | None, ...] | None = None  # by group; None when nothing holds it back
    key: str | None = None
    complete: tuple[str, ...] = ()  # the sender's complete groups that list it
    reason: str = ""  # as last stored
    by: str = ""
    incident: int | None = None


class Landing:
    """A route with its groups by the values of its `group_by`, and whether its time intervals mute it now."""

    __slots__ = ("by_all", "groups", "muted", "names", "route")

    def __init__(self, route: ResolvedRoute) -> None:
        self.route = route
        self.names = tuple(sorted(route.group_by))
        self.by_all = "..." in route.group_by
        self.groups: dict[tuple[str, ...], Gathering] = {}
        self.muted: str | None = None

    @property
    def timed(self) -> bool:
        """Whether the clock can mute it."""
        return bool(self.route.mute_time_intervals or self.route.active_time_intervals)

    def values(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """What names the alert's group among this route's. Equal exactly when `group_labels` are."""
        if self.by_all:
            return tuple([part for pair in sorted(labels.items()) if pair[1] for part in pair])
        get = labels.get
        values = tuple([get(name, "") for name in self.names])
        if values and not any(values):
            # It lacks every label that would group it, and groups alone; the marker keeps it apart from real values.
            return ("", *[part for pair in sorted(labels.items()) if pair[1] for part in pair])
        return values

    def look(self, intervals: Mapping[str, TimeInterval], now: int) -> bool:
        """Look at the clock; whether it changed anything."""
        before = self.muted
        route = self.route
        self.muted = muted_by(route.mute_time_intervals, route.active_time_intervals, intervals, instant(now))
        return before != self.muted


class Gathering:
    """One group's members and counts. `total` and `common` are of its present episode."""

    __slots__ = (
        "alone",
        "common",
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
        "services",
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
        self.members: set[int] = set()  # identities of what fires, held back or not
        self.firing = self.suppressed = self.silent = 0
        self.total = state.alerts
        self.common: dict[str, str] | None = None
        self.first: int | None = None  # the identity whose annotations speak for the group
        self.worst: Severity | None = None
        self.pregrouped = False
        self.integration = ""
        self.services: set[str] = set()
        self.waiting: list[int] = []  # identities last stored as waiting for a flush
        self.ended: dict[
            int, int
        ] = {}  # id -> identity of what ended since the chat last heard; chat routes only

    @property
    def route(self) -> ResolvedRoute:
        return self.landing.route

    @property
    def idle(self) -> bool:
        return not self.members

    def begin_again(self) -> None:
        """A new episode: nothing of the last one is told again."""
        self.total = 0
        self.common = None
        self.first = None
        self.worst = None
        self.integration = ""  # the next first alert says whether its sender has grouped

    def share(self, labels: dict[str, str]) -> None:
        """Keep only what this alert has too."""
        common = self.common
        if common is None:
            self.common = labels
        elif not common.items() <= labels.items():
            self.common = {name: value for name, value in common.items() if labels.get(name) == value}

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


class Delta:
    """What one batch changed about one group."""

    __slots__ = ("before", "forced", "severity", "starts_at")

    def __init__(self) -> None:
        self.before: dict[int, int] = {}  # identity -> code before the batch
        self.severity: Severity | None = None
        self.starts_at: int | None = None
        self.forced = False  # to be told even when no count changed


def code_in(alert: Alert, group: Gathering) -> int:
    for member, code in zip(alert.groups, alert.codes, strict=True):
        if member is group:
            return code
    return ABSENT


def what_changed(
    group: Gathering, delta: Delta, known: Mapping[int, Alert], integration_service: str | None
) -> GroupChange | None:
    """The change to decide on; None when nothing that counts changed."""
    joined: list[Alert] = []
    ended: list[Alert] = []
    reasons: set[Reason] = set()
    released: set[Reason] = set()
    news = delta.forced
    for identity, before in delta.before.items():
        alert = known[identity]
        now = alert.codes[0] if alert.groups == group.alone else code_in(alert, group)
        if now == before:
            continue
        news = True
        if now in (COUNTS, SILENT):
            if before in (ABSENT, HELD):
                joined.append(alert)
            if before == HELD and alert.reason in HOLD_REASONS:  # as last stored
                released.add(Reason(alert.reason))
            if now == SILENT:
                reasons.add(Reason.SOURCE_SILENT)
        elif now == HELD:
            hold = _hold_in(alert, group)
            if hold is not None:
                reasons.add(hold[0])
        elif alert.status == Status.RESOLVED:
            reasons.add(Reason(alert.reason))
            if before != HELD:
                ended.append(alert)
    if not news:
        return None
    if group.suppressed and not group.firing and reasons.isdisjoint(HOLD_REASONS):
        reasons.update(_holding(group, known))
    if joined and (group.first is None or group.first not in group.members):
        group.first = min(joined, key=lambda alert: alert.id).identity
    state, common, route = group.state, group.common or {}, group.landing.route
    # Names are for the timeline of an incident; its own words are wanted before there is one.
    timeline = state.incident is not None
    summary, description, runbook_url = (
        ("", "", "") if timeline and state.ended_at is None else words(group, known)
    )
    return GroupChange(
        key=group.key,
        route=route,
        labels=group.labels,
        firing=group.firing,
        suppressed=group.suppressed,
        source_silent=group.silent,
        total=group.total,
        joined=_names(joined, group) if timeline and joined else (),
        ended=_names(ended, group) if timeline and ended else (),
        severity=delta.severity if joined else None,
        worst=group.worst or route.severity,
        service=route.service or common.get("service") or integration_service,
        integration=group.integration,
        common_labels=common,
        summary=summary,
        description=description,
        runbook_url=runbook_url,
        starts_at=delta.starts_at or 0,
        pregrouped=group.pregrouped,
        muted=group.landing.muted is not None,
        reasons=_in_order(reasons) if reasons else (),
        released=_in_order(released) if released else (),
    )


def _holding(group: Gathering, known: Mapping[int, Alert]) -> Iterator[Reason]:
    """What holds back one of those that still fire, when none of them changed."""
    for identity in group.members:
        hold = _hold_in(known[identity], group)
        if hold is not None:
            yield hold[0]
            return


def words(group: Gathering, known: Mapping[int, Alert]) -> tuple[str, str, str]:
    """Summary, description and runbook link of the alert that speaks for the group."""
    first = known.get(group.first) if group.first is not None else None
    if first is None:
        return "", "", ""
    annotations = decode_labels(first.annotations)
    summary = annotations.get("summary") or annotations.get("message") or ""
    return summary, annotations.get("description", ""), annotations.get("runbook_url", "")


def for_flush(group: Gathering, known: Mapping[int, Alert], integration_service: str | None) -> GroupChange:
    """The group with the ids and names that a message needs."""
    firing: dict[int, Alert] = {}
    held: dict[int, Alert] = {}
    reasons: set[Reason] = set()
    starts_at: int | None = None
    for identity in group.members:
        alert = known[identity]
        if starts_at is None or alert.starts_at < starts_at:
            starts_at = alert.starts_at
        if group.landing.route.chat is None:
            continue
        if code_in(alert, group) == HELD:
            held[alert.id] = alert
            hold = _hold_in(alert, group)
            if hold is not None:
                reasons.add(hold[0])
        else:
            firing[alert.id] = alert
    names = {}
    if group.landing.route.chat is not None:
        told = frozenset(group.state.posted) - group.ended.keys()
        fresh = sorted(firing.keys() - told) or sorted(firing)
        for number in fresh[:20]:
            names[number] = short_name(decode_labels(firing[number].labels), group.labels)
        for number in sorted(group.ended)[:20]:
            gone = known.get(group.ended[number])
            if gone is not None and number not in names:
                names[number] = short_name(decode_labels(gone.labels), group.labels)
    common, route = group.common or {}, group.landing.route
    summary, description, runbook_url = words(group, known)
    return GroupChange(
        key=group.key,
        route=route,
        labels=group.labels,
        firing=group.firing,
        suppressed=group.suppressed,
        source_silent=group.silent,
        total=group.total,
        worst=group.worst or route.severity,
        service=route.service or common.get("service") or integration_service,
        integration=group.integration,
        common_labels=common,
        summary=summary,
        description=description,
        runbook_url=runbook_url,
        starts_at=starts_at or 0,
        pregrouped=group.pregrouped,
        muted=group.landing.muted is not None,
        reasons=_in_order(reasons),
        firing_ids=tuple(sorted(firing)),
        held_ids=tuple(sorted(held)),
        ended_ids=tuple(sorted(group.ended)),
        names=names,
    )


def _in_order(reasons: set[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=_REASON_ORDER.index))


def _names(alerts: list[Alert], group: Gathering) -> tuple[str, ...]:
    names = [short_name(decode_labels(alert.labels), group.labels) for alert in alerts[:NAMES]]
    if len(alerts) > NAMES:
        names.append(f"and {len(alerts) - NAMES} more")
    return tuple(names)


def _hold_in(alert: Alert, group: Gathering) -> Hold | None:
    if alert.holds is None:
        return None
    for member, hold in zip(alert.groups, alert.holds, strict=True):
        if member is group:
            return hold
    return None


HOLD_REASONS = (Reason.SILENCED, Reason.INHIBITED, Reason.MAINTENANCE, Reason.MUTED)
_REASON_ORDER = [
    *HOLD_REASONS,
    Reason.SOURCE_SILENT,
    Reason.LEFT_GROUP,
    Reason.SOURCE_RESOLVED,
    *(r for r in Reason if r not in HOLD_REASONS),
]
