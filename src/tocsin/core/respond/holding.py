"""Holding: pages that wait for business hours, the end of maintenance, or the end of a quiet time after flapping.

Nothing is held without a timer that looks again, and what is over by then is reported instead of paged.
"""

from datetime import datetime, timedelta

import msgspec

from tocsin.core.business_hours import is_open, next_opening
from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.escalation import hours_changed, start
from tocsin.core.respond.incident import Escalation, EscalationStatus, Kind, State
from tocsin.core.respond.prose import clock, listed, span
from tocsin.core.severity import PageWhen

LOOK_AGAIN = timedelta(minutes=15)  # while all that fires is suppressed


class Hold(msgspec.Struct, frozen=True):
    reason: Reason
    until: datetime
    text: str


def start_or_hold(draft: Draft, why: Reason, because: str, *, new: bool) -> Reason:
    """Page by severity: at once, in business hours, or never. Only a new page is held by maintenance: an incident that was
    already being worked on keeps escalating."""
    if draft.incident.kind is Kind.TICKET:
        return why
    policy = draft.escalation.policy
    if draft.rule.page is PageWhen.NEVER:
        draft.change(escalation=Escalation(policy=policy))
        draft.record(
            Reason.BACKLOG, f"{draft.incident.severity} never pages: it waits in the backlog ({because})."
        )
        return Reason.BACKLOG
    hold = held_by(draft, new=new)
    if hold is None:
        return start(draft, why, because)
    draft.change(escalation=Escalation(status=EscalationStatus.HELD, policy=policy, due_at=hold.until))
    draft.record(hold.reason, f"{hold.text} ({because}).")
    return hold.reason


def held_by(draft: Draft, *, new: bool) -> Hold | None:
    """What keeps a page from leaving now; None when nothing does."""
    now = draft.now
    quiet_until = draft.incident.quiet_until
    if quiet_until is not None and quiet_until > now:
        who = draft.incident.acknowledged_by or "somebody"
        return Hold(
            Reason.QUIET_AFTER_ACK,
            quiet_until,
            f"{who} had acknowledged it, so nobody is paged anew before {clock(quiet_until, now)}",
        )
    windows = [
        window
        for window in draft.facts.maintenance
        if draft.incident.service in window.services and window.starts_at <= now < window.ends_at
    ]
    if new and windows:
        ends_at = max(window.ends_at for window in windows)
        names = listed([window.comment or window.id for window in windows])
        return Hold(
            Reason.HELD_FOR_MAINTENANCE,
            ends_at,
            f"{draft.incident.service} is under maintenance ({names}): held until {clock(ends_at, now)}, "
            f"and whoever is on call then is paged if it still fires",
        )
    hours = draft.business_hours()
    if draft.rule.page is PageWhen.BUSINESS_HOURS and not is_open(hours, now):
        opens_at = next_opening(hours, now)
        if opens_at is not None:  # hours that never come hold nothing
            return Hold(
                Reason.HELD_FOR_BUSINESS_HOURS,
                opens_at,
                f"{draft.incident.severity} pages in business hours only: held until {clock(opens_at, now)}",
            )
    return None


def look_again(draft: Draft) -> Reason:
    """Its hold may be over: the timer rang, a window changed, or more fires now."""
    escalation = draft.escalation
    if escalation.status is EscalationStatus.RUNNING:
        return hours_changed(draft)
    if escalation.status is not EscalationStatus.HELD:
        return Reason.STALE
    if draft.incident.state is State.RESOLVED:
        return _report_what_was_held(draft)
    if draft.incident.state is not State.DETECTED:
        return Reason.STALE
    hold = held_by(draft, new=True) or _all_suppressed(draft)
    if hold is None:
        return _release(draft)
    if hold.until != escalation.due_at:
        draft.escalate(due_at=hold.until)
        draft.record(hold.reason, f"Still held. {hold.text}.")
    return hold.reason


def _release(draft: Draft) -> Reason:
    if draft.incident.quiet_until is not None:
        return start(draft, Reason.REOPENED, "it came back, its quiet time is over and it is still open")
    if draft.rule.page is PageWhen.BUSINESS_HOURS:
        return start(draft, Reason.RELEASED, "business hours began and it is still open")
    return start(draft, Reason.MAINTENANCE_ENDED, "the maintenance is over and it is still open")


def _all_suppressed(draft: Draft) -> Hold | None:
    incident = draft.incident
    if incident.firing or not incident.suppressed:
        return None
    return Hold(
        Reason.SILENCED,
        draft.now + LOOK_AGAIN,
        f"All that still fires is suppressed: looked at again in {span(LOOK_AGAIN)}, or when that ends",
    )


def _report_what_was_held(draft: Draft) -> Reason:
    """Over before anybody was to be paged: said once, in the owner team's chat or to the first step's people."""
    incident, now = draft.incident, draft.now
    if draft.escalation.due_at is not None and draft.escalation.due_at > now:
        return Reason.STALE
    draft.escalate(status=EscalationStatus.STOPPED, due_at=None)
    ended = clock(incident.resolved_at or now, now)
    text = (
        f"While pages were held: {incident.title} ({incident.severity}) fired from "
        f"{clock(incident.opened_at, now)} to {ended} and is over. Nobody was paged."
    )
    draft.record(Reason.RELEASED, text)
    if not draft.post_to_team(Reason.RELEASED, text):
        team = draft.team()
        for member in team.members if team else ():
            draft.tell(member, Reason.RELEASED, text)
    return Reason.RELEASED
