"""The language of scenarios: a house with people, alerts and a clock, on any of the three stores.

    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull")
    house.passes(minutes=10)
    bob.was_paged("DiskFull")

Time is virtual; providers are this file's `Provider`; everything between is the real engine on a real store.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tocsin.core.respond.delivery import Delivered, Failed, Outcome, Purpose, Rejected
from tocsin.core.respond.incident import (
    Acknowledge,
    AddNote,
    Command,
    Decision,
    Escalate,
    Incident,
    Reassign,
    Resolve,
    SetSeverity,
    Snooze,
)
from tocsin.core.severity import Severity
from tocsin.engine.clock import VirtualClock
from tocsin.engine.sending import Departure
from tocsin.engine.simulated import SimulatedWorld
from tocsin.engine.store.protocol import AlertFilter, IncidentFilter, Store

START = datetime(2026, 6, 8, 7, 0, tzinfo=UTC)  # Monday 09:00 in Berlin: alice's week begins


class Heard:
    """One message that reached somebody."""

    def __init__(self, at: datetime, departure: Departure) -> None:
        self.at = at
        self.message = departure.message
        self.method = departure.notifications[0].method
        self.address = departure.entry.subject
        self.key = departure.message.key

    @property
    def is_page(self) -> bool:
        return self.message.purpose is Purpose.PAGE

    def __repr__(self) -> str:
        return f"<{self.at:%a %H:%M:%S} {self.message.purpose} to {self.address}: {self.message.title}>"


class Provider:
    """Stands for every provider. `answers` maps an address's key (or a part of it) to what it says."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.tried: list[Heard] = []
        self.answers: dict[str, Callable[[], Outcome]] = {}

    def __call__(self, departure: Departure, now: datetime) -> Outcome:
        attempt = Heard(now, departure)
        self.tried.append(attempt)
        for part, answer in self.answers.items():
            if part in departure.entry.subject:
                outcome = answer()
                if not isinstance(outcome, Delivered):
                    return outcome
        self.heard.append(attempt)
        return Delivered()

    def is_down(self, part: str) -> None:
        self.answers[part] = lambda: Failed("503 Service Unavailable")

    def rejects(self, part: str) -> None:
        self.answers[part] = lambda: Rejected("404 no such topic")

    def works_again(self, part: str) -> None:
        del self.answers[part]


class Person:
    """One of the cast, as the phone in the pocket knows them."""

    def __init__(self, house: "House", key: str) -> None:
        self._house, self.key = house, key
        self._read = 0

    def _heard(self) -> list[Heard]:
        return [heard for heard in self._house.provider.heard if heard.message.person == self.key]

    def new(self) -> list[Heard]:
        """What arrived since last asked."""
        fresh = self._heard()[self._read :]
        self._read += len(fresh)
        return fresh

    def was_paged(self, about: str = "", times: int = 1, by: str | None = None) -> list[Heard]:
        """Exactly that many new pages, each about it, and nothing else that rings."""
        pages = [heard for heard in self.new() if heard.is_page]
        assert len(pages) == times, f"{self.key} heard {pages}, expected {times} about {about!r}"
        for page in pages:
            said = page.message.title + page.message.text
            assert about in said, f"{about!r} is not in {said!r}"
            assert by is None or page.method == by, f"came by {page.method}, not {by}"
        return pages

    def was_told(self, about: str) -> Heard:
        """A new message that is no page."""
        told = [heard for heard in self.new() if not heard.is_page and about in heard.message.title + heard.message.text]
        assert told, f"{self.key} was not told about {about!r}"
        return told[0]

    def hears_nothing(self) -> None:
        fresh = self.new()
        assert not fresh, f"{self.key} heard {fresh}"

    def is_not_paged(self) -> None:
        pages = [heard for heard in self.new() if heard.is_page]
        assert not pages, f"{self.key} heard {pages}"

    def acknowledges(self, incident: int | None = None) -> Decision:
        return self.does(Acknowledge(self.key), incident)

    def resolves(self, incident: int | None = None, note: str = "") -> Decision:
        return self.does(Resolve(self.key, note=note), incident)

    def snoozes(self, incident: int | None = None, **span: float) -> Decision:
        return self.does(Snooze(self.key, self._house.now + timedelta(**span)), incident)

    def escalates(self, incident: int | None = None) -> Decision:
        return self.does(Escalate(self.key), incident)

    def reassigns(self, to: str, incident: int | None = None) -> Decision:
        return self.does(Reassign(self.key, person=to), incident)

    def notes(self, text: str, incident: int | None = None) -> Decision:
        return self.does(AddNote(self.key, text), incident)

    def sets(self, severity: Severity, incident: int | None = None) -> Decision:
        return self.does(SetSeverity(self.key, severity), incident)

    def does(self, command: Command, incident: int | None = None) -> Decision:
        decision = self._house.world.command(incident or self._house.incident().id, command)
        assert decision is not None, "no such incident"
        return decision


