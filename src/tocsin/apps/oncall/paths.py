"""A policy as a way through time, for an instant somebody chose: who is reached at once, who next, who at last."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

import msgspec

from tocsin.channels import plain
from tocsin.core.configuration import Configuration
from tocsin.core.respond.next_step import PlannedStep, plan_of
from tocsin.core.respond.policy import Policy
from tocsin.core.respond.prose import span

MOST_DRAWN = 12  # stops; the rounds after that are as those before


class Stop(msgspec.Struct, frozen=True):
    """As web/way.html draws it. `tone`: "", held (nobody), last (the last resort), over."""

    when: str
    what: str
    detail: str
    tone: str = ""


def way(policy: Policy, facts: Configuration, at: datetime) -> list[Stop]:
    """`now: Alice Ames (platform-primary)`, `+10 min: Bob Brandt`, ..., the last resort."""
    planned = plan_of(policy, facts, at)
    stops = [_stop(list(same), facts) for _, same in groupby(planned, key=lambda step: (step.after, step.by))]
    last = [stop for stop in stops if stop.tone == "last"]
    steps = [stop for stop in stops if stop.tone != "last"]
    if len(steps) > MOST_DRAWN:
        more = Stop("…", f"{len(steps) - MOST_DRAWN} more", "the same again, round by round")
        steps = [*steps[:MOST_DRAWN], more]
    return [*steps, *last]


def _stop(same: list[PlannedStep], facts: Configuration) -> Stop:
    first = same[0]
    reached = [_reached(step, facts) for step in same]
    somebody = any(step.people or step.target in facts.chats for step in same)
    tone = "last" if first.by == "last resort" else "" if somebody else "held"
    return Stop(_when(first.after), ", ".join(reached), first.by, tone)


def _reached(step: PlannedStep, facts: Configuration) -> str:
    names = [_name(key, facts) for key in step.people]
    if not names:
        return f"the chat {step.target}" if step.target in facts.chats else f"nobody ({step.target})"
    shown = ", ".join(names)
    return shown if step.people == (step.target,) else f"{shown} ({step.target})"


def _name(key: str, facts: Configuration) -> str:
    person = facts.people.get(key)
    return plain.line(person.name if person else key, 60)


def _when(after: timedelta) -> str:
    return "now" if not after else f"+{span(after)}"


def said(stops: Iterable[Stop]) -> str:
    """The whole way as one sentence, for a list."""
    return "; ".join(f"{stop.when}: {stop.what}" for stop in stops)
