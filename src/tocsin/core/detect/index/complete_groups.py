"""Senders' complete groups (Alertmanager's): what a list no longer holds has left.

An alert may stand in several lists of its sender; it ends when the last of them lets go of it.
"""

from collections.abc import Iterable

from tocsin.core.detect.index.alert import Alert, Identity
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.known import Known

Name = tuple[str, str]  # integration, the sender's name for the group


class CompleteGroups:
    def __init__(self, known: Known) -> None:
        self._known = known
        self._members: dict[Name, set[Identity]] = {}

    def members(self, name: Name) -> Iterable[Identity]:
        return self._members.get(name, ())

    def replace(self, name: Name, listed: set[Identity], changes: Changes) -> list[Alert]:
        """The group is exactly this. Returns the alerts that no list holds any longer."""
        alerts, complete_group = self._known.alerts, name[1]
        before = self._members.get(name, set())
        left = []
        for identity in before - listed:
            gone = alerts.get(identity)
            if gone is None:
                continue
            gone.complete = tuple(c for c in gone.complete if c != complete_group)
            changes._touched[identity] = gone
            if not gone.complete:
                left.append(gone)
        for identity in listed - before:
            alert = alerts[identity]
            if complete_group not in alert.complete:
                alert.complete = (*alert.complete, complete_group)
                changes._touched[identity] = alert
        if listed:
            self._members[name] = listed
        else:
            self._members.pop(name, None)
        return left

    def restore(self, alert: Alert, names: tuple[str, ...]) -> None:
        """As it was stored."""
        alert.complete = names
        for name in names:
            self._members.setdefault((alert.integration, name), set()).add(alert.labels)
