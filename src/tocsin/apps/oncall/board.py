"""The board: who is on call for every team and schedule, now and next, and how to reach them. One pass over the facts."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from tocsin.apps.oncall.hues import hues_of
from tocsin.apps.oncall.queries import now_and_next
from tocsin.apps.oncall.reach import Tap, taps
from tocsin.apps.oncall.timeline import initials, name_of
from tocsin.control.requests import WhoView
from tocsin.core.configuration import Configuration
from tocsin.core.respond.policy import Policy, TargetKind


class OnDuty(msgspec.Struct, frozen=True):
    person: str
    hue: int
    initials: str
    taps: tuple[Tap, ...]


class Line(msgspec.Struct, frozen=True):
    """One schedule. `policy` is one that pages it; "" when none does, or when a line above it has that button."""

    view: WhoView
    duty: tuple[OnDuty, ...]
    shadows: tuple[str, ...]
    policy: str


class Group(msgspec.Struct, frozen=True):
    """One team's schedules; `team` is "" for those of nobody."""

    team: str
    name: str
    lines: tuple[Line, ...]


class Mine(msgspec.Struct, frozen=True):
    """What the reader has: now, until when and who then; or next, and from when."""

    view: WhoView
    is_now: bool


class Board(msgspec.Struct, frozen=True):
    groups: tuple[Group, ...]
    mine: tuple[Mine, ...]
    without: tuple[str, ...]  # teams without any schedule
    nobody: int  # schedules that nobody holds now


def board(facts: Configuration, at: datetime, person: str, team: str, may_reach: bool) -> Board:
    """`team` shows one team's alone; `person` is the reader. Addresses are left out for who may not reach people."""
    views = now_and_next(facts, at)
    shown = [view for view in views if not team or (view.team or "") == team]
    paged_by = _paged_by(facts.policies.values())
    duty = Duty(facts, may_reach)
    groups: dict[str, list[Line]] = {}
    for view in sorted(shown, key=lambda view: _place(view, facts)):
        above = groups.setdefault(view.team or "", [])
        policy = paged_by.get(view.schedule, "")
        if any(line.policy == policy for line in above):
            policy = ""
        above.append(Line(view, duty.of(view), getattr(view, "shadows", ()), policy))
    return Board(
        groups=tuple(Group(key, _named(key, facts), tuple(groups[key])) for key in _order(groups, facts)),
        mine=tuple(_mine(views, person)),
        without=tuple(sorted(set(facts.teams) - {view.team for view in views if view.team}))
        if not team
        else (),
        nobody=sum(1 for view in shown if not view.people),
    )


class Duty:
    """Those on duty, each with how to reach them; looked up once a person, however many schedules they hold."""

    def __init__(self, facts: Configuration, may_reach: bool) -> None:
        self._facts, self._may_reach, self._hues = facts, may_reach, hues_of(facts)
        self._known: dict[str, OnDuty] = {}

    def of(self, view: WhoView) -> tuple[OnDuty, ...]:
        return tuple(self._one(person) for person in view.people)

    def _one(self, person: str) -> OnDuty:
        if person not in self._known:
            reached = taps(self._facts.people.get(person)) if self._may_reach else ()
            shown = initials(name_of(person, self._facts))
            self._known[person] = OnDuty(person, self._hues.get(person, 0), shown, tuple(reached))
        return self._known[person]


def _mine(views: Iterable[WhoView], person: str) -> list[Mine]:
    if not person:
        return []
    now = [Mine(view, True) for view in views if person in view.people]
    coming = [Mine(view, False) for view in views if person in view.next_people and person not in view.people]
    return [*now, *sorted(coming, key=lambda mine: (mine.view.next_at is None, mine.view.next_at))]


def _paged_by(policies: Iterable[Policy]) -> Mapping[str, str]:
    """For each schedule a policy that pages it, one of its first step before others."""
    found: dict[str, tuple[int, str]] = {}
    for policy in policies:
        for number, step in enumerate(policy.steps):
            for target in step.targets:
                if target.kind is TargetKind.SCHEDULE:
                    found[target.name] = min(found.get(target.name, (99, "")), (number, policy.key))
    return {schedule: policy for schedule, (_, policy) in found.items()}


def _place(view: WhoView, facts: Configuration) -> tuple[str, int, str]:
    """A second seat stands below its primary."""
    primary = facts.schedules[view.schedule].secondary_of
    return (primary or view.schedule, int(primary is not None), view.schedule)


def _order(groups: Iterable[str], facts: Configuration) -> list[str]:
    return sorted(groups, key=lambda key: (not key, _named(key, facts).casefold()))


def _named(team: str, facts: Configuration) -> str:
    known = facts.teams.get(team)
    return known.name if known is not None and known.name else team
