"""Everything the detection index knows: alerts by identity, groups by key, and the configuration that judges them."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from tocsin.core.detect.group import Group
from tocsin.core.detect.index.alert import RESOLVED, Alert, Identity, Told
from tocsin.core.detect.index.gathering import Gathering, Landing
from tocsin.core.detect.index.judging import Judge
from tocsin.core.detect.index.sender_keys import SenderKeys
from tocsin.core.detect.routing import group_key

T = TypeVar("T", str, bytes, Told)
SHARED_AT_MOST = 20_000


class Known:
    """Alerts are known by their whole label set.

    Invariant: an alert that fires stands in `members` of each of its groups; one that is resolved in none.
    """

    __slots__ = ("_shared", "active", "alerts", "groups", "judge", "keys", "next_id")

    def __init__(self, judge: Judge, next_id: int) -> None:
        self.judge = judge
        self.next_id = next_id
        self.alerts: dict[Identity, Alert] = {}
        self.groups: dict[str, Gathering] = {}
        self.keys = SenderKeys()
        self.active = 0  # how many stand in groups
        self._shared: dict[object, object] = {}

    def group(self, landing: Landing, labels: Mapping[str, str]) -> Gathering:
        """The group of that route to which such an alert belongs."""
        values = landing.values(labels)
        group = landing.groups.get(values)
        if group is None:
            named = landing.labels(values, labels)
            key = group_key(landing.route, named)
            group = self.groups.get(key)
            if group is None:
                state = Group(key=key, route=landing.route.id, labels=named)
                group = self.groups[key] = Gathering(key, landing, named, values, state)
            else:  # its route was configured anew, yet names it as before
                group.landing, group.values = landing, values
            landing.groups[values] = group
        return group

    def forget_group(self, group: Gathering) -> None:
        self.groups.pop(group.key, None)
        if group.landing.groups.get(group.values) is group:
            del group.landing.groups[group.values]

    def members(self, groups: Collection[Gathering], texts: Sequence[bytes]) -> Iterator[Alert]:
        """The members of these groups whose encoded labels hold all these texts, perhaps more than once."""
        alerts = self.alerts
        wanted: Container[Gathering] = set(groups)
        walk: Iterable[Alert] = alerts.values()
        # Walking through all alerts as they lie in memory is far faster than looking up many of them.
        if sum(len(group.members) for group in groups) * 5 < len(alerts):
            walk = (alerts[identity] for group in groups for identity in group.members)
        for alert in walk:
            for text in texts:
                if text not in alert.labels:
                    break
            else:
                if alert.status != RESOLVED and any(group in wanted for group in alert.groups):
                    yield alert

    def shared(self, value: T) -> T:
        """An equal value that is kept already: one per rule, not per alert. Text, or a tuple of it."""
        shared = self._shared
        if len(shared) >= SHARED_AT_MOST:
            shared.clear()
        return shared.setdefault(value, value)  # type: ignore[return-value]
