"""The senders' own names for alerts (PagerDuty's dedup_key), per integration.

One key may stand for several alerts, and one alert may be open under several keys: it ends with the last of them.
"""

from collections.abc import Mapping

from tocsin.core.detect.index.alert import RESOLVED, Alert

Name = tuple[str, str]  # integration, key


class SenderKeys:
    __slots__ = ("_alerts", "_shared")

    def __init__(self) -> None:
        self._alerts: dict[Name, list[int]] = {}
        self._shared: dict[int, set[Name]] = {}  # only alerts with more than one open key

    def open(self, name: Name, known: Mapping[int, Alert]) -> list[int]:
        """Identities of what is open under the key."""
        return [
            identity
            for identity in self._alerts.get(name, ())
            if identity in known and known[identity].status != RESOLVED
        ]

    def add(self, name: Name, alert: Alert, known: Mapping[int, Alert]) -> None:
        if alert.key is None:
            alert.key = name[1]
        elif (alert.integration, alert.key) != name:
            self._shared.setdefault(alert.identity, {(alert.integration, alert.key)}).add(name)
        self._alerts[name] = [*self.open(name, known), alert.identity]

    def let_go(self, name: Name, identity: int) -> bool:
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
        """The alert is over and forgotten; its keys go where they stood for nothing else."""
        names = self._shared.pop(alert.identity, set())
        if alert.key is not None:
            names.add((alert.integration, alert.key))
        for name in names:
            if self._alerts.get(name) == [alert.identity]:
                del self._alerts[name]
