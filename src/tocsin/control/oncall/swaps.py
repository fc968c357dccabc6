"""Swaps and cover requests through any door. What a swap does to the schedules, and whom it is told, is one transaction."""

import uuid
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from tocsin.config.forms import nearest
from tocsin.control.actor import Actor
from tocsin.control.oncall.decided import Decided
from tocsin.control.requests import (
    AcceptSwap,
    AskCover,
    DeclineSwap,
    ListSwaps,
    OfferSwap,
    PartWanted,
    Refused,
    SayUnreachable,
    SwapView,
    WithdrawSwap,
)
from tocsin.core.configuration import Configuration, Origin
from tocsin.core.instants import micros
from tocsin.core.oncall import swaps
from tocsin.core.oncall.notices import Stretch, stretches
from tocsin.core.oncall.schedule import Override
from tocsin.core.oncall.swap import Part, State, Swap
from tocsin.core.oncall.swaps import Decision, Event, candidates
from tocsin.engine.consequences import Consequences
from tocsin.engine.oncall.swaps import KIND, load, readable, write
from tocsin.engine.store.protocol import Entry, OnCallFilter, Transaction

OVERRIDES = "overrides"
LONGEST = timedelta(days=92)
FARTHEST = timedelta(days=366)
MOST_OPEN = 50  # of one schedule
A_DAY = timedelta(hours=24)  # what a cover request asks for, unless it says more


# --- asking ----------------------------------------------------------------------------------------------------------


def offer(owed: Consequences, request: OfferSwap, actor: Actor, now: datetime) -> Decided:
    """Raises Refused, naming the field."""
    facts = owed.facts
    _person(facts, request.person)
    part = _part(facts, request.schedule, request.starts_at, request.ends_at, now, "")
    asked = _asked(facts, part.schedule, request.person, request.ask)
    back = None
    if request.back is not None:
        if len(asked) != 1:
            raise Refused("invalid", "a shift in return is one person's: ask exactly one", "ask")
        wanted = request.back
        back = _part(facts, wanted.schedule, wanted.starts_at, wanted.ends_at, now, "back.")
        if back.schedule == part.schedule and back.starts_at < part.ends_at and part.starts_at < back.ends_at:
            raise Refused("invalid", "what is wanted in return overlaps what is offered", "back.starts_at")
    ends = part.starts_at if part.starts_at > now else part.ends_at
    if back is not None:
        ends = min(ends, back.starts_at if back.starts_at > now else back.ends_at)
    expires_at = request.expires_at or ends
    if not now < expires_at <= ends:
        raise Refused("invalid", "expected an instant from now until the shift begins", "expires_at")
    swap = _new(request.person, part, asked, expires_at, request.comment, actor, now)
    return _begin(owed, replace(swap, back=back), now)


def ask_cover(owed: Consequences, request: AskCover, actor: Actor, now: datetime) -> Decided:
    """Raises Refused, naming the field."""
    facts = owed.facts
    _person(facts, request.person)
    stretch, schedule = _their_shift(facts, request, now)
    starts_at = request.starts_at or max(stretch.starts_at, now)
    ends_at = request.ends_at or min(stretch.ends_at or starts_at + A_DAY, starts_at + A_DAY)
    part = _part(facts, schedule, starts_at, ends_at, now, "")
    asked = candidates(facts, schedule, request.person)
    swap = _new(request.person, part, asked, part.ends_at, request.comment, actor, now)
    return _begin(owed, replace(swap, cover=True, unreachable=request.unreachable), now)


