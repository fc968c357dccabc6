"""A policy while somebody writes it: steps and their targets as a form sends them, without a script.

The fields are `name`, `team`, `repeat`, `last` (targets, once each), and for each step in order a `step` with its number n,
`to-n` (targets, once each) and `wait-n`. A target is `kind:name`; an empty one is nobody.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from django.http import QueryDict

from tocsin.core.configuration import Configuration
from tocsin.core.instants import format_duration, parse_duration
from tocsin.core.respond.policy import Policy, Step, Target, TargetKind

MOST_STEPS = 20
MOST_TARGETS = 12
FIRST_WAIT = "10m"


class DraftStep(msgspec.Struct):
    targets: list[str] = []
    wait: str = FIRST_WAIT


class Draft(msgspec.Struct):
    """Everything as text, however wrong: it is shown again as it was typed."""

    key: str = ""
    team: str = ""
    repeat: str = "0"
    steps: list[DraftStep] = []
    last: list[str] = []


def begun() -> Draft:
    return Draft(steps=[DraftStep()])


def of_policy(policy: Policy) -> Draft:
    return Draft(
        key=policy.key,
        team=policy.team or "",
        repeat=str(policy.repeat),
        steps=[
            DraftStep([_said(target) for target in step.targets], format_duration(step.wait))
            for step in policy.steps
        ],
        last=[_said(target) for target in policy.last_resort],
    )


def of_form(data: QueryDict) -> Draft:
    steps = [
        DraftStep(_some(data.getlist(f"to-{number}")), data.get(f"wait-{number}", "")[:40])
        for number in data.getlist("step")[:MOST_STEPS]
    ]
    return Draft(
        key=data.get("key", "").strip()[:64],
        team=data.get("team", "")[:64],
        repeat=data.get("repeat", "")[:10],
        steps=steps,
        last=_some(data.getlist("last")),
    )


def _some(targets: Sequence[str]) -> list[str]:
    return [target[:200] for target in targets[:MOST_TARGETS] if target]


def _said(target: Target) -> str:
    return f"{target.kind.value}:{target.name}"


# --- buttons that are not Save ---------------------------------------------------------------------------------------


def turned(draft: Draft, button: str) -> Draft:
    """`add`, `remove:1`, `up:1` or `down:1`, counted from 0; anything else leaves it as it is."""
    steps = list(draft.steps)
    act, _, number = button.partition(":")
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 3 else -1
    if act == "add" and len(steps) < MOST_STEPS:
        steps.append(DraftStep())
    elif 0 <= at < len(steps):
        step = steps[at]
        if act == "remove":
            del steps[at]
        elif act in ("up", "down"):
            del steps[at]
            steps.insert(max(0, at + (-1 if act == "up" else 1)), step)
    return msgspec.structs.replace(draft, steps=steps)


# --- what it means ---------------------------------------------------------------------------------------------------


def wait_of(text: str) -> str:
    """A plain number is minutes."""
    return f"{text.strip()}m" if re.fullmatch(r"\s*\d{1,6}\s*", text, re.ASCII) else text.strip()


def written(draft: Draft) -> dict[str, Any]:
    """As it stands in YAML. Targets are explicit, so that one name of two kinds is never mistaken."""
    steps = []
    for step in draft.steps:
        page = [_explicit(target) for target in step.targets if not target.startswith("chat:")]
        chat = [_explicit(target)["chat"] for target in step.targets if target.startswith("chat:")]
        wait = {"wait": wait_of(step.wait)} if step.wait.strip() else {}
        steps.append({**({"page": page} if page else {}), **({"chat": chat} if chat else {}), **wait})
    noun: dict[str, Any] = {"steps": steps, "repeat": draft.repeat.strip() or "0"}
    if draft.team:
        noun["team"] = draft.team
    if draft.last:
        noun["last_resort"] = [_explicit(target) for target in draft.last]
    return noun


def _explicit(target: str) -> dict[str, str]:
    kind, _, name = target.partition(":")
    return {kind: name}


def policy_of(draft: Draft, facts: Configuration) -> Policy:
    """As far as it can be understood, to be drawn while it is written."""
    steps = [
        Step(tuple(_targets(step.targets, facts)), _wait(step.wait))
        for step in draft.steps
        if _targets(step.targets, facts)
    ]
    repeat = int(draft.repeat) if re.fullmatch(r"\d{1,2}", draft.repeat.strip(), re.ASCII) else 0
    return Policy(draft.key, tuple(steps), repeat, tuple(_targets(draft.last, facts)), draft.team or None)


def _targets(said: Sequence[str], facts: Configuration) -> list[Target]:
    known: dict[TargetKind, Mapping[str, object]] = {
        TargetKind.PERSON: facts.people,
        TargetKind.SCHEDULE: facts.schedules,
        TargetKind.TEAM: facts.teams,
        TargetKind.CHAT: facts.chats,
    }
    found = []
    for each in said:
        kind, _, name = each.partition(":")
        if kind in tuple(TargetKind) and name in known[TargetKind(kind)]:
            found.append(Target(TargetKind(kind), name))
    return found


def _wait(text: str) -> timedelta:
    try:
        return min(parse_duration(wait_of(text)), timedelta(days=3650))
    except ValueError:
        return timedelta(minutes=10)