class House:
    """A running Tocsin. `world` is the engine; `provider` all that it sends to."""

    def __init__(self, world: SimulatedWorld, clock: VirtualClock, provider: Provider, store: Store) -> None:
        self.world, self.clock, self.provider, self.store = world, clock, provider, store
        self._posts_read = 0

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # --- what senders do -----------------------------------------------------------------------------------------

    def fires(self, alertname: str, *, lasts: timedelta | None = None, annotations: dict[str, str] | None = None, **labels: str) -> None:
        """Prometheus reports it firing. `lasts` is the lease it gives; without one it fires until told otherwise."""
        self._prometheus([self._alert(alertname, labels, annotations, lasts)])

    def fire(self, alerts: list[tuple[str, dict[str, str]]]) -> None:
        """Many in one request."""
        self._prometheus([self._alert(name, labels, None, None) for name, labels in alerts])

    def _alert(
        self, alertname: str, labels: dict[str, str], annotations: dict[str, str] | None, lasts: timedelta | None
    ) -> dict[str, object]:
        ends = self.now + (lasts or timedelta(days=3650))
        return {
            "labels": {"alertname": alertname, "service": "task-api", **labels},
            "annotations": annotations or {"summary": f"{alertname} is bad"},
            "startsAt": self.now.isoformat(),
            "endsAt": ends.isoformat(),
        }

    def resolves(self, alertname: str, **labels: str) -> None:
        alert = self._alert(alertname, labels, None, None)
        alert["endsAt"] = self.now.isoformat()
        self._prometheus([alert])

    def _prometheus(self, alerts: list[dict[str, object]]) -> None:
        self.world.receive("prometheus", "prom", json.dumps(alerts).encode())

    def pagerduty(self, action: str, key: str, summary: str = "It broke", severity: str = "critical", **payload: object) -> None:
        event = {
            "routing_key": "pd-key",
            "event_action": action,
            "dedup_key": key,
            "payload": {"summary": summary, "source": "probe", "severity": severity, **payload},
        }
        self.world.receive("pagerduty", "pd", json.dumps(event).encode())

    # --- time ----------------------------------------------------------------------------------------------------

    def passes(self, **span: float) -> None:
        self.world.advance(timedelta(**span))

    def until(self, at: datetime) -> None:
        self.world.advance_to(at)

    # --- what can be seen ----------------------------------------------------------------------------------------

    def incidents(self, **wanted: object) -> list[Incident]:
        return self.store.read(lambda tx: tx.incidents.search(IncidentFilter(**wanted)))  # type: ignore[arg-type]

    def incident(self, incident_id: int | None = None) -> Incident:
        """That one, or the only (newest) one."""
        found = self.incidents() if incident_id is None else [i for i in self.incidents() if i.id == incident_id]
        assert found, "there is no incident"
        return found[0]

    def timeline(self, incident_id: int | None = None) -> str:
        wanted = incident_id or self.incident().id
        rows = self.store.read(lambda tx: tx.timeline.of(wanted))
        return "\n".join(f"{row.reason}: {row.text}" for row in rows)

    def reasons(self, incident_id: int | None = None) -> list[str]:
        wanted = incident_id or self.incident().id
        return [row.reason for row in self.store.read(lambda tx: tx.timeline.of(wanted))]

    def why(self, alertname: str) -> str:
        """The reason why an alert did or did not page."""
        for row, state in self.store.read(lambda tx: tx.alerts.search(AlertFilter(limit=1000))):
            if json.loads(row.labels).get("alertname") == alertname:
                return state.reason
        raise AssertionError(f"no alert {alertname}")

    def posts(self, chat: str) -> list[Heard]:
        """Everything posted to a chat."""
        return [heard for heard in self.provider.heard if heard.method == chat]
