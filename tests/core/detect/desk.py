"""A desk to try detection at: an index, the group decisions, and a memory that stands in for the store.

It does what the engine does around the core, in a few lines, and collects what was demanded.
"""

from datetime import timedelta

import msgspec

from tocsin.core.configuration import (
    Configuration,
    Heartbeat,
    Inhibition,
    Integration,
    Maintenance,
    Route,
    Silence,
    TimeInterval,
    TimeRange,
)
from tocsin.core.detect.grouping import (
    ChangeIncident,
    FlushDue,
    Group,
    GroupChanged,
    GroupDecision,
    IncidentEnded,
    OpenIncident,
    PostGroup,
    RemindFlush,
    decide,
)
from tocsin.core.detect.index import Changes, Detection, Outcome
from tocsin.core.detect.matchers import parse_matchers
from tocsin.core.detect.records import AlertRow, AlertStateRow, GroupRow
from tocsin.core.detect.signal import Parsed, Renewal, Report, Signal, SignalKind
from tocsin.core.instants import instant
from tocsin.core.people import Person, Team
from tocsin.core.respond.policy import Policy
from tocsin.core.severity import Severity

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
START = 1_781_447_520_000_000  # 2026-06-14 14:32 UTC, a Sunday


def route(path: str, matchers: str = "", **fields: object) -> Route:
    return Route(path=path, matchers=parse_matchers(matchers), **fields)  # type: ignore[arg-type]


def house(root: Route | None = None, **fields: object) -> Configuration:
    """Critical pages the platform, warnings go to a quiet chat, the rest to the team's chat."""
    given = root or route(
        "",
        group_by=("alertname", "namespace"),
        group_wait=timedelta(0),
        chat="alerts",
        routes=(
            route("0", "severity=critical", severity=Severity.SEV2, page="platform"),
            route("1", "severity=warning", chat="quiet"),
        ),
    )
    return Configuration(
        people={"alice": Person("alice", "Alice Ames"), "bob": Person("bob", "Bob Brandt")},
        teams={"platform": Team("platform", members=("alice", "bob"))},
        policies={"platform": Policy("platform", (), team="platform")},
        integrations={
            "prom": Integration("prom", "prometheus", "k1"),
            "pd": Integration("pd", "pagerduty", "k2"),
        },
        route=given,
        **fields,  # type: ignore[arg-type]
    )


def silence(matchers: str, starts: int = START, ends: int = START + HOUR, id: str = "s1") -> Silence:
    return Silence(id, parse_matchers(matchers), instant(starts), instant(ends), "alice")


def maintenance(service: str, starts: int = START, ends: int = START + HOUR) -> Maintenance:
    return Maintenance("m1", (service,), instant(starts), instant(ends), "alice")


def inhibition(source: str, target: str, *equal: str, key: str = "parent") -> Inhibition:
    return Inhibition(key, parse_matchers(source), parse_matchers(target), equal)


def hours(key: str, start: int, end: int) -> dict[str, TimeInterval]:
    return {key: TimeInterval(key, (TimeRange(times=((start * 60, end * 60),)),))}


def watchdog(matchers: str = "alertname=Watchdog") -> dict[str, Heartbeat]:
    return {"watchdog": Heartbeat("watchdog", timedelta(minutes=2), matchers=parse_matchers(matchers))}


def critical(name: str = "APIHighLatency", **more: str) -> dict[str, str]:
    return {"alertname": name, "namespace": "prod", "severity": "critical", **more}


def warning(name: str = "DiskFilling", **more: str) -> dict[str, str]:
    return {"alertname": name, "namespace": "prod", "severity": "warning", **more}


def firing(labels: dict[str, str], **fields: object) -> Signal:
    return Signal(SignalKind.FIRING, labels, **fields)  # type: ignore[arg-type]


def resolved(labels: dict[str, str], **fields: object) -> Signal:
    return Signal(SignalKind.RESOLVED, labels, **fields)  # type: ignore[arg-type]


