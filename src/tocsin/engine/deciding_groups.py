"""From changed groups to incidents, chat messages and timers, within one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import structlog
import xxhash

from tocsin.core.detect.grouping import (
    CancelFlush,
    ChangeIncident,
    FlushDue,
    Group,
    GroupChange,
    GroupChanged,
    GroupDecision,
    IncidentEnded,
    OpenIncident,
    PostGroup,
    RemindFlush,
    decide,
)
from tocsin.core.detect.index import AcknowledgedSignal, Detection, Outcome
from tocsin.core.instants import instant, micros
from tocsin.core.respond.incident import Acknowledge, Incident, Opened
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences

log = structlog.get_logger()


def decide_groups(
    owed: Consequences, index: Detection, events: Sequence[GroupChanged | FlushDue]
) -> tuple[dict[str, Outcome], int | None]:
    """What became of each group, and the earliest instant at which one of them wants to be looked at again."""
    groups = {event.change.key: index.state(event.change.key) for event in events}
    owed.load(group.incident for group in groups.values() if group is not None and group.incident is not None)
    decisions: list[tuple[GroupChange, GroupDecision]] = []
    for event in events:
        group = _aware(owed, groups[event.change.key] or _fresh(event.change), event.change)
        decision = decide(group, event, micros(owed.now), event.change.route, owed.facts)
        decisions.append((event.change, decision))
    effects = [effect for _, decision in decisions for effect in decision.effects]
    opening = sum(isinstance(effect, OpenIncident) for effect in effects)
    ids = iter(owed.tx.incidents.new_ids(opening) if opening else [])
    outcomes = {change.key: _carry(owed, change, decision, ids) for change, decision in decisions}
    return outcomes, min((e.due_at for e in effects if isinstance(e, RemindFlush)), default=None)


def acknowledge(
    owed: Consequences, signals: Iterable[AcknowledgedSignal], outcomes: dict[str, Outcome]
) -> None:
    """Senders' acknowledgements reach the incidents of their groups, those just opened included."""
    for signal in signals:
        incidents = set(signal.incidents)
        incidents.update(
            incident
            for key in signal.groups
            if (incident := outcomes[key][1] if key in outcomes else None) is not None
        )
        for incident_id in sorted(incidents):
            owed.decide(incident_id, Acknowledge(actor=signal.integration, via="pagerduty"))


def _aware(owed: Consequences, group: Group, change: GroupChange) -> Group:
    """Tell the group that its incident ended meanwhile, wherever and by whomever that was decided."""
    if group.incident is None or group.incident_ended_at is not None:
        return group
    incident = owed.incident(group.incident)
    if incident is None or incident.is_open or incident.resolved_at is None:
        return group
    ended = IncidentEnded(incident.id, micros(incident.resolved_at))
    return decide(group, ended, micros(owed.now), change.route, owed.facts).group


def _carry(owed: Consequences, change: GroupChange, decision: GroupDecision, ids: Iterator[int]) -> Outcome:
    group = decision.group
    for effect in decision.effects:
        match effect:
            case OpenIncident():
                incident = _incident(next(ids), effect, owed.now)
                owed.open(incident, Opened(policy=effect.policy, released=effect.released))
                group = group.opened(incident.id)
            case ChangeIncident():
                owed.decide(effect.incident, effect.change)
            case PostGroup():
                name = f"g{xxhash.xxh3_64_hexdigest(group.key.encode())}.{micros(owed.now)}"
                _post(owed, name, effect)
            case RemindFlush():
                owed.remind(kinds.FLUSH, group.key, instant(effect.due_at))
            case CancelFlush():
                owed.forget(kinds.FLUSH, group.key)
    return group, group.incident, decision.reason


def _post(owed: Consequences, name: str, post: PostGroup) -> None:
    """To its chat; should that be gone (its entry in the store is broken), to the admins' and never to nowhere."""
    if owed.post_to_chat(name, post.chat, post.title, post.text, post.reason):
        return
    admins = owed.facts.defaults.admin_chat
    text = f"For the chat {post.chat}, which is not configured:\n{post.text}"
    told = admins is not None and owed.post_to_chat(name, admins, post.title, text, post.reason)
    log.error("a route's chat is not configured", chat=post.chat, title=post.title, told_admins=told)


def _incident(incident_id: int, effect: OpenIncident, now: datetime) -> Incident:
    return Incident(
        id=incident_id,
        title=effect.title,
        severity=effect.severity,
        opened_at=now,
        kind=effect.kind,
        summary=effect.summary,
        description=effect.description,
        runbook_url=effect.runbook_url,
        service=effect.service,
        team=effect.team,
        route=effect.route,
        group=effect.group,
        labels=effect.labels,
        detected_by=effect.detected_by,
        firing=effect.firing,
        alerts=effect.alerts,
        source_silent=effect.source_silent,
        test=effect.test,
    )


def _fresh(change: GroupChange) -> Group:
    return Group(key=change.key, route=change.route.id, labels=change.labels)
