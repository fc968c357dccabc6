"""From the store's entries to the facts that decisions read. A broken entry is left out and reported, never raised."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from tocsin.config.away import ReadCalendars, holidays_used, with_free_days
from tocsin.config.history import with_history
from tocsin.config.own import with_own
from tocsin.config.schema.kinds import SCHEDULE_VERSIONS, SINGLE, Noun, from_entry
from tocsin.core.configuration import (
    Configuration,
    Defaults,
    Heartbeat,
    Inhibition,
    Origin,
    Route,
    Silence,
    TimeInterval,
)
from tocsin.core.detect.matchers import compile_matchers
from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.calendar import CALENDAR_EVENTS, FIRST_YEAR, LAST_YEAR, Calendar, Content
from tocsin.core.oncall.overrides import Occurrences, Overrides
from tocsin.core.oncall.rotation import begins_at
from tocsin.core.oncall.schedule import Former, Override, Schedule
from tocsin.core.oncall.wall_clock import zone
from tocsin.core.people import CONTACT_CHANGES, CONTACT_METHODS, PREFERENCES, Person, Preferences, Team
from tocsin.core.severity import DEFAULT_SEVERITIES, Severity
from tocsin.engine.facts import Unusable
from tocsin.engine.store.protocol import Entry, Transaction

WITH_URLS = ("people", CONTACT_METHODS, CONTACT_CHANGES, "chats", "webhooks", "calendars", "dead_mans_switch")
_log = structlog.get_logger(__name__)


class Broken(msgspec.Struct, frozen=True):
    """An entry that cannot be used, and why."""

    kind: str
    name: str
    why: str


class Loaded(msgspec.Struct, frozen=True):
    configuration: Configuration
    broken: tuple[Broken, ...]


def load(tx: Transaction) -> Configuration:
    """The configuration at the store's revision. What is broken is logged; `load_all` hands it out. Raises Unusable when the
    routes themselves are broken."""
    loaded = load_all(tx)
    for each in loaded.broken:
        if each.kind == "routes":
            raise Unusable(loaded.configuration.revision, each.why)
        _log.error("configuration entry left out", kind=each.kind, name=each.name, why=each.why)
    return loaded.configuration


def load_all(tx: Transaction) -> Loaded:
    revision = tx.configuration.revision()
    return assemble(tx.configuration.entries(), revision)


def assemble(entries: Iterable[Entry], revision: int = 0) -> Loaded:
    """Entries in any order make the same configuration: nouns by name, overrides in the order in which they were made."""
    nouns: dict[str, dict[str, Noun]] = {}
    broken: list[Broken] = []
    by_people: set[tuple[str, str]] = set()
    for entry in sorted(
        entries, key=lambda entry: (entry.created_at if entry.kind == "overrides" else 0, entry.name)
    ):
        try:
            noun = from_entry(entry)
            usable(noun)
        except (ValueError, msgspec.DecodeError) as wrong:
            broken.append(Broken(entry.kind, entry.name, str(wrong)))
            continue
        nouns.setdefault(entry.kind, {})[entry.name] = noun
        if entry.kind in WITH_URLS and entry.origin == Origin.PEOPLE:
            by_people.add((entry.kind, entry.name))
    configuration = configuration_of(nouns, revision)
    return Loaded(msgspec.structs.replace(configuration, by_people=frozenset(by_people)), tuple(broken))


def configuration_of(nouns: Mapping[str, Mapping[str, Noun]], revision: int = 0) -> Configuration:
    """Nouns by kind and name as one configuration."""

    def many(kind: str) -> dict[str, Any]:
        return dict(nouns.get(kind, {}))

    people = with_own(
        many("people"),
        many(CONTACT_METHODS),
        many(CONTACT_CHANGES).values(),
        many(PREFERENCES).values(),
    )
    teams = many("teams")
    calendars = ReadCalendars(many("calendars"), many(CALENDAR_EVENTS), people)
    leaves, unclear = calendars.leaves(teams)
    schedules, removed = with_history(
        {key: calendars.driving(schedule) for key, schedule in many("schedules").items()},
        [
            Former(version.until, calendars.driving(version.schedule))
            for version in many(SCHEDULE_VERSIONS).values()
        ],
    )
    return Configuration(
        revision=revision,
        people=people,
        teams={key: with_free_days(team) for key, team in teams.items()},
        schedules=schedules,
        removed_schedules=removed,
        policies=many("policies"),
        services=many("services"),
        chats=many("chats"),
        integrations=many("integrations"),
        heartbeats=many("heartbeats"),
        time_intervals=many("time_intervals"),
        inhibitions=tuple(many("inhibitions").values()),
        severities={
            **DEFAULT_SEVERITIES,
            **{Severity(name): rule for name, rule in many("severities").items()},
        },
        route=many("routes").get(SINGLE, Route(path="")),
        calendars=many("calendars"),
        unclear=unclear,
        leaves=(*many("leaves").values(), *leaves),
        holidays=holidays_used(people.values(), teams.values()),
        overrides=Overrides(sorted(many("overrides").values(), key=lambda each: each.on_top)),
        silences=tuple(many("silences").values()),
        maintenance=tuple(many("maintenance").values()),
        pay=many("pay"),
        dead_mans_switch=many("dead_mans_switch").get(SINGLE),
        webhooks=many("webhooks"),
        defaults=many("defaults").get(SINGLE, Defaults()),
    )


# --- what decoding does not check ------------------------------------------------------------------------------------


def usable(noun: Noun) -> None:
    """Raises ValueError for a pattern, a time zone or a time that no decision could work with."""
    check = _CHECKS.get(type(noun))
    if check is None:
        return
    try:
        check(noun)
    except (ArithmeticError, TypeError) as wrong:
        raise ValueError(f"a time of it cannot be worked with ({wrong})") from None


def _check_route(route: Route) -> None:
    compile_matchers(route.matchers)
    for child in route.routes:
        _check_route(child)


def _check_inhibition(rule: Inhibition) -> None:
    compile_matchers(rule.source)
    compile_matchers(rule.target)


def _check_matchers(noun: Silence | Heartbeat) -> None:
    compile_matchers(noun.matchers)


def _check_person(person: Person) -> None:
    zone(person.time_zone)


def _check_preferences(own: Preferences) -> None:
    if own.time_zone:
        zone(own.time_zone)


def _check_team(team: Team) -> None:
    zone(team.business_hours.time_zone)


def _check_schedule(schedule: Schedule) -> None:
    zone(schedule.time_zone)
    _check_instants(schedule.effective_from)
    for layer in schedule.layers:
        time_zone = layer.time_zone or schedule.time_zone
        zone(time_zone)
        _check_instants(layer.rotation.until, *(at for event in layer.events for at in event[:2]))
        if not layer.calendar:
            begins_at(layer.rotation, time_zone)
    for version in schedule.former:
        _check_former(version)


def _check_former(version: Former) -> None:
    _check_instants(version.until)
    _check_schedule(version.schedule)


def _check_override(override: Override) -> None:
    """One that cannot be worked with would take the index of all others with it."""
    _check_instants(override.starts_at, override.ends_at, override.over_at)
    if override.repeat is not None:
        zone(override.repeat.time_zone)
        Occurrences(override).at(override.starts_at)


def _check_instants(*instants: datetime | None) -> None:
    for each in instants:
        if each is not None:
            if each.tzinfo is None:
                raise ValueError(f"{each} has no time zone")
            each.astimezone(UTC)


def _check_leave(leave: Leave) -> None:
    _check_instants(leave.starts_at, leave.ends_at)


def _check_content(content: Content) -> None:
    if content.time_zone:
        zone(content.time_zone)
    for event in content.events:
        years = event.starts.year, event.ends.year
        if min(years) < FIRST_YEAR or max(years) > LAST_YEAR:
            raise ValueError(f"an event of it lies in the year {event.starts.year} or {event.ends.year}")


def _check_calendar(calendar: Calendar) -> None:
    if calendar.time_zone is not None:
        zone(calendar.time_zone)


def _check_interval(interval: TimeInterval) -> None:
    for each in interval.ranges:
        zone(each.location)


_CHECKS: dict[Any, Callable[[Any], None]] = {
    Route: _check_route,
    Inhibition: _check_inhibition,
    Silence: _check_matchers,
    Heartbeat: _check_matchers,
    Person: _check_person,
    Preferences: _check_preferences,
    Team: _check_team,
    Schedule: _check_schedule,
    Former: _check_former,
    Override: _check_override,
    Calendar: _check_calendar,
    Content: _check_content,
    Leave: _check_leave,
    TimeInterval: _check_interval,
}
