"""One handoff: the machine writes a draft, the outgoing looks through it and hands over, the incoming accepts.

A draft nobody touches is handed over as it stands, so that the incoming is never left without; one that is not accepted is
reminded of, then told to the team's lead, and left at that.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from tocsin.core.oncall.handoff.report import Report
from tocsin.core.oncall.handoff.turnovers import Turnover

HANDOFF = "handoff"  # the kind of its record
WRITTEN_BEFORE = timedelta(hours=1)
WRITTEN_UP_TO = timedelta(hours=12)  # after an outage: how old a turnover may be that still gets its handoff
OFFERED_AFTER = timedelta(minutes=30)  # by itself, counted from the turnover
REMINDED_AFTER = (
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=24),
)  # the last one tells the lead too
LONGEST_NOTES = 20_000  # characters
LONGEST_ISSUES = 5_000
CALL_LASTS = timedelta(minutes=15)


class HandoffState(StrEnum):
    DRAFT = "draft"
    OFFERED = "offered"
    ACCEPTED = "accepted"


class Handoff(msgspec.Struct, frozen=True, omit_defaults=True):
    """`notes` and `known_issues` are the outgoing's words (Markdown); known issues go from handoff to handoff until somebody
    takes them out."""

    id: str
    schedule: str
    team: str | None
    outgoing: tuple[str, ...]
    incoming: tuple[str, ...]
    starts_at: datetime
    at: datetime
    report: Report
    state: HandoffState = HandoffState.DRAFT
    notes: str = ""
    known_issues: str = ""
    edited_by: str = ""
    offered_at: datetime | None = None
    offered_by: str = ""  # "" when nobody did and it went by itself
    accepted_at: datetime | None = None
    accepted_by: str = ""
    reminded: int = 0


def handoff_id(schedule: str, at: datetime) -> str:
    """The same for the same turnover, however often it is decided."""
    return f"{schedule}~{at:%Y%m%dT%H%M%SZ}"


def draft(
    schedule: str, team: str | None, turnover: Turnover, report: Report, known_issues: str = ""
) -> Handoff:
    return Handoff(
        id=handoff_id(schedule, turnover.at),
        schedule=schedule,
        team=team,
        outgoing=turnover.outgoing,
        incoming=turnover.incoming,
        starts_at=turnover.starts_at,
        at=turnover.at,
        report=report,
        known_issues=known_issues,
    )


def next_look(handoff: Handoff) -> datetime | None:
    """When something is owed about it next, unless somebody acts before."""
    match handoff.state:
        case HandoffState.DRAFT:
            return handoff.at + OFFERED_AFTER
        case HandoffState.OFFERED if handoff.reminded < len(REMINDED_AFTER):
            return _offered_at(handoff) + REMINDED_AFTER[handoff.reminded]
        case _:
            return None


def reminded(handoff: Handoff, now: datetime) -> Handoff:
    """With as many reminders behind it as were due by now: after an outage one stands for those that were missed."""
    due = sum(1 for after in REMINDED_AFTER if _offered_at(handoff) + after <= now)
    return replace(handoff, reminded=max(due, handoff.reminded))


def tells_the_lead(handoff: Handoff) -> bool:
    return handoff.reminded >= len(REMINDED_AFTER)


def offered(handoff: Handoff, report: Report, now: datetime, by: str = "") -> Handoff:
    """With the shift as it stands now; from here on only words change."""
    return replace(handoff, state=HandoffState.OFFERED, report=report, offered_at=now, offered_by=by)


def accepted(handoff: Handoff, now: datetime, by: str) -> Handoff:
    return replace(handoff, state=HandoffState.ACCEPTED, accepted_at=now, accepted_by=by)


def as_planned(handoff: Handoff, turnover: Turnover | None) -> Handoff | None:
    """A draft as the schedule is by now: between the people whose turnover it is. None when there is none any more and
    nobody has written a word yet; what is handed over stays what it is."""
    if handoff.state is not HandoffState.DRAFT:
        return handoff
    if turnover is None:
        return handoff if handoff.edited_by else None
    return replace(
        handoff, outgoing=turnover.outgoing, incoming=turnover.incoming, starts_at=turnover.starts_at
    )


def _offered_at(handoff: Handoff) -> datetime:
    return max(handoff.offered_at or handoff.at, handoff.at)
