"""What holds alerts back: silences, inhibition, maintenance, muted routes.

An alert is looked at when it begins to fire, once its whole batch is in, and when something that may hold it back began or
ended. The latter may concern every alert at once, so it is done in helpings; what waits for its turn goes on as it was.
"""

from collections.abc import Iterable

from tocsin.core.configuration import Configuration
from tocsin.core.detect.index.alert import RESOLVED, Alert, Hold, Identity
from tocsin.core.detect.index.changes import Changes
from tocsin.core.detect.index.clock import Clock, Passed
from tocsin.core.detect.index.counting import delta_of, recode
from tocsin.core.detect.index.gathering import Gathering
from tocsin.core.detect.index.known import Known
from tocsin.core.detect.index.silencing import Silencing
from tocsin.core.labels import decode_labels, encode_labels
from tocsin.core.reasons import Reason

LOOKED_AT_ONCE = 2_000  # alerts in one call: some 6 ms, and as much again for what is then stored


class Holding:
    def __init__(self, known: Known, configuration: Configuration) -> None:
        self._known = known
        self._silencing = Silencing(configuration.silences)
        self._clock = Clock()
        # Identities to look at again. Those of a group mostly stand together, and then a helping changes few groups.
        self._waiting: dict[Identity, None] = {}
        self._watch(configuration)

    def _watch(self, configuration: Configuration) -> None:
        self._clock.set(
            self._silencing.silences,
            configuration.maintenance,
            self._known.judge.landings.values(),
            configuration.time_intervals,
        )

    # --- who may be held back ----------------------------------------------------------------------------------------

    def begins(self, alert: Alert, labels: dict[str, str], changes: Changes) -> bool:
        """An alert begins to fire in its groups: it may be silenced and may inhibit. Whether it is to be looked at."""
        silencing, verdict = self._silencing, alert.verdict
        if silencing.silences:
            silencing.enter(alert, labels)
        if verdict.roles:
            self.take_up_roles(alert)
        if verdict.plain and not alert.silences and not self._clock.running:
            return False
        changes._fresh.append(alert)
        return True

    def take_up_roles(self, alert: Alert) -> None:
        inhibitions, roles = self._known.judge.inhibitions, alert.verdict.roles
        inhibitions.add_target(alert.labels, roles)
        self.look_again(inhibitions.add_source(roles))

    def ends(self, alert: Alert, inhibits: bool = True) -> None:
        """It fires no longer, or no longer where it did. `inhibits`: the inhibition index knows of it."""
        if alert.silences:
            self._silencing.leave(alert)
        roles = alert.verdict.roles
        if roles and inhibits:
            inhibitions = self._known.judge.inhibitions
            inhibitions.remove_target(alert.labels, roles)
            self.look_again(inhibitions.remove_source(roles))

    # --- when something began or ended -------------------------------------------------------------------------------

    def look_at_clock(self, now: int, changes: Changes) -> None:
        """Silences, windows and intervals that began or ended since it was last looked at."""
        passed = self._clock.look(now)
        if not passed:
            return
        for silence in passed.silences:
            self.look_again(self._silencing.members(silence))
        if passed.services:
            self.look_again(self._served_by(passed.services))
        self._mutes_passed(passed, changes)

    def _mutes_passed(self, passed: Passed, changes: Changes) -> None:
        for landing in passed.landings:
            for group in landing.groups.values():
                self.look_again(group.members)
                if group.state.posted:
                    delta_of(group, changes).forced = True  # the chat is owed what it missed

    def _served_by(self, services: frozenset[str]) -> Iterable[Identity]:
        """The firing alerts that may belong to these services: from the route, the label, or the integration."""
        known = self._known
        undecided: list[Gathering] = []
        for group in known.groups.values():
            service = group.landing.route.service
            if not service and len(group.members) > 1:
                service = group.common.get("service")
            if not service:
                undecided.append(group)
            elif service in services:
                yield from group.members
        if services.isdisjoint(known.judge.services.values()):
            for service in services:
                text = encode_labels({"service": service})[1:-1]
                yield from (alert.labels for alert in known.members(undecided, (text,)))
        else:
            yield from (identity for group in undecided for identity in group.members)

    def look_again(self, identities: Iterable[Identity]) -> None:
        self._waiting.update(dict.fromkeys(identities))

    def reconfigure(self, before: Configuration, configuration: Configuration) -> None:
        """Other silences, windows and intervals; the judge is the new one already."""
        if before.silences != configuration.silences:
            self.look_again(self._silencing.set(configuration.silences, self._known))
        if self._clock.running and before.integrations != configuration.integrations:
            self.look_again(alert.labels for alert in self._known.alerts.values() if alert.groups)
        self._watch(configuration)

    # --- looking -----------------------------------------------------------------------------------------------------

    def finish(self, changes: Changes) -> None:
        """Look at what began to fire, and at a helping of what is to be looked at again."""
        for alert in changes._fresh:
            self._look_at(alert, changes)
        waiting, alerts = self._waiting, self._known.alerts
        for _ in range(min(len(waiting), LOOKED_AT_ONCE)):
            known = alerts.get(waiting.popitem()[0])
            if known is not None:
                self._look_at(known, changes)

    def _look_at(self, alert: Alert, changes: Changes) -> None:
        if alert.status == RESOLVED or not alert.groups:
            return
        holds = self._holds(alert, changes.now)
        if holds != alert.holds:
            alert.holds = holds
            changes._touched[alert.labels] = alert
        recode(alert, changes)

    def _holds(self, alert: Alert, now: int) -> tuple[Hold | None, ...] | None:
        """What holds the alert back, by group; None when nothing does.

        Silences are people's word and come first; then inhibition, maintenance, muted routes.
        """
        for silence in alert.silences:
            if silence.starts_at <= now < silence.ends_at:
                return ((Reason.SILENCED, silence.id),) * len(alert.groups)
        if alert.verdict.roles:
            rule = self._known.judge.inhibitions.inhibited_by(alert.verdict.roles)
            if rule is not None:
                return ((Reason.INHIBITED, rule),) * len(alert.groups)
        running = self._clock.running
        holds: list[Hold | None] = []
        labels = decode_labels(alert.labels) if running else {}
        for group in alert.groups:
            hold: Hold | None = None
            if running:
                service = self._service_of(alert, group, labels)
                window = next((w for w in running if service in w.services), None)
                hold = None if window is None else (Reason.MAINTENANCE, window.id)
            if hold is None and group.landing.muted is not None:
                hold = (Reason.MUTED, group.landing.muted)
            holds.append(hold)
        return tuple(holds) if any(holds) else None

    def _service_of(self, alert: Alert, group: Gathering, labels: dict[str, str]) -> str | None:
        """From the route, then the label, then the integration."""
        return (
            group.landing.route.service
            or labels.get("service")
            or self._known.judge.services.get(alert.integration)
        )

    def next_due(self) -> int | None:
        """When something begins or ends, or at once while alerts wait for their turn."""
        return self._clock.looked_at if self._waiting else self._clock.next_due()