def _their_shift(facts: Configuration, request: AskCover, now: datetime) -> tuple[Stretch, str]:
    """The one that runs or begins within a day (or by the time they name), and its schedule."""
    keys = [request.schedule] if request.schedule else sorted(facts.schedules)
    if request.schedule and request.schedule not in facts.schedules:
        raise Refused("invalid", _unknown("schedule", request.schedule, facts.schedules), "schedule")
    since = request.starts_at if request.starts_at is not None and request.starts_at > now else now
    until = max(since + A_DAY, request.ends_at or since)
    if until - now > FARTHEST:
        raise Refused("invalid", "expected a time within a year", "ends_at")
    found = [
        (stretch, key)
        for key in keys
        for stretch in stretches(facts.schedules, key, since, until, facts.overrides)
        if stretch.person == request.person
    ]
    if not found:
        where = f" on {request.schedule}" if request.schedule else ""
        raise Refused("conflict", f"they hold no shift{where} then, so there is nothing to cover", "schedule")
    if len({key for _, key in found}) > 1:
        several = ", ".join(dict.fromkeys(key for _, key in found))
        raise Refused("invalid", f"they hold shifts on several schedules: say which of {several}", "schedule")
    return found[0]


def _person(facts: Configuration, person: str) -> None:
    if person not in facts.people:
        raise Refused("invalid", _unknown("person", person, facts.people), "person")


def _part(
    facts: Configuration, schedule: str, starts_at: datetime, ends_at: datetime, now: datetime, under: str
) -> Part:
    """What is still to come of it."""
    if schedule not in facts.schedules:
        raise Refused("invalid", _unknown("schedule", schedule, facts.schedules), f"{under}schedule")
    if ends_at <= starts_at:
        raise Refused("invalid", "it must end after it starts", f"{under}ends_at")
    if ends_at - starts_at > LONGEST:
        raise Refused("invalid", f"it may last {LONGEST.days} days at most", f"{under}ends_at")
    if starts_at > now + FARTHEST:
        raise Refused("invalid", "it must begin within a year", f"{under}starts_at")
    part = Part(schedule, starts_at, ends_at).after(now)
    if part is None:
        raise Refused("invalid", "it is over already", f"{under}ends_at")
    return part


def _asked(facts: Configuration, schedule: str, person: str, ask: tuple[str, ...]) -> tuple[str, ...]:
    known = candidates(facts, schedule, person)
    for name in ask:
        if name == person:
            raise Refused("invalid", "they cannot be asked to take their own shift", "ask")
        if name not in known:
            said = ", ".join(known) or "nobody yet"
            raise Refused(
                "invalid", f"{name!r} is neither of its team nor in its turns; there is {said}", "ask"
            )
    asked = tuple(dict.fromkeys(ask)) or known
    if not asked:
        raise Refused("conflict", f"there is nobody else in the team of {schedule} to ask", "ask")
    return asked


def _unknown(what: str, name: str, known: dict[str, object] | dict) -> str:  # type: ignore[type-arg]
    return f"there is no {what} {name!r}{nearest(name, known)}"


def _new(
    person: str,
    part: Part,
    asked: tuple[str, ...],
    expires_at: datetime,
    comment: str,
    actor: Actor,
    now: datetime,
) -> Swap:
    comment = " ".join(comment.split())
    return Swap(
        uuid.uuid4().hex[:16], person, part, asked, now, expires_at, comment=comment, made_by=actor.name
    )


def _begin(owed: Consequences, swap: Swap, now: datetime) -> Decided:
    part = swap.part
    wanted = OnCallFilter(
        KIND,
        subjects=(part.schedule,),
        states=(State.OPEN.value,),
        since=micros(part.starts_at),
        until=micros(part.ends_at),
        limit=MOST_OPEN,
    )
    there = readable(owed.tx.oncall.search(wanted))
    if len(there) >= MOST_OPEN:
        raise Refused("conflict", f"{MOST_OPEN} swaps of {part.schedule} are open then; settle some first")
    for other in there:
        if other.person == swap.person:
            raise Refused(
                "conflict",
                f"that time is offered already, in swap {other.id}; withdraw it first",
                "starts_at",
            )
    return _follow(owed, swap, swaps.Offered(), now, "starts_at")


# --- answering -------------------------------------------------------------------------------------------------------


def accept(owed: Consequences, request: AcceptSwap, actor: Actor, now: datetime) -> Decided:
    return _follow(owed, _found(owed.tx, request.id), swaps.Accepted(request.person), now)


def decline(owed: Consequences, request: DeclineSwap, actor: Actor, now: datetime) -> Decided:
    return _follow(owed, _found(owed.tx, request.id), swaps.Declined(request.person), now)