class Desk:
    """Time moves by `later`; everything demanded so far is in `opened`, `told`, `posts`."""

    def __init__(self, configuration: Configuration | None = None, now: int = START) -> None:
        self.configuration = configuration or house()
        self.index = Detection(self.configuration, 1)
        self.now = now
        self.alerts: dict[int, AlertRow] = {}
        self.states: dict[int, AlertStateRow] = {}
        self.groups: dict[str, GroupRow] = {}
        self.timers: dict[str, int] = {}
        self.opened: list[OpenIncident] = []
        self.told: list[ChangeIncident] = []
        self.posts: list[PostGroup] = []
        self.in_helpings = False  # a tick may leave more to do at once
        self._inbox = 0

    # --- news ---

    def report(
        self,
        *signals: Signal,
        integration: str = "prom",
        complete: str | None = None,
        pregrouped: bool = False,
        received_at: int | None = None,
    ) -> Changes:
        return self.reports(
            [
                self.one(
                    *signals,
                    integration=integration,
                    complete=complete,
                    pregrouped=pregrouped,
                    at=received_at,
                )
            ]
        )

    def one(
        self,
        *signals: Signal,
        integration: str = "prom",
        complete: str | None = None,
        pregrouped: bool = False,
        at: int | None = None,
    ) -> Report:
        self._inbox += 1
        parsed = Parsed(signals, complete_group=complete, pregrouped=pregrouped)
        return Report(self._inbox, integration, self.now if at is None else at, parsed)

    def reports(self, reports: list[Report]) -> Changes:
        return self._settle(self.index.apply(reports, self.now))

    def renew(self, *signals: Signal) -> tuple[Signal, ...]:
        return self.index.renew(Renewal("prom", self.now, signals))

    def ping(self, key: str) -> Changes:
        self._inbox += 1
        return self.reports([Report(self._inbox, "prom", self.now, Parsed(ping=key))])

    def later(self, micros: int) -> None:
        """Let time pass: ticks and flushes happen at their instants."""
        until = self.now + micros
        while True:
            due = [at for at in (self.index.next_due(), *self.timers.values()) if at is not None]
            at = min(due, default=until + 1)
            if at > until:
                break
            self.now = max(at, self.now)
            ticked = self.index.next_due()
            if ticked is not None and ticked <= self.now:
                self._settle(self.index.tick(self.now))
                after = self.index.next_due()
                assert after is None or after > self.now or self.in_helpings, "a tick leaves nothing due"
            keys = [key for key, at in self.timers.items() if at <= self.now]
            for key in keys:
                del self.timers[key]
            if keys:
                self._settle(self.index.flush(keys, self.now), flush=True)
        self.now = until

    def incident_ended(self, incident: int) -> None:
        key = next(k for k, row in self.groups.items() if row.incident == incident)
        changes = self.index.flush([key], self.now)
        group = self.index.state(key)
        assert group is not None
        route = changes.groups[0].route
        decision = decide(group, IncidentEnded(incident, self.now), self.now, route, self.configuration)
        self._store(changes, {key: (decision.group, decision.group.incident, decision.reason)})

    def reconfigure(self, configuration: Configuration) -> Changes:
        self.configuration = configuration
        return self._settle(self.index.reconfigure(configuration, self.now))

    def restart(self, configuration: Configuration | None = None) -> Changes:
        """The index is lost; what was stored is loaded."""
        self.configuration = configuration or self.configuration
        self.index = Detection(self.configuration, max(self.alerts, default=0) + 1)
        active = [
            (row, self.states[id]) for id, row in self.alerts.items() if self.states[id].status != "resolved"
        ]
        return self._settle(self.index.load(active, self.groups.values(), self.now))

    # --- what the engine does ---

    def _settle(self, changes: Changes, flush: bool = False) -> Changes:
        outcomes: dict[str, Outcome] = {}
        for change in changes.groups:
            group = self.index.state(change.key)
            assert group is not None
            event = FlushDue(change) if flush else GroupChanged(change)
            outcomes[change.key] = self._carry(
                decide(group, event, self.now, change.route, self.configuration)
            )
        self._store(changes, outcomes)
        return changes

    def _carry(self, decision: GroupDecision) -> Outcome:
        group = decision.group
        for effect in decision.effects:
            match effect:
                case OpenIncident():
                    self.opened.append(effect)
                    group = group.opened(len(self.opened))
                case ChangeIncident():
                    self.told.append(effect)
                case PostGroup():
                    self.posts.append(effect)
                case RemindFlush(due_at=due_at):
                    self.timers[group.key] = due_at
                case _:
                    self.timers.pop(group.key, None)
        return group, group.incident, decision.reason

    def _store(self, changes: Changes, outcomes: dict[str, Outcome]) -> None:
        self.index.rows(changes, {})  # a transaction that was run again must not matter
        alerts, states, groups = self.index.rows(changes, outcomes)
        assert all(row.id not in self.alerts for row in alerts)
        self.alerts.update((row.id, row) for row in alerts)
        self.states.update((row.alert, row) for row in states)
        assert set(self.states) == set(self.alerts)
        self.groups.update((row.key, row) for row in groups)
        for key in changes.removed:
            self.groups.pop(key, None)
        self.index.committed(changes)

    # --- looking ---

    def state_of(self, labels: dict[str, str]) -> AlertStateRow:
        """The newest alert with exactly these labels."""
        found = [row.id for row in self.alerts.values() if msgspec.json.decode(row.labels) == labels]
        return self.states[max(found)]

    def reason_of(self, labels: dict[str, str]) -> str:
        return self.state_of(labels).reason

    def group(self, labels: dict[str, str]) -> Group:
        state = self.index.state(self.state_of(labels).groups)
        assert state is not None
        return state

    @property
    def last(self) -> ChangeIncident:
        return self.told[-1]
