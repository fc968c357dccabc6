"""Reports by people: a test alert on its way like any other, and a test page."""

from datetime import datetime

import msgspec

from tocsin.control.actor import Actor
from tocsin.control.requests import Accepted, Refused, SendAlert, TestPage
from tocsin.core.detect.signal import Parsed, Signal, SignalKind
from tocsin.core.instants import micros
from tocsin.core.labels import TEST_LABEL
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Incident, Kind, Opened, Reassign
from tocsin.core.severity import Severity
from tocsin.engine.beating import SOURCE as OWN_SOURCE
from tocsin.engine.consequences import Consequences
from tocsin.engine.engine import Engine
from tocsin.engine.sending import Departure
from tocsin.engine.store.protocol import InboxRow, Store


def send_alert(store: Store, request: SendAlert, actor: Actor, now: datetime) -> Accepted:
    """Append it to the inbox like any sender's; the detection owner takes it from there."""
    if not any(value for value in request.labels.values()):
        raise Refused(
            "invalid", "at least one label with a value is needed, for example alertname=DiskFull", "labels"
        )
    at = micros(now)
    signal = Signal(
        kind=SignalKind.RESOLVED if request.resolved else SignalKind.FIRING,
        labels={name: value for name, value in (request.labels | _mark(request)).items() if value},
        annotations={"sent_by": actor.name} | request.annotations,
        starts_at=None if request.resolved else at,
        ends_at=at if request.resolved else None,
    )
    body = msgspec.json.encode(Parsed(signals=(signal,), pregrouped=True))
    inbox_id = store.append([InboxRow(0, at, actor.via, OWN_SOURCE, body)])
    return Accepted(said="Accepted; `tocsin alerts` shows what became of it.", inbox_id=inbox_id)


def _mark(request: SendAlert) -> dict[str, str]:
    return {TEST_LABEL: "true"} if request.test else {}


def test_page(
    engine: Engine, request: TestPage, actor: Actor, now: datetime
) -> tuple[Accepted, list[Departure]]:
    """Page a person the real way, marked TEST."""
    if request.person not in engine.facts.current.people:
        known = ", ".join(sorted(engine.facts.current.people)) or "none yet"
        raise Refused("not_found", f"there is no person {request.person!r}; known: {known}", "person")

    def work(owed: Consequences) -> int:
        (incident_id,) = owed.tx.incidents.new_ids(1)
        incident = Incident(
            id=incident_id,
            title="Test page",
            summary=f"{actor.name} asked for a test page. Acknowledge it to finish the test.",
            severity=Severity.SEV2,
            opened_at=now,
            kind=Kind.TICKET,
            detected_by=actor.name,
            test=True,
        )
        owed.open(incident, Opened(policy=None, actor=actor.name))
        owed.note(incident_id, Reason.TEST, f"{actor.name} asked for a test page to {request.person}.")
        owed.decide(incident_id, Reassign(actor=actor.name, person=request.person, via=actor.via))
        return incident_id

    incident_id, departures = engine.decide(work, now)
    return Accepted(said=f"A test page to {request.person} is on its way.", incident=incident_id), departures
