"""Alerts join their groups when they begin to fire, and leave them when they end."""

from tocsin.core.detect.index.alert import ABSENT, ALONE_AS, COUNTS, FIRING, SILENT, Alert
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.counting import delta_of, set_codes, weigh
from tocsin.core.detect.index.holding import Holding
from tocsin.core.detect.index.known import Known


class Joining:
    def __init__(self, known: Known, holding: Holding) -> None:
        self._known = known
        self._holding = holding

    def join(self, alert: Alert, labels: dict[str, str], pregrouped: bool, changes: Changes) -> None:
        """It begins to fire, or is routed anew. What only heartbeats hear of joins no group."""
        known = self._known
        landings = alert.verdict.landings
        alert.holds = None
        if not landings:
            alert.groups = alert.codes = ()
            return
        if len(landings) == 1:
            alert.groups = known.group(landings[0], labels).alone
        else:
            alert.groups = tuple([known.group(landing, labels) for landing in landings])
        known.active += 1
        if self._holding.begins(alert, labels, changes):
            code = ABSENT  # until its whole batch is in
        else:
            code = COUNTS if alert.status == FIRING else SILENT
        alert.codes = ALONE_AS[code] if len(landings) == 1 else (code,) * len(landings)
        identity, deltas = alert.labels, changes._deltas
        for group, severity in zip(alert.groups, alert.verdict.severities, strict=True):
            delta = deltas.get(group) or delta_of(group, changes)
            delta.before.setdefault(identity, ABSENT)
            group.add(identity, labels, code)
            if not group.integration:
                group.integration = alert.integration
                group.pregrouped = pregrouped
            if group.state.incident is not None:  # its timeline names who joins
                changes._labels[identity] = labels
            if code:
                weigh(alert.starts_at, severity, group, delta)

    def leave(self, alert: Alert, changes: Changes) -> None:
        """It ends: it counts nowhere any more and inhibits nothing."""
        groups = alert.groups
        if not groups:
            return
        self._known.active -= 1
        self._holding.ends(alert)
        for group in groups:
            group.members.pop(alert.labels, None)
            if group.landing.route.chat is not None:
                if group.ended is None:
                    group.ended = {}
                group.ended[alert.id] = alert.labels
        set_codes(alert, ALONE_AS[ABSENT] * len(groups), changes)
        alert.holds = None
