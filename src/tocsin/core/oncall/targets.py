"""Whom an escalation step reaches at this moment."""

from datetime import datetime

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import OnCall
from tocsin.core.oncall.shifts import who_is_on_call
from tocsin.core.respond.policy import Target, TargetKind


def people_for(target: Target, configuration: Configuration, now: datetime) -> tuple[str, ...]:
    """The keys of the people behind a target, each once; () when there is nobody, and for names that are not known.

    Only configured people are named: someone who left but still stands in a list must not make a step look answered for.
    """
    match target.kind:
        case TargetKind.PERSON:
            named: tuple[str, ...] = (target.name,)
        case TargetKind.SCHEDULE:
            named = _on_call(target.name, configuration, now).people
        case TargetKind.TEAM:
            team = configuration.teams.get(target.name)
            named = team.members if team else ()
        case TargetKind.CHAT:
            named = ()
    return tuple(dict.fromkeys(person for person in named if person in configuration.people))


def shadows_for(target: Target, configuration: Configuration, now: datetime) -> tuple[str, ...]:
    """Who only looks on at the schedule behind a target: to be told of a page, never to be paged."""
    if target.kind is not TargetKind.SCHEDULE:
        return ()
    shadows = _on_call(target.name, configuration, now).shadows
    return tuple(person for person in shadows if person in configuration.people)


def _on_call(schedule: str, configuration: Configuration, now: datetime) -> OnCall:
    return who_is_on_call(configuration.schedules, schedule, now, configuration.overrides)
