"""Swaps: somebody offers a shift of theirs, or part of it, and whoever takes it stands in for them. A cover request is a
swap in need: nothing is asked in return, everybody is asked at once, and silence is told upwards.

Pure: `decide` folds one event into a swap and says what follows as data. Who holds what is asked of the schedules at every
event, because they move; a swap only makes overrides (named `swap <id>`), nothing else ever seats anybody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Override
from tocsin.core.oncall.swap import State, Swap
from tocsin.core.oncall.swap_seats import Seating, cannot_take, derived, holds, overrides_for, taken_off
from tocsin.core.oncall.swap_words import Telling, names, told
from tocsin.core.reasons import Reason

REMIND_AFTER = timedelta(hours=24)  # those who were asked and said nothing
REMIND_BEFORE = timedelta(hours=24)  # before the shift begins
SOON = timedelta(hours=1)  # a reminder that close to the offer, or to its end, says nothing new
COVER_WAIT = timedelta(minutes=30)  # until the lead hears that nobody covers
COVER_CLOSE = timedelta(hours=2)  # a shift that begins within this has no time to wait


# --- what happens to it ----------------------------------------------------------------------------------------------


class Offered(msgspec.Struct, frozen=True):
    """It was just made."""


class Accepted(msgspec.Struct, frozen=True):
    person: str


class Declined(msgspec.Struct, frozen=True):
    person: str


class Withdrawn(msgspec.Struct, frozen=True):
    person: str


class OutOfReach(msgspec.Struct, frozen=True):
    """Whoever asks for cover says that nobody can reach them, so they must not stay on call until somebody does."""

    person: str


class TimerDue(msgspec.Struct, frozen=True):
    pass


Event = Offered | Accepted | Declined | Withdrawn | OutOfReach | TimerDue


class Decision(msgspec.Struct, frozen=True):
    """`refused` says why nothing happened; then nothing else holds. `ends` are ids of overrides that end now. `said` answers
    whoever asked."""

    swap: Swap
    said: str = ""
    refused: str = ""
    tellings: tuple[Telling, ...] = ()
    overrides: tuple[Override, ...] = ()
    ends: tuple[str, ...] = ()
    remind_at: datetime | None = None


def decide(swap: Swap, event: Event, now: datetime, facts: Configuration) -> Decision:
    if not swap.is_open:
        return Decision(swap, refused="" if isinstance(event, TimerDue) else _settled(swap, facts))
    if now >= swap.expires_at:
        expired = _expire(swap, now, facts)
        return (
            expired
            if isinstance(event, TimerDue)
            else replace(expired, refused=_settled(expired.swap, facts))
        )
    match event:
        case Offered():
            return _offer(swap, now, facts)
        case Accepted(person=person):
            return _accept(swap, person, now, facts)
        case Declined(person=person):
            return _decline(swap, person, now, facts)
        case Withdrawn(person=person):
            return _withdraw(swap, person, now, facts)
        case OutOfReach(person=person):
            return _out_of_reach(swap, person, now, facts)
        case TimerDue():
            return _remind(swap, now, facts)


def _offer(swap: Swap, now: datetime, facts: Configuration) -> Decision:
    if wrong := holds(facts, swap.part, swap.person):
        return Decision(swap, refused=wrong)
    if swap.back is not None and (wrong := holds(facts, swap.back, swap.asked[0])):
        return Decision(swap, refused=wrong)
    tellings = [told(facts, swap, person, "offered", Reason.SWAP_OFFERED, now) for person in swap.asked]
    overrides: tuple[Override, ...] = ()
    if swap.unreachable:
        swap, overrides = _off(swap, facts)
        tellings += _upwards(swap, "gap", now, facts)
    elif swap.cover and (not swap.asked or _escalates_at(swap) <= now):
        tellings += _upwards(swap, "needed", now, facts)
        swap = replace(swap, told=(*swap.told, "needed"))
    said = f"{names(facts, swap.asked)} {'is' if len(swap.asked) == 1 else 'are'} asked."
    if not swap.asked:
        said = "There is nobody else to ask; whoever leads the team, or the admins, are told now."
    return Decision(swap, said, tellings=tuple(tellings), overrides=overrides, remind_at=next_look(swap, now))


def _accept(swap: Swap, person: str, now: datetime, facts: Configuration) -> Decision:
    if person not in swap.asked:
        return Decision(swap, refused="this shift was not offered to them")
    part = swap.part.after(now)
    back = swap.back.after(now) if swap.back is not None else None
    if part is None or (swap.back is not None and back is None):
        return Decision(swap, refused="that shift is over already")
    seating = Seating(facts, without=swap.gaps)
    if wrong := cannot_take(seating, part, swap.person, person):
        return Decision(swap, refused=wrong)
    made = list(overrides_for(seating, f"swap-{swap.id}", part, swap.person, person, swap))
    if back is not None:
        seating = seating.plus(made)
        if wrong := cannot_take(seating, back, person, swap.person):
            return Decision(swap, refused=wrong)
        made += overrides_for(seating, f"swap-{swap.id}-back", back, person, swap.person, swap)
    taken = replace(
        swap,
        part=part,
        back=back,
        state=State.ACCEPTED,
        accepted_by=person,
        settled_at=now,
        overrides=tuple(override.id for override in made),
    )
    accepted = told(facts, taken, swap.person, "accepted", Reason.SWAP_ANSWERED, now)
    tellings = [
        replace(accepted, text=accepted.text + _and_then(Seating(facts, swap.gaps, tuple(made)), taken))
    ]
    tellings += [
        told(facts, taken, other, "taken", Reason.SWAP_ANSWERED, now)
        for other in swap.waits_for
        if other != person
    ]
    tellings.append(told(facts, taken, person, "yours", Reason.SWAP_ANSWERED, now))
    said = tellings[-1].text
    return Decision(taken, said, tellings=tuple(tellings), overrides=tuple(made), ends=swap.gaps)


def _and_then(after: Seating, swap: Swap) -> str:
    """The seat that whoever gave a shift away gets by it: of a primary's, often that of its secondary."""
    schedules = after.facts.schedules
    kept = [key for key in derived(schedules, swap.part.schedule) if after.seats(swap.part, swap.person, key)]
    return f" You are on call for {' and '.join(kept)} then; offer that, too, if you cannot." if kept else ""


