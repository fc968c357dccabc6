"""Who could take a shift: a first answer, from what the schedules and the leave say."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.seats import Seat, seats
from tocsin.core.oncall.swap import Part
from tocsin.core.oncall.swap_seats import Seating, cannot_take, derived
from tocsin.core.oncall.swaps import candidates

REST = timedelta(hours=11)  # between two shifts, as the European working time directive has it


class Proposal(msgspec.Struct, frozen=True):
    """`why_not`: why they could not take it at all. `but`: what speaks against it."""

    person: str
    why_not: str = ""
    but: str = ""


def proposals(facts: Configuration, part: Part, person: str) -> list[Proposal]:
    """Everybody who may be asked to take this part from `person`, the best first."""
    begin, end = part.starts_at - REST, part.ends_at + REST
    follow = {part.schedule, *derived(facts.schedules, part.schedule)}  # whose seats move with this one's
    others = [key for key in sorted(facts.schedules) if key not in follow]
    held: dict[str, list[Seat]] = {}
    for seat in seats(facts.schedules, others, begin, end, facts.overrides):
        held.setdefault(seat.person, []).append(seat)
    found = [
        _proposal(facts, part, person, each, held.get(each, ()))
        for each in candidates(facts, part.schedule, person)
    ]
    return sorted(found, key=lambda each: (bool(each.why_not), bool(each.but)))


def _proposal(facts: Configuration, part: Part, giver: str, taker: str, held: Sequence[Seat]) -> Proposal:
    if why := cannot_take(Seating(facts), part, giver, taker):
        return Proposal(taker, why_not=why)
    against: list[str] = []
    if any(
        leave.person == taker and leave.starts_at < part.ends_at and part.starts_at < leave.ends_at
        for leave in facts.leaves
    ):
        against.append("on leave then")
    busy = [seat for seat in held if seat.starts_at < part.ends_at and part.starts_at < seat.ends_at]
    if busy:
        against.append(f"on call for {busy[0].schedule} then")
    elif held:
        against.append("on call within 11 hours of it")
    return Proposal(taker, but=", ".join(against))
