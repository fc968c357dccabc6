"""Leave on screen: told for oneself, and by managers for their teams; what calendars tell of stands beside it."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.control.authority import manages
from tocsin.control.client import NotAnswering
from tocsin.control.requests import AddLeave, EndLeave, LeaveView, Refused
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.shifts import shifts
from tocsin.core.oncall.wall_clock import instant_of, zone
from tocsin.core.roles import Permission

SHOWN = 100
LONGEST_COMMENT = 500
FIELDS = ("person", "from_day", "to_day", "from_time", "to_time", "comment")


class Shown(msgspec.Struct, frozen=True):
    """`days` is set for leave of whole days: (first, last), in the person's own zone."""

    leave: Leave
    days: tuple[date, date] | None
    active: bool
    may_end: bool


@needs(Permission.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    given = {name: request.POST.get(name, "")[:LONGEST_COMMENT].replace("\0", "").strip() for name in FIELDS}
    wrong: dict[str, str] = {}
    if request.method == "POST":
        made, wrong = _told(request, configuration, given, now)
        if made is not None:
            _say(request, facts(), made)
            return redirect("leave")
    request.live_topics = ("configuration",)  # type: ignore[attr-defined]
    team = request.GET.get("team", "")
    own = reader.person.key if reader.person else ""
    listed = _listed(configuration, reader, team if team in configuration.teams else "", now)
    mine = [each for each in listed if each.leave.person == own]
    others = [each for each in listed if each.leave.person != own]
    context = {
        "mine": mine[:SHOWN],
        "others": others[:SHOWN],
        "more": max(0, len(others) - SHOWN),
        "teams": sorted(configuration.teams),
        "team": team if team in configuration.teams else "",
        "people": _choices(configuration, reader),
        "own": own,
        "given": given,
        "wrong": wrong,
        "calendars": len(configuration.calendars),
        "facts": configuration,
    }
    return render(request, "oncall/leave.html", context, status=422 if wrong else 200)


@needs(Permission.RESPOND)
@require_POST
def end(request: HttpRequest, leave_id: str) -> HttpResponse:
    try:
        ended: LeaveView = ask(request, EndLeave(leave_id))
    except Refused as refused:
        messages.error(request, f"Not ended: {refused}.")
    except NotAnswering as silent:
        messages.error(request, f"Perhaps not ended: {silent}.")
    else:
        began = ended.starts_at < ended.ends_at
        messages.success(request, "Leave is ended." if began else "Leave is taken back.")
    return redirect("leave")


def _listed(configuration: Configuration, reader: Reader, team: str, now: datetime) -> list[Shown]:
    """What is not over, by its beginning."""
    members = {*configuration.teams[team].members, configuration.teams[team].lead} if team else None
    coming = [
        each
        for each in configuration.leaves
        if each.ends_at > now and (members is None or each.person in members)
    ]
    return [
        _shown(each, configuration, reader, now)
        for each in sorted(coming, key=lambda each: (each.starts_at, each.id))
    ]


def _shown(each: Leave, configuration: Configuration, reader: Reader, now: datetime) -> Shown:
    own = reader.person is not None and reader.person.key == each.person
    may_end = not each.source and (own or manages(reader.grants, each.person, configuration))
    known = configuration.people.get(each.person)
    return Shown(each, _days(each, known.time_zone if known else "UTC"), each.starts_at <= now, may_end)


def _days(each: Leave, time_zone: str) -> tuple[date, date] | None:
    """Midnight is where the day begins: where a clock change skips it, later."""
    first, after = (at.astimezone(zone(time_zone)).date() for at in (each.starts_at, each.ends_at))
    midnights = [instant_of(datetime.combine(day, time()), time_zone) for day in (first, after)]
    if midnights != [each.starts_at, each.ends_at]:
        return None
    return first, after - timedelta(days=1)


def _choices(configuration: Configuration, reader: Reader) -> list[tuple[str, str]]:
    """Whose leave they may tell, themselves first."""
    own = reader.person
    found = [
        (key, person.name or key)
        for key, person in configuration.people.items()
        if (own is None or key != own.key) and manages(reader.grants, key, configuration)
    ]
    mine = [(own.key, "Myself")] if own is not None and reader.grants.allow(Permission.RESPOND) else []
    return [*mine, *sorted(found, key=lambda each: each[1].casefold())]


def _told(
    request: HttpRequest, configuration: Configuration, given: Mapping[str, str], now: datetime
) -> tuple[LeaveView | None, dict[str, str]]:
    wanted, wrong = _wanted(configuration, given)
    if wanted is None:
        return None, wrong
    try:
        return ask(request, wanted), {}
    except Refused as refused:
        field = {"starts_at": "from_day", "ends_at": "to_day"}.get(refused.field, refused.field)
        return None, {field if field in FIELDS else "": refused.message}
    except NotAnswering as silent:
        return None, {"": f"Perhaps not saved: {silent}."}


def _wanted(configuration: Configuration, given: Mapping[str, str]) -> tuple[AddLeave | None, dict[str, str]]:
    """Days alone, or with times of the person's own clock on the first and the last."""
    wrong: dict[str, str] = {}
    person = configuration.people.get(given["person"])
    if person is None:
        wrong["person"] = "Choose whose leave it is."
    first = _day(given["from_day"])
    last = _day(given["to_day"]) if given["to_day"] else first
    if first is None:
        wrong["from_day"] = "Expected a day, for example 2026-07-01."
    elif last is None:
        wrong["to_day"] = "Expected a day, for example 2026-07-14, or nothing for one day."
    times = {name: _time(given[name]) for name in ("from_time", "to_time")}
    for name, found in times.items():
        if given[name] and found is None:
            wrong[name] = "Expected a time of day, for example 13:00."
    if wrong or person is None or first is None or last is None:
        return None, wrong
    if not given["from_time"] and not given["to_time"]:
        return AddLeave(person.key, first, last, comment=given["comment"]), {}
    starts = datetime.combine(first, times["from_time"] or time())
    ends = (
        datetime.combine(last, times["to_time"])
        if times["to_time"] is not None
        else datetime.combine(last, time()) + timedelta(days=1)
    )
    starts_at, ends_at = instant_of(starts, person.time_zone), instant_of(ends, person.time_zone)
    return AddLeave(person.key, starts_at=starts_at, ends_at=ends_at, comment=given["comment"]), {}


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return found if found is not None and 1970 < found.year < 2200 else None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if len(text) == 5 else None
    except ValueError:
        return None


def _say(request: HttpRequest, configuration: Configuration, made: LeaveView) -> None:
    """With what it falls into: leave moves no shift by itself."""
    held = [
        key
        for key in sorted(configuration.schedules)
        for shift in shifts(
            configuration.schedules, key, made.starts_at, made.ends_at, configuration.overrides
        )
        if made.person in shift.people
    ]
    if not held:
        messages.success(request, "Leave is saved. No shift falls into it.")
        return
    count = f"{len(held)} shifts fall" if len(held) > 1 else "1 shift falls"
    where = ", ".join(dict.fromkeys(held[:5])) + (", ..." if len(set(held)) > 5 else "")
    messages.warning(
        request, f"Leave is saved. {count} into it ({where}): swap or override, leave moves none by itself."
    )
