"""Leases: when an alert's source counts as silent.

Instants are microseconds since the epoch.
"""

import heapq

from tocsin.core.detect.index.alert import FIRING, SOURCE_SILENT, Alert, Identity
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.counting import recode
from tocsin.core.detect.index.known import Known
from tocsin.core.detect.signal import Renewal, Signal
from tocsin.core.labels import encode_labels

SECOND = 1_000_000
RUN_OUT_AT_ONCE = 2_000  # per call, so that a dead Prometheus does not stop the clock


class LeaseWheel:
    """Identities by the second after which to look at them, so that renewing a lease costs nothing.

    An alert stands in the wheel once, at the second of the lease it had when it was put there; a renewal only moves the
    alert's own `ends_at`, and the wheel looks again when the old second comes.
    """

    __slots__ = ("_buckets", "_seconds")

    def __init__(self) -> None:
        self._buckets: dict[int, list[Identity]] = {}
        self._seconds: list[int] = []

    def put(self, identity: Identity, ends_at: int) -> None:
        second = ends_at // SECOND + 1
        bucket = self._buckets.get(second)
        if bucket is not None:
            bucket.append(identity)
        else:
            self._buckets[second] = [identity]
            heapq.heappush(self._seconds, second)

    def due(self, now: int, limit: int) -> list[Identity]:
        """Take out those whose second has come, at most `limit`; the rest stays due."""
        taken: list[Identity] = []
        while self._seconds and self._seconds[0] * SECOND <= now and len(taken) < limit:
            bucket = self._buckets[self._seconds[0]]
            free = limit - len(taken)
            if len(bucket) > free:
                taken += bucket[-free:]
                del bucket[-free:]
            else:
                taken += self._buckets.pop(heapq.heappop(self._seconds))
        return taken

    def next_due(self) -> int | None:
        return self._seconds[0] * SECOND if self._seconds else None


class Leases:
    def __init__(self, known: Known) -> None:
        self._known = known
        self._wheel = LeaseWheel()
        self._grace_until = 0
        self._last = 0

    def extend(self, alert: Alert, ends_at: int) -> None:
        """It fires at least until then."""
        # The alerts of a batch mostly end together, and then share one integer.
        if ends_at == self._last:
            ends_at = self._last
        else:
            self._last = ends_at
        before = alert.ends_at
        if before is None or before < ends_at:
            alert.ends_at = ends_at
        if not alert.leased:
            alert.leased = True
            self._wheel.put(alert.labels, ends_at)

    def renew(self, renewal: Renewal) -> tuple[Signal, ...]:
        """Alerts that were sent again unchanged. Returns the signals that are more than that."""
        judge, known = self._known.judge, self._known.alerts
        extra = judge.extra_labels.get(renewal.integration)
        more = []
        last = 0
        for signal in renewal.signals:
            encoded = encode_labels(signal.labels if extra is None else {**extra, **signal.labels})
            alert = known.get(encoded)
            if alert is None or alert.status != FIRING or not alert.leased:
                more.append(signal)
                continue
            ends_at = signal.ends_at
            if ends_at is not None and alert.ends_at is not None and alert.ends_at < ends_at:
                if ends_at != last:
                    last = ends_at
                alert.ends_at = last
            if alert.verdict.heartbeats:
                more.append(signal)
        return tuple(more)

    def run_out(self, now: int, changes: Changes) -> None:
        """A helping of the alerts whose source has said nothing for too long."""
        alerts = self._known.alerts
        for identity in self._wheel.due(now, RUN_OUT_AT_ONCE):
            alert = alerts.get(identity)
            if alert is None or not alert.leased:
                continue
            alert.leased = False
            if alert.status != FIRING or alert.ends_at is None:
                continue
            ends_at = max(alert.ends_at, self._grace_until)
            if ends_at > now:
                alert.leased = True
                self._wheel.put(identity, ends_at)
                continue
            alert.status = SOURCE_SILENT
            changes._touched[identity] = alert
            if alert.groups:
                recode(alert, changes)

    def grant_grace(self, until: int) -> None:
        self._grace_until = max(self._grace_until, until)

    def next_due(self) -> int | None:
        due = self._wheel.next_due()
        return None if due is None else max(due, self._grace_until)
