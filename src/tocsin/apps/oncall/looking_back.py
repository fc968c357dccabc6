"""Which team and which stretch of time a page of fairness or health shows, as the address says it, in the reader's zone."""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest
from django.utils import timezone

from tocsin.apps.configuration import forms
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.reader import reader_of
from tocsin.control.oncall.spans import span_of, teams_asked
from tocsin.control.requests import Refused
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person

DAY = timedelta(days=1)


class Preset(msgspec.Struct, frozen=True):
    word: str
    query: str
    chosen: bool


class Looked(msgspec.Struct, frozen=True):
    """`team` is "" where none has a schedule. `since` and `until` are as the fields show them, both days in it."""

    team: str
    teams: tuple[tuple[str, str], ...]
    starts_at: datetime
    ends_at: datetime
    since: str
    until: str
    presets: tuple[Preset, ...]
    refused: Refused | None = None


def looked(request: HttpRequest, ahead: bool) -> Looked:
    """With `ahead`, the coming weeks may be looked at too. What the address says wrong is in `refused`; then it is as if
    nothing was said."""
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    zone = reader.zone
    teams = teams_asked(None, configuration)
    usual = _usual(teams, reader.person, configuration)
    refused = None
    team, since, until = (request.GET.get(name, "") for name in ("team", "from", "to"))
    try:
        if team and team not in teams:
            raise Refused("not_found", f"There is no team {team!r} with a schedule.", "team")
        begin = _midnight(_day(since, "from"), zone) if since else None
        end = _midnight(_day(until, "to") + DAY, zone) if until else None
        starts_at, ends_at = span_of(begin, end, now)
        if not ahead and starts_at >= now:
            raise Refused(
                "invalid", "What is yet to come has no pages: choose a time that has passed.", "from"
            )
    except Refused as wrong:
        refused, team = wrong, team if team in teams else ""
        starts_at, ends_at = span_of(None, None, now)
    if not ahead:
        ends_at = min(ends_at, now)
    first, last = _date(starts_at, zone), _date(ends_at - timedelta(microseconds=1), zone)
    team = team or usual
    named = tuple((key, word) for key, word in forms.named(configuration.teams) if key in teams)
    presets = tuple(
        Preset(word, urlencode({"team": team, "from": begins, "to": ends}), (begins, ends) == (first, last))
        for word, begins, ends in _presets(now.astimezone(zone).date(), ahead)
    )
    return Looked(team, named, starts_at, ends_at, str(first), str(last), presets, refused)


def _presets(today: date, ahead: bool) -> list[tuple[str, date, date]]:
    found = [
        ("13 weeks", today - timedelta(weeks=13), today),
        ("This year", today.replace(month=1, day=1), today),
        ("A year", today - timedelta(days=364), today),
    ]
    return [*found, ("Coming 8 weeks", today, today + timedelta(weeks=8) - DAY)] if ahead else found


def _usual(teams: list[str], person: Person | None, configuration: Configuration) -> str:
    """The reader's own team, else the first."""
    for key in teams:
        team = configuration.teams[key]
        if person is not None and (person.key == team.lead or person.key in team.members):
            return key
    return teams[0] if teams else ""


def _day(text: str, field: str) -> date:
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year < 2100:
        raise Refused("invalid", "Expected a day of this century, such as 2026-06-14.", field)
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)


def _date(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()
