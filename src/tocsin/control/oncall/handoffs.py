"""Handoffs through any door: read, edited, handed over, accepted."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from tocsin.control.actor import Actor
from tocsin.control.oncall.decided import Decided
from tocsin.control.requests.handoffs import (
    AcceptHandoff,
    EditHandoff,
    HandoffView,
    ListHandoffs,
    OfferHandoff,
    ShowHandoff,
    WriteHandoff,
)
from tocsin.control.requests.refused import Refused
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.oncall.handoff import handoff as rules
from tocsin.core.oncall.handoff import words
from tocsin.core.oncall.handoff.handoff import HANDOFF, Handoff, HandoffState
from tocsin.core.oncall.handoff.turnovers import turnovers
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import OPEN_STATES, HandedOver
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.oncall import handoffs as engine
from tocsin.engine.store.protocol import IncidentFilter, OnCallFilter, Transaction

LOOKED_THROUGH = 1_000  # handoffs, the newest, when words are looked for
AHEAD = timedelta(days=62)  # how far ahead the next turnover is looked for
MOST_PASSED_ON = 500


def list_handoffs(
    tx: Transaction, request: ListHandoffs, facts: Configuration, now: datetime
) -> list[Handoff]:
    wanted = OnCallFilter(
        HANDOFF,
        subjects=(request.schedule,) if request.schedule else (),
        states=request.states,
        before=_place(tx, request.before) if request.before else None,
        limit=LOOKED_THROUGH if request.text or request.person else request.limit,
    )
    found = engine.readable(tx.oncall.search(wanted))
    looked_for = request.text.casefold().split()
    return [
        handoff
        for handoff in found
        if (request.person is None or request.person in (*handoff.outgoing, *handoff.incoming))
        and (not looked_for or _holds(handoff, looked_for))
    ][: request.limit]


def show(tx: Transaction, request: ShowHandoff, facts: Configuration, now: datetime) -> HandoffView:
    handoff = _found(tx, request.handoff)
    if handoff.state is HandoffState.DRAFT:
        handoff = replace(handoff, report=engine.fresh_report(tx, facts, handoff, now))
    return _view(handoff, facts)


def write(owed: Consequences, request: WriteHandoff, actor: Actor, now: datetime) -> Decided:
    facts = owed.facts
    schedule = facts.schedules.get(request.schedule)
    if schedule is None:
        known = ", ".join(sorted(facts.schedules)) or "none yet"
        raise Refused("not_found", f"there is no schedule {request.schedule!r}; known: {known}", "schedule")
    if schedule.secondary_of is not None:
        raise Refused(
            "invalid", f"{request.schedule} follows {schedule.secondary_of}: hand that over", "schedule"
        )
    coming = turnovers(facts.schedules, request.schedule, now, now + AHEAD, facts.overrides)
    if not coming:
        raise Refused("conflict", "nobody else comes next on it within two months", "schedule")
    there = engine.load(owed.tx, rules.handoff_id(request.schedule, coming[0].at))
    handoff = there or engine.write(owed, request.schedule, coming[0], now)
    owed.remind(kinds.HANDOFF, request.schedule, now)
    return Decided(_view(handoff, facts), handoff.id)


def edit(owed: Consequences, request: EditHandoff, actor: Actor, now: datetime) -> Decided:
    handoff = _not_accepted(_found(owed.tx, request.handoff))
    _check_length(request.notes, rules.LONGEST_NOTES, "notes")
    _check_length(request.known_issues, rules.LONGEST_ISSUES, "known_issues")
    edited = replace(handoff, notes=request.notes, known_issues=request.known_issues, edited_by=actor.name)
    engine.keep(owed.tx, edited, now)
    return Decided(_view(edited, owed.facts), edited.id)


def offer(owed: Consequences, request: OfferHandoff, actor: Actor, now: datetime) -> Decided:
    handoff = _not_accepted(_found(owed.tx, request.handoff))
    if handoff.state is HandoffState.DRAFT:
        handoff = engine.offer(owed, handoff, now, actor.name, request.chat)
        owed.remind(kinds.HANDOFF, handoff.schedule, now + timedelta(seconds=1))
    return Decided(_view(handoff, owed.facts), handoff.id)


def accept(owed: Consequences, request: AcceptHandoff, actor: Actor, now: datetime) -> Decided:
    """By whoever takes over; a second time does no harm."""
    handoff = _found(owed.tx, request.handoff)
    if handoff.state is HandoffState.ACCEPTED:
        return Decided(_view(handoff, owed.facts), handoff.id)
    if actor.name in handoff.outgoing and actor.name not in handoff.incoming:
        raise Refused("conflict", "you hand it over; whoever comes next accepts it", "handoff")
    if actor.name not in owed.facts.people:
        said = f"{actor.name} is nobody who can be paged, and what is acknowledged would be theirs"
        raise Refused("conflict", said, "handoff")
    if handoff.state is HandoffState.DRAFT:
        report = engine.fresh_report(owed.tx, owed.facts, handoff, now)
        handoff = rules.offered(handoff, report, now)
    handoff = rules.accepted(handoff, now, actor.name)
    engine.keep(owed.tx, handoff, now)
    passed_on = _pass_on(owed, handoff, actor)
    told = f"{len(passed_on)} acknowledged incidents" if len(passed_on) != 1 else "1 acknowledged incident"
    for person in handoff.outgoing:
        owed.tell(
            person,
            f"handoff.{handoff.id}.accepted",
            f"{actor.name} accepted your handoff of {handoff.schedule}",
            f"{told} went with it." if passed_on else "Nothing acknowledged was left to go with it.",
            Reason.HANDOFF_ACCEPTED,
            opens=f"/on-call/handoffs/{handoff.id}",
        )
    return Decided(_view(handoff, owed.facts, passed_on), handoff.id)


def _pass_on(owed: Consequences, handoff: Handoff, actor: Actor) -> tuple[int, ...]:
    """Open incidents of the team that one of the outgoing has, and had when the shift passed on: of an old handoff nothing
    that came later, when they may be on call again."""
    came_by = handoff.at + rules.WRITTEN_UP_TO
    wanted = IncidentFilter(states=tuple(sorted(OPEN_STATES)), team=handoff.team, limit=MOST_PASSED_ON)
    theirs = [
        incident.id
        for incident in owed.tx.incidents.search(wanted)
        if incident.acknowledged_by in handoff.outgoing and incident.opened_at < came_by
    ]
    owed.load(theirs)
    passed_on = []
    for incident_id in sorted(theirs):
        decision = owed.decide(incident_id, HandedOver(actor.name, handoff.schedule, actor.via))
        if decision is not None and decision.reason is Reason.HANDED_OVER:
            passed_on.append(incident_id)
    return tuple(passed_on)


def _found(tx: Transaction, handoff_id: str) -> Handoff:
    handoff = engine.load(tx, handoff_id)
    if handoff is None:
        raise Refused("not_found", f"there is no handoff {handoff_id!r}", "handoff")
    return handoff


def _not_accepted(handoff: Handoff) -> Handoff:
    if handoff.state is HandoffState.ACCEPTED:
        raise Refused("conflict", f"{handoff.accepted_by} accepted it already", "handoff")
    return handoff


def _check_length(text: str, most: int, field: str) -> None:
    if len(text) > most:
        raise Refused("invalid", f"{most:,} characters at most; this has {len(text):,}", field)


def _place(tx: Transaction, handoff_id: str) -> tuple[int, str]:
    return micros(_found(tx, handoff_id).starts_at), handoff_id


def _holds(handoff: Handoff, words_wanted: list[str]) -> bool:
    said = words.text(handoff, "").casefold()
    return all(word in said for word in words_wanted)


def _view(handoff: Handoff, facts: Configuration, passed_on: tuple[int, ...] = ()) -> HandoffView:
    schedule = facts.schedules.get(handoff.schedule)
    zone = schedule.time_zone if schedule else "UTC"
    return HandoffView(handoff, words.text(handoff, facts.defaults.base_url, zone), passed_on)
