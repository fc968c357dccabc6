"""Whom an escalation step reaches at this moment."""

from datetime import datetime

from tocsin.core.configuration import Configuration
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
            on_call = who_is_on_call(configuration.schedules, target.name, now, configuration.overrides)
            named = on_call.people
        case TargetKind.TEAM:
            team = configuration.teams.get(target.name)
            named = team.members if team else ()
        case TargetKind.CHAT:
            named = ()
    return tuple(dict.fromkeys(person for person in named if person in configuration.people))
