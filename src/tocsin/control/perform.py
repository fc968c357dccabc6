"""Carries out a request from any door. Synchronous: it runs where the store's transactions run."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from tocsin.config.perform import apply_view, export_view, plan_view
from tocsin.config.validate import documents
from tocsin.control import (
    as_seen,
    auditing,
    contacts,
    editing,
    explaining,
    operational,
    preferences,
    reporting,
    sampling,
    secret_keeping,
    showing,
    webhooks,
)
from tocsin.control.actor import Actor
from tocsin.control.examining import Examiner
from tocsin.control.oncall import table
from tocsin.control.oncall.who import who
from tocsin.control.requests import (
    Act,
    Acted,
    AddMaintenance,
    AddOverride,
    AddSilence,
    ApplyConfiguration,
    ChangeEnd,
    ContactView,
    EndOperational,
    Examine,
    Explain,
    ExportConfiguration,
    ListAlerts,
    ListIncidents,
    ListOperational,
    OpenIncident,
    PlanConfiguration,
    PutContactMethod,
    PutNoun,
    PutPreferences,
    Refused,
    RemoveContactMethod,
    RemoveNoun,
    Request,
    ResendDelivery,
    RotateSecrets,
    SendAlert,
    SendContactCode,
    SendSample,
    SendTestEvent,
    ShowIncident,
    Status,
    StatusView,
    TestPage,
    VerifyContactMethod,
    Who,
)
from tocsin.core.reasons import EXPLANATIONS
from tocsin.core.respond.incident import Command, Decision, Record
from tocsin.engine.consequences import Consequences
from tocsin.engine.engine import Engine
from tocsin.engine.sending import Departure
from tocsin.engine.store.protocol import Transaction

T = TypeVar("T")


# What changes nothing and may take its time: no place is taken from what pages depend on.
READING: tuple[type[object], ...] = (
    ListIncidents,
    ShowIncident,
    ListAlerts,
    Who,
    Explain,
    ListOperational,
    PlanConfiguration,
    ExportConfiguration,
    Status,
    Examine,
    *table.READS,
)


class Performer:
    """`carry` takes what must leave the house because of a request (no-op where no world runs: other nodes are woken)."""

    def __init__(
        self,
        engine: Engine,
        carry: Callable[[list[Departure]], None],
        about: Callable[[Transaction], StatusView],
        examiner: Examiner | None = None,
    ) -> None:
        self._engine = engine
        self._carry = carry
        self._about = about
        self._examiner = examiner or Examiner({}, None, False)

    def perform(self, request: Request, actor: Actor, now: datetime) -> object:
        """The documented answer of the request's type. Raises Refused."""
        facts = self._engine.facts.current
        match request:
            case Act():
                return self._act(request, actor, now)
            case ListIncidents():
                return self._read(lambda tx: showing.list_incidents(tx, request))
            case ShowIncident():
                return self._read(lambda tx: showing.show_incident(tx, request.incident, facts, now))
            case ListAlerts():
                return self._read(lambda tx: showing.list_alerts(tx, request))
            case Who():
                return who(facts, request, now)
            case Explain():
                return self._read(lambda tx: explaining.explain_labels(tx, facts, request, now))
            case SendAlert():
                return reporting.send_alert(self._engine.store, request, actor, now)
            case SendSample():
                return sampling.send_sample(self._engine.store, facts, request, actor, now)
            case TestPage():
                answer, departures = reporting.test_page(self._engine, request, actor, now)
                self._carry(departures)
                return answer
            case OpenIncident():
                audit = auditing.of_request(request, actor, now, request.title)
                answer, departures = reporting.open_incident(self._engine, request, actor, now, audit)
                self._carry(departures)
                return answer
            case ListOperational():
                return self._read(lambda tx: operational.list_operational(tx, request, now))
            case AddSilence() | AddMaintenance() | AddOverride():
                return self._write(
                    lambda tx: operational.add(tx, request, facts, actor.name, now), request, actor, now
                )
            case EndOperational():
                return self._write(
                    lambda tx: operational.end(tx, request, actor.name, now), request, actor, now
                )
            case ChangeEnd():
                return self._write(lambda tx: operational.change_end(tx, request, now), request, actor, now)
            case PlanConfiguration():
                return self._read(lambda tx: plan_view(tx, request))
            case ApplyConfiguration():
                documents(request.files)  # reading YAML is slow: remembered here, outside the transaction
                return self._write(lambda tx: apply_view(tx, request, actor.name, now), request, actor, now)
            case PutNoun() | RemoveNoun():
                return self._write(lambda tx: editing.edit(tx, request, actor.name, now), request, actor, now)
            case SendTestEvent():
                return self._engine.store.run(
                    lambda tx: webhooks.send_test_event(tx, request, facts, actor, now)
                )
            case ResendDelivery():
                return self._engine.store.run(lambda tx: webhooks.resend(tx, request, facts, actor, now))
            case PutContactMethod() | RemoveContactMethod() | SendContactCode() | VerifyContactMethod():
                return self._contact(request, actor, now)
            case PutPreferences():
                return self._write(
                    lambda tx: preferences.put(tx, request, actor.name, now), request, actor, now
                )
            case ExportConfiguration():
                return self._read(lambda tx: export_view(tx, request.origins))
            case Status():
                return self._read(self._about)
            case RotateSecrets():
                return self._engine.store.run(lambda tx: secret_keeping.rotate(tx, request, actor, now))
            case Examine():
                seen = self._read(lambda tx: self._examiner.read(tx, facts))
                return self._examiner.findings(seen, facts, now)
            case _:
                return self._about_oncall(request, actor, now)

    def _about_oncall(self, request: Request, actor: Actor, now: datetime) -> object:
        facts, kind = self._engine.facts.current, type(request)
        if kind in table.READS:
            return self._read(lambda tx: table.READS[kind](tx, request, facts, now))
        if kind in table.WRITES:
            return self._write(
                lambda tx: table.WRITES[kind](tx, request, facts, actor, now), request, actor, now
            )
        return self._decide(table.DECISIONS[kind], request, actor, now)

    def _decide(self, decide: table.Decide, request: Request, actor: Actor, now: datetime) -> object:
        """What may change the configuration and owe somebody something, in one transaction with its audit entry."""

        def work(owed: Consequences) -> object:
            with auditing.watched(owed.tx) as seen:
                decided = decide(owed, request, actor, now)
            row = auditing.of_configuration(request, actor, now, seen, decided.answer)
            owed.tx.records.audit(row or auditing.of_request(request, actor, now, decided.subject))
            return decided.answer

        with self._engine.facts.changing:
            answer, departures = self._engine.decide(work, now, changing=True)
            self._engine.facts.reload()
        self._carry(departures)
        return answer

    def _read(self, work: Callable[[Transaction], T]) -> T:
        return self._engine.store.read(work)

    def _write(self, work: Callable[[Transaction], T], request: Request, actor: Actor, now: datetime) -> T:
        def audited(tx: Transaction) -> T:
            with auditing.watched(tx) as seen:
                answer = work(tx)
            row = auditing.of_configuration(request, actor, now, seen, answer)
            if row is not None:
                tx.records.audit(row)
            return answer

        with self._engine.facts.changing:
            answer = self._engine.store.run(audited)
            self._engine.facts.reload()
        return answer

    def _contact(self, request: contacts.Request, actor: Actor, now: datetime) -> ContactView:
        """What is owed to an address leaves in a transaction of its own, once the facts know that address."""
        changed = self._write(lambda tx: contacts.perform(tx, request, actor.name, now), request, actor, now)
        if changed.refused is not None:
            raise changed.refused
        if changed.owed:
            _, departures = self._engine.decide(lambda owed: contacts.send(owed, changed.owed), now)
            self._carry(departures)
        return changed.view

    def _act(self, request: Act, actor: Actor, now: datetime) -> list[Acted]:
        if not request.incidents:
            raise Refused("invalid", "name at least one incident", "incidents")
        command = _signed(request.command, actor)

        answered, departures = self._engine.submit(
            sorted(set(request.incidents)),
            command,
            now,
            lambda before, decided: auditing.of_act(request, actor, now, before, decided),
            lambda there: as_seen.check(request, there),
        )
        self._carry(departures)
        if all(decision is None for decision in answered.values()):
            missing = ", ".join(str(i) for i in answered)
            raise Refused("not_found", f"there is no incident {missing}", "incidents")
        return [_acted(incident_id, decision) for incident_id, decision in answered.items()]


def _signed(command: Command, actor: Actor) -> Command:
    """The actor is who came through the door, whatever the request says."""
    return msgspec.structs.replace(command, actor=actor.name, via=actor.via)


def _acted(incident_id: int, decision: Decision | None) -> Acted:
    if decision is None:
        return Acted(incident_id, "", "", "", refused=f"there is no incident {incident_id}")
    said = next((effect.text for effect in decision.effects if isinstance(effect, Record)), "")
    return Acted(
        incident=incident_id,
        state=decision.incident.state.value,
        reason=decision.reason.value,
        said=said or EXPLANATIONS[decision.reason],
        refused=decision.refused,
    )


def status(version: str, node: str, database: str) -> Callable[[Transaction], StatusView]:
    """How this installation stands, for `tocsin status`."""

    def read(tx: Transaction) -> StatusView:
        owner = tx.ownership.current()
        return StatusView(
            version=version,
            node=node,
            database=database,
            revision=tx.configuration.revision(),
            owner=owner.node if owner else "",
            inbox_backlog=tx.inbox.backlog(owner.cursor if owner else 0),
            open_incidents=tx.incidents.count_open(),
            agenda=dict(tx.agenda.count()),
        )

    return read
