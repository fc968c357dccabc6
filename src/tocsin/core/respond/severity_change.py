"""The severity changed: by a worse alert that joined, or by a person. Who has to hear of it now?"""

from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.escalation import start
from tocsin.core.respond.holding import held_by, look_again, start_or_hold
from tocsin.core.respond.incident import Escalation, EscalationStatus, Kind, SetSeverity, State
from tocsin.core.respond.prose import clock
from tocsin.core.respond.snoozing import end_snooze
from tocsin.core.severity import DEFAULT_SEVERITIES, PageWhen


def got_worse(draft: Draft) -> Reason:
    """A worse alert joined (the raise is recorded already): what was acknowledged, snoozed or mitigated pages again."""
    if draft.incident.kind is Kind.TICKET:
        return Reason.SEVERITY_RAISED
    match draft.incident.state:
        case State.ACKNOWLEDGED if draft.incident.snoozed_until is not None:
            return end_snooze(draft, Reason.SEVERITY_RAISED, "a worse alert joined")
        case State.ACKNOWLEDGED | State.MITIGATED:
            draft.change(
                state=State.DETECTED,
                acknowledged_by=None,
                asked_at=None,
                ack_expires_at=None,
                mitigated_at=None,
                recheck_at=None,
                resolved_by=None,
                resolution="",
            )
            return start_or_hold(draft, Reason.SEVERITY_RAISED, "a worse alert joined", new=False)
        case _:
            return _replan(draft, "a worse alert joined")


def set_severity(draft: Draft, event: SetSeverity) -> Reason:
    """By a person, who is at it: an acknowledged incident stays theirs, only its expiry is counted anew."""
    old, new = draft.incident.severity, event.severity
    if new is old:
        draft.act(event.actor)
        return Reason.UNCHANGED
    worse = new.worse_than(old)
    reason = Reason.SEVERITY_RAISED if worse else Reason.SEVERITY_LOWERED
    draft.change(severity=new)
    verb = "raised" if worse else "lowered"
    draft.record(reason, f"{event.actor} {verb} the severity from {old} to {new}.", event.actor, event.via)
    draft.act(event.actor)
    if draft.incident.state is State.ACKNOWLEDGED and draft.incident.snoozed_until is not None and worse:
        return end_snooze(draft, reason, f"{event.actor} raised the severity")
    if draft.incident.state is State.DETECTED:
        if worse:
            _replan(draft, f"{event.actor} raised the severity")
        else:
            _calm_down(draft)
    return reason


def _replan(draft: Draft, because: str) -> Reason:
    """Nobody has it and it is worse now: whatever held it is asked again, running pages go on at the new urgency."""
    why = Reason.SEVERITY_RAISED
    if draft.incident.kind is Kind.TICKET:
        return why
    match draft.escalation.status:
        case EscalationStatus.HELD:
            draft.change(quiet_until=None)
            hold = held_by(draft, new=True)
            if hold is None:
                return start(draft, why, because)
            return look_again(draft)
        case EscalationStatus.NONE:
            return start_or_hold(draft, why, because, new=True)
        case EscalationStatus.RUNNING:
            if draft.rule.urgency is not _urgency_before(draft):
                for person in draft.incident.paged:
                    draft.page(person, why)
            return why
        case _:
            return start_or_hold(draft, why, because, new=False)


def _calm_down(draft: Draft) -> None:
    """Less severe, and nobody has it yet: what no longer pages now stops ringing."""
    if draft.incident.kind is Kind.TICKET or draft.escalation.status is EscalationStatus.NONE:
        return
    policy = draft.escalation.policy
    if draft.rule.page is PageWhen.NEVER:
        draft.stop_pages(Reason.SEVERITY_LOWERED, keep=draft.incident.responders)
        draft.change(escalation=Escalation(policy=policy))
        draft.record(Reason.BACKLOG, f"{draft.incident.severity} never pages: it waits in the backlog.")
        return
    hold = held_by(draft, new=False)
    if hold is not None and draft.escalation.status is not EscalationStatus.HELD:
        draft.stop_pages(Reason.SEVERITY_LOWERED, keep=draft.incident.responders)
        draft.change(escalation=Escalation(status=EscalationStatus.HELD, policy=policy, due_at=hold.until))
        draft.record(hold.reason, f"{hold.text}.")
    elif draft.escalation.status is EscalationStatus.EXHAUSTED and not draft.rule.repeats_last_resort:
        draft.escalate(due_at=None)
        draft.record(
            Reason.EXHAUSTED, f"{draft.incident.severity} does not ring the last resort again: it stays open."
        )
    elif draft.escalation.due_at is not None:
        next_at = clock(draft.escalation.due_at, draft.now)
        draft.record(Reason.SEVERITY_LOWERED, f"The escalation goes on at {next_at}, calmer.")


def _urgency_before(draft: Draft) -> object:
    given = draft.given.severity
    return (draft.facts.severities.get(given) or DEFAULT_SEVERITIES[given]).urgency
