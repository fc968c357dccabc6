"""Fairness, health and warnings of on-call by API."""

from typing import Annotated

import msgspec
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from tocsin.apps.api.operations import caller, operation
from tocsin.apps.api.parameters import Instant, Word, instant_in
from tocsin.apps.oncall.paged import received
from tocsin.apps.oncall.warnings import current
from tocsin.control.oncall.fairness import fairness
from tocsin.control.oncall.health import health_view, past
from tocsin.control.oncall.spans import known_team, span_of, teams_asked
from tocsin.control.requests import FairnessView, HealthView, OnCallWarning
from tocsin.core.roles import Permission

router = Router(tags=["On-call"])
Team = Annotated[str, Query(max_length=200, description="A team's key; left out, each that has a schedule.")]


class Ledgers(msgspec.Struct, frozen=True):
    items: tuple[FairnessView, ...]


class Healths(msgspec.Struct, frozen=True):
    items: tuple[HealthView, ...]


class OnCallWarnings(msgspec.Struct, frozen=True):
    """Those that page nobody first, notes last."""

    items: tuple[OnCallWarning, ...]


@operation(
    router,
    "GET",
    "/on-call/fairness",
    needs=Permission.READ,
    summary="Who held how much of a team's on-call, against the fair share",
    answers=Ledgers,
    refuses=(404, 422),
)
def get_fairness(
    request: HttpRequest, team: Team = "", starts_at: Instant = None, ends_at: Instant = None
) -> Ledgers:
    """Thirteen weeks up to now where nothing is said, a year at most; shifts to come count when the end lies ahead."""
    facts, now = caller(request).facts, timezone.now()
    teams = teams_asked(team or None, facts)
    begin, end = span_of(instant_in(starts_at, "starts_at"), instant_in(ends_at, "ends_at"), now)
    return Ledgers(tuple(fairness(each, begin, end, facts, received) for each in teams))


@operation(
    router,
    "GET",
    "/on-call/health",
    needs=Permission.READ,
    summary="What pages do to shifts and nights, against the team's goals",
    answers=Healths,
    refuses=(404, 422),
)
def get_health(
    request: HttpRequest, team: Team = "", starts_at: Instant = None, ends_at: Instant = None
) -> Healths:
    """`people` are yourself, or everybody for who manages the team."""
    who, now = caller(request), timezone.now()
    teams = teams_asked(team or None, who.facts)
    begin, end = past(instant_in(starts_at, "starts_at"), instant_in(ends_at, "ends_at"), now)
    own = [who.person.key] if who.person else []
    return Healths(
        tuple(
            health_view(
                each,
                begin,
                end,
                who.facts,
                received,
                None if who.grants.allow(Permission.MANAGE, (each,)) else own,
            )
            for each in teams
        )
    )


@operation(
    router,
    "GET",
    "/on-call/warnings",
    needs=Permission.READ,
    summary="What is going to bite in the next eight weeks",
    answers=OnCallWarnings,
    refuses=(404, 422),
)
def list_on_call_warnings(request: HttpRequest, team: Word = "") -> OnCallWarnings:
    """Gaps, double bookings, too much, too little rest, leave, holidays, nobody reachable; with who could step in."""
    facts = caller(request).facts
    if team:
        known_team(team, facts)
    found = current(facts, timezone.now())
    return OnCallWarnings(tuple(each for each in found if not team or each.team == team))
