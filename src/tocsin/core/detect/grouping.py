"""A group: the alerts that one route gathers, and what they owe to an incident or a chat.

`decide` is pure. Membership and resolution reach an incident at once; Alertmanager's timings bound chat messages only.
Instants are microseconds since the epoch. Differences from Alertmanager, on purpose: a muted or silenced flush loses no
resolution, and what fires again after a silence is announced.
"""

from datetime import timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.instants import MICROSECOND
from tocsin.core.labels import TEST_LABEL
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import AlertsChanged, Kind
from tocsin.core.severity import PageWhen, Severity


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
        return replace(self, incident=incident, incident_ended_at=None)


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


# --- deciding --------------------------------------------------------------------------------------------------------

# An acknowledged incident whose alerts ended stays open as mitigated at most this long (see respond/incident.py); only after
# that is its end presumed, should nobody have told.
MITIGATED_AT_MOST = timedelta(hours=1)
_TEXT_NAMES = 15


def decide(
    group: Group, event: GroupEvent, now: int, route: ResolvedRoute, configuration: Configuration
) -> GroupDecision:
    """Fold one event into the group. `route` is the group's route as configured now."""
    match event:
        case IncidentEnded():
            if event.incident != group.incident:
                return GroupDecision(group, (), Reason.UNCHANGED)
            return GroupDecision(replace(group, incident_ended_at=event.at), (), Reason.UNCHANGED)
        case GroupChanged(change=change):
            return _changed(group, change, now, route, configuration)
        case FlushDue(change=change):
            return _flushed(group, change, now, route, configuration)


def _changed(
    group: Group, change: GroupChange, now: int, route: ResolvedRoute, configuration: Configuration
) -> GroupDecision:
    if group.incident is None and not route.makes_incidents and route.chat is None:
        return GroupDecision(group, (), Reason.ROUTE_SAYS_NOTHING)
    before, effects = group, []
    if (change.firing or change.suppressed) and episode_over(group, now, route.flap_window):
        group = _forgotten(group)
    group, effect, reason = _tell_incident(group, change, now, route, configuration)
    if effect is not None:
        effects.append(effect)
    group = _when_to_post(group, change, now, route)
    group = _lived(group, change, now)
    if reason is Reason.UNCHANGED and route.chat is not None and change.firing:
        reason = Reason.GROUP_WAIT
    return GroupDecision(group, (*effects, *_timer(before, group)), reason)


def _tell_incident(
    group: Group, change: GroupChange, now: int, route: ResolvedRoute, configuration: Configuration
) -> tuple[Group, GroupEffect | None, Reason]:
    """What an incident, present or to be, hears at once."""
    if group.incident is not None:
        if not change.firing and group.incident_ended_at is not None:
            return group, None, _why_not(change)  # it is over already: what is held back cannot reopen it
        back = group.ended_at is not None and change.firing > 0
        told = AlertsChanged(
            firing=change.firing,
            alerts=change.total,
            source_silent=change.source_silent,
            severity=change.severity,
            joined=change.joined,
            ended=change.ended,
            suppressed=change.suppressed,
            reason=_how_ended(change) if change.firing else _why_not(change),
        )
        reason = Reason.REOPENED_INCIDENT if back else Reason.JOINED_INCIDENT
        if not change.firing:
            reason = _why_not(change)
        return replace(group, incident_ended_at=None), ChangeIncident(group.incident, told), reason
    if not route.makes_incidents:
        return group, None, Reason.UNCHANGED
    if not change.firing:
        return group, None, _why_not(change)
    if group.wait_until is not None:
        return group, None, Reason.GROUP_WAIT
    # As in Alertmanager, an alert that has fired for longer than the wait already does not wait again.
    wait = _micros(route.wait(change.pregrouped))
    due_at = min(change.starts_at, now) + wait
    if due_at > now:
        return replace(group, wait_until=due_at), None, Reason.GROUP_WAIT
    return _open(group, change, route, configuration)


