"""Alerts join their groups when they begin to fire, and leave them when they end."""

from tocsin.core.detect.index.alert import ABSENT, ALONE_AS, Alert
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.counting import delta_of, set_codes, weigh
from tocsin.core.detect.index.gathering import Gathering
from tocsin.core.detect.index.holding import Holding
from tocsin.core.detect.index.known import Known
from tocsin.core.severity import Severity


class Joining:
    def __init__(self, known: Known, holding: Holding) -> None:
        self._known = known
        self._holding = holding

    def join(self, alert: Alert, labels: dict[str, str], pregrouped: bool, changes: Changes) -> None:
        """It begins to fire, or is routed anew. What only heartbeats hear of joins no group."""
        verdict = alert.verdict
        landings = verdict.landings
        alert.holds = None
        if not landings:
            alert.groups = alert.codes = ()
            return
        known = self._known
        known.active += 1
        # Until its whole batch is in, what may be held back counts nowhere.
        code = ABSENT if self._holding.begins(alert, labels, changes) else alert.counts_as
        if len(landings) == 1:
            group = known.group(landings[0], labels)
            alert.groups, alert.codes = group.alone, ALONE_AS[code]
            self._enter(alert, group, code, verdict.severities[0], labels, pregrouped, changes)
            return
        alert.groups = tuple([known.group(landing, labels) for landing in landings])
        alert.codes = (code,) * len(landings)
        for group, severity in zip(alert.groups, verdict.severities, strict=True):
            self._enter(alert, group, code, severity, labels, pregrouped, changes)

    def _enter(
        self,
        alert: Alert,
        group: Gathering,
        code: int,
        severity: Severity | None,
        labels: dict[str, str],
        pregrouped: bool,
        changes: Changes,
    ) -> None:
        identity = alert.labels
        delta = changes._deltas.get(group) or delta_of(group, changes)
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
