"""Health on screen, words first: a team's sums for whoever reads, a person's numbers for themselves and for who manages the
team. By name, never by number."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall.looking_back import looked
from tocsin.apps.oncall.paged import received
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.control.oncall.health import health_view
from tocsin.control.requests import HealthView, StandingView
from tocsin.core.oncall.goals import Goals
from tocsin.core.roles import Permission

TONES = {"calm": "good", "now_and_then": "good", "too_often": "warn", "systemic": "bad"}


class Column(msgspec.Struct, frozen=True):
    """One week drawn: per cent of the width and height; `late` is the part after hours, at the foot."""

    x: str
    width: str
    y: str
    height: str
    late_y: str
    late_height: str


class Trend(msgspec.Struct, frozen=True):
    columns: tuple[Column, ...]
    goal: str  # where its line lies, in per cent from above
    goal_pages: str
    most: int
    first: datetime | None
    last: datetime | None


class Measured(msgspec.Struct, frozen=True):
    """One number beside its goal."""

    word: str
    number: str
    goal: str
    met: bool


class Shown(msgspec.Struct, frozen=True):
    standing: StandingView
    tone: str
    measured: tuple[Measured, ...]
    trend: Trend


@needs(Permission.READ)
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    configuration, reader, asked = facts(), reader_of(request), looked(request, ahead=False)
    context: dict[str, object] = {"asked": asked, "facts": configuration}
    if asked.team:
        whose = whose_numbers(reader, asked.team)
        view = health_view(asked.team, asked.starts_at, asked.ends_at, configuration, received, whose)
        me = reader.person.key if reader.person else ""
        context |= {
            "view": view,
            "whole": _shown(view.whole, view),
            "mine": next((_shown(each, view) for each in view.people if each.person == me), None),
            "others": [_shown(each, view) for each in view.people if each.person != me],
            "manages": whose is None,
        }
    return render(request, "oncall/health.html", context, status=400 if asked.refused else 200)


def whose_numbers(reader: Reader, team: str) -> Sequence[str] | None:
    """None: everybody's."""
    if reader.grants.allow(Permission.MANAGE, (team,)):
        return None
    return [reader.person.key] if reader.person else []


def _shown(standing: StandingView, view: HealthView) -> Shown:
    return Shown(
        standing,
        TONES[standing.verdict.value] if standing.numbers.shifts else "",
        tuple(_measured(standing, view.goals)),
        _trend(standing, view.goals),
    )


def _measured(standing: StandingView, goals: Goals) -> list[Measured]:
    numbers = standing.numbers
    return [
        Measured(
            "Pages a shift",
            f"{standing.pages_per_shift:.1f}",
            f"at most {goals.pages_per_shift}",
            standing.pages_per_shift <= goals.pages_per_shift,
        ),
        Measured(
            "Broken nights a shift",
            f"{standing.broken_nights_per_shift:.1f}",
            f"at most {goals.broken_nights}",
            standing.broken_nights_per_shift <= goals.broken_nights,
        ),
        Measured(
            "Calm shifts",
            f"{standing.calm_share:.0f} %",
            f"at least {goals.calm_shifts} %",
            standing.calm_share >= goals.calm_shifts,
        ),
        Measured(
            "Weeks in a row",
            str(numbers.longest_run),
            f"at most {goals.weeks_in_a_row}",
            numbers.longest_run <= goals.weeks_in_a_row,
        ),
    ]


def _trend(standing: StandingView, goals: Goals) -> Trend:
    """The goal's line: so many pages a shift, for as many shifts as a week has."""
    weeks = standing.numbers.weeks
    if not weeks:
        return Trend((), "", "", 0, None, None)
    goal = goals.pages_per_shift * standing.numbers.shifts / len(weeks)
    most = max(*(week.pages for week in weeks), goal, 1)
    step = 100 / len(weeks)
    columns = tuple(
        Column(
            x=f"{number * step + step * 0.12:.3f}%",
            width=f"{step * 0.76:.3f}%",
            y=f"{100 - 100 * week.pages / most:.2f}%",
            height=f"{100 * week.pages / most:.2f}%",
            late_y=f"{100 - 100 * week.after_hours / most:.2f}%",
            late_height=f"{100 * week.after_hours / most:.2f}%",
        )
        for number, week in enumerate(weeks)
    )
    return Trend(
        columns,
        f"{100 - 100 * goal / most:.2f}%",
        f"{goal:.1f}".removesuffix(".0"),
        max(week.pages for week in weeks),
        weeks[0].starts_at,
        weeks[-1].starts_at,
    )
