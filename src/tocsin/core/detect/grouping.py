"""Deciding about a group: what one event means for its incident and its chat.

`decide` is pure. Membership and resolution reach an incident at once; Alertmanager's timings bound chat messages only.
Instants are microseconds since the epoch.
"""

from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.detect.group import Group, Phase, episode_over
from tocsin.core.detect.group_effects import (
    CancelFlush,
    ChangeIncident,
    GroupDecision,
    GroupEffect,
    OpenIncident,
    PostGroup,
    RemindFlush,
)
from tocsin.core.detect.group_events import FlushDue, GroupChange, GroupChanged, GroupEvent, IncidentEnded
from tocsin.core.detect.posting import post, when_to_post
from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.instants import MICROSECOND
from tocsin.core.labels import TEST_LABEL
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import AlertsChanged, Kind
from tocsin.core.severity import PageWhen, Severity

__all__ = [
    "CancelFlush",
    "ChangeIncident",
    "FlushDue",
    "Group",
    "GroupChange",
    "GroupChanged",
    "GroupDecision",
    "GroupEffect",
    "GroupEvent",
    "IncidentEnded",
    "OpenIncident",
    "Phase",
    "PostGroup",
    "RemindFlush",
    "decide",
]


def decide(
    group: Group, event: GroupEvent, now: int, route: ResolvedRoute, configuration: Configuration
) -> GroupDecision:
    """Fold one event into the group. `route` is the group's route as configured now."""
    match event:
        case GroupChanged(change=change):
            return _changed(group, change, now, route, configuration)
        case FlushDue(change=change):
            return _flushed(group, change, now, route, configuration)
        case IncidentEnded():
            if event.incident != group.incident:
                return GroupDecision(group, (), Reason.UNCHANGED)
            return GroupDecision(replace(group, incident_ended_at=event.at), (), Reason.UNCHANGED)


def _changed(
    group: Group, change: GroupChange, now: int, route: ResolvedRoute, configuration: Configuration
) -> GroupDecision:
    if group.incident is None and not route.makes_incidents and route.chat is None:
        return GroupDecision(group, (), Reason.ROUTE_SAYS_NOTHING)
    before = group
    if (change.firing or change.suppressed) and episode_over(group, now, route.flap_window):
        group = group.begun_anew()
    group, effects, reason = _tell_incident(group, change, now, route, configuration)
    group = when_to_post(group, change, now, route)
    group = _lived(group, change, now)
    if reason is Reason.UNCHANGED and route.chat is not None and change.firing:
        reason = Reason.GROUP_WAIT
    return GroupDecision(group, effects + _timer(before, group), reason)


def _flushed(
    group: Group, change: GroupChange, now: int, route: ResolvedRoute, configuration: Configuration
) -> GroupDecision:
    """The timer rang: open what has gathered, and say in the chat what it has not heard yet."""
    before, reason = group, Reason.UNCHANGED
    effects: tuple[GroupEffect, ...] = ()
    if group.wait_until is not None and group.wait_until <= now:
        group = replace(group, wait_until=None)
        if change.firing and group.incident is None and route.makes_incidents:
            group, effects, reason = _open(group, change, route, configuration)
    if group.post_at is not None and group.post_at <= now:
        group, message, why = post(group, change, now, route)
        if message is not None:
            effects += (message,)
        if reason is Reason.UNCHANGED:
            reason = why
    group = _lived(group, change, now)
    timer = _timer(before, group)
    if not timer and group.next_flush_at is not None:
        timer = (RemindFlush(group.next_flush_at),)  # it rang early: its entry is gone and must be set again
    return GroupDecision(group, effects + timer, reason)


def _lived(group: Group, change: GroupChange, now: int) -> Group:
    """When the episode began and ended, and how many alerts it had."""
    # What is held back keeps an open incident going; it cannot bring one back that is over.
    active = change.firing > 0 or (change.suppressed > 0 and group.incident_ended_at is None)
    begun_at = group.begun_at if group.begun_at is not None or not active else now
    ended_at = None if active else (group.ended_at if group.ended_at is not None else now)
    if begun_at is None:
        ended_at = None
    if (begun_at, ended_at, change.total) == (group.begun_at, group.ended_at, group.alerts):
        return group
    return replace(group, begun_at=begun_at, ended_at=ended_at, alerts=change.total)


