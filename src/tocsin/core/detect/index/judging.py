"""What one configuration says to a label set, whatever the time: where it lands, which heartbeat it is, whom it inhibits.

Compiled once per configuration and memoised by the values of the labels that the configuration mentions, so that alerts
which look alike to it share one verdict.
"""

from collections.abc import Mapping

from tocsin.core.configuration import Configuration
from tocsin.core.detect.index.gathering import Landing
from tocsin.core.detect.inhibition import InhibitionIndex, Role
from tocsin.core.detect.matchers import Predicate, compile_matchers
from tocsin.core.detect.routing import SEVERITY_LABEL, ResolvedRoute, RoutingTree
from tocsin.core.severity import Severity

VERDICTS_AT_MOST = 50_000


class Verdict:
    """No landings: it is an alert of heartbeats."""

    __slots__ = ("heartbeats", "landings", "plain", "roles", "severities")

    def __init__(
        self,
        landings: tuple[Landing, ...],
        heartbeats: tuple[str, ...],
        roles: tuple[Role, ...],
        severities: tuple[Severity | None, ...],
    ) -> None:
        self.landings = landings
        self.severities = severities  # by landing; None where the route gives it, or nothing does
        self.heartbeats = heartbeats
        self.roles = roles
        # Neither inhibition nor a time interval can ever hold it back.
        self.plain = not roles and not any(landing.timed for landing in landings)


class Judge:
    """One configuration's routes, heartbeats and inhibitions. `names` are all labels that a verdict depends on.

    What did not change since `before` is taken over: routes with their groups, the inhibition index with who fires.
    """

    def __init__(self, configuration: Configuration, before: "Judge | None" = None) -> None:
        self.tree = RoutingTree(configuration.route, configuration.defaults.flap_window)
        earlier = {} if before is None else before.landings
        self.landings: dict[str, Landing] = {
            route.id: _landing(route, earlier.get(route.id)) for route in self.tree.routes
        }
        inhibitions = None if before is None else before.inhibitions
        if inhibitions is None or inhibitions.rules != configuration.inhibitions:
            inhibitions = InhibitionIndex(configuration.inhibitions)
        self.inhibitions: InhibitionIndex = inhibitions
        self._heartbeats: tuple[tuple[str, Predicate], ...] = tuple(
            (h.key, compile_matchers(h.matchers)) for h in configuration.heartbeats.values() if h.matchers
        )
        beating = {m.name for h in configuration.heartbeats.values() for m in h.matchers}
        self.names = frozenset({*self.tree.names, *self.inhibitions.names, *beating, SEVERITY_LABEL})
        self._mentioned = tuple(sorted(self.names))
        self._verdicts: dict[tuple[str | None, ...], Verdict] = {}
        self.obey(configuration)

    def obey(self, configuration: Configuration) -> None:
        """Another configuration whose routes, heartbeats and inhibitions are the same."""
        self.configuration = configuration
        self.extra_labels = {key: i.labels for key, i in configuration.integrations.items() if i.labels}
        self.services = {key: i.service for key, i in configuration.integrations.items()}

    def verdict(self, labels: Mapping[str, str]) -> Verdict:
        values = tuple(map(labels.get, self._mentioned))
        verdict = self._verdicts.get(values)
        if verdict is None:
            if len(self._verdicts) >= VERDICTS_AT_MOST:
                self._verdicts.clear()
            verdict = self._verdicts[values] = self._judge(labels)
        return verdict

    def _judge(self, labels: Mapping[str, str]) -> Verdict:
        heartbeats = tuple(key for key, matches in self._heartbeats if matches(labels))
        if heartbeats:
            return Verdict((), heartbeats, (), ())
        routes = self.tree.landings(labels)
        return Verdict(
            tuple(self.landings[route.id] for route in routes),
            (),
            self.inhibitions.roles(labels),
            tuple(None if route.severity is not None else route.severity_of(labels) for route in routes),
        )


def _landing(route: ResolvedRoute, before: Landing | None) -> Landing:
    if before is None or before.route.group_by != route.group_by:
        return Landing(route)
    before.route = route
    return before