def _decline(swap: Swap, person: str, now: datetime, facts: Configuration) -> Decision:
    if person not in swap.asked:
        return Decision(swap, refused="this shift was not offered to them")
    if person in swap.declined:
        return Decision(swap, "You have declined it already.", remind_at=next_look(swap, now))
    swap = replace(swap, declined=(*swap.declined, person))
    if swap.waits_for:
        return Decision(swap, "Declined. Others are still asked.", remind_at=next_look(swap, now))
    if swap.cover:  # it stays open: somebody may change their mind, and the lead has to know now
        upwards = [] if "needed" in swap.told else _upwards(swap, "needed", now, facts)
        swap = replace(swap, told=tuple(dict.fromkeys((*swap.told, "needed"))))
        mine = told(facts, swap, swap.person, "nobody", Reason.SWAP_ANSWERED, now)
        return Decision(swap, "Declined.", tellings=(*upwards, mine), remind_at=next_look(swap, now))
    swap = replace(swap, state=State.DECLINED, settled_at=now)
    return Decision(
        swap, "Declined.", tellings=(told(facts, swap, swap.person, "declined", Reason.SWAP_ANSWERED, now),)
    )


def _withdraw(swap: Swap, person: str, now: datetime, facts: Configuration) -> Decision:
    if person != swap.person:
        return Decision(swap, refused="only whoever offered it withdraws it")
    swap = replace(swap, state=State.WITHDRAWN, settled_at=now)
    tellings = tuple(
        told(facts, swap, other, "withdrawn", Reason.SWAP_ANSWERED, now) for other in swap.waits_for
    )
    return Decision(
        swap,
        "Withdrawn; the shift stays with whoever has it.",
        tellings=tellings,
        ends=swap.gaps,
    )


def _out_of_reach(swap: Swap, person: str, now: datetime, facts: Configuration) -> Decision:
    if person != swap.person or not swap.cover:
        return Decision(swap, refused="only whoever asks for cover says this")
    if swap.unreachable:
        return Decision(swap, "That is known already.", remind_at=next_look(swap, now))
    part = swap.part.after(now)
    if part is None:
        return Decision(swap, refused="that shift is over already")
    swap, overrides = _off(replace(swap, part=part, unreachable=True), facts)
    return Decision(
        swap,
        "Pages go to the next step of the policy at once, until somebody covers.",
        tellings=tuple(_upwards(swap, "gap", now, facts)),
        overrides=overrides,
        remind_at=next_look(swap, now),
    )


