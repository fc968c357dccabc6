"""What would happen to an alert with these labels, and why: the same decisions as the index, one label set at a time.

Pure and slow; it serves people who ask. Inhibition needs to know what else fires.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.detect.inhibition import inhibited_by_brute_force
from tocsin.core.detect.matchers import Matcher, compile_matchers
from tocsin.core.detect.routing import ResolvedRoute, RoutingTree, group_key, group_labels
from tocsin.core.detect.silences import CompiledSilence, Window, silenced_by, under_maintenance
from tocsin.core.detect.time_intervals import muted_by
from tocsin.core.instants import micros
from tocsin.core.reasons import Reason
from tocsin.core.severity import PageWhen, Severity


class Landing(msgspec.Struct, frozen=True):
    """One route that takes the alert. `reason` is why it would page or would not, `by` which rule says so."""

    route: ResolvedRoute
    matchers: tuple[Matcher, ...]  # from the root down to the route
    action: str
    severity: Severity | None
    service: str | None
    group_key: str
    group_labels: dict[str, str]
    group_wait: timedelta
    reason: Reason
    by: str = ""

    @property
    def held_back(self) -> bool:
        return self.reason in (Reason.SILENCED, Reason.INHIBITED, Reason.MAINTENANCE, Reason.MUTED)


class Explained(msgspec.Struct, frozen=True):
    """`heartbeat` names the heartbeat that the alert feeds; then it lands nowhere."""

    labels: dict[str, str]
    landings: tuple[Landing, ...]
    heartbeat: str | None = None


def explain(
    configuration: Configuration,
    labels: Mapping[str, str],
    now: datetime,
    firing: Iterable[Mapping[str, str]] = (),
    integration: str | None = None,
    pregrouped: bool = False,
) -> Explained:
    """Follow one label set through heartbeats, routes, silences, inhibition, maintenance and time intervals.

    `firing` are the label sets of the alerts that fire besides it; `integration` adds its labels and service.
    """
    sender = configuration.integrations.get(integration or "")
    labels = {**(sender.labels if sender is not None else {}), **labels}
    for heartbeat in configuration.heartbeats.values():
        if heartbeat.matchers and compile_matchers(heartbeat.matchers)(labels):
            return Explained(labels, (), heartbeat.key)
    at = micros(now)
    silences = tuple(CompiledSilence(s) for s in configuration.silences)
    windows = tuple(Window(m) for m in configuration.maintenance)
    silence = silenced_by(silences, labels, at)
    rule = inhibited_by_brute_force(configuration.inhibitions, labels, firing)
    tree = RoutingTree(configuration.route, configuration.defaults.flap_window)
    landings = []
    for route in tree.landings(labels):
        service = route.service or labels.get("service") or (sender.service if sender is not None else None)
        severity = route.severity_of(labels)
        window = under_maintenance(windows, service, at)
        muted = muted_by(
            route.mute_time_intervals, route.active_time_intervals, configuration.time_intervals, now
        )
        reason, by = _would(route, severity, configuration), route.id
        if silence is not None:
            reason, by = Reason.SILENCED, silence
        elif rule is not None:
            reason, by = Reason.INHIBITED, rule
        elif window is not None:
            reason, by = Reason.MAINTENANCE, window
        elif muted is not None:
            reason, by = Reason.MUTED, muted
        named = group_labels(route, labels)
        landings.append(
            Landing(
                route=route,
                matchers=route.matchers,
                action=route.action,
                severity=severity,
                service=service,
                group_key=group_key(route, named),
                group_labels=named,
                group_wait=route.wait(pregrouped),
                reason=reason,
                by=by,
            )
        )
    return Explained(labels, tuple(landings))


def _would(route: ResolvedRoute, severity: Severity | None, configuration: Configuration) -> Reason:
    """What becomes of it when nothing holds it back and its group has no incident yet."""
    if route.page is not None and severity is not None:
        never = configuration.severities[severity].page is PageWhen.NEVER
        return Reason.BACKLOG if never else Reason.OPENED_INCIDENT
    if route.ticket is not None:
        return Reason.TICKET_ONLY
    return Reason.SENT_TO_CHAT if route.chat is not None else Reason.ROUTE_SAYS_NOTHING
