"""Checks of the routing tree: something happens to every alert, every route is reached, whom it pages is paged in time."""

from collections.abc import Iterator

import msgspec

from tocsin.config.subject import Subject
from tocsin.core.configuration import Route
from tocsin.core.instants import format_duration
from tocsin.core.severity import PageWhen, Severity

DEFAULT_SEVERITY = Severity.SEV2  # of what a route pages without saying a severity


def check_routes(subject: Subject) -> None:
    _root(subject)
    _pages(subject)


def _acts(route: Route) -> bool:
    return bool(route.page or route.chat or route.ticket or route.nothing)


def _root(subject: Subject) -> None:
    root = subject.configuration.route
    if not _acts(root):
        subject.error(
            "routes",
            "the root route needs a default for what nothing below it matches: chat, page, ticket or nothing",
        )
    elif root.nothing:
        subject.warning(
            "routes.nothing", "alerts that no route matches go nowhere; a chat would at least show them"
        )


class _Landing(msgspec.Struct, frozen=True):
    """A route with what it inherits."""

    path: str  # dotted, as in the file
    route: Route
    page: str | None
    severity: Severity | None


def _landings(route: Route, path: str, page: str | None, severity: Severity | None) -> Iterator[_Landing]:
    page = route.page if _acts(route) else page
    severity = route.severity or severity
    yield _Landing(path, route, page, severity)
    for number, child in enumerate(route.routes):
        yield from _landings(child, f"{path}.routes[{number}]", page, severity)


def _pages(subject: Subject) -> None:
    configuration = subject.configuration
    late: set[tuple[str, Severity]] = set()
    for landing in _landings(configuration.route, "routes", None, None):
        _unreachable(subject, landing)
        policy = configuration.policies.get(landing.page or "")
        if policy is None:
            continue
        severity = landing.severity or DEFAULT_SEVERITY
        rule = configuration.severities[severity]
        if rule.page is PageWhen.NEVER:
            subject.warning(
                f"{landing.path}.page", f"{severity} never pages, so policy {policy.key!r} is not used here"
            )
        elif (
            rule.ack_target is not None
            and len(policy.steps) > 1
            and policy.steps[0].wait > rule.ack_target
            and (policy.key, severity) not in late
        ):
            late.add((policy.key, severity))
            subject.warning(
                f"policies.{policy.key}.steps[0].wait",
                f"waits {format_duration(policy.steps[0].wait)}, but {severity} is to be acknowledged within "
                f"{format_duration(rule.ack_target)}: the second step comes too late",
            )


def _unreachable(subject: Subject, landing: _Landing) -> None:
    """A child is never reached when an earlier one takes all that it would match and does not go on."""
    for number, child in enumerate(landing.route.routes):
        for earlier, other in enumerate(landing.route.routes[:number]):
            if other.goes_on or not set(other.matchers) <= set(child.matchers):
                continue
            why = (
                "has the same matchers or fewer"
                if other.matchers
                else "has no matchers, so it takes everything"
            )
            subject.warning(
                f"{landing.path}.routes[{number}]",
                f"is never reached: {landing.path}.routes[{earlier}] {why}",
            )
            break
