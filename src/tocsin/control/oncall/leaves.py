"""Leave by hand: told, listed, ended. What calendars tell of is listed beside it, and ended there."""

import uuid
from datetime import date, datetime, time, timedelta

import msgspec
from msgspec.structs import replace

from tocsin.config.forms import nearest
from tocsin.control.actor import Actor
from tocsin.control.requests import AddLeave, EndLeave, LeaveView, ListLeaves, Refused
from tocsin.core.configuration import Configuration, Origin
from tocsin.core.instants import micros
from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.wall_clock import instant_of
from tocsin.engine.store.protocol import Entry, Transaction

KIND = "leaves"
LONGEST = timedelta(days=366)
BACK = timedelta(days=366)  # how long ago leave may have begun that is told of today
AHEAD = timedelta(days=3 * 366)


def add(tx: Transaction, request: AddLeave, facts: Configuration, actor: Actor, now: datetime) -> LeaveView:
    """Raises Refused, naming the field."""
    person = facts.people.get(request.person)
    if person is None:
        raise Refused(
            "invalid",
            f"there is no person {request.person!r}{nearest(request.person, facts.people)}",
            "person",
        )
    starts_at, ends_at = _span(request, person.time_zone, now)
    leave = Leave(str(uuid.uuid4()), request.person, starts_at, ends_at, request.comment.strip(), actor.name)
    _store(tx, leave, actor.name, micros(now))
    return view(leave, now)


def _span(request: AddLeave, time_zone: str, now: datetime) -> tuple[datetime, datetime]:
    whole = request.from_day is not None or request.to_day is not None
    if whole and (request.starts_at is not None or request.ends_at is not None):
        raise Refused("invalid", "whole days or exact times, not both", "starts_at")
    if whole:
        if request.from_day is None:
            raise Refused("invalid", "say on which day it begins", "from_day")
        last = request.to_day or request.from_day
        if last < request.from_day:
            raise Refused("invalid", "the last day comes before the first", "to_day")
        starts_at = _midnight(request.from_day, time_zone, "from_day")
        ends_at = _midnight(last, time_zone, "to_day" if request.to_day else "from_day", after=1)
        fields = ("from_day", "to_day")
    else:
        if request.ends_at is None:
            raise Refused("invalid", "say when it ends", "ends_at")
        starts_at, ends_at = request.starts_at or now, request.ends_at
        fields = ("starts_at", "ends_at")
        if ends_at <= starts_at:
            raise Refused("invalid", "it must end after it starts", "ends_at")
    if ends_at - starts_at > LONGEST + timedelta(days=1):
        raise Refused("invalid", "it may last a year at most; tell of the rest later", fields[1])
    if not now - BACK <= starts_at <= now + AHEAD:
        raise Refused("invalid", "expected a day within the last year or the coming three", fields[0])
    return starts_at, ends_at


def _midnight(day: date, time_zone: str, field: str, after: int = 0) -> datetime:
    try:
        return instant_of(datetime.combine(day, time()) + timedelta(days=after), time_zone)
    except OverflowError:
        raise Refused("invalid", "expected a day within the last year or the coming three", field) from None


def end(tx: Transaction, request: EndLeave, facts: Configuration, actor: Actor, now: datetime) -> LeaveView:
    """Ending what has ended changes nothing. Raises Refused."""
    for entry in tx.configuration.entries([KIND]):
        if entry.name == request.id:
            leave = msgspec.json.decode(entry.document, type=Leave)
            if leave.ends_at > now:
                leave = replace(leave, ends_at=now, starts_at=min(leave.starts_at, now))
                _store(tx, leave, entry.created_by, entry.created_at)
            return view(leave, now)
    told = next((leave for leave in facts.leaves if leave.id == request.id), None)
    if told is not None:
        raise Refused("conflict", f"it comes from the calendar {told.source}; end it there", "id")
    raise Refused("not_found", f"there is no leave with id {request.id!r}", "id")


def _store(tx: Transaction, leave: Leave, made_by: str, made_at: int) -> None:
    tx.configuration.put(
        [
            Entry(
                kind=KIND,
                name=leave.id,
                document=msgspec.json.encode(leave),
                origin=Origin.PEOPLE.value,
                starts_at=micros(leave.starts_at),
                ends_at=micros(leave.ends_at),
                created_by=made_by,
                created_at=made_at,
            )
        ]
    )
    tx.configuration.bump()
    tx.wake("configuration")


def listed(tx: Transaction, request: ListLeaves, facts: Configuration, now: datetime) -> list[LeaveView]:
    """Raises Refused for a person or team that is not there."""
    return [view(leave, now) for leave in chosen(request, facts, now)]


def chosen(request: ListLeaves, facts: Configuration, now: datetime) -> list[Leave]:
    if request.person is not None and request.person not in facts.people:
        raise Refused("not_found", f"there is no person {request.person!r}", "person")
    members: set[str] | None = None
    if request.team is not None:
        team = facts.teams.get(request.team)
        if team is None:
            raise Refused("not_found", f"there is no team {request.team!r}", "team")
        members = {*team.members, *([team.lead] if team.lead else [])}
    found = [
        leave
        for leave in facts.leaves
        if (request.person in (None, leave.person))
        and (members is None or leave.person in members)
        and (request.ended or leave.ends_at > now)
    ]
    return sorted(found, key=lambda leave: (leave.starts_at, leave.id))


def view(leave: Leave, now: datetime) -> LeaveView:
    return LeaveView(
        id=leave.id,
        person=leave.person,
        state="ended" if leave.ends_at <= now else "active" if leave.starts_at <= now else "pending",
        starts_at=leave.starts_at,
        ends_at=leave.ends_at,
        comment=leave.comment,
        created_by=leave.created_by,
        source=leave.source,
    )
