"""The language of scenarios: a house with people, alerts and a clock, on any of the three stores.

    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull")
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.tells("opened_incident", "step_started: alice", "step_timed_out: bob")

Time is virtual and providers are `Provider`; everything between is the real engine on a real store, and commands come
through the real doors.
"""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.scenarios import senders
from tests.scenarios.person import SECRET, Person
from tests.scenarios.provider import Heard, Provider
from tests.scenarios.senders import FOR_EVER, Labels, labelled
from tocsin.channels import registry
from tocsin.config.answers import ConfigFile
from tocsin.config.load import load
from tocsin.config.perform import apply_view
from tocsin.control.actor import Actor
from tocsin.control.perform import Performer, status
from tocsin.control.requests import (
    AddMaintenance,
    AddOverride,
    AddSilence,
    AlertView,
    ApplyConfiguration,
    EndOperational,
    IncidentView,
    ListAlerts,
    OperationalView,
    PlanView,
    Request,
    ShowIncident,
    TestPage,
)
from tocsin.core.configuration import Configuration
from tocsin.core.respond.incident import Incident
from tocsin.engine.clock import VirtualClock
from tocsin.engine.simulated import SimulatedWorld
from tocsin.engine.store.protocol import IncidentFilter, Store, TimelineRow
from tocsin.ingest.registry import replay
from tocsin.web.links import HouseLinks, house_links

START = datetime(2026, 6, 8, 7, 0, tzinfo=UTC)  # Monday 09:00 in Berlin: alice's week begins
CONFIGURATION = Path(__file__).with_name("house.yaml")


def configured(**nouns: Any) -> str:
    """house.yaml with these: named nouns are added or replaced by name (None takes one away), everything else is replaced
    whole."""
    yaml = YAML(typ="safe")
    tree = yaml.load(CONFIGURATION.read_text())
    for noun, given in nouns.items():
        if noun == "routes" or not isinstance(given, dict):
            tree[noun] = given
        else:
            named = {**tree.get(noun, {}), **given}
            tree[noun] = {name: value for name, value in named.items() if value is not None}
    text = io.StringIO()
    yaml.dump(tree, text)
    return text.getvalue()


