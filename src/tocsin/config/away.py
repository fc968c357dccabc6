"""What others' calendars and public holidays mean for the people who are here: put together when configuration is loaded."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec.structs import replace

from tocsin.config.holidays import holidays_of
from tocsin.core.oncall.away import Holidays, Leave
from tocsin.core.oncall.calendar import (
    Calendar,
    Content,
    Directory,
    Serves,
    layer_events,
    leaves_of,
    understood,
)
from tocsin.core.oncall.schedule import Event, Layer, Schedule
from tocsin.core.people import BusinessHours, Person, Team


class ReadCalendars:
    """Calendars with what was last read of them."""

    def __init__(
        self,
        calendars: Mapping[str, Calendar],
        contents: Mapping[str, Content],
        people: Mapping[str, Person],
    ) -> None:
        self._calendars, self._contents, self._people = calendars, contents, people
        self._directory = Directory(people) if contents else None
        self._driving: dict[tuple[str, str], tuple[Event, ...]] = {}  # by calendar and zone

    def leaves(self, teams: Mapping[str, Team]) -> tuple[tuple[Leave, ...], dict[str, tuple[str, ...]]]:
        """The leave that they tell of; and by calendar, of every use, the events that are nobody's for sure."""
        found: list[Leave] = []
        unclear: dict[str, tuple[str, ...]] = {}
        for key, calendar in sorted(self._calendars.items()):
            if key not in self._contents:
                continue
            members = members_of(calendar, teams)
            read = understood(calendar, self._contents[key], self._people, members, "UTC", self._directory)
            if read.unclear:
                unclear[key] = read.unclear
            if calendar.serves is Serves.LEAVE:
                found += leaves_of(calendar, read.told)
        return tuple(found), unclear

    def driving(self, schedule: Schedule) -> Schedule:
        """Its layers that a calendar drives, with that calendar's events."""
        if not any(layer.calendar for layer in schedule.layers):
            return schedule
        layers = tuple(self._driven(layer, schedule.time_zone) for layer in schedule.layers)
        return replace(schedule, layers=layers)

    def _driven(self, layer: Layer, time_zone: str) -> Layer:
        calendar, content = self._calendars.get(layer.calendar), self._contents.get(layer.calendar)
        if calendar is None or content is None or calendar.serves is not Serves.SCHEDULE:
            return layer
        known = layer.calendar, layer.time_zone or time_zone
        if known not in self._driving:
            read = understood(calendar, content, self._people, None, known[1], self._directory)
            self._driving[known] = layer_events(read.told)
        return replace(layer, events=self._driving[known])


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
