"""The detection index: every alert that matters now, its groups, and what holds it back. One owner, mutable.

It sees every alert, so it is an index and not a decision: `apply` and `tick` answer with Changes, the engine decides each
changed group, asks `rows` for what to store, and after the commit calls `committed`. After a failed commit the index is
ahead of the store: throw it away and `load` another. Instants are microseconds since the epoch.
"""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.core.configuration import Configuration
from tocsin.core.detect.group import Group
from tocsin.core.detect.index import storing
from tocsin.core.detect.index.alert import RESOLVED
from tocsin.core.detect.index.changes import Changes, Outcome
from tocsin.core.detect.index.complete_groups import CompleteGroups
from tocsin.core.detect.index.counting import delta_of
from tocsin.core.detect.index.ending import Ending
from tocsin.core.detect.index.holding import Holding
from tocsin.core.detect.index.joining import Joining
from tocsin.core.detect.index.judging import Judge
from tocsin.core.detect.index.known import Known
from tocsin.core.detect.index.leases import Leases
from tocsin.core.detect.index.reconfiguring import reconfigure
from tocsin.core.detect.index.restoring import Restoring
from tocsin.core.detect.index.taking import Taking
from tocsin.core.detect.index.telling import for_flush, what_changed
from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.core.detect.routing import ResolvedRoute
from tocsin.core.detect.signal import Renewal, Report, Signal


class Detection:
    """The one owned index: its parts wired together, and its doors."""

    def __init__(self, configuration: Configuration, next_alert_id: int) -> None:
        self._known = known = Known(Judge(configuration), next_alert_id)
        self._holding = Holding(known, configuration)
        self._joining = Joining(known, self._holding)
        self._ending = Ending(known, self._joining)
        self._leases = Leases(known)
        self._complete = CompleteGroups(known)
        self._taking = Taking(known, self._joining, self._ending, self._leases, self._complete)

    # --- news --------------------------------------------------------------------------------------------------------

    def apply(self, reports: Iterable[Report], now: int) -> Changes:
        """Take reports in inbox order."""
        changes = Changes(now)
        self._holding.look_at_clock(now, changes)
        for report in reports:
            self._taking.take(report, changes)
        return self._finished(changes)

    def renew(self, renewal: Renewal) -> tuple[Signal, ...]:
        """Alerts that were sent again unchanged: their leases last longer.

        Returns the signals that are more than that: the alerts of heartbeats, which beat, and what does not fire here, which
        must come as a report. Another thread may call it while `apply` runs: it only moves leases that are in the wheel.
        """
        return self._leases.renew(renewal)

    def tick(self, now: int) -> Changes:
        """Leases that ran out, silences, windows and intervals that began or ended, and what may be forgotten. Much at
        once is done in helpings: then `next_due` is still due afterwards."""
        changes = Changes(now)
        self._holding.look_at_clock(now, changes)
        self._leases.run_out(now, changes)
        self._finished(changes)
        self._ending.forget(now, changes)
        return changes

    def next_due(self) -> int | None:
        """When `tick` has something to do; None while nothing can happen by time alone."""
        due = (self._leases.next_due(), self._holding.next_due(), self._ending.next_due())
        return min([at for at in due if at is not None], default=None)

    def grant_grace(self, until: int) -> None:
        """No lease runs out before `until`: after a step of the clock or an outage of our own."""
        self._leases.grant_grace(until)

    def load(
        self, alerts: Iterable[tuple[AlertRow, AlertStateRow]], groups: Iterable[GroupRow], now: int
    ) -> Changes:
        """Take over what the store holds active. Every alert with a lease gets a fresh one.

        The changes are what no longer agrees with the configuration (moved routes, ended silences); usually none. A row
        that cannot be read is left out, and said to be `unreadable`.
        """
        changes = Changes(now)
        self._holding.look_at_clock(now, changes)
        restoring = Restoring(
            self._known, self._holding, self._joining, self._leases, self._complete, changes
        )
        for row in groups:
            restoring.group(row)
        for fixed, state in alerts:
            restoring.alert(fixed, state)
        restoring.finish(self._ending)
        return self._finished(changes)

    def reconfigure(self, configuration: Configuration, now: int) -> Changes:
        """Route and hold anew what is active, under another configuration."""
        changes = Changes(now)
        reconfigure(self._known, self._holding, self._joining, configuration, changes)
        return self._finished(changes)

    def _finished(self, changes: Changes) -> Changes:
        self._holding.finish(changes)
        known, services = self._known.alerts, self._known.judge.services
        for group, delta in changes._deltas.items():
            change = what_changed(group, delta, changes, known, services.get(group.integration))
            if change is not None:
                changes.groups.append(change)
        return changes

    # --- deciding and storing ----------------------------------------------------------------------------------------

    def flush(self, keys: Sequence[str], now: int) -> Changes:
        """These groups as they are now, for FlushDue (or IncidentEnded). Unknown keys are left out."""
        changes = Changes(now)
        alerts, services = self._known.alerts, self._known.judge.services
        for key in dict.fromkeys(keys):
            group = self._known.groups.get(key)
            if group is None:
                continue
            for identity in group.waiting or ():
                alert = alerts.get(identity)
                if alert is not None and alert.status != RESOLVED and group in alert.groups:
                    changes._touched[identity] = alert
            changes._flushed.append(group)
            if group.first not in group.members and group.members:
                group.first = min(group.members, key=lambda identity: alerts[identity].id)
            changes.groups.append(for_flush(group, alerts, services.get(group.integration)))
        return changes

    def tell_again(self, keys: Iterable[str], now: int) -> Changes:
        """These groups as they are now, as if they had changed: what was decided of their last change was not kept."""
        changes = Changes(now)
        for key in keys:
            group = self._known.groups.get(key)
            if group is not None:
                delta_of(group, changes).forced = True
        return self._finished(changes)

    def rows(
        self, changes: Changes, outcomes: Mapping[str, Outcome]
    ) -> tuple[list[AlertRow], list[AlertStateRow], list[GroupRow]]:
        """What to store. May be asked again with other outcomes before `committed`."""
        return storing.rows(self._known, changes, outcomes)

    def committed(self, changes: Changes) -> None:
        """The rows are durable: from now on these outcomes are the groups' states."""
        storing.committed(self._known, self._ending, changes)

    # --- asking ------------------------------------------------------------------------------------------------------

    @property
    def configuration(self) -> Configuration:
        return self._known.judge.configuration

    def state(self, key: str) -> Group | None:
        """The group as last committed (fresh and empty for one that never was)."""
        group = self._known.groups.get(key)
        return None if group is None else group.state

    def route(self, key: str) -> ResolvedRoute | None:
        group = self._known.groups.get(key)
        return None if group is None else group.landing.route

    @property
    def active_alerts(self) -> int:
        """How many fire now, held back or silent ones included."""
        return self._known.active

    @property
    def known_alerts(self) -> int:
        return len(self._known.alerts)

    @property
    def known_groups(self) -> int:
        return len(self._known.groups)
