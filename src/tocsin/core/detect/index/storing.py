"""What the index hands to the store: alerts' states with why each of them paged or did not, and groups' states."""

from collections.abc import Mapping
from operator import itemgetter

import msgspec

from tocsin.core.detect.index.alert import (
    HELD,
    HOLD_REASONS,
    RESOLVED,
    SOURCE_SILENT,
    STATUS_TEXT,
    Alert,
    Told,
)
from tocsin.core.detect.index.changes import Changes, Outcome
from tocsin.core.detect.index.ending import Ending
from tocsin.core.detect.index.gathering import Gathering
from tocsin.core.detect.index.known import Known
from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.core.reasons import Reason

REASON_TEXT = {reason: reason.value for reason in Reason}
HELD_TEXT = frozenset(REASON_TEXT[reason] for reason in HOLD_REASONS)
WAITS = REASON_TEXT[Reason.GROUP_WAIT]

# Of several groups' reasons an alert is told the one that matters most.
_RANK = {
    reason: rank
    for rank, reason in enumerate(
        (
            Reason.OPENED_INCIDENT,
            Reason.REOPENED_INCIDENT,
            Reason.JOINED_INCIDENT,
            Reason.TICKET_ONLY,
            Reason.BACKLOG,
            Reason.GROUP_WAIT,
            Reason.SENT_TO_CHAT,
            Reason.REPEAT_INTERVAL,
            Reason.ROUTE_SAYS_NOTHING,
        )
    )
}
_UNRANKED = 99
# Once an alert has been told one of these, only a new occurrence, a move or the end of what held it changes it.
_SETTLED = frozenset(REASON_TEXT[reason] for reason in _RANK if reason is not Reason.GROUP_WAIT)

_encode = msgspec.json.Encoder().encode

# What each group's decision says to its alerts, and its rank.
Said = Mapping[str, tuple[Told, int]]


def rows(
    known: Known, changes: Changes, outcomes: Mapping[str, Outcome]
) -> tuple[list[AlertRow], list[AlertStateRow], list[GroupRow]]:
    """What to store. May be asked again with other outcomes before `committed`."""
    groups = []
    for key, (state, incident, _) in outcomes.items():
        group = known.groups[key]
        if state is not group.state or key in changes._adopted:
            path = group.landing.route.path
            groups.append(GroupRow(key, path, group.encoded_labels, _encode(state), incident, changes.now))
    said = _said_by(outcomes, known.groups)
    changes._told = [_why(alert, said) for alert in changes._touched.values()]
    changes._outcomes = outcomes
    return changes._new, _state_rows(changes), groups


def committed(known: Known, ending: Ending, changes: Changes) -> None:
    """The rows are durable: from now on these outcomes are the groups' states."""
    for flushed in changes._flushed:
        flushed.waiting = None
    for alert, told in zip(changes._touched.values(), changes._told, strict=True):
        alert.told = told
        if told[0] == WAITS:
            for group in alert.groups:
                if group.waiting is None:
                    group.waiting = []
                group.waiting.append(alert.labels)
    outcomes = changes._outcomes
    asked = {change.key: change for change in changes.groups} if changes._flushed else {}
    for key, (state, _, _) in outcomes.items():
        kept = known.groups.get(key)
        if kept is None:
            continue
        if kept.ended and key in asked and state.posted_at != kept.state.posted_at:
            for number in asked[key].ended_ids:
                kept.ended.pop(number, None)
        kept.state = state
        if not kept.members:
            ending.may_remove(kept)
    for group in changes._deltas:
        members = group.members
        if len(members) == 1 and group.total == 1:
            group.settle(known.alerts[next(iter(members))].labels)
        elif not members and group.key not in outcomes:
            ending.may_remove(group)


def _said_by(outcomes: Mapping[str, Outcome], groups: Mapping[str, Gathering]) -> Said:
    return {
        key: ((REASON_TEXT[reason], groups[key].landing.route.id, incident), _RANK.get(reason, _UNRANKED))
        for key, (_, incident, reason) in outcomes.items()
    }


def _state_rows(changes: Changes) -> list[AlertStateRow]:
    rows, now = [], changes.now
    for alert, (reason, by, incident) in zip(changes._touched.values(), changes._told, strict=True):
        groups = alert.groups
        rows.append(
            AlertStateRow(
                alert.id,
                STATUS_TEXT[alert.status],
                alert.starts_at,
                alert.ends_at,
                now,
                alert.annotations,
                alert.generator_url,
                groups[0].key if len(groups) == 1 else "\n".join([group.key for group in groups]),
                reason,
                by,
                incident,
                "\n".join(alert.complete) if alert.complete else None,
            )
        )
    return rows


def _why(alert: Alert, said: Said) -> Told:
    """Why the alert paged or did not, which rule did it, and its incident."""
    if alert.status == RESOLVED:
        return alert.told
    groups, holds = alert.groups, alert.holds
    if not groups:
        return REASON_TEXT[Reason.HEARTBEAT], ", ".join(alert.verdict.heartbeats), None
    if holds is None and len(groups) == 1:
        best = said.get(groups[0].key)
    else:
        if holds is not None and holds[0] is not None and all(holds):
            reason, by = holds[0]
            return REASON_TEXT[reason], by, alert.incident
        each = [
            said[group.key]
            for group, code in zip(groups, alert.codes, strict=True)
            if code != HELD and group.key in said
        ]
        best = min(each, key=itemgetter(1), default=None)
    before = alert.told
    if alert.status == SOURCE_SILENT:
        incident = alert.incident if best is None or best[0][2] is None else best[0][2]
        return REASON_TEXT[Reason.SOURCE_SILENT], alert.by, incident
    if before[0] in _SETTLED:
        return before
    if best is not None and best[1] < _UNRANKED:
        return best[0]
    # It counts as it did before the batch, so nothing was decided anew about its group.
    incident = next((g.state.incident for g in groups if g.state.incident is not None), alert.incident)
    if before[0] == WAITS:
        return before[0], before[1], incident
    again = Reason.UNCHANGED if incident is None else Reason.JOINED_INCIDENT
    return REASON_TEXT[again], groups[0].landing.route.id, incident
