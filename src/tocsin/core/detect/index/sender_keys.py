"""The senders' own names for alerts (PagerDuty's dedup_key), per integration.

One key may stand for several alerts, and one alert may be open under several keys: it ends with the last of them.
"""

from collections.abc import Mapping

from tocsin.core.detect.index.alert import RESOLVED, Alert, Identity

Name = tuple[str, str]  # integration, key


class SenderKeys:
    __slots__ = ("_alerts", "_first", "_shared")

    def __init__(self) -> None:
        self._alerts: dict[Name, list[Identity]] = {}
        self._first: dict[Identity, Name] = {}
        self._shared: dict[Identity, set[Name]] = {}  # only alerts with more than one open key

    def open(self, name: Name, known: Mapping[Identity, Alert]) -> list[Identity]:
        """Identities of what is open under the key."""
        return [
            identity
            for identity in self._alerts.get(name, ())
            if identity in known and known[identity].status != RESOLVED
        ]

    def add(self, name: Name, alert: Alert, known: Mapping[Identity, Alert]) -> None:
        first = self._first.setdefault(alert.labels, name)
        if first != name:
            self._shared.setdefault(alert.labels, {first}).add(name)
        self._alerts[name] = [*self.open(name, known), alert.labels]

    def let_go(self, name: Name, identity: Identity) -> bool:
        """The key lets go of the alert; whether no other key holds it."""
        shared = self._shared.get(identity)
        if shared is None:
            return True
        shared.discard(name)
        if shared:
            return False
        del self._shared[identity]
        return True

    def close(self, name: Name) -> None:
        self._alerts.pop(name, None)

    def forget(self, alert: Alert) -> None:
        """The alert is over; its keys go where they stood for nothing else."""
        names = self._shared.pop(alert.labels, set())
        first = self._first.pop(alert.labels, None)
        if first is not None:
            names.add(first)
        for name in names:
            if self._alerts.get(name) == [alert.labels]:
                del self._alerts[name]
