"""What on-call is paid: a month at a time, every line with its reason. One's own; a whole team's for who manages it."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tocsin.apps.alerts.operational import said_of
from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.oncall.pay_csv import as_csv
from tocsin.control.requests import AdjustPay, ClosePay, PayView, Refused, Request, ShowPay
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.pay.closed import Total
from tocsin.core.oncall.pay.lines import PayLine, team_zone
from tocsin.core.oncall.pay.rules import Month, month_at, month_of
from tocsin.core.oncall.wall_clock import local_date
from tocsin.core.roles import Permission


class OfPerson(msgspec.Struct, frozen=True):
    """What one person gets, with what it is made of."""

    person: str
    totals: tuple[Total, ...]
    lines: tuple[PayLine, ...]


class Chosen(msgspec.Struct, frozen=True):
    """`person` is the reader alone where they do not manage the team."""

    team: str
    month: Month
    person: str | None


@needs(Permission.OWN)
@require_safe
def pay(request: HttpRequest) -> HttpResponse:
    return _page(request, _chosen(request, facts()))


def _page(request: HttpRequest, chosen: Chosen | None, refused: Refused | None = None) -> HttpResponse:
    configuration, reader = facts(), reader_of(request)
    view: PayView | None = None
    if chosen is not None:
        try:
            view = ask(request, ShowPay(chosen.team, str(chosen.month), chosen.person))
        except (Refused, NotAnswering) as error:
            refused = refused or _as_refused(error)
    context = {
        "view": view,
        "chosen": chosen,
        "teams": _teams(reader, configuration),
        "people": _by_person(view) if view else (),
        "manages": chosen is not None and chosen.person is None,
        "earlier": str(chosen.month.plus(-1)) if chosen else "",
        "later": str(chosen.month.plus(1)) if chosen else "",
        "first_day": chosen.month.first if chosen else None,
        "has_rules": chosen is not None and any(r.team == chosen.team for r in configuration.pay.values()),
        "currencies": sorted(
            {r.currency for r in configuration.pay.values() if chosen and r.team == chosen.team}
        ),
        "given": request.POST,
        "refused": refused,
        "facts": configuration,
    }
    return render(request, "oncall/pay.html", context, status=400 if refused else 200)


@needs(Permission.OWN)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The month as CSV."""
    chosen = _chosen(request, facts())
    if chosen is None:
        return redirect("pay")
    try:
        view = ask(request, ShowPay(chosen.team, str(chosen.month), chosen.person))
    except (Refused, NotAnswering) as error:
        return _page(request, chosen, _as_refused(error))
    name = f"on-call-{_file_name(chosen.team)}-{chosen.month}.csv"
    return HttpResponse(
        as_csv(view, facts().people),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@needs(Permission.MANAGE)
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    return _change(request, lambda team, month: ClosePay(team, month), "The month is closed.")


@needs(Permission.MANAGE)
@require_POST
def adjust(request: HttpRequest) -> HttpResponse:
    said = {
        name: request.POST.get(name, "").strip()[:500] for name in ("person", "amount", "currency", "why")
    }

    def asked(team: str, month: str) -> AdjustPay:
        of = request.POST.get("of", month)[:7]
        return AdjustPay(team, of, said["person"], said["amount"][:20], said["currency"], said["why"])

    return _change(
        request, asked, "The correction stands, and is paid with the next month that is not closed."
    )


def _change(request: HttpRequest, asked: Callable[[str, str], Request], done: str) -> HttpResponse:
    chosen = _chosen(request, facts(), request.POST)
    if chosen is None:
        return redirect("pay")
    try:
        ask(request, asked(chosen.team, str(chosen.month)))
    except (Refused, NotAnswering) as error:
        return _page(request, chosen, _as_refused(error))
    messages.success(request, done)
    return redirect(f"{reverse('pay')}?{urlencode({'team': chosen.team, 'month': str(chosen.month)})}")


def _chosen(
    request: HttpRequest, configuration: Configuration, given: Mapping[str, str] | None = None
) -> Chosen | None:
    """The team and month asked for; else the reader's first team, and this month. None when there is no team to show."""
    reader, given = reader_of(request), request.GET if given is None else given
    teams = _teams(reader, configuration)
    team = given.get("team", "")
    if team not in teams:
        if not teams:
            return None
        team = teams[0]
    try:
        month = month_of(given.get("month", "")[:10])
    except ValueError:
        month = month_at(local_date(timezone.now(), team_zone(team, configuration)))
    person = reader.person.key if reader.person else None
    return Chosen(team, month, None if _manages(reader, team) else person)


def _teams(reader: Reader, configuration: Configuration) -> list[str]:
    """Those whose pay the reader may see, those they are in first."""
    person = reader.person.key if reader.person else ""
    theirs = [
        key for key, team in configuration.teams.items() if person in team.members or person == team.lead
    ]
    others = [key for key in configuration.teams if key not in theirs and _manages(reader, key)]
    return [*sorted(theirs), *sorted(others)]


def _manages(reader: Reader, team: str) -> bool:
    return reader.grants.allow(Permission.MANAGE, (team,))


def _by_person(view: PayView) -> tuple[OfPerson, ...]:
    people = sorted({line.person for line in view.lines})
    return tuple(
        OfPerson(
            person,
            tuple(total for total in view.totals if total.person == person),
            tuple(line for line in view.lines if line.person == person),
        )
        for person in people
    )


def _as_refused(error: Refused | NotAnswering) -> Refused:
    return error if isinstance(error, Refused) else Refused("", said_of(error))


def _file_name(team: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in team)
