"""Notification rules, quiet hours and time zone in one form that works without scripts: an empty row is no rule."""

from functools import cache
from importlib.resources import files

import msgspec
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tocsin.apps.people.authority import needs
from tocsin.apps.profile.asking import wrong_with
from tocsin.apps.profile.queries import chosen_zone, way_of
from tocsin.apps.profile.whose import Nobody, whose
from tocsin.config.holidays import countries
from tocsin.control.requests import PutPreferences, WantedRule
from tocsin.core.oncall.notices import Notice
from tocsin.core.people import NotifyRule, Person
from tocsin.core.roles import Permission

MOST = 20
EMPTY_ROWS = 2
URGENCIES = ("high", "low")
NOTICES = (
    (Notice.AHEAD, "A day before a shift begins"),
    (Notice.BEGINS, "When it begins"),
    (Notice.ENDS, "When it is over"),
)


class Row(msgspec.Struct, frozen=True):
    by: str = ""
    minutes: str = ""
    wrong: str = ""


@needs(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest, key: str | None = None) -> HttpResponse:
    try:
        of = whose(request, key)
    except Nobody:
        return redirect("profile")
    person = of.person
    wrong: dict[str, str] = {}
    rows = {"high": _rows(person.notify_high), "low": _rows(person.notify_low)}
    if request.method == "POST":
        rows = {urgency: _given(request, urgency) for urgency in URGENCIES}
        if request.POST.get("do") not in ("save", "more"):
            raise BadRequest("do: expected save or more")
        if request.POST["do"] == "save":
            wanted, wrong = _wanted(request, person, rows)
            if wanted is not None:
                answer, wrong = wrong_with(request, wanted)
                if answer is not None:
                    return redirect(of.reach_url)
            rows = {urgency: _marked(rows[urgency], urgency, wrong) for urgency in URGENCIES}
    quiet = person.quiet
    context = {
        "of": of,
        "high": _with_room(rows["high"]),
        "low": _with_room(rows["low"]),
        "way": way_of(person, person.notify_high),
        "quiet_from": request.POST.get("quiet_from", f"{quiet.start:%H:%M}" if quiet else ""),
        "quiet_until": request.POST.get("quiet_until", f"{quiet.end:%H:%M}" if quiet else ""),
        "time_zone": request.POST.get("time_zone", chosen_zone(person)),
        "zones": zones(),
        "holidays": request.POST.get("holidays", person.holidays),
        "countries": countries(),
        "notices": _notices(request, person),
        "wrong": wrong,
    }
    return render(request, "profile/rules.html", context, status=422 if wrong else 200)


def _notices(request: HttpRequest, person: Person) -> list[tuple[str, str, bool]]:
    """Value, words and whether it is wanted, of each kind of notice about one's shifts."""
    given = request.POST.getlist("notices") if request.method == "POST" else None
    return [
        (
            kind.value,
            said,
            kind.value not in person.without_notices if given is None else kind.value in given,
        )
        for kind, said in NOTICES
    ]


@cache
def zones() -> tuple[str, ...]:
    """All that `core/oncall/wall_clock.py` knows."""
    return tuple(sorted(files("tzdata").joinpath("zones").read_text().split()))


def _rows(rules: tuple[NotifyRule, ...]) -> list[Row]:
    return [Row(rule.by, f"{rule.after.total_seconds() / 60:g}") for rule in rules]


def _given(request: HttpRequest, urgency: str) -> list[Row]:
    """What stands in the form; rows without a contact method are none."""
    bys, minutes = request.POST.getlist(f"{urgency}-by"), request.POST.getlist(f"{urgency}-minutes")
    if len(bys) != len(minutes) or len(bys) > MOST + EMPTY_ROWS:
        raise BadRequest(f"{urgency}: as many contact methods as minutes, {MOST} at most")
    rows = zip(bys, minutes, strict=True)
    return [Row(by, after.strip()) for by, after in rows if by]


def _wanted(
    request: HttpRequest, person: Person, rows: dict[str, list[Row]]
) -> tuple[PutPreferences | None, dict[str, str]]:
    wrong: dict[str, str] = {}
    found: dict[str, tuple[WantedRule, ...]] = {}
    for urgency in URGENCIES:
        made: list[WantedRule] = []
        for number, row in enumerate(rows[urgency]):
            minutes = _minutes(row.minutes)
            if minutes is None:
                wrong[f"{urgency}[{number}]"] = "expected whole minutes, from 0 to 1440"
            else:
                made.append(WantedRule(row.by, minutes))
        found[urgency] = tuple(made)
    if wrong:
        return None, wrong
    chosen = request.POST.get("time_zone", "").strip()
    wanted = PutPreferences(
        person.key,
        found["high"],
        found["low"],
        request.POST.get("quiet_from", ""),
        request.POST.get("quiet_until", ""),
        chosen,
        request.POST["holidays"].strip() if "holidays" in request.POST else None,
        without_notices=tuple(
            kind.value for kind in Notice if kind.value not in request.POST.getlist("notices")
        ),
    )
    return wanted, {}


def _minutes(text: str) -> int | None:
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= 1440 else None


def _marked(rows: list[Row], urgency: str, wrong: dict[str, str]) -> list[Row]:
    return [
        Row(row.by, row.minutes, wrong.get(f"{urgency}[{number}]", "")) for number, row in enumerate(rows)
    ]


def _with_room(rows: list[Row]) -> list[Row]:
    return [*rows, *[Row()] * EMPTY_ROWS][: MOST + EMPTY_ROWS]
