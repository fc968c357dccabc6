"""An alert's end: it leaves its groups, is remembered for a while should it fire again, and is forgotten.

Instants are microseconds since the epoch.
"""

import heapq
from collections import OrderedDict

from tocsin.core.detect.group import removable_at
from tocsin.core.detect.index.alert import HOLD_REASONS, RESOLVED, Alert, Identity
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.gathering import Gathering
from tocsin.core.detect.index.joining import Joining
from tocsin.core.detect.index.known import Known
from tocsin.core.reasons import Reason

REMEMBERED = 30 * 60_000_000  # a resolved alert keeps its id that long
REMEMBERED_AT_MOST = 200_000
FORGOTTEN_AT_ONCE = 10_000


class Ending:
    def __init__(self, known: Known, joining: Joining) -> None:
        self._known = known
        self._joining = joining
        # Identity -> when it may be forgotten, in that order.
        self._resolved: OrderedDict[Identity, int] = OrderedDict()
        self._removable: list[tuple[int, str]] = []

    def resolve(self, alert: Alert, ends_at: int, reason: Reason, changes: Changes) -> None:
        """It fires no longer."""
        alert.status = RESOLVED
        alert.ends_at = ends_at
        # Why it never paged is still asked when it is long over.
        by = f"{alert.reason} by {alert.by}" if alert.reason in HOLD_REASONS else ""
        alert.told = (reason.value, by, alert.incident)
        changes._touched[alert.labels] = alert
        self._joining.leave(alert, changes)
        self._resolved[alert.labels] = changes.now + REMEMBERED

    def undo(self, alert: Alert) -> None:
        """It fires again."""
        self._resolved.pop(alert.labels, None)

    def may_remove(self, group: Gathering) -> None:
        """Nothing of the group fires: it goes once nothing about it is pending and its flap window is over."""
        at = removable_at(group.state, group.landing.route.flap_window)
        if at is not None:
            heapq.heappush(self._removable, (at, group.key))

    def forget(self, now: int, changes: Changes) -> None:
        """A helping of what is over for good. Only after the batch's changes are told: they may speak of it."""
        known, resolved = self._known, self._resolved
        for _ in range(FORGOTTEN_AT_ONCE):
            if not resolved:
                break
            identity = next(iter(resolved))
            if resolved[identity] > now and len(resolved) <= REMEMBERED_AT_MOST:
                break
            del resolved[identity]
            known.keys.forget(known.alerts.pop(identity))
        for _ in range(FORGOTTEN_AT_ONCE):
            if not self._removable or self._removable[0][0] > now:
                break
            _, key = heapq.heappop(self._removable)
            group = known.groups.get(key)
            if group is None or group.members or group in changes._deltas:
                continue
            at = removable_at(group.state, group.landing.route.flap_window)
            if at is None:
                continue
            if at > now:
                heapq.heappush(self._removable, (at, key))
                continue
            known.forget_group(group)
            changes.removed.append(key)

    def next_due(self) -> int | None:
        # Forgetting can wait for a full second, so that many small ends do not become many ticks.
        resolved, removable = self._resolved, self._removable
        forget = resolved[next(iter(resolved))] if resolved else None
        remove = removable[0][0] if removable else None
        if forget is None or remove is None:
            due = remove if forget is None else forget
            return None if due is None else _next_second(due)
        return _next_second(min(forget, remove))


def _next_second(at: int) -> int:
    return (at // 1_000_000 + 1) * 1_000_000