class House:
    """A running Tocsin. `world` is the engine on `store`; `provider` is all that it sends to. Without a `configuration` it
    finds one there, as a second node does."""

    def __init__(
        self,
        store: Store,
        clock: VirtualClock,
        configuration: str | None,
        provider: Provider,
        node: str = "one",
    ) -> None:
        self.store, self.clock, self.provider = store, clock, provider
        if configuration is not None:
            request = ApplyConfiguration((ConfigFile("house.yaml", configuration),))
            view = store.run(lambda tx: apply_view(tx, request, "tests", clock.now()))
            assert view.applied, view.problems
        self.world = SimulatedWorld(
            store,
            load,
            clock,
            self._links,
            replay,
            registry.names(),
            deliver=lambda departure: provider(departure, clock.now()),
            node=node,
        )
        self.performer = Performer(self.world.engine, self.world.carry, status("0", node, "tests"))
        self.world.settle()
        self._began: dict[str, datetime] = {}  # when each alert that fires began to, as its sender knows
        self._node, self._starts = node, 1

    def _links(self, facts: Configuration) -> HouseLinks:
        return house_links(facts, SECRET, self.clock.now())

    def person(self, key: str) -> Person:
        return Person(self, key)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # --- what senders do -----------------------------------------------------------------------------------------

    def fires(
        self,
        alertname: str,
        *,
        lasts: timedelta = FOR_EVER,
        annotations: Labels | None = None,
        **labels: str,
    ) -> None:
        """Prometheus reports it firing. `lasts` is the lease it gives."""
        self.fire([(alertname, labels)], lasts, annotations)

    def fire(
        self,
        alerts: Sequence[tuple[str, Labels]],
        lasts: timedelta = FOR_EVER,
        annotations: Labels | None = None,
    ) -> None:
        """Many in one request."""
        body = []
        for alertname, labels in alerts:
            whole = labelled(alertname, labels)
            starts_at = self._began.setdefault(json.dumps(whole, sort_keys=True), self.now)
            body.append(senders.prometheus_alert(whole, starts_at, self.now + lasts, annotations))
        self.receives("prometheus", "prom", json.dumps(body).encode())

    def ends(self, alertname: str, **labels: str) -> None:
        """Prometheus reports its end."""
        self.end([(alertname, labels)])

    def end(self, alerts: Sequence[tuple[str, Labels]]) -> None:
        body = []
        for alertname, labels in alerts:
            whole = labelled(alertname, labels)
            starts_at = self._began.pop(json.dumps(whole, sort_keys=True), self.now)
            body.append(senders.prometheus_alert(whole, starts_at, self.now))
        self.receives("prometheus", "prom", json.dumps(body).encode())

    def reports(self, labels: Labels, starts_at: datetime, ends_at: datetime) -> None:
        """Prometheus says exactly this of one alert."""
        body = [senders.prometheus_alert(labels, starts_at, ends_at)]
        self.receives("prometheus", "prom", json.dumps(body).encode())

    def alertmanager(self, group: str, firing: list[Labels], resolved: list[Labels] | None = None) -> None:
        """Alertmanager's webhook tells a whole group."""
        body = senders.alertmanager_webhook(group, firing, resolved or [], self.now, self.now)
        self.receives("alertmanager", "prom", body)

    def pagerduty(
        self, action: str, key: str, summary: str = "It broke", severity: str = "critical", **payload: object
    ) -> None:
        body = senders.pagerduty_event(action, key, summary, severity, payload)
        self.receives("pagerduty", "pd", body)

    def deploys(self, summary: str) -> None:
        """CI tells of a change, in PagerDuty's words."""
        self.receives("pagerduty.change", "pd", senders.pagerduty_change(summary, self.now))

    def pinged(self, heartbeat: str) -> None:
        self.receives("heartbeat", heartbeat, b"")

    def receives(self, source: str, integration: str, body: bytes) -> None:
        self.world.receive(source, integration, body)

    # --- what people do at the desk ------------------------------------------------------------------------------

    def ask(self, request: Request, actor: str = "dan", via: str = "cli", address: str = "") -> object:
        """Anything that a door may bring."""
        answer = self.performer.perform(request, Actor(actor, via, address), self.now)
        self.world.settle()
        return answer

    def silences(self, *matchers: str, starts_in: timedelta = timedelta(0), **span: float) -> str:
        """Its id. Without `starts_in` it begins now."""
        starts_at = self.now + starts_in
        return self._made(AddSilence(matchers, starts_at + timedelta(**span), starts_at))

    def maintains(self, *services: str, starts_in: timedelta = timedelta(0), **span: float) -> str:
        starts_at = self.now + starts_in
        return self._made(AddMaintenance(services, starts_at + timedelta(**span), starts_at, "upgrade"))

    def overrides(self, schedule: str, person: str, starts_at: datetime, ends_at: datetime) -> str:
        return self._made(AddOverride(schedule, person, ends_at, starts_at))

    def _made(self, request: AddSilence | AddMaintenance | AddOverride) -> str:
        made = self.ask(request)
        assert isinstance(made, OperationalView)
        return made.id

    def ends_early(self, kind: str, fact_id: str) -> None:
        self.ask(EndOperational(kind, fact_id))

    def applies(self, prune: bool = False, **nouns: Any) -> PlanView:
        """The configuration file as `configured(**nouns)` says it."""
        view = self.ask(ApplyConfiguration((ConfigFile("house.yaml", configured(**nouns)),), prune))
        assert isinstance(view, PlanView)
        assert view.applied, view.problems
        return view

    def sends_test_page(self, person: str) -> None:
        self.ask(TestPage(person), "dan")

    # --- time and trouble ----------------------------------------------------------------------------------------

    def passes(self, **span: float) -> None:
        self.world.advance(timedelta(**span))

    def until(self, at: datetime) -> None:
        self.world.advance_to(at)

    def stops(self) -> None:
        """The process stands still: what is accepted waits in the inbox."""
        self.world.stop()

    def starts_again(self) -> None:
        """Another process on the same database."""
        self._starts += 1
        self.world.restart(f"{self._node}, start {self._starts}")

    # --- what can be seen ----------------------------------------------------------------------------------------

    def incidents(self, **wanted: Any) -> list[Incident]:
        """Newest first."""
        return self.store.read(lambda tx: tx.incidents.search(IncidentFilter(**{"limit": 1000, **wanted})))

    def incident(self, incident_id: int | None = None) -> Incident:
        """That one, or the newest."""
        found = [one for one in self.incidents() if incident_id in (None, one.id)]
        assert found, "there is no incident"
        return found[0]

    def shows(self, incident_id: int | None = None) -> IncidentView:
        view = self.ask(ShowIncident(incident_id or self.incident().id))
        assert isinstance(view, IncidentView)
        return view

    def timeline(self, incident_id: int | None = None) -> list[TimelineRow]:
        wanted = incident_id or self.incident().id
        return self.store.read(lambda tx: tx.timeline.of(wanted))

    def tells(self, *told: str, incident: int | None = None) -> None:
        """The timeline says these in this order, with anything between: `reason`, or `reason: words of its text`."""
        lines = iter(self.timeline(incident))
        for wanted in told:
            reason, _, words = wanted.partition(": ")
            if not any(line.reason == reason and words in line.text for line in lines):
                told_lines = "\n".join(f"{line.reason}: {line.text}" for line in self.timeline(incident))
                raise AssertionError(f"{wanted!r} is not told, or not in this order:\n{told_lines}")

    def never_tells(self, reason: str, incident: int | None = None) -> None:
        told = [line.text for line in self.timeline(incident) if line.reason == reason]
        assert not told, f"{reason}: {told}"

    def alerts(self, alertname: str = "") -> list[AlertView]:
        """Newest first."""
        statuses = ("firing", "source_silent", "resolved")
        views = self.ask(ListAlerts(statuses, limit=1000))
        assert isinstance(views, list)
        return [view for view in views if alertname in ("", view.labels.get("alertname"))]

    def why(self, alertname: str) -> str:
        """The reason why an alert did or did not page."""
        found = self.alerts(alertname)
        assert found, f"no alert {alertname}"
        return found[0].reason

    def posts(self, chat: str) -> list[Heard]:
        """Everything posted to a chat."""
        return [heard for heard in self.provider.heard if heard.method == chat and not heard.message.person]

    def pages(self) -> list[Heard]:
        """Every page to anybody, in order."""
        return [heard for heard in self.provider.heard if heard.is_page]

    # --- what must always hold -----------------------------------------------------------------------------------

    def owes_nobody(self) -> None:
        """The invariant: whatever wants somebody has a pending timer; and what is due now was done."""
        assert self.store.read(lambda tx: tx.incidents.without_timer(100)) == []
        if self.world.running:
            due = self.world.next_due()
            assert due is None or due > self.now, f"due at {due} and not done at {self.now}"
