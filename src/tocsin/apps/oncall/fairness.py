"""Fairness on screen: who held how much of a team's on-call, against the fair share, drawn and as numbers."""

from collections.abc import Sequence

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall.looking_back import looked
from tocsin.apps.oncall.paged import received
from tocsin.apps.people.authority import needs
from tocsin.control.oncall.fairness import fairness as worked_out
from tocsin.control.requests import FairnessView, MeasureView, ShareView
from tocsin.core.respond.prose import listed
from tocsin.core.roles import Permission

MEASURES = (
    ("hours", "Hours", "h"),
    ("nights", "Nights", ""),
    ("weekend", "Weekend hours", "h"),
    ("holidays", "Holiday hours", "h"),
    ("pages", "Pages", ""),
)
A_DAY = 24.0  # hours by which one may be away from the share before it is worth a word


class Bar(msgspec.Struct, frozen=True):
    """One person's of one measure; `width` and `share` are per cent of the longest."""

    name: str
    width: str
    share: str
    said: str
    over: bool


class Cell(msgspec.Struct, frozen=True):
    """One measure as it is shown."""

    held: str
    share: str
    over: str
    carried: str
    owed: str


class Line(msgspec.Struct, frozen=True):
    """A row of the tables: the measure that is drawn, and all of them."""

    person: str
    part_days: str
    chosen: Cell
    cells: tuple[Cell, ...]


@needs(Permission.READ)
@require_safe
def fairness(request: HttpRequest) -> HttpResponse:
    configuration, asked = facts(), looked(request, ahead=True)
    wanted = request.GET.get("of", "")
    measure = next((each for each in MEASURES if each[0] == wanted), MEASURES[0])
    view = (
        worked_out(asked.team, asked.starts_at, asked.ends_at, configuration, received)
        if asked.team
        else None
    )
    context = {
        "asked": asked,
        "view": view,
        "measure": measure,
        "measures": MEASURES,
        "says": says(view) if view else (),
        "bars": bars(view, measure[0], measure[2]) if view else (),
        "lines": [line(each, measure[0]) for each in view.people] if view else (),
        "facts": configuration,
    }
    return render(request, "oncall/fairness.html", context, status=400 if asked.refused else 200)


def says(view: FairnessView) -> list[str]:
    """What is owed by now, by name; never who has most."""
    found = [
        f"{each.name} {'is owed' if each.hours.owed > 0 else 'owes'} {_owed(each)}."
        for each in view.people
        if abs(each.hours.owed) > A_DAY
    ]
    if not found and view.people:
        return ["Fair: nobody is more than a day away from their share, a year carried over."]
    return found


def _owed(share: ShareView) -> str:
    sign = 1 if share.hours.owed > 0 else -1
    also = [
        f"{sign * measure.owed:.0f} {word}"
        for measure, word in (
            (share.nights, "nights"),
            (share.weekend, "h of weekends"),
            (share.holidays, "h of holidays"),
        )
        if sign * measure.owed >= 1
    ]
    hours = f"{sign * share.hours.owed:.0f} h"
    return f"{hours}, among them {listed(also)}" if also else hours


def bars(view: FairnessView, name: str, unit: str) -> Sequence[Bar]:
    measures: list[tuple[str, MeasureView]] = [(each.name, getattr(each, name)) for each in view.people]
    longest = max((max(m.held, m.share) for _, m in measures), default=0) or 1
    return [
        Bar(
            person,
            f"{100 * m.held / longest:.2f}%",
            f"{100 * m.share / longest:.2f}%",
            f"{_number(m.held)} of {_number(m.share)}{f' {unit}' if unit else ''}",
            m.over > 0,
        )
        for person, m in measures
    ]


def line(share: ShareView, chosen: str) -> Line:
    cells = {name: _cell(getattr(share, name)) for name, _, _ in MEASURES}
    return Line(share.person, _number(share.part_days), cells[chosen], tuple(cells.values()))


def _cell(measure: MeasureView) -> Cell:
    return Cell(
        _number(measure.held),
        _number(measure.share),
        _signed(measure.over),
        _signed(measure.carried),
        _signed(measure.owed),
    )


def _number(value: float) -> str:
    """Whole where it is large enough."""
    return f"{value:.0f}" if abs(value) >= 10 or value == round(value) else f"{value:.1f}"


def _signed(value: float) -> str:
    text = _number(value)
    return f"+{text}" if value > 0 and text != "0.0" else "0" if text in ("0.0", "-0.0", "-0") else text
