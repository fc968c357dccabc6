"""Reports by people: a test alert on its way like any other, and a test page."""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from tocsin.control import auditing
from tocsin.control.actor import Actor
from tocsin.control.requests import Accepted, OpenIncident, Refused, SendAlert, TestPage
from tocsin.core.configuration import Configuration
from tocsin.core.detect.signal import Parsed, Signal, SignalKind
from tocsin.core.instants import micros
from tocsin.core.labels import TEST_LABEL
from tocsin.core.people import Person
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import OPEN_STATES, Incident, Kind, Opened, Reassign
from tocsin.core.severity import Severity
from tocsin.engine.beating import SOURCE as OWN_SOURCE
from tocsin.engine.consequences import Consequences
from tocsin.engine.engine import Engine
from tocsin.engine.sending import Departure
from tocsin.engine.store.protocol import AuditRow, InboxRow, IncidentFilter, Store, Transaction

LONGEST_TITLE, LONGEST_SUMMARY = 300, 10_000  # characters
TWICE_WITHIN = timedelta(minutes=1)  # the same report again is a second click


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
    row = auditing.of_request(request, actor, now, request.labels.get("alertname", ""))
    store.run(lambda tx: tx.records.audit(row))
    inbox_id = store.inbox.append([InboxRow(0, at, actor.via, OWN_SOURCE, body)])
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

    if request.method is not None:
        _check_method(engine.facts.current.people[request.person], request.method)

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
        if request.method is None:
            owed.decide(incident_id, Reassign(actor=actor.name, person=request.person, via=actor.via))
        else:
            owed.page_by(incident_id, request.person, request.method, Reason.TEST)
        owed.tx.records.audit(auditing.of_request(request, actor, now, request.person))
        return incident_id

    incident_id, departures = engine.decide(work, now)
    by = f" by {request.method}" if request.method else ""
    said = f"A test page to {request.person}{by} is on its way."
    return Accepted(said=said, incident=incident_id), departures


def _check_method(person: Person, method: str) -> None:
    if person.method(method) is None:
        known = ", ".join(each.name for each in person.contact) or "none yet"
        raise Refused("not_found", f"there is no contact method {method!r}; known: {known}", "method")


def open_incident(
    engine: Engine, request: OpenIncident, actor: Actor, now: datetime, audit: AuditRow
) -> tuple[Accepted, list[Departure]]:
    """Open an incident that a person reports. Raises Refused, naming the field."""

    def work(owed: Consequences) -> Accepted:
        _check_report(request, owed.facts)
        twice = _reported_already(owed.tx, request, actor, now)
        if twice is not None:
            return Accepted(f"You reported this just now: it is incident {twice}.", incident=twice)
        (incident_id,) = owed.tx.incidents.new_ids(1)
        owed.open(_reported(request, incident_id, actor, now, owed.facts), Opened(request.policy, actor.name))
        owed.tx.records.audit(replace(audit, subject=str(incident_id)))
        opened = owed.incident(incident_id)
        paged = opened is not None and opened.kind is Kind.PAGE
        said = "" if paged else " It is a ticket: nobody is paged."
        return Accepted(f"Incident {incident_id} is open.{said}", incident=incident_id)

    return engine.decide(work, now)


def _check_report(request: OpenIncident, facts: Configuration) -> None:
    title = request.title.strip()
    if not title:
        raise Refused("invalid", "say in a few words what is wrong", "title")
    for field, text, most in (
        ("title", title, LONGEST_TITLE),
        ("summary", request.summary, LONGEST_SUMMARY),
    ):
        if len(text) > most:
            raise Refused("invalid", f"{most:,} characters at most; this has {len(text):,}", field)
    for field, name, known in (
        ("service", request.service, facts.services.keys()),
        ("policy", request.policy, facts.policies.keys()),
    ):
        if name is not None and name not in known:
            names = ", ".join(sorted(known)) or "none yet"
            raise Refused("invalid", f"there is no {field} {name!r}; known: {names}", field)


def _reported_already(tx: Transaction, request: OpenIncident, actor: Actor, now: datetime) -> int | None:
    lately = tx.incidents.search(
        IncidentFilter(states=tuple(sorted(OPEN_STATES)), service=request.service, limit=50)
    )
    return next(
        (
            incident.id
            for incident in lately
            if incident.title == request.title.strip()
            and incident.detected_by == actor.name
            and incident.severity is request.severity
            and now - incident.opened_at < TWICE_WITHIN
        ),
        None,
    )


def _reported(
    request: OpenIncident, incident_id: int, actor: Actor, now: datetime, facts: Configuration
) -> Incident:
    service = facts.services.get(request.service or "")
    policy = facts.policies.get(request.policy or (service.policy if service else None) or "")
    return Incident(
        id=incident_id,
        title=request.title.strip(),
        summary=request.summary.strip(),
        severity=request.severity,
        opened_at=now,
        service=request.service,
        team=(service.team if service else None) or (policy.team if policy else None),
        runbook_url=service.runbook_url if service else "",
        labels={"service": request.service} if request.service else {},
        detected_by=actor.name,
    )
