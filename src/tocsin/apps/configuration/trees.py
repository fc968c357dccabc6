"""The routing tree, drawn: which alerts land where, and what happens to them there."""

from collections.abc import Iterator

import msgspec

from tocsin.core.configuration import Configuration, Route
from tocsin.core.detect.matchers import format_matcher
from tocsin.core.instants import format_duration


class Node(msgspec.Struct, frozen=True):
    """A route as it is drawn. `page`, `chat` and `ticket` are what holds there, also when it is inherited."""

    path: str
    depth: int
    matchers: tuple[str, ...]
    page: str
    chat: str
    ticket: str
    nothing: bool
    inherited: bool
    severity: str
    service: str
    goes_on: bool
    grouping: str
    last: bool


def nodes(configuration: Configuration) -> list[Node]:
    """In order; children follow their parent, one deeper."""
    return list(_nodes(configuration.route, None, "", ""))


def _nodes(route: Route, above: Route | None, severity: str, service: str, depth: int = 0) -> Iterator[Node]:
    acts = bool(route.page or route.chat or route.ticket or route.nothing) or above is None
    acting = route if acts or above is None else above
    severity = route.severity.value if route.severity else severity
    service = route.service or service
    yield Node(
        path=route.path,
        depth=min(depth, 6),
        matchers=tuple(format_matcher(matcher) for matcher in route.matchers),
        page=acting.page or "",
        chat=acting.chat or "",
        ticket=acting.ticket or "",
        nothing=acting.nothing,
        inherited=not acts,
        severity=severity,
        service=service,
        goes_on=route.goes_on,
        grouping=_grouping(route),
        last=not route.routes,
    )
    for child in route.routes:
        yield from _nodes(child, acting, severity, service, depth + 1)


def _grouping(route: Route) -> str:
    said = []
    if route.group_by is not None:
        said.append(f"grouped by {', '.join(route.group_by)}" if route.group_by else "all in one group")
    if route.group_wait is not None:
        said.append(f"waits {format_duration(route.group_wait)}")
    for word, names in (("muted in", route.mute_time_intervals), ("only in", route.active_time_intervals)):
        if names:
            said.append(f"{word} {', '.join(names)}")
    return "; ".join(said)
