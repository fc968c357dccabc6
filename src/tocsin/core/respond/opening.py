"""A new incident: whether it pages at once, later, or never."""

from tocsin.core.configuration import ROOT_ROUTE
from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.escalation import start
from tocsin.core.respond.holding import held_by, start_or_hold
from tocsin.core.respond.incident import Escalation, EscalationStatus, Kind, Opened
from tocsin.core.respond.prose import until_now


def opened(draft: Draft, event: Opened) -> Reason:
    """The first decision about an incident. A route without a policy makes a ticket; a policy that does not exist is an
    emergency of its own: admins are told and paged, because this alert must not go to nobody."""
    incident = draft.incident
    draft.record(Reason.OPENED_INCIDENT, _opened_text(draft, event), event.actor)
    name = event.policy
    if name is None and event.actor is not None and incident.kind is Kind.PAGE:
        service = draft.facts.services.get(incident.service or "")
        name = service.policy if service else None
    if incident.kind is Kind.TICKET or name is None:
        draft.change(kind=Kind.TICKET, escalation=Escalation())
        draft.record(Reason.TICKET_ONLY, f"It is a ticket{_queue(draft)}: nobody is paged.")
        _tell_team(draft, Reason.TICKET_ONLY)
        return Reason.TICKET_ONLY
    policy = draft.facts.policies.get(name)
    draft.change(escalation=Escalation(policy=policy))
    if policy is None:
        draft.tell_admins(
            Reason.NO_POLICY,
            f"Incident {incident.id} ({incident.title}) names the policy {name}, which does not exist.",
        )
        if held_by(draft, new=True) is None:
            return start(draft, Reason.NO_POLICY, f"the policy {name} does not exist")
    reason = start_or_hold(draft, Reason.STEP_STARTED, _why(event), new=True)
    if draft.escalation.status in (EscalationStatus.HELD, EscalationStatus.NONE):
        _tell_team(draft, reason)
    return reason


def _opened_text(draft: Draft, event: Opened) -> str:
    incident = draft.incident
    who = f"{event.actor} reported it" if event.actor else "Alerts opened it"
    where = f" for {incident.service}" if incident.service else ""
    route = f", {_route(incident.route)}" if incident.route else ""
    test = "TEST. " if incident.test else ""
    return f"{test}{who}: {incident.title}, {incident.severity}{where}{route}.{until_now(event.released)}"


def _route(id: str) -> str:
    return "by the default route" if id == ROOT_ROUTE else f"by route {id}"


def _why(event: Opened) -> str:
    return f"{event.actor} reported it" if event.actor else "it opened"


def _queue(draft: Draft) -> str:
    team = draft.team()
    return f" in the queue of {team.key}" if team else ""


def _tell_team(draft: Draft, reason: Reason) -> None:
    incident = draft.incident
    if not incident.test:
        draft.post_to_team(reason, f"{incident.severity}: {incident.title}. Nobody is paged for now.")
