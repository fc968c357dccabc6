"""Writes a handoff's draft before a shift ends, hands over what nobody touched, and reminds of what nobody accepted.

One timer a schedule: whenever it rings, all that is owed about its handoffs is done and the next look is set, in one
transaction. Ids come from the schedule and the instant, so a repeat writes and tells nothing twice.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
import structlog

from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.oncall.handoff import handoff as rules
from tocsin.core.oncall.handoff import words
from tocsin.core.oncall.handoff.handoff import HANDOFF, Handoff, HandoffState
from tocsin.core.oncall.handoff.report import Report
from tocsin.core.oncall.handoff.turnovers import Turnover, turnovers
from tocsin.core.oncall.notices import local
from tocsin.core.reasons import Reason
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.oncall.handoff_report import report
from tocsin.engine.store.protocol import OnCallFilter, OnCallRow, Transaction

LOOK_AGAIN = timedelta(hours=24)  # at the latest: what changed without a word is noticed then
log = structlog.get_logger()
WAITING = (HandoffState.DRAFT.value, HandoffState.OFFERED.value)


def due(owed: Consequences, schedule: str, now: datetime) -> None:
    facts = owed.facts
    known = facts.schedules.get(schedule)
    since, until = now - rules.WRITTEN_UP_TO, now + LOOK_AGAIN + rules.WRITTEN_BEFORE
    coming = turnovers(facts.schedules, schedule, since, until, facts.overrides)
    by_id = {rules.handoff_id(schedule, turnover.at): turnover for turnover in coming}
    looks = [now + LOOK_AGAIN]
    for handoff in open_handoffs(owed.tx, schedule):
        if since < handoff.at < until:
            kept = rules.as_planned(handoff, by_id.get(handoff.id))
            if kept is None:
                owed.tx.oncall.remove(HANDOFF, [handoff.id])
                continue
            if kept != handoff:
                keep(owed.tx, kept, now)
            handoff = kept
        looks += _looks(_look_at(owed, handoff, now))
    if known is None:
        return
    if known.secondary_of is not None or not known.handoff:
        by_id = {}  # none is written by itself; one that somebody wrote goes its way
    for handoff_id, turnover in by_id.items():
        writes_at = turnover.at - rules.WRITTEN_BEFORE
        if writes_at > now:
            looks.append(writes_at)
        elif handoff_id not in owed.tx.oncall.load(HANDOFF, [handoff_id]):
            looks += _looks(write(owed, schedule, turnover, now))
    owed.remind(kinds.HANDOFF, schedule, max(now + timedelta(seconds=1), min(looks)))


def write(owed: Consequences, schedule: str, turnover: Turnover, now: datetime) -> Handoff:
    """A fresh draft, and word to whoever goes that it wants to be looked through."""
    facts = owed.facts
    team = facts.schedules[schedule].team
    drawn = report(owed.tx, facts, team, turnover.outgoing, turnover.starts_at, turnover.at, now)
    handoff = rules.draft(schedule, team, turnover, drawn, _known_issues(owed.tx, schedule))
    keep(owed.tx, handoff, now)
    for person in handoff.outgoing:
        zone = _zone(facts, person)
        owed.tell(
            person,
            f"handoff.{handoff.id}.written",
            f"Your shift on {schedule} ends at {local(handoff.at, zone)}",
            f"A draft of the handoff to {_names(facts, handoff.incoming)} is written: {_sum(handoff.report)}. Look through "
            f"it, add what they need to know, and hand over. Half an hour after the shift it goes as it stands.",
            Reason.HANDOFF_WRITTEN,
            opens=f"/on-call/handoffs/{handoff.id}",
        )
    return handoff


def offer(owed: Consequences, handoff: Handoff, now: datetime, by: str = "", in_chat: bool = True) -> Handoff:
    """Hand over: the report as of now, told to the incoming and, if wanted, to the team's chat."""
    facts = owed.facts
    drawn = fresh_report(owed.tx, facts, handoff, now)
    handoff = rules.offered(handoff, drawn, now, by)
    keep(owed.tx, handoff, now)
    from_whom = f"{by} hands over" if by else "Nobody looked through it, so this is what Tocsin knows of"
    for person in handoff.incoming:
        owed.tell(
            person,
            f"handoff.{handoff.id}.offered",
            words.title(handoff),
            f"{from_whom} {handoff.schedule}: {_sum(drawn)}. Read it and accept; what {_names(facts, handoff.outgoing)} "
            f"had acknowledged is then yours.",
            Reason.HANDOFF_OFFERED,
            opens=f"/on-call/handoffs/{handoff.id}",
        )
    team = facts.teams.get(handoff.team or "")
    if in_chat and team is not None and team.chat:
        text = words.text(handoff, facts.defaults.base_url, _team_zone(facts, handoff))
        notice = f"handoff.{handoff.id}.chat"
        owed.post_to_chat(notice, team.chat, words.title(handoff), text, Reason.HANDOFF_OFFERED)
    return handoff


