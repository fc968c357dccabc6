"""The routing tree: which routes take an alert, with everything they inherit filled in.

Alertmanager's semantics (dispatch/route.go): depth first, the first accepting child ends the search unless it goes on, a
node whose children all refuse takes the alert itself, the root accepts everything. Pure; time plays no part here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec
from xxhash import xxh3_128_hexdigest

from tocsin.core.configuration import ROOT_ROUTE, Route
from tocsin.core.detect.matchers import Matcher, compile_matchers, format_matchers, format_name, quote
from tocsin.core.labels import TEST_LABEL
from tocsin.core.severity import Severity

GROUP_WAIT = timedelta(seconds=30)  # when the route says nothing and the sender has not grouped already
GROUP_INTERVAL = timedelta(minutes=5)
REPEAT_INTERVAL = timedelta(hours=4)
ALL_LABELS = "..."
LONGEST_KEY = 600  # characters: PostgreSQL indexes 2,700 bytes
SHOWN_OF_LONGER = 400
SEVERITY_LABEL = "severity"


class ResolvedRoute(msgspec.Struct, frozen=True, omit_defaults=True):
    """A route with what it inherits. `id` names it by its matchers from the root down, so it survives reordering.

    `page` is a policy, `ticket` a team, `chat` a chat; a route may page (or file a ticket) and post. `group_by` of
    `("...",)` means all labels. `matchers` are all that had to hold, from the root down. Time intervals are its own, never
    inherited. A `group_wait` of None depends on the sender.
    """

    path: str
    id: str
    group_by: tuple[str, ...] = ()
    group_wait: timedelta | None = None
    group_interval: timedelta = GROUP_INTERVAL
    repeat_interval: timedelta = REPEAT_INTERVAL
    page: str | None = None
    chat: str | None = None
    ticket: str | None = None
    severity: Severity | None = None
    service: str | None = None
    flap_window: timedelta = timedelta(minutes=30)
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    matchers: tuple[Matcher, ...] = ()

    @property
    def makes_incidents(self) -> bool:
        return self.page is not None or self.ticket is not None

    @property
    def action(self) -> str:
        """What happens, for people: "page platform", "ticket platform", "page platform, chat alerts", "nothing"."""
        said = []
        if self.page is not None:
            said.append(f"page {self.page}")
        elif self.ticket is not None:
            said.append(f"ticket {self.ticket}")
        if self.chat is not None:
            said.append(f"chat {self.chat}")
        return ", ".join(said) or "nothing"

    def wait(self, pregrouped: bool) -> timedelta:
        """How long a new group gathers: an unset wait is nothing when the sender has already waited to group."""
        if self.group_wait is not None:
            return self.group_wait
        return timedelta(0) if pregrouped else GROUP_WAIT

    def severity_of(self, labels: Mapping[str, str]) -> Severity | None:
        """The route's severity; else the alert's own `severity` label where it names one of SEV1 to SEV4; else SEV2 for what
        pages and SEV3 for a ticket (an unknown severity must not page too late)."""
        if self.severity is not None:
            return self.severity
        named = _SEVERITIES.get(labels.get(SEVERITY_LABEL, ""))
        if named is not None:
            return named
        if self.page is not None:
            return Severity.SEV2
        return Severity.SEV3 if self.ticket is not None else None


_SEVERITIES = {
    spelling: severity for severity in Severity for spelling in (severity.value, severity.value.lower())
}


class RoutingTree:
    """The configured tree, resolved once and compiled; `landings` answers per label set."""

    def __init__(self, root: Route, flap_window: timedelta) -> None:
        self._root = _Node(root, None, ROOT_ROUTE, flap_window)
        self.routes: tuple[ResolvedRoute, ...] = tuple(node.route for node in self._root.walk())
        self.names: frozenset[str] = frozenset(m.name for route in self.routes for m in route.matchers)

    def landings(self, labels: Mapping[str, str]) -> tuple[ResolvedRoute, ...]:
        """Where an alert with these labels lands, in the tree's order; at least one."""
        return tuple(self._root.landings(labels))


