"""What a group's chat hears, and when: the first time after the wait, then on the ticks of group_interval.

Differences from Alertmanager, on purpose: a muted or silenced flush loses no resolution, and what fires again after a
silence is announced. Instants are microseconds since the epoch.
"""

from msgspec.structs import replace

from tocsin.core.detect.group import Group
from tocsin.core.detect.group_effects import PostGroup
from tocsin.core.detect.group_events import GroupChange
from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.instants import MICROSECOND
from tocsin.core.reasons import Reason

_TEXT_NAMES = 15


def when_to_post(group: Group, change: GroupChange, now: int, route: ResolvedRoute) -> Group:
    """The next look at the chat: after the wait at first, then on the ticks of group_interval, never between them."""
    if route.chat is None:
        return group if group.post_at is None else replace(group, post_at=None)
    if change.muted or not (change.firing or group.posted):
        return group
    if group.flushed_at is None or (not group.posted and _tick_after(group, now, route) <= now):
        due_at = max(now, min(change.starts_at, now) + route.wait(change.pregrouped) // MICROSECOND)
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
    if not group.posted and now - group.flushed_at >= route.group_interval // MICROSECOND:
        return now
    interval = max(route.group_interval // MICROSECOND, 1)
    return group.flushed_at + max(1, -((group.flushed_at - now) // interval)) * interval


def post(
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
    repeat_at = (group.posted_at or 0) + route.repeat_interval // MICROSECOND
    if new or gone:
        reason = Reason.SENT_TO_CHAT
    elif firing and repeat_at <= now:
        reason = Reason.REPEAT_INTERVAL
    else:
        reason = Reason.UNCHANGED
    message = None
    if reason is not Reason.UNCHANGED:
        message = _message(
            route.chat, change, sorted(new or (firing if not gone else ())), sorted(gone), reason
        )
        repeat_at = now + route.repeat_interval // MICROSECOND
    believed = firing | ((told & held) - ended)
    group = replace(
        group,
        flushed_at=now,
        posted_at=now if message is not None else group.posted_at,
        posted=tuple(sorted(believed)),
        post_at=None,
    )
    if firing:
        interval = max(route.group_interval // MICROSECOND, 1)
        ticks = max(1, -((now - repeat_at) // interval))  # a repeat waits for its tick, as in Alertmanager
        group = replace(group, post_at=now + ticks * interval)
    return group, message, reason


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