def _off(swap: Swap, facts: Configuration) -> tuple[Swap, tuple[Override, ...]]:
    """Off the schedule until somebody covers. Who has to know is told of that, and no more that nobody covers."""
    overrides = tuple(taken_off(Seating(facts), swap))
    told = tuple(dict.fromkeys((*swap.told, "needed")))
    return replace(swap, gaps=tuple(override.id for override in overrides), told=told), overrides


# --- its timer -------------------------------------------------------------------------------------------------------


def next_look(swap: Swap, now: datetime) -> datetime:
    """When its timer rings next: a reminder, a telling upwards, or its end."""
    return min([at for _, at in _moments(swap) if at > now] + [swap.expires_at])


def _moments(swap: Swap) -> list[tuple[str, datetime]]:
    if swap.cover:
        begins = [("begins", swap.part.starts_at)] if swap.part.starts_at > swap.made_at else []
        return [("needed", _escalates_at(swap)), *begins]
    reminders = {
        "after": swap.made_at + REMIND_AFTER,
        "before": swap.part.starts_at - REMIND_BEFORE,
    }
    return [(name, at) for name, at in reminders.items() if swap.made_at + SOON < at < swap.expires_at - SOON]


def _escalates_at(swap: Swap) -> datetime:
    """Half an hour after it was asked; at once when the shift begins within two hours, or runs already."""
    return min(swap.made_at + COVER_WAIT, max(swap.made_at, swap.part.starts_at - COVER_CLOSE))


def _remind(swap: Swap, now: datetime, facts: Configuration) -> Decision:
    """Of several that an outage let pile up, those who were asked hear one."""
    overdue = [name for name, at in _moments(swap) if at <= now and name not in swap.told]
    swap = replace(swap, told=(*swap.told, *overdue))
    tellings: list[Telling] = []
    if "needed" in overdue:
        tellings += _upwards(swap, "needed", now, facts)
    if "begins" in overdue and not swap.unreachable:
        tellings.append(told(facts, swap, swap.person, "yours_still", Reason.COVER_NEEDED, now))
    if reminders := [name for name in overdue if name in ("after", "before")]:
        tellings += [
            told(facts, swap, person, f"reminder.{reminders[-1]}", Reason.SWAP_REMINDER, now)
            for person in swap.waits_for
        ]
    return Decision(swap, tellings=tuple(tellings), remind_at=next_look(swap, now))


def _expire(swap: Swap, now: datetime, facts: Configuration) -> Decision:
    swap = replace(swap, state=State.EXPIRED, settled_at=now)
    tellings = [told(facts, swap, swap.person, "expired", Reason.SWAP_ANSWERED, now)]
    return Decision(swap, tellings=tuple(tellings))


def _upwards(swap: Swap, what: str, now: datetime, facts: Configuration) -> list[Telling]:
    """To the team's lead; to the admins where there is none (but whoever asks), and always when nobody is left to page."""
    schedule = facts.schedules.get(swap.part.schedule)
    team = facts.teams.get(schedule.team or "") if schedule is not None else None
    lead = team.lead if team is not None and team.lead in facts.people else None
    whom: list[str] = [lead] if lead is not None and lead != swap.person else []
    if what == "gap" or not whom:
        whom += [admin for admin in facts.admins() if admin not in whom]
    return [told(facts, swap, person, what, Reason.COVER_NEEDED, now) for person in whom]


def _settled(swap: Swap, facts: Configuration) -> str:
    match swap.state:
        case State.ACCEPTED:
            return f"{names(facts, (swap.accepted_by,))} has taken it already; thank you all the same"
        case State.WITHDRAWN:
            return f"{names(facts, (swap.person,))} has withdrawn it"
        case State.DECLINED:
            return "everybody who was asked has declined it"
        case _:
            return "its time is over"


def candidates(facts: Configuration, schedule: str, person: str) -> tuple[str, ...]:
    """Who may be asked: the schedule's team, and whoever takes turns on it."""
    found = facts.schedules.get(schedule)
    if found is None:
        return ()
    team = facts.teams.get(found.team or "")
    names: Sequence[str] = (
        *(team.members if team is not None else ()),
        *([team.lead] if team is not None and team.lead else []),
        *(p for layer in found.layers for group in layer.rotation.people for p in group),
    )
    return tuple(dict.fromkeys(p for p in names if p in facts.people and p != person))