def keep(tx: Transaction, handoff: Handoff, now: datetime) -> None:
    document = msgspec.json.encode(handoff)
    starts_at, at = micros(handoff.starts_at), micros(handoff.at)
    tx.oncall.put(
        [
            OnCallRow(
                HANDOFF,
                handoff.id,
                handoff.schedule,
                handoff.state.value,
                starts_at,
                at,
                document,
                micros(now),
            )
        ]
    )


def load(tx: Transaction, handoff_id: str) -> Handoff | None:
    row = tx.oncall.load(HANDOFF, [handoff_id]).get(handoff_id)
    return None if row is None else decoded(row)


def decoded(row: OnCallRow) -> Handoff:
    return msgspec.json.decode(row.document, type=Handoff)


def readable(rows: Iterable[OnCallRow]) -> list[Handoff]:
    """Without those of another version, or damaged, which must not stop the others."""
    found = []
    for row in rows:
        try:
            found.append(decoded(row))
        except msgspec.DecodeError as wrong:
            log.error("a handoff cannot be read", handoff=row.id, why=str(wrong))
    return found


def open_handoffs(tx: Transaction, schedule: str) -> list[Handoff]:
    rows = tx.oncall.search(OnCallFilter(HANDOFF, subjects=(schedule,), states=WAITING))
    return readable(reversed(rows))


def fresh_report(tx: Transaction, facts: Configuration, handoff: Handoff, now: datetime) -> Report:
    return report(tx, facts, handoff.team, handoff.outgoing, handoff.starts_at, handoff.at, now)


def _looks(handoff: Handoff) -> list[datetime]:
    look = rules.next_look(handoff)
    return [] if look is None else [look]


def _look_at(owed: Consequences, handoff: Handoff, now: datetime) -> Handoff:
    look = rules.next_look(handoff)
    if look is None or look > now:
        return handoff
    if handoff.state is HandoffState.DRAFT:
        return offer(owed, handoff, now)
    handoff = rules.reminded(handoff, now)
    keep(owed.tx, handoff, now)
    told = handoff.incoming
    if rules.tells_the_lead(handoff):
        team = owed.facts.teams.get(handoff.team or "")
        told = (*told, team.lead) if team is not None and team.lead else told
    for person in dict.fromkeys(told):
        owed.tell(
            person,
            f"handoff.{handoff.id}.reminder.{handoff.reminded}",
            f"Not accepted yet: {words.title(handoff)}",
            f"{_names(owed.facts, handoff.incoming)} took over {handoff.schedule} at "
            f"{local(handoff.at, _zone(owed.facts, person))} and has not accepted the handoff. Until then "
            f"acknowledged incidents stay with {_names(owed.facts, handoff.outgoing)}.",
            Reason.HANDOFF_REMINDER,
            opens=f"/on-call/handoffs/{handoff.id}",
        )
    return handoff


def _known_issues(tx: Transaction, schedule: str) -> str:
    """They go on from the handoff before."""
    before = readable(tx.oncall.search(OnCallFilter(HANDOFF, subjects=(schedule,), limit=1)))
    return before[0].known_issues if before else ""


def _sum(report: Report) -> str:
    return (
        f"{_count(len(report.open), 'open incident')}, {_count(len(report.resolved), 'resolved', '')}, "
        + _count(report.pages, "page")
    )


def _count(number: int, what: str, many: str = "s") -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}{many}"


def _names(facts: Configuration, people: Iterable[str]) -> str:
    return " and ".join(facts.people[key].name if key in facts.people else key for key in people)


def _zone(facts: Configuration, person: str) -> str:
    known = facts.people.get(person)
    return known.time_zone if known else "UTC"


def _team_zone(facts: Configuration, handoff: Handoff) -> str:
    schedule = facts.schedules.get(handoff.schedule)
    return schedule.time_zone if schedule else "UTC"
