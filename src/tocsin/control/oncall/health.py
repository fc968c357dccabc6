"""What pages do to a team and its people, against the team's own goals. Who may see whose numbers is `authority.py`'s."""

from collections.abc import Collection
from datetime import datetime

from tocsin.control.oncall.fairness import Received, received_in
from tocsin.control.oncall.spans import span_of, teams_asked
from tocsin.control.requests.fairness import HealthView, ShowHealth, StandingView
from tocsin.control.requests.refused import Refused
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.goals import Goals
from tocsin.core.oncall.health import Standing, health, said
from tocsin.core.oncall.seats import schedules_of, seats
from tocsin.engine.store.protocol import Transaction


def show(tx: Transaction, request: ShowHealth, facts: Configuration, now: datetime) -> list[HealthView]:
    if request.person is not None and request.person not in facts.people:
        raise Refused("not_found", f"there is no person {request.person!r}", "person")
    whose = None if request.everyone else {request.person} - {None}
    span, teams = past(request.starts_at, request.ends_at, now), teams_asked(request.team, facts)
    return [health_view(team, *span, facts, received_in(tx), whose) for team in teams]


def past(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """What is yet to come has no pages, so the span ends now at the latest. Raises Refused."""
    begin, end = span_of(starts_at, ends_at, now)
    if begin >= now:
        raise Refused("invalid", "it must lie in the past: what is yet to come has no pages", "starts_at")
    return begin, min(end, now)


def health_view(
    name: str,
    begin: datetime,
    end: datetime,
    facts: Configuration,
    received: Received,
    whose: Collection[str | None] | None,
) -> HealthView:
    """Of one team, which must be known; with the numbers of those in `whose`, None: of everybody."""
    team = facts.teams[name]
    keys = schedules_of(facts.schedules_ever(), name)
    held = seats(facts.schedules_ever(), keys, begin, end, facts.overrides)
    people = sorted({seat.person for seat in held})
    zones = {key: person.time_zone for key, person in facts.people.items()}
    found = health(held, received(people, begin, end), zones, team.business_hours, begin, end)
    return HealthView(
        team=name,
        starts_at=begin,
        ends_at=end,
        goals=team.goals,
        whole=_view("", team.name or team.key, found.team, team.goals),
        people=tuple(
            _view(person, _name(person, facts), standing, team.goals)
            for person, standing in found.people
            if whose is None or person in whose
        ),
    )


def _name(key: str, facts: Configuration) -> str:
    person = facts.people.get(key)
    return person.name if person else key


def _view(person: str, name: str, standing: Standing, goals: Goals) -> StandingView:
    return StandingView(
        person=person,
        name=name,
        verdict=standing.verdict(goals),
        says=said(standing, goals),
        pages_per_shift=round(standing.pages_per_shift, 2),
        broken_nights_per_shift=round(standing.broken_per_shift, 2),
        calm_share=round(standing.calm_share, 1),
        numbers=standing,
    )