def withdraw(owed: Consequences, request: WithdrawSwap, actor: Actor, now: datetime) -> Decided:
    return _follow(owed, _found(owed.tx, request.id), swaps.Withdrawn(request.person), now)


def say_unreachable(owed: Consequences, request: SayUnreachable, actor: Actor, now: datetime) -> Decided:
    return _follow(owed, _found(owed.tx, request.id), swaps.OutOfReach(request.person), now)


def _found(tx: Transaction, swap_id: str) -> Swap:
    swap = load(tx, swap_id)
    if swap is None:
        raise Refused("not_found", f"there is no swap {swap_id!r}", "id")
    return swap


def _follow(owed: Consequences, swap: Swap, event: Event, now: datetime, field: str = "") -> Decided:
    decision = swaps.decide(swap, event, now, owed.facts)
    if decision.refused:
        raise Refused("conflict", decision.refused, field)
    write(owed, decision, now)
    _seat(owed.tx, decision, now)
    return Decided(view(decision.swap, decision.said), f"swap {swap.id}")


def _seat(tx: Transaction, decision: Decision, now: datetime) -> None:
    """The overrides that it makes, after all that are there, and those that end with it."""
    if not decision.overrides and not decision.ends:
        return
    there = {entry.name: entry for entry in tx.configuration.entries([OVERRIDES])}
    for override_id in decision.ends:
        if override_id in there:
            _end(tx, there[override_id], now)
    last = max([micros(now), *(entry.created_at + 1 for entry in there.values())])
    tx.configuration.put(
        [_entry(override, last + number) for number, override in enumerate(decision.overrides)]
    )
    tx.configuration.bump()
    tx.wake("configuration")


def _end(tx: Transaction, entry: Entry, now: datetime) -> None:
    override = msgspec.json.decode(entry.document, type=Override)
    if override.starts_at >= now:
        tx.configuration.remove([(OVERRIDES, entry.name)])
    elif override.ends_at > now:
        tx.configuration.put([_entry(replace(override, ends_at=now), entry.created_at)])


def _entry(override: Override, created_at: int) -> Entry:
    return Entry(
        kind=OVERRIDES,
        name=override.id,
        document=msgspec.json.encode(override),
        origin=Origin.PEOPLE.value,
        starts_at=micros(override.starts_at),
        ends_at=micros(override.ends_at),
        created_by=override.created_by,
        created_at=created_at,
    )


# --- reading ---------------------------------------------------------------------------------------------------------


def listed(tx: Transaction, request: ListSwaps, facts: Configuration, now: datetime) -> list[SwapView]:
    unknown = [state for state in request.states if state not in set(State)]
    if unknown:
        raise Refused("invalid", f"expected {', '.join(State)}, not {unknown[0][:40]!r}", "states")
    if request.schedule and request.schedule not in facts.schedules:
        raise Refused("not_found", _unknown("schedule", request.schedule, facts.schedules), "schedule")
    wanted = OnCallFilter(
        KIND,
        subjects=(request.schedule,) if request.schedule else (),
        states=tuple(request.states),
        limit=request.limit if not request.person else 1000,
    )
    found = readable(tx.oncall.search(wanted))
    mine = [s for s in found if not request.person or request.person in (s.person, s.accepted_by, *s.asked)]
    return [view(swap) for swap in mine[: request.limit]]


def view(swap: Swap, said: str = "") -> SwapView:
    back = swap.back
    return SwapView(
        id=swap.id,
        state=swap.state.value,
        person=swap.person,
        schedule=swap.part.schedule,
        starts_at=swap.part.starts_at,
        ends_at=swap.part.ends_at,
        back=PartWanted(back.schedule, back.starts_at, back.ends_at) if back is not None else None,
        asked=swap.asked,
        declined=swap.declined,
        cover=swap.cover,
        unreachable=swap.unreachable,
        comment=swap.comment,
        made_by=swap.made_by,
        made_at=swap.made_at,
        expires_at=swap.expires_at,
        accepted_by=swap.accepted_by,
        settled_at=swap.settled_at,
        overrides=swap.overrides,
        said=said,
    )