def _open(
    group: Group, change: GroupChange, route: ResolvedRoute, configuration: Configuration
) -> tuple[Group, GroupEffect, Reason]:
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
        route=route.path,
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
    )
    if not pages:
        reason = Reason.TICKET_ONLY
    elif configuration.severities[severity].page is PageWhen.NEVER:
        reason = Reason.BACKLOG
    else:
        reason = Reason.OPENED_INCIDENT
    return replace(group, wait_until=None), effect, reason


def _flushed(
    group: Group, change: GroupChange, now: int, route: ResolvedRoute, configuration: Configuration
) -> GroupDecision:
    """The timer rang: open what has gathered, and say in the chat what it has not heard yet."""
    before, effects, reason = group, [], Reason.UNCHANGED
    if group.wait_until is not None and group.wait_until <= now:
        group = replace(group, wait_until=None)
        if change.firing and group.incident is None and route.makes_incidents:
            group, opened, reason = _open(group, change, route, configuration)
            effects.append(opened)
    if group.post_at is not None and group.post_at <= now:
        group, post, why = _post(group, change, now, route)
        if post is not None:
            effects.append(post)
        if reason is Reason.UNCHANGED:
            reason = why
    group = _lived(group, change, now)
    timer = _timer(before, group)
    if not timer and group.next_flush_at is not None:
        timer = (RemindFlush(group.next_flush_at),)  # it rang early: its entry is gone and must be set again
    return GroupDecision(group, (*effects, *timer), reason)


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
        return group.ended_at + _micros(flap_window)
    if group.incident_ended_at is None:
        return group.ended_at + _micros(flap_window + MITIGATED_AT_MOST)
    return max(group.ended_at, group.incident_ended_at) + _micros(flap_window)


def _forgotten(group: Group) -> Group:
    """The same group at the start of a new episode. What the chat believes stays, and so does its rhythm."""
    return replace(group, incident=None, incident_ended_at=None, begun_at=None, ended_at=None, alerts=0)


def _how_ended(change: GroupChange) -> Reason | None:
    """How those that ended did, while others go on; None when none did."""
    ways = [reason for reason in change.reasons if reason in (Reason.LEFT_GROUP, Reason.SOURCE_RESOLVED)]
    return ways[0] if ways and change.ended else None


def _why_not(change: GroupChange) -> Reason:
    """Why nothing of it counts as firing."""
    return change.reasons[0] if change.reasons else Reason.UNCHANGED


# --- the chat --------------------------------------------------------------------------------------------------------


def _when_to_post(group: Group, change: GroupChange, now: int, route: ResolvedRoute) -> Group:
    """The next look at the chat: after the wait at first, then on the ticks of group_interval, never between them."""
    if route.chat is None:
        return group if group.post_at is None else replace(group, post_at=None)
    if change.muted or not (change.firing or group.posted):
        return group
    if group.flushed_at is None or (not group.posted and _tick_after(group, now, route) <= now):
        due_at = max(now, min(change.starts_at, now) + _micros(route.wait(change.pregrouped)))
        if group.post_at is not None:
            return group
    else:
        due_at = _tick_after(group, now, route)
    if group.post_at is not None and group.post_at <= due_at:
        return group
    return replace(group, post_at=due_at)