def _timer(before: Group, after: Group) -> tuple[GroupEffect, ...]:
    due_at = after.next_flush_at
    if due_at == before.next_flush_at:
        return ()
    return (CancelFlush(),) if due_at is None else (RemindFlush(due_at),)


# --- the incident ----------------------------------------------------------------------------------------------------


def _tell_incident(
    group: Group, change: GroupChange, now: int, route: ResolvedRoute, configuration: Configuration
) -> tuple[Group, tuple[GroupEffect, ...], Reason]:
    """What an incident, present or to be, hears at once."""
    if group.incident is not None:
        if not change.firing and group.incident_ended_at is not None:
            return group, (), _why_not(change)  # it is over already: what is held back cannot reopen it
        back = group.ended_at is not None and change.firing > 0
        told = AlertsChanged(  # in the order of its fields: by keyword costs several times as much
            change.firing,
            change.total,
            change.source_silent,
            change.severity,
            change.joined,
            change.ended,
            change.suppressed,
            _how_ended(change) if change.firing else _why_not(change),
            change.released,
            change.common_labels if change.joined else None,  # only who joins can share less
        )
        reason = Reason.REOPENED_INCIDENT if back else Reason.JOINED_INCIDENT
        if not change.firing:
            reason = _why_not(change)
        effect = ChangeIncident(group.incident, told)
        if group.incident_ended_at is not None:
            group = replace(group, incident_ended_at=None)
        return group, (effect,), reason
    if not route.makes_incidents:
        return group, (), Reason.UNCHANGED
    if not change.firing:
        return group, (), _why_not(change)
    if group.wait_until is not None:
        return group, (), Reason.GROUP_WAIT
    # As in Alertmanager, an alert that has fired for longer than the wait already does not wait again.
    due_at = min(change.starts_at, now) + route.wait(change.pregrouped) // MICROSECOND
    if due_at > now:
        return replace(group, wait_until=due_at), (), Reason.GROUP_WAIT
    return _open(group, change, route, configuration)


def _open(
    group: Group, change: GroupChange, route: ResolvedRoute, configuration: Configuration
) -> tuple[Group, tuple[GroupEffect, ...], Reason]:
    pages = route.page is not None
    severity = change.worst or change.severity or (Severity.SEV2 if pages else Severity.SEV3)
    policy = configuration.policies.get(route.page) if route.page is not None else None
    service = configuration.services.get(change.service or "")
    team = route.ticket if not pages else (service.team if service is not None else None)
    if team is None and policy is not None:
        team = policy.team
    effect = OpenIncident(
        title=_title(change),
        severity=severity,
        kind=Kind.PAGE if pages else Kind.TICKET,
        route=route.id,
        group=group.key,
        policy=route.page,
        summary=change.summary,
        description=change.description,
        runbook_url=change.runbook_url or (service.runbook_url if service is not None else ""),
        service=change.service,
        team=team,
        labels=dict(sorted(change.common_labels.items())),
        firing=change.firing,
        alerts=change.total,
        source_silent=change.source_silent,
        test=change.common_labels.get(TEST_LABEL) == "true",
        released=change.released,
    )
    if not pages:
        reason = Reason.TICKET_ONLY
    elif configuration.severities[severity].page is PageWhen.NEVER:
        reason = Reason.BACKLOG
    else:
        reason = Reason.OPENED_INCIDENT
    if group.wait_until is not None:
        group = replace(group, wait_until=None)
    return group, (effect,), reason


def _how_ended(change: GroupChange) -> Reason | None:
    """How those that ended did, while others go on; None when none did."""
    ways = [reason for reason in change.reasons if reason in (Reason.LEFT_GROUP, Reason.SOURCE_RESOLVED)]
    return ways[0] if ways and change.ended else None


def _why_not(change: GroupChange) -> Reason:
    """Why nothing of it counts as firing."""
    return change.reasons[0] if change.reasons else Reason.UNCHANGED


UNSAID = ("alertname", TEST_LABEL)  # said first, and by a mark of its own


def _title(change: GroupChange) -> str:
    """The alert's own summary; else its name and the group's labels."""
    if change.summary:
        return cut(change.summary.split("\n", 1)[0], 200)
    name = change.common_labels.get("alertname", "")
    others = [value for label, value in sorted(change.labels.items()) if label not in UNSAID]
    return cut(" ".join([name, *others] if name else others) or change.key, 200)


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
