"""What one configuration says to alerts: where they land, whom they inhibit, and what holds them back now.

Compiled once per configuration. What depends on labels alone is memoised by the values of the labels that the configuration
mentions; what depends on the clock is looked at when the clock passes a boundary.
"""

from bisect import bisect_right
from collections.abc import Mapping

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.detect.gathering import Alert, Gathering, Hold, Landing, Verdict
from tocsin.core.detect.inhibition import InhibitionIndex
from tocsin.core.detect.matchers import Predicate, compile_matchers
from tocsin.core.detect.routing import RoutingTree
from tocsin.core.detect.silences import CompiledSilence, Window
from tocsin.core.labels import decode_labels
from tocsin.core.reasons import Reason

MINUTE = 60_000_000
VERDICTS_AT_MOST = 50_000


class Passed(msgspec.Struct, frozen=True):
    """What the clock passed: silences that began or ended, services whose maintenance did, routes whose mute did."""

    silences: tuple[str, ...] = ()
    services: frozenset[str] = frozenset()
    landings: tuple[Landing, ...] = ()


class Judge:
    """One configuration, compiled. Its inhibition index knows who fires; `looked_at` is how far it knows the clock."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.tree = RoutingTree(configuration.route, configuration.defaults.flap_window)
        self.landings = {route.id: Landing(route) for route in self.tree.routes}
        self.inhibitions = InhibitionIndex(configuration.inhibitions)
        self.silences = tuple(CompiledSilence(s) for s in configuration.silences)
        self.windows = tuple(Window(m) for m in configuration.maintenance)
        self.running: tuple[Window, ...] = ()
        self.heartbeats: tuple[tuple[str, Predicate], ...] = tuple(
            (h.key, compile_matchers(h.matchers)) for h in configuration.heartbeats.values() if h.matchers
        )
        self.extra_labels = {key: i.labels for key, i in configuration.integrations.items() if i.labels}
        self.services = {key: i.service for key, i in configuration.integrations.items()}
        self.timed = tuple(landing for landing in self.landings.values() if landing.timed)
        self.looked_at = 0
        self._boundaries = sorted(
            {at for s in self.silences for at in (s.starts_at, s.ends_at)}
            | {at for w in self.windows for at in (w.starts_at, w.ends_at)}
        )
        names = {*self.tree.names, *self.inhibitions.names}
        names.update(m.name for s in configuration.silences for m in s.matchers)
        names.update(m.name for h in configuration.heartbeats.values() for m in h.matchers)
        self._mentioned = tuple(sorted(names))
        self._verdicts: dict[tuple[str | None, ...], Verdict] = {}

    # --- by labels ---------------------------------------------------------------------------------------------------

    def verdict(self, labels: Mapping[str, str]) -> Verdict:
        values = tuple(map(labels.get, self._mentioned))
        verdict = self._verdicts.get(values)
        if verdict is None:
            if len(self._verdicts) >= VERDICTS_AT_MOST:
                self._verdicts.clear()
            verdict = self._verdicts[values] = self._judge(labels)
        return verdict

    def _judge(self, labels: Mapping[str, str]) -> Verdict:
        heartbeats = tuple(key for key, matches in self.heartbeats if matches(labels))
        if heartbeats:
            return Verdict((), heartbeats, (), (), True)
        landings = tuple(self.landings[route.id] for route in self.tree.landings(labels))
        silences = tuple(s for s in self.silences if s.matches(labels))
        roles = self.inhibitions.roles(labels)
        plain = not (silences or roles or self.windows or any(at.timed for at in landings))
        return Verdict(landings, (), silences, roles, plain)

    def service_of(self, alert: Alert, group: Gathering, labels: Mapping[str, str]) -> str | None:
        """From the route, then the label, then the integration."""
        return group.landing.route.service or labels.get("service") or self.services.get(alert.integration)

    # --- by the clock ------------------------------------------------------------------------------------------------

    def holds(self, alert: Alert, now: int) -> tuple[Hold | None, ...] | None:
        """What holds the alert back, by group; None when nothing does.

        Silences are people's word and come first; then inhibition, maintenance, muted routes.
        """
        verdict = alert.verdict
        for silence in verdict.silences:
            if silence.starts_at <= now < silence.ends_at:
                return ((Reason.SILENCED, silence.id),) * len(alert.groups)
        if verdict.roles:
            rule = self.inhibitions.inhibited_by(verdict.roles)
            if rule is not None:
                return ((Reason.INHIBITED, rule),) * len(alert.groups)
        holds: list[Hold | None] = []
        labels: dict[str, str] | None = None
        for group in alert.groups:
            hold: Hold | None = None
            if self.running:
                labels = decode_labels(alert.labels) if labels is None else labels
                service = self.service_of(alert, group, labels)
                window = next((w for w in self.running if service in w.services), None)
                hold = None if window is None else (Reason.MAINTENANCE, window.id)
            if hold is None and group.landing.muted is not None:
                hold = (Reason.MUTED, group.landing.muted)
            holds.append(hold)
        return tuple(holds) if any(holds) else None

    def look(self, now: int) -> Passed | None:
        """Look at the clock; None when nothing began or ended since it was last looked at. It never runs backwards."""
        before = self.looked_at
        if now <= before:
            return None
        self.looked_at = now
        silences: tuple[str, ...] = ()
        services: frozenset[str] = frozenset()
        landings: tuple[Landing, ...] = ()
        following = bisect_right(self._boundaries, before)
        if following < len(self._boundaries) and self._boundaries[following] <= now:
            silences = tuple(s.id for s in self.silences if s.active(before) != s.active(now))
            running = tuple(w for w in self.windows if w.active(now))
            services = frozenset(s for w in {*running} ^ {*self.running} for s in w.services)
            self.running = running
        if self.timed and before // MINUTE != now // MINUTE:  # time intervals are made of whole minutes
            intervals = self.configuration.time_intervals
            landings = tuple(landing for landing in self.timed if landing.look(intervals, now))
        if not (silences or services or landings):
            return None
        return Passed(silences, services, landings)

    def next_due(self) -> int | None:
        """When to look again."""
        following = bisect_right(self._boundaries, self.looked_at)
        due = [self._boundaries[following]] if following < len(self._boundaries) else []
        if self.timed:
            due.append((self.looked_at // MINUTE + 1) * MINUTE)
        return min(due, default=None)