def _tick_after(group: Group, now: int, route: ResolvedRoute) -> int:
    """The first tick at or after now; `now` when it never ticked. An idle group's clock runs out after one interval."""
    if group.flushed_at is None:
        return now
    if not group.posted and now - group.flushed_at >= _micros(route.group_interval):
        return now
    interval = max(_micros(route.group_interval), 1)
    return group.flushed_at + max(1, -((group.flushed_at - now) // interval)) * interval


def _post(
    group: Group, change: GroupChange, now: int, route: ResolvedRoute
) -> tuple[Group, PostGroup | None, Reason]:
    """What the chat has not heard: new alerts, ended ones, or nothing for a whole repeat_interval."""
    if route.chat is None:
        return replace(group, post_at=None), None, Reason.UNCHANGED
    if change.muted:
        # The end of the mute is a change of the group, which sets the timer again: nothing is lost.
        return replace(group, post_at=None), None, Reason.MUTED
    firing, held, ended, told = (
        frozenset(ids) for ids in (change.firing_ids, change.held_ids, change.ended_ids, group.posted)
    )
    new = firing - (told - ended)
    gone = (told - firing - held) | (told & held & ended)
    repeat_at = (group.posted_at or 0) + _micros(route.repeat_interval)
    if new or gone:
        reason = Reason.SENT_TO_CHAT
    elif firing and repeat_at <= now:
        reason = Reason.REPEAT_INTERVAL
    else:
        reason = Reason.UNCHANGED
    post = None
    if reason is not Reason.UNCHANGED:
        post = _message(route.chat, change, sorted(new or (firing if not gone else ())), sorted(gone), reason)
        repeat_at = now + _micros(route.repeat_interval)
    believed = firing | ((told & held) - ended)
    group = replace(
        group,
        flushed_at=now,
        posted_at=now if post is not None else group.posted_at,
        posted=tuple(sorted(believed)),
        post_at=None,
    )
    if firing:
        interval = max(_micros(route.group_interval), 1)
        ticks = max(1, -((now - repeat_at) // interval))  # a repeat waits for its tick, as in Alertmanager
        group = replace(group, post_at=now + ticks * interval)
    return group, post, reason


def _message(chat: str, change: GroupChange, new: list[int], gone: list[int], reason: Reason) -> PostGroup:
    names = change.names
    firing = tuple(names.get(alert, f"alert {alert}") for alert in new[:_TEXT_NAMES])
    resolved = tuple(names.get(alert, f"alert {alert}") for alert in gone[:_TEXT_NAMES])
    lines = [change.summary] if change.summary and change.firing else []
    if change.firing:
        lines += _listed("Still firing" if reason is Reason.REPEAT_INTERVAL else "Firing", firing, len(new))
    lines += _listed("Resolved", resolved, len(gone))
    if change.suppressed:
        lines.append(f"{change.suppressed} more held back ({', '.join(r.value for r in change.reasons)})")
    if change.runbook_url and change.firing:
        lines.append(f"Runbook: {change.runbook_url}")
    return PostGroup(chat, _subject(change), "\n".join(lines), firing, resolved, reason)


def _listed(heading: str, names: tuple[str, ...], count: int) -> list[str]:
    if not count:
        return []
    more = [f"- and {count - len(names)} more"] if count > len(names) else []
    return [f"{heading}:", *(f"- {name}" for name in names), *more]


def _subject(change: GroupChange) -> str:
    """Alertmanager's default subject: `[FIRING:2] HighErr c1 (critical db)`."""
    status = f"FIRING:{change.firing}" if change.firing else "RESOLVED"
    labels = " ".join(value for _, value in sorted(change.labels.items()))
    rest = " ".join(v for k, v in sorted(change.common_labels.items()) if k not in change.labels)
    return f"[{status}]" + (f" {labels}" if labels else "") + (f" ({rest})" if rest else "")


def _title(change: GroupChange) -> str:
    """The alert's own summary; else its name and the group's labels."""
    if change.summary:
        return cut(change.summary.split("\n", 1)[0], 200)
    name = change.common_labels.get("alertname", "")
    others = [value for label, value in sorted(change.labels.items()) if label != "alertname"]
    return cut(" ".join([name, *others] if name else others) or change.key, 200)


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


# --- the timer -------------------------------------------------------------------------------------------------------


def _timer(before: Group, after: Group) -> tuple[GroupEffect, ...]:
    if after.next_flush_at == before.next_flush_at:
        return ()
    return (CancelFlush(),) if after.next_flush_at is None else (RemindFlush(after.next_flush_at),)


def _micros(duration: timedelta) -> int:
    return duration // MICROSECOND
