"""Leases: when an alert's source counts as silent. A wheel of seconds, so that renewing a lease costs nothing.

An alert stands in the wheel once, at the second of the lease it had when it was put there; a renewal only moves the alert's
own `ends_at`, and the wheel looks again when the old second comes. Instants are microseconds since the epoch.
"""

import heapq

SECOND = 1_000_000


class LeaseWheel:
    """Identities by the second after which to look at them."""

    __slots__ = ("_buckets", "_seconds")

    def __init__(self) -> None:
        self._buckets: dict[int, list[int]] = {}
        self._seconds: list[int] = []

    def put(self, identity: int, ends_at: int) -> None:
        second = ends_at // SECOND + 1
        bucket = self._buckets.get(second)
        if bucket is None:
            self._buckets[second] = [identity]
            heapq.heappush(self._seconds, second)
        else:
            bucket.append(identity)

    def due(self, now: int, limit: int) -> list[int]:
        """Take out those whose second has come, at most `limit`; the rest stays due."""
        taken: list[int] = []
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
