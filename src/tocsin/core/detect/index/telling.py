"""A group's change in the words of its decision: counts, names, reasons."""

from collections.abc import Iterable, Iterator, Mapping

from tocsin.core.detect.group_events import GroupChange
from tocsin.core.detect.index.alert import (
    ABSENT,
    COUNTS,
    HELD,
    HOLD_REASONS,
    RESOLVED,
    SILENT,
    Alert,
    Identity,
)
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.gathering import Delta, Gathering
from tocsin.core.labels import decode_labels, short_name
from tocsin.core.reasons import Reason

NAMES = 8  # short names told per change; the counts tell the rest
NAMES_IN_MESSAGE = 20


def what_changed(
    group: Gathering,
    delta: Delta,
    changes: Changes,
    known: Mapping[Identity, Alert],
    integration_service: str | None,
) -> GroupChange | None:
    """The change to decide on; None when nothing that counts changed."""
    joined: list[Alert] = []
    ended: list[Alert] = []
    reasons: list[Reason] = []
    released: list[Reason] = []
    news, alone = delta.forced, group.alone
    for identity, before in delta.before.items():
        alert = known[identity]
        now = alert.codes[0] if alert.groups is alone else alert.code_in(group)
        if now == before:
            continue
        news = True
        if now in (COUNTS, SILENT):
            if before in (ABSENT, HELD):
                joined.append(alert)
            if before == HELD and alert.reason in HOLD_REASONS:  # as last stored
                released.append(_REASON[alert.reason])
            if now == SILENT:
                reasons.append(Reason.SOURCE_SILENT)
        elif now == HELD:
            hold = alert.hold_in(group)
            if hold is not None:
                reasons.append(hold[0])
        elif alert.status == RESOLVED:
            reasons.append(_REASON[alert.reason])
            if before != HELD:
                ended.append(alert)
    if not news:
        return None
    if group.suppressed and not group.firing and not any(r in HOLD_REASONS for r in reasons):
        reasons.extend(_holding(group, known))
    if joined and (group.first is None or group.first not in group.members):
        group.first = min(joined, key=lambda alert: alert.id).labels
    state, route, common = group.state, group.landing.route, group.common
    summary = description = runbook_url = ""
    names: tuple[str, ...] = ()
    ended_names: tuple[str, ...] = ()
    # Names are for the timeline of an incident; the alert's own words are wanted before there is one.
    if state.incident is not None:
        names = _names(joined, group, changes._labels) if joined else ()
        ended_names = _names(ended, group, changes._labels) if ended else ()
    if state.incident is None or state.ended_at is not None:
        summary, description, runbook_url = _words(group, known)
    return GroupChange(  # in the order of its fields: by keyword costs ten times as much
        group.key,
        route,
        group.labels,
        group.firing,
        group.suppressed,
        group.silent,
        group.total,
        names,
        ended_names,
        (route.severity or delta.severity) if joined else None,
        route.severity or group.worst,
        route.service or common.get("service") or integration_service,
        group.integration,
        common,
        summary,
        description,
        runbook_url,
        delta.starts_at or 0,
        group.pregrouped,
        group.landing.muted is not None,
        _in_order(reasons) if reasons else (),
        released=_in_order(released) if released else (),
    )


def for_flush(
    group: Gathering, known: Mapping[Identity, Alert], integration_service: str | None
) -> GroupChange:
    """The group as it is now, with the ids and names that a message needs."""
    firing: dict[int, Alert] = {}
    held: dict[int, Alert] = {}
    reasons: set[Reason] = set()
    starts_at: int | None = None
    route, ended = group.landing.route, group.ended or {}
    for identity in group.members:
        alert = known[identity]
        if starts_at is None or alert.starts_at < starts_at:
            starts_at = alert.starts_at
        if route.chat is None:
            continue
        if alert.code_in(group) == HELD:
            held[alert.id] = alert
            hold = alert.hold_in(group)
            if hold is not None:
                reasons.add(hold[0])
        else:
            firing[alert.id] = alert
    names = {}
    if route.chat is not None:
        fresh = sorted(firing.keys() - (frozenset(group.state.posted) - ended.keys())) or sorted(firing)
        for number in fresh[:NAMES_IN_MESSAGE]:
            names[number] = short_name(decode_labels(firing[number].labels), group.labels)
        for number in sorted(ended)[:NAMES_IN_MESSAGE]:
            gone = known.get(ended[number])
            if gone is not None and number not in names:
                names[number] = short_name(decode_labels(gone.labels), group.labels)
    common = group.common
    summary, description, runbook_url = _words(group, known)
    return GroupChange(
        key=group.key,
        route=route,
        labels=group.labels,
        firing=group.firing,
        suppressed=group.suppressed,
        source_silent=group.silent,
        total=group.total,
        worst=route.severity or group.worst,
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
        ended_ids=tuple(sorted(ended)),
        names=names,
    )


def _holding(group: Gathering, known: Mapping[Identity, Alert]) -> Iterator[Reason]:
    """What holds back one of those that still fire, when none of them changed."""
    for identity in group.members:
        hold = known[identity].hold_in(group)
        if hold is not None:
            yield hold[0]
            return


def _words(group: Gathering, known: Mapping[Identity, Alert]) -> tuple[str, str, str]:
    """Summary, description and runbook link of the alert that speaks for the group."""
    first = known.get(group.first) if group.first is not None else None
    if first is None:
        return "", "", ""
    annotations = decode_labels(first.annotations)
    summary = annotations.get("summary") or annotations.get("message") or ""
    return summary, annotations.get("description", ""), annotations.get("runbook_url", "")


def _names(
    alerts: list[Alert], group: Gathering, decoded: Mapping[Identity, Mapping[str, str]]
) -> tuple[str, ...]:
    names = [
        short_name(decoded.get(alert.labels) or decode_labels(alert.labels), group.labels)
        for alert in alerts[:NAMES]
    ]
    if len(alerts) > NAMES:
        names.append(f"and {len(alerts) - NAMES} more")
    return tuple(names)


def _in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(set(reasons), key=_REASON_ORDER.index))


_REASON = {reason.value: reason for reason in Reason}
_REASON_ORDER = [
    *HOLD_REASONS,
    Reason.SOURCE_SILENT,
    Reason.LEFT_GROUP,
    Reason.SOURCE_RESOLVED,
    *(r for r in Reason if r not in HOLD_REASONS),
]
