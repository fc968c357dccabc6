"""The routing tree: which routes take an alert, with everything they inherit filled in.

Alertmanager's semantics (dispatch/route.go): depth first, the first accepting child ends the search unless it goes on, a node
whose children all refuse takes the alert itself, the root accepts everything. Pure; time plays no part here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec

from tocsin.core.configuration import Route
from tocsin.core.detect.matchers import Matcher, compile_matchers, format_matcher, format_matchers
from tocsin.core.severity import Severity

GROUP_WAIT = timedelta(seconds=30)  # when the route says nothing and the sender has not grouped already
GROUP_INTERVAL = timedelta(minutes=5)
REPEAT_INTERVAL = timedelta(hours=4)
ALL_LABELS = "..."


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
        """What happens, for people: "page platform", "ticket platform", "chat alerts", "page platform, chat alerts", "nothing"."""
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
        named = _SEVERITIES.get(labels.get("severity", ""))
        if named is not None:
            return named
        if self.page is not None:
            return Severity.SEV2
        return Severity.SEV3 if self.ticket is not None else None


_SEVERITIES = {spelling: severity for severity in Severity for spelling in (severity.value, severity.value.lower())}
