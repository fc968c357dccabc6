"""What detection leaves behind for the store: alerts, their states and their groups, as flat records.

What never changes about an alert and what does are two records. Instants are microseconds since the epoch.
"""

import msgspec


class AlertRow(msgspec.Struct, frozen=True, gc=False):
    """What never changes about an alert. `id` is given in by the detection index."""

    id: int
    integration: str
    labels: bytes  # JSON object, keys sorted
    first_seen: int
    key: str | None = None


class AlertStateRow(msgspec.Struct, frozen=True, gc=False):
    """What does change. `status` is firing, resolved or source_silent; `reason` says why it paged or did not."""

    alert: int
    status: str
    starts_at: int
    ends_at: int | None  # a firing alert's lease, a resolved one's end
    updated_at: int
    annotations: bytes
    generator_url: str
    groups: str  # group keys, newline-separated; "" when no route took it
    reason: str
    by: str = ""  # which silence, inhibition, window or route
    incident: int | None = None
    complete_group: str | None = None


class GroupRow(msgspec.Struct, frozen=True):
    """`document` is the group's state as core/detect/grouping.py knows it."""

    key: str
    route: str
    labels: bytes
    document: bytes
    incident: int | None
    updated_at: int
