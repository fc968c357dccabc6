"""Who holds a part of a schedule, whether somebody else may take it, and the overrides by which they do."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Override, OverrideKind, Schedule, Shift
from tocsin.core.oncall.shifts import gaps, shifts
from tocsin.core.oncall.swap import Part, Swap


class Seating:
    """The schedules with the overrides that hold, less some of them, or more."""

    def __init__(
        self, facts: Configuration, without: tuple[str, ...] = (), more: tuple[Override, ...] = ()
    ) -> None:
        self._facts = facts
        self._without = without
        self._more = more

    @property
    def facts(self) -> Configuration:
        return self._facts

    def plus(self, overrides: Iterable[Override]) -> "Seating":
        return Seating(self._facts, self._without, (*self._more, *overrides))

    @property
    def overrides(self) -> tuple[Override, ...]:
        kept = tuple(o for o in self._facts.overrides if o.id not in self._without)
        return (*kept, *self._more)

    def shifts(self, part: Part, schedule: str = "") -> list[Shift]:
        key = schedule or part.schedule
        return shifts(self._facts.schedules, key, part.starts_at, part.ends_at, self.overrides)

    def covered(self, part: Part, schedule: str) -> bool:
        return not gaps(self._facts.schedules, schedule, part.starts_at, part.ends_at, self.overrides)

    def seats(self, part: Part, person: str, schedule: str = "") -> bool:
        """Whether they hold any of it."""
        return any(person in shift.people for shift in self.shifts(part, schedule))


def holds(facts: Configuration, part: Part, person: str, seating: Seating | None = None) -> str:
    """Why this part is not theirs to give; "" when they hold all of it."""
    seating = seating or Seating(facts)
    if part.schedule not in facts.schedules:
        return f"there is no schedule {part.schedule!r}"
    at = part.starts_at
    for shift in seating.shifts(part):
        if shift.starts_at > at or person not in shift.people:
            break
        at = shift.ends_at
    if at >= part.ends_at:
        return ""
    return f"{_name(facts, person)} does not hold all of that time on {part.schedule}"


def cannot_take(seating: Seating, part: Part, giver: str, taker: str) -> str:
    """Why `taker` may not stand in for `giver` in this part; "" when they may."""
    facts, key = seating.facts, part.schedule
    if taker not in facts.people:
        return f"there is no person {taker!r} any more"
    if wrong := holds(facts, part, giver, seating):
        return f"{wrong} any more"
    if seating.seats(part, taker):
        return f"{_name(facts, taker)} is on call for {key} then already"
    for above in primaries(facts.schedules, key):
        if seating.seats(part, taker, above):
            return f"{_name(facts, taker)} is on call for {above} then, and nobody holds it and {key} at once"
    after = seating.plus([_stands_in("trial", part, giver, taker, "")])
    if not _exactly(seating.shifts(part), after.shifts(part), giver, taker):
        return f"an override on {key} stands in the way"
    for below in derived(facts.schedules, key):
        if seating.covered(part, below) and not after.covered(part, below):
            return f"{below} would have nobody then"
    return ""


def overrides_for(
    seating: Seating, override_id: str, part: Part, giver: str, taker: str, swap: Swap
) -> list[Override]:
    """The override that seats `taker`. Who cannot be reached is not moved to a secondary by it either."""
    stands_in = _stands_in(override_id, part, giver, taker, swap.id, swap.made_by)
    if not swap.unreachable or giver != swap.person:
        return [stands_in]
    return [stands_in, *_off_derived(seating.plus([stands_in]), override_id, part, swap)]


def taken_off(seating: Seating, swap: Swap) -> list[Override]:
    """Takes somebody off whom nobody can reach, until somebody covers for them."""
    gap = _removes(f"swap-{swap.id}-gap", swap.part, swap)
    return [gap, *_off_derived(seating.plus([gap]), gap.id, swap.part, swap)]


def _off_derived(seating: Seating, override_id: str, part: Part, swap: Swap) -> list[Override]:
    return [
        _removes(f"{override_id}-{below}", replace(part, schedule=below), swap)
        for below in derived(seating.facts.schedules, part.schedule)
        if seating.seats(part, swap.person, below)
    ]


def _removes(override_id: str, part: Part, swap: Swap) -> Override:
    return Override(
        id=override_id,
        schedule=part.schedule,
        person=swap.person,
        starts_at=part.starts_at,
        ends_at=part.ends_at,
        kind=OverrideKind.REMOVE,
        comment=f"swap {swap.id}",
        created_by=swap.made_by,
        on_top=True,
    )


def _stands_in(
    override_id: str, part: Part, giver: str, taker: str, swap_id: str, made_by: str = ""
) -> Override:
    return Override(
        id=override_id,
        schedule=part.schedule,
        person=taker,
        starts_at=part.starts_at,
        ends_at=part.ends_at,
        replaces=giver,
        comment=f"swap {swap_id}",
        created_by=made_by,
        on_top=True,
    )


def _exactly(before: list[Shift], after: list[Shift], giver: str, taker: str) -> bool:
    """Whether afterwards the same people hold every moment, with the one in the place of the other."""
    wanted = [
        (s.starts_at, s.ends_at, frozenset(taker if p == giver else p for p in s.people)) for s in before
    ]
    found = [(s.starts_at, s.ends_at, frozenset(s.people)) for s in after]
    return _joined(wanted) == _joined(found)


def _joined(
    spans: list[tuple[datetime, datetime, frozenset[str]]],
) -> list[tuple[datetime, datetime, frozenset[str]]]:
    joined: list[tuple[datetime, datetime, frozenset[str]]] = []
    for span in spans:
        if joined and joined[-1][1] == span[0] and joined[-1][2] == span[2]:
            joined[-1] = (joined[-1][0], span[1], span[2])
        else:
            joined.append(span)
    return joined


def primaries(schedules: dict[str, Schedule], key: str) -> list[str]:
    """Those that this one is derived from, the nearest first; rings end."""
    found: list[str] = []
    schedule = schedules.get(key)
    while schedule is not None and schedule.secondary_of is not None and schedule.secondary_of not in found:
        found.append(schedule.secondary_of)
        schedule = schedules.get(schedule.secondary_of)
    return [above for above in found if above in schedules and above != key]


def derived(schedules: dict[str, Schedule], key: str) -> list[str]:
    """Those that are derived from this one, directly or not."""
    return [other for other in schedules if key in primaries(schedules, other)]


def _name(facts: Configuration, person: str) -> str:
    return facts.people[person].name if person in facts.people else person
