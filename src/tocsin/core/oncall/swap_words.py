"""What people are told of a swap, each in their own time zone, and which buttons come with it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.notices import local
from tocsin.core.oncall.swap import Part, Swap
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Offer
from tocsin.core.respond.prose import listed


class Telling(msgspec.Struct, frozen=True):
    """One message to one person. `what` makes it told once for each swap. `urgent`: at any hour."""

    person: str
    what: str
    title: str
    text: str
    reason: Reason
    opens: str = ""
    offers: tuple[Offer, ...] = ()
    urgent: bool = False


def names(facts: Configuration, people: Iterable[str]) -> str:
    """`Bob Brandt and Carol Cole`."""
    return listed([facts.people[p].name if p in facts.people else p for p in people])


def span(part: Part, time_zone: str) -> str:
    """`platform-primary from Mon 15 Jun 09:00 until Tue 16 Jun 09:00 (Europe/Berlin)`."""
    begins, ends = local(part.starts_at, time_zone), local(part.ends_at, time_zone)
    return f"{part.schedule} from {begins} until {ends} ({time_zone})"


def told(facts: Configuration, swap: Swap, person: str, what: str, reason: Reason, now: datetime) -> Telling:
    """`what`: see `_said`."""
    reader = facts.people.get(person)
    time_zone = reader.time_zone if reader is not None else "UTC"
    title, text = _said(facts, swap, what, time_zone, now)
    asked = what in ("offered", "reminder.after", "reminder.before")
    return Telling(
        person=person,
        what=what,
        title=title,
        text=text,
        reason=reason,
        opens=f"/on-call/swaps/{swap.id}",
        offers=_answers(swap) if asked else (),
        urgent=what in ("needed", "gap", "yours_still") or (swap.cover and what == "offered"),
    )


def _answers(swap: Swap) -> tuple[Offer, ...]:
    return (Offer("Take it", "accept_swap", swap.id), Offer("Decline", "decline_swap", swap.id))


def _said(facts: Configuration, swap: Swap, what: str, time_zone: str, now: datetime) -> tuple[str, str]:
    who = names(facts, (swap.person,))
    part = span(swap.part, time_zone)
    back = f" In return they take {span(swap.back, time_zone)}." if swap.back is not None else ""
    why = f" {who} says: {swap.comment}" if swap.comment else ""
    match what:
        case "offered" if swap.cover:
            title = f"Can you cover for {who}?"
            return title, f"{who} cannot take {part}.{why}"
        case "offered":
            wanted = " in return for one of yours" if swap.back is not None else ""
            return f"{who} offers you a shift{wanted}", f"{part}.{_asks_back(swap, time_zone)}{why}"
        case "reminder.after" | "reminder.before":
            return f"{who}'s shift still waits for your answer", f"{part}.{_asks_back(swap, time_zone)}{why}"
        case "accepted":
            taker = names(facts, (swap.accepted_by,))
            mine = f" You take {span(swap.back, time_zone)} in return." if swap.back is not None else ""
            return f"{taker} takes your shift", f"{taker} is on call for {part}.{mine}"
        case "yours":
            return "You took a shift", f"You are on call for {part}, instead of {who}.{back}"
        case "taken":
            return f"{who}'s shift is taken", f"{names(facts, (swap.accepted_by,))} takes {part}."
        case "declined":
            return "Nobody takes your shift", f"Everybody whom you asked has declined: {part} stays yours."
        case "nobody":
            stays = "" if swap.unreachable else " You are still on call for it."
            return "Nobody covers your shift yet", f"Everybody has declined {part}.{stays}"
        case "withdrawn":
            return f"{who}'s shift is no longer offered", f"{who} withdrew {part}. There is nothing to do."
        case "expired":
            return "Nobody took your shift", f"The time to answer is over: {part} was not taken."
        case "yours_still":
            return (
                "Your shift begins, and nobody covers it",
                f"You are on call for {part}. If nobody can reach you, say so there: then the next step of the policy is"
                " paged at once.",
            )
        case "gap":
            return (
                f"Nobody is on call: {swap.part.schedule}",
                f"{who} cannot be reached and is off {part}.{why} Until somebody covers it, pages go to the next step of"
                " the policy at once.",
            )
        case _:  # needed
            state = "is off it" if swap.unreachable else "is still on call for it"
            return (
                f"Nobody covers {who}'s shift yet",
                f"{who} cannot take {part} and {state}.{why} Asked: {names(facts, swap.asked)}.",
            )


def _asks_back(swap: Swap, time_zone: str) -> str:
    return f" In return for {span(swap.back, time_zone)}." if swap.back is not None else ""
