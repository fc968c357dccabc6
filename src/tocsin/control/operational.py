"""Silences, maintenance windows and overrides: operational facts, always editable, never removed by apply."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from tocsin.config.values import days_or_weeks
from tocsin.control.requests import (
    AddMaintenance,
    AddOverride,
    AddSilence,
    ChangeEnd,
    EndOperational,
    ListOperational,
    OperationalView,
    Refused,
)
from tocsin.core.configuration import Configuration, Maintenance, Origin, Silence
from tocsin.core.detect.matchers import format_matchers, parse_matchers
from tocsin.core.instants import micros
from tocsin.core.oncall.overlaps import overlapped, unrepeatable
from tocsin.core.oncall.schedule import Override, OverrideKind, Repeat
from tocsin.core.oncall.wall_clock import FOREVER, zone
from tocsin.engine.store.protocol import Entry, Transaction

Fact = Silence | Maintenance | Override
TYPES: dict[str, type[Silence] | type[Maintenance] | type[Override]] = {
    "silences": Silence,
    "maintenance": Maintenance,
    "overrides": Override,
}
LONGEST = timedelta(days=366)


def add(
    tx: Transaction,
    request: AddSilence | AddMaintenance | AddOverride,
    facts: Configuration,
    actor: str,
    now: datetime,
) -> OperationalView:
    """Check it, store it, bump the revision."""
    starts_at = request.starts_at or now
    _check_span(starts_at, request.ends_at, now)
    fact_id = str(uuid.uuid4())
    match request:
        case AddSilence():
            kind = "silences"
            fact: Fact = _silence(request, fact_id, starts_at, actor)
        case AddMaintenance():
            kind = "maintenance"
            fact = _maintenance(request, facts, fact_id, starts_at, actor)
        case AddOverride():
            kind = "overrides"
            fact = _override(request, facts, fact_id, starts_at, actor, now)
    _store(tx, kind, fact, actor, now)
    return view(kind, fact, now)


def _check_span(
    starts_at: datetime, ends_at: datetime, now: datetime, longest: timedelta | None = LONGEST
) -> None:
    for field, at in (("starts_at", starts_at), ("ends_at", ends_at)):
        if at.tzinfo is None:
            raise Refused("invalid", "an instant needs its zone, for example 2026-06-14T14:00:00Z", field)
    if ends_at <= starts_at:
        raise Refused("invalid", "it must end after it starts", "ends_at")
    if ends_at <= now:
        raise Refused("invalid", "its end has already passed", "ends_at")
    if longest is not None and ends_at - starts_at > longest:
        raise Refused("invalid", "it may last a year at most", "ends_at")


def _silence(request: AddSilence, fact_id: str, starts_at: datetime, actor: str) -> Silence:
    try:
        matchers = tuple(m for text in request.matchers for m in parse_matchers(text))
    except ValueError as error:
        raise Refused("invalid", str(error), "matchers") from None
    if not matchers:
        raise Refused(
            "invalid", 'at least one matcher is needed, for example alertname="DiskFull"', "matchers"
        )
    if all(_matches_empty(m.op.value, m.value) for m in matchers):
        raise Refused(
            "invalid",
            "at least one matcher must not match the empty string: it would silence everything",
            "matchers",
        )
    return Silence(fact_id, matchers, starts_at, request.ends_at, actor, request.comment)


def _matches_empty(op: str, value: str) -> bool:
    return (op == "=" and value == "") or (op == "!=" and value != "") or (op == "=~" and value in ("", ".*"))


def _maintenance(
    request: AddMaintenance, facts: Configuration, fact_id: str, starts_at: datetime, actor: str
) -> Maintenance:
    if not request.services:
        raise Refused("invalid", "name at least one service", "services")
    for service in request.services:
        if service not in facts.services:
            raise Refused(
                "invalid", f"there is no service {service!r}; known: {_names(facts.services)}", "services"
            )
    return Maintenance(fact_id, request.services, starts_at, request.ends_at, actor, request.comment)


def _override(
    request: AddOverride, facts: Configuration, fact_id: str, starts_at: datetime, actor: str, now: datetime
) -> Override:
    if request.schedule not in facts.schedules:
        raise Refused(
            "invalid",
            f"there is no schedule {request.schedule!r}; known: {_names(facts.schedules)}",
            "schedule",
        )
    for field, person in (("person", request.person), ("replaces", request.replaces)):
        if person is not None and person not in facts.people:
            raise Refused("invalid", f"there is no person {person!r}; known: {_names(facts.people)}", field)
    if request.kind not in OverrideKind.__members__.values():
        raise Refused("invalid", "expected replace, add or remove", "kind")
    override = Override(
        id=fact_id,
        schedule=request.schedule,
        person=request.person,
        starts_at=starts_at,
        ends_at=request.ends_at,
        kind=OverrideKind(request.kind),
        replaces=request.replaces,
        comment=request.comment,
        created_by=actor,
        repeat=_repeat(request, facts),
        on_top=request.on_top,
    )
    wrong = unrepeatable(override)
    if wrong:
        raise Refused("invalid", wrong, "repeat")
    refuse_overlap(override, facts.overrides, "starts_at", now)
    return override


def _repeat(request: AddOverride, facts: Configuration) -> Repeat | None:
    if not request.repeat:
        if request.repeat_until is not None:
            raise Refused("invalid", "say how often it repeats, for example 1 week", "repeat")
        return None
    time_zone = request.time_zone or facts.schedules[request.schedule].time_zone
    try:
        zone(time_zone)
    except ValueError as wrong:
        raise Refused("invalid", str(wrong), "time_zone") from None
    try:
        every, unit = days_or_weeks(request.repeat)
    except ValueError as wrong:
        raise Refused("invalid", str(wrong), "repeat") from None
    return Repeat(every, unit, time_zone, request.repeat_until)


def refuse_overlap(override: Override, others: Iterable[Override], field: str, now: datetime) -> None:
    """Two overrides of one seat at once are a mistake, unless the new one says `on_top`. Raises Refused."""
    found = overlapped(override, (each for each in others if each.over_at is None or each.over_at > now))
    if found is not None:
        other, at = found
        raise Refused(
            "invalid",
            f"from {at:%Y-%m-%d %H:%M} UTC on {other.person} has this seat by another override ({other.id}); end that"
            " one first, or say that this one is meant to lie over it (on_top)",
            field,
        )


def _names(nouns: dict[str, object] | dict) -> str:  # type: ignore[type-arg]
    return ", ".join(sorted(nouns)) or "none yet"


def end(tx: Transaction, request: EndOperational, actor: str, now: datetime) -> OperationalView:
    """End it now (or never let it start). Ending what has ended changes nothing."""
    entry, fact = _find(tx, request.kind, request.id)
    if _over_at(fact) > now:
        fact = _until(fact, now)
        _store(tx, request.kind, fact, entry.created_by, now, entry.created_at)
    return view(request.kind, fact, now)


def change_end(tx: Transaction, request: ChangeEnd, now: datetime) -> OperationalView:
    """Let it last longer, or shorter. What has ended stays ended: what it held back has paged since."""
    entry, fact = _find(tx, request.kind, request.id)
    if _over_at(fact) <= now:
        raise Refused("conflict", "it has ended already; make a new one", "ends_at")
    _check_span(fact.starts_at, request.ends_at, now, longest=LONGEST if _repeat_of(fact) is None else None)
    changed = _until(fact, request.ends_at)
    if isinstance(changed, Override) and request.ends_at > _over_at(fact):
        entries = tx.configuration.entries(["overrides"])
        others = (msgspec.json.decode(entry.document, type=Override) for entry in entries)
        refuse_overlap(changed, others, "ends_at", now)
    _store(tx, request.kind, changed, entry.created_by, now, entry.created_at)
    return view(request.kind, changed, now)


def _repeat_of(fact: Fact) -> Repeat | None:
    return fact.repeat if isinstance(fact, Override) else None


def _over_at(fact: Fact) -> datetime:
    """When nothing of it is left to come."""
    over_at = fact.over_at if isinstance(fact, Override) else fact.ends_at
    return over_at or FOREVER


def _until(fact: Fact, instant: datetime) -> Fact:
    """The same, over at that instant: what was before it stays as it was."""
    if isinstance(fact, Override) and fact.repeat is not None:
        return replace(fact, repeat=replace(fact.repeat, until=instant))
    return replace(fact, ends_at=instant, starts_at=min(fact.starts_at, instant))


def _find(tx: Transaction, kind: str, fact_id: str) -> tuple[Entry, Fact]:
    if kind not in TYPES:
        raise Refused("invalid", "expected silences, maintenance or overrides", "kind")
    for entry in tx.configuration.entries([kind]):
        if entry.name == fact_id:
            return entry, msgspec.json.decode(entry.document, type=TYPES[kind])
    raise Refused("not_found", f"there is nothing with id {fact_id!r} among {kind}", "id")


def _store(
    tx: Transaction, kind: str, fact: Fact, actor: str, now: datetime, created_at: int | None = None
) -> None:
    tx.configuration.put(
        [
            Entry(
                kind=kind,
                name=fact.id,
                document=msgspec.json.encode(fact),
                origin=Origin.PEOPLE.value,
                starts_at=micros(fact.starts_at),
                ends_at=micros(_over_at(fact)),
                created_by=actor,
                created_at=created_at if created_at is not None else micros(now),
            )
        ]
    )
    tx.configuration.bump()
    tx.wake("configuration")


def list_operational(tx: Transaction, request: ListOperational, now: datetime) -> list[OperationalView]:
    if request.kind not in TYPES:
        raise Refused("invalid", "expected silences, maintenance or overrides", "kind")
    facts = [
        msgspec.json.decode(entry.document, type=TYPES[request.kind])
        for entry in tx.configuration.entries([request.kind])
    ]
    shown = [fact for fact in facts if request.ended or _over_at(fact) > now]
    return [view(request.kind, fact, now) for fact in sorted(shown, key=lambda f: (f.ends_at, f.id))]


def view(kind: str, fact: Fact, now: datetime) -> OperationalView:
    match fact:
        case Silence():
            what = format_matchers(fact.matchers)
        case Maintenance():
            what = ", ".join(fact.services)
        case Override():
            whom = f" for {fact.replaces}" if fact.replaces else ""
            what = f"{fact.kind.value}: {fact.person} on {fact.schedule}{whom}{_again(fact.repeat)}"
    return OperationalView(
        kind=kind,
        id=fact.id,
        state="ended" if _over_at(fact) <= now else "active" if fact.starts_at <= now else "pending",
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        what=what,
        created_by=fact.created_by,
        comment=fact.comment,
    )


def _again(repeat: Repeat | None) -> str:
    if repeat is None:
        return ""
    often = f"{repeat.every} {repeat.unit}s" if repeat.every > 1 else str(repeat.unit)
    until = f" until {repeat.until:%Y-%m-%d %H:%M} UTC" if repeat.until else ""
    return f", every {often} by the clock of {repeat.time_zone}{until}"