class _Node:
    def __init__(self, route: Route, parent: ResolvedRoute | None, id: str, flap_window: timedelta) -> None:
        self.route = _resolve(route, parent, id, flap_window)
        self.goes_on = route.goes_on
        # The root takes everything, whatever it says.
        self.accepts = compile_matchers(route.matchers if parent is not None else ())
        self.children = [
            _Node(child, self.route, f"{id}/{name}", flap_window)
            for child, name in zip(route.routes, _names(route.routes), strict=True)
        ]

    def landings(self, labels: Mapping[str, str]) -> list[ResolvedRoute]:
        taken: list[ResolvedRoute] = []
        for child in self.children:
            if child.accepts(labels):
                taken += child.landings(labels)
                if not child.goes_on:
                    break
        return taken or [self.route]

    def walk(self) -> Iterator["_Node"]:
        yield self
        for child in self.children:
            yield from child.walk()


def _names(siblings: Sequence[Route]) -> list[str]:
    """What tells siblings apart: their matchers, sorted; later ones with the same matchers are numbered."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for sibling in siblings:
        name = format_matchers(sorted(sibling.matchers, key=lambda m: (m.name, m.value, m.op.value)))
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def _resolve(route: Route, parent: ResolvedRoute | None, id: str, flap_window: timedelta) -> ResolvedRoute:
    above = parent or ResolvedRoute(path="", id="", flap_window=flap_window)
    acts = route.nothing or route.page is not None or route.chat is not None or route.ticket is not None
    action = route if acts else above
    return ResolvedRoute(
        path=route.path,
        id=id,
        group_by=above.group_by if route.group_by is None else route.group_by,
        group_wait=_first(route.group_wait, above.group_wait),
        group_interval=_first(route.group_interval, above.group_interval) or GROUP_INTERVAL,
        repeat_interval=_first(route.repeat_interval, above.repeat_interval) or REPEAT_INTERVAL,
        page=action.page,
        chat=action.chat,
        ticket=action.ticket,
        severity=route.severity or above.severity,
        service=route.service or above.service,
        flap_window=above.flap_window if route.flap_window is None else route.flap_window,
        mute_time_intervals=route.mute_time_intervals,
        active_time_intervals=route.active_time_intervals,
        matchers=above.matchers + (route.matchers if parent is not None else ()),
    )


def _first(own: timedelta | None, inherited: timedelta | None) -> timedelta | None:
    return inherited if own is None else own


# --- group labels ----------------------------------------------------------------------------------------------------


def group_labels(route: ResolvedRoute, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that name the alert's group, sorted. Missing and empty are the same and absent.

    An alert that has none of the route's `group_by` labels groups by its whole label set: strangers must not share a group.
    Nor do tests and what is real: a real alert that joined somebody's acknowledged test would page nobody.
    """
    if ALL_LABELS in route.group_by:
        return {name: value for name, value in sorted(labels.items()) if value}
    found = {name: value for name in sorted(route.group_by) if (value := labels.get(name))}
    if not found and route.group_by:
        return {name: value for name, value in sorted(labels.items()) if value}
    return dict(sorted({**found, TEST_LABEL: "true"}.items())) if is_test(labels) else found


def is_test(labels: Mapping[str, str]) -> bool:
    return labels.get(TEST_LABEL) == "true"


def group_key(route: ResolvedRoute, labels: Mapping[str, str]) -> str:
    """`{}/{severity="critical"}:{alertname="HighErr", cluster="c1"}`: the route's id and the group's labels, as Alertmanager
    writes it. Values are quoted, so no two groups share a key. What is longer than a database indexes ends in its digest."""
    inner = ", ".join([f"{format_name(name)}={quote(value)}" for name, value in labels.items()])
    key = f"{route.id}:{{{inner}}}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[:SHOWN_OF_LONGER]}... {xxh3_128_hexdigest(key.encode())}"
