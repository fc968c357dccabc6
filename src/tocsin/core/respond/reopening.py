"""What had ended comes back: flapping, a mitigation that did not hold, a resolution that came too soon."""

from datetime import timedelta

from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.escalation import advance, start, step_due
from tocsin.core.respond.holding import look_again, start_or_hold
from tocsin.core.respond.incident import Escalation, EscalationStatus, Kind, State
from tocsin.core.respond.prose import clock, span

QUIET = timedelta(minutes=30)  # at most, and only after an acknowledgement
HEARD = timedelta(minutes=1)  # what came due this shortly before a page was stopped may not have arrived


def came_back(draft: Draft, *, worse: bool) -> Reason:
    """It fires again after it had ended. Unacknowledged, its escalation goes on where it was; somebody who had it is not
    paged anew for a while; what a person had declared over pages from the first step."""
    before = draft.incident
    ended_at = before.resolved_at or before.mitigated_at or draft.now
    by_person = before.resolved_by is not None
    _open_again(draft)
    away = span(draft.now - ended_at)
    if before.kind is Kind.TICKET and before.escalation.status is EscalationStatus.NONE:
        draft.record(Reason.REOPENED, f"It fires again after {away}; it is a ticket, so nobody is paged.")
        return Reason.REOPENED
    if before.escalation.suspended is not None:
        return _resume(draft, worse, away)
    if before.escalation.status is EscalationStatus.HELD and before.acknowledged_by is None:
        draft.record(Reason.FLAPPING, f"It fires again after {away}, still unacknowledged and held.")
        return look_again(draft)
    owner = before.acknowledged_by
    if owner is not None and not by_person and not worse and draft.now - ended_at <= QUIET:
        return _stay_quiet(draft, owner, away)
    draft.change(acknowledged_by=None, quiet_until=None)
    draft.record(Reason.REOPENED, f"It fires again after {away}: it is open, and nobody has it.")
    return start_or_hold(draft, Reason.REOPENED, "it fires again", new=False)


def reopen_still_firing(draft: Draft, because: str) -> Reason:
    """Declared over, but it never stopped: open and unacknowledged, at the first step."""
    _open_again(draft)
    draft.change(acknowledged_by=None, quiet_until=None)
    draft.record(Reason.REOPENED, f"Reopened: {because}.")
    return start_or_hold(draft, Reason.REOPENED, because, new=False)


def suspend(draft: Draft) -> None:
    """The source ended it before anybody answered: remember where the escalation was, its wait still counting."""
    escalation = draft.escalation
    if escalation.status in (EscalationStatus.RUNNING, EscalationStatus.EXHAUSTED):
        draft.escalate(
            status=EscalationStatus.STOPPED,
            suspended=escalation.status,
            suspended_people=draft.incident.paged,
        )


def _open_again(draft: Draft) -> None:
    draft.change(
        state=State.DETECTED,
        reopened=draft.incident.reopened + 1,
        mitigated_at=None,
        recheck_at=None,
        resolved_at=None,
        resolved_by=None,
        resolution="",
        close_at=None,
        asked_at=None,
        ack_expires_at=None,
        snoozed_until=None,
        snoozed_by=None,
    )


def _resume(draft: Draft, worse: bool, away: str) -> Reason:
    escalation = draft.escalation
    stopped_at = draft.given.resolved_at or draft.now
    people = tuple(p for p in escalation.suspended_people if p in draft.facts.people)
    status = escalation.suspended or EscalationStatus.RUNNING
    draft.escalate(status=status, suspended=None, suspended_people=())
    if worse:
        draft.record(Reason.REOPENED, f"It fires again after {away}, worse than before.")
        return start(draft, Reason.SEVERITY_RAISED, "it came back worse")
    for person in people:
        draft.page(person, Reason.FLAPPING, escalation.step_at, stopped_at - HEARD)
    due_at = escalation.due_at
    follows = f"the next step follows at {clock(due_at, draft.now)} as before" if due_at else "as before"
    if due_at is not None and due_at <= draft.now:
        follows = "its wait is over meanwhile, so the next step follows at once"
    draft.record(Reason.FLAPPING, f"It fires again after {away}, and nobody had acknowledged it: {follows}.")
    if due_at is None or due_at > draft.now:
        return Reason.FLAPPING
    if status is EscalationStatus.EXHAUSTED:
        return step_due(draft)
    advance(draft, Reason.STEP_TIMED_OUT, "it flapped, and nobody acknowledged within its wait")
    return Reason.FLAPPING


def _stay_quiet(draft: Draft, owner: str, away: str) -> Reason:
    """`quiet_until` is set by the first return after an acknowledgement and not moved by the next ones."""
    until = draft.incident.quiet_until or draft.now + QUIET
    policy = draft.escalation.policy
    if until <= draft.now:
        draft.change(acknowledged_by=None, quiet_until=None)
        draft.record(Reason.REOPENED, f"It fires again after {away}, and its quiet time is over.")
        return start_or_hold(draft, Reason.REOPENED, "it keeps coming back", new=False)
    if draft.escalation.status is EscalationStatus.NONE:  # the backlog is quiet anyway
        draft.record(Reason.REOPENED, f"It fires again after {away}.")
        return Reason.REOPENED
    draft.change(
        quiet_until=until,
        escalation=Escalation(status=EscalationStatus.HELD, policy=policy, due_at=until),
    )
    text = (
        f"It fires again after {away}. {owner} had acknowledged it, so nobody is paged anew before "
        f"{clock(until, draft.now)}; if it still fires then, the escalation starts over."
    )
    draft.record(Reason.QUIET_AFTER_ACK, text)
    draft.tell(owner, Reason.QUIET_AFTER_ACK, f"{draft.incident.title}: {text}")
    return Reason.QUIET_AFTER_ACK
