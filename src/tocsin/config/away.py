"""What others' calendars and public holidays mean for the people who are here: put together when configuration is loaded."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from tocsin.config.holidays import holidays_of
from tocsin.core.oncall.away import Holidays, Leave
from tocsin.core.oncall.calendar import (
    Calendar,
    Content,
    Serves,
    layer_events,
    leaves_of,
    understood,
)
from tocsin.core.oncall.schedule import Event, Layer, Schedule
from tocsin.core.people import BusinessHours, Person, Team


class Meaning(msgspec.Struct, frozen=True):
    """What one calendar means in one zone: leave or shifts, and the events that are nobody's for sure."""

    leaves: tuple[Leave, ...]
    shifts: tuple[Event, ...]
    unclear: tuple[str, ...]


class _Made(NamedTuple):
    """What a meaning was made from."""

    calendar: Calendar
    content: Content
    people: tuple[tuple[str, str, str, str], ...]
    members: frozenset[str] | None
    meaning: Meaning


# By calendar and zone, what was made of it last: configuration is loaded with every change of anything, a calendar of
# thousands of events changes once a day.
_made: dict[tuple[str, str], _Made] = {}
MOST_MADE = 1_000


class ReadCalendars:
    """Calendars with what was last read of them."""

    def __init__(
        self,
        calendars: Mapping[str, Calendar],
        contents: Mapping[str, Content],
        people: Mapping[str, Person],
    ) -> None:
        self._calendars, self._contents, self._people = calendars, contents, people
        self._marks = (
            tuple((key, each.name, each.email, each.time_zone) for key, each in people.items())
            if contents
            else ()
        )

    def leaves(self, teams: Mapping[str, Team]) -> tuple[tuple[Leave, ...], dict[str, tuple[str, ...]]]:
        """The leave that they tell of; and by calendar, of every use, the events that are nobody's for sure."""
        found: list[Leave] = []
        unclear: dict[str, tuple[str, ...]] = {}
        for key, calendar in sorted(self._calendars.items()):
            meaning = self._meaning(calendar, members_of(calendar, teams), "UTC")
            found += meaning.leaves
            if meaning.unclear:
                unclear[key] = meaning.unclear
        return tuple(found), unclear

    def driving(self, schedule: Schedule) -> Schedule:
        """Its layers that a calendar drives, with that calendar's events."""
        if not any(layer.calendar for layer in schedule.layers):
            return schedule
        layers = tuple(self._driven(layer, schedule.time_zone) for layer in schedule.layers)
        return replace(schedule, layers=layers)

    def _driven(self, layer: Layer, time_zone: str) -> Layer:
        calendar = self._calendars.get(layer.calendar)
        if calendar is None or calendar.serves is not Serves.SCHEDULE:
            return layer
        return replace(layer, events=self._meaning(calendar, None, layer.time_zone or time_zone).shifts)

    def _meaning(self, calendar: Calendar, members: frozenset[str] | None, time_zone: str) -> Meaning:
        content = self._contents.get(calendar.key)
        if content is None:
            return Meaning((), (), ())
        if calendar.serves is Serves.SCHEDULE:
            members = None
        place, made_from = (calendar.key, time_zone), (calendar, content, self._marks, members)
        known = _made.get(place)
        if known is not None and known[:4] == made_from:
            return known.meaning
        read = understood(calendar, content, self._people, members, time_zone)
        leave = calendar.serves is Serves.LEAVE
        meaning = Meaning(
            leaves_of(calendar, read.told) if leave else (),
            () if leave else layer_events(read.told),
            read.unclear,
        )
        if len(_made) >= MOST_MADE:
            _made.clear()
        _made[place] = _Made(*made_from, meaning)
        return meaning


def members_of(calendar: Calendar, teams: Mapping[str, Team]) -> frozenset[str] | None:
    """Of whom a team's calendar of leave speaks; None: of everybody."""
    team = teams.get(calendar.team or "")
    return None if team is None else frozenset((*team.members, *([team.lead] if team.lead else [])))


# --- public holidays -------------------------------------------------------------------------------------------------


def holidays_used(people: Iterable[Person], teams: Iterable[Team]) -> dict[str, Holidays]:
    """Those of every place that somebody names. One that is no longer known has none; `validate` says so."""
    named = {person.holidays for person in people} | {team.business_hours.place for team in teams}
    return {place: found for place in sorted(named - {""}) if (found := _known(place))}


def with_free_days(team: Team) -> Team:
    """The team, with its place's public holidays among its hours' own."""
    hours = team.business_hours
    return replace(team, business_hours=_free(hours)) if hours.place else team


@lru_cache(maxsize=1024)
def _free(hours: BusinessHours) -> BusinessHours:
    return replace(hours, holidays=tuple(sorted({*hours.holidays, *_known(hours.place)})))


def _known(place: str) -> Holidays:
    try:
        return holidays_of(place)
    except ValueError:
        return {}
