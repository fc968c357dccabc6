"""Which noun names which others, and where: so that nothing is removed on screen that something else needs.

Operational facts are left out: they end by themselves, and what they name may be gone.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tocsin.config.schema.escalation import KINDS as TARGETS
from tocsin.config.schema.kinds import Key, Noun
from tocsin.core.configuration import Defaults, Integration, Route, Service
from tocsin.core.oncall.calendar import Calendar
from tocsin.core.oncall.pay.rules import PayRule
from tocsin.core.oncall.schedule import Schedule
from tocsin.core.people import Team
from tocsin.core.respond.policy import Policy, Target


class Reference(NamedTuple):
    """`field` is the dotted path within the noun that refers; kind and name are what it refers to."""

    field: str
    kind: str
    name: str


def needed_by(key: Key, nouns: Mapping[Key, Noun]) -> Iterator[tuple[Key, str]]:
    """Every other noun that names this one, with the field in which it does."""
    for other, noun in nouns.items():
        if other != key:
            for found in references(noun):
                if (found.kind, found.name) == key:
                    yield other, found.field


def references(noun: Noun) -> Iterator[Reference]:
    match noun:
        case Team():
            yield from _named(
                ("members", "people", noun.members),
                ("lead", "people", noun.lead),
                ("chat", "chats", noun.chat),
            )
        case Schedule():
            turns = [turn for layer in noun.layers for turn in layer.rotation.people]
            yield from _named(
                ("team", "teams", noun.team),
                ("secondary_of", "schedules", noun.secondary_of),
                ("layers", "people", [person for turn in turns for person in turn]),
                ("layers", "calendars", [layer.calendar for layer in noun.layers if layer.calendar]),
            )
        case PayRule():
            yield from _named(("team", "teams", noun.team), ("schedules", "schedules", noun.schedules))
        case Calendar():
            yield from _named(("team", "teams", noun.team), ("person", "people", noun.person))
        case Policy():
            yield from _named(("team", "teams", noun.team))
            for number, step in enumerate(noun.steps):
                yield from _targets(f"steps[{number}]", step.targets)
            yield from _targets("last_resort", noun.last_resort)
        case Service():
            yield from _named(
                ("team", "teams", noun.team),
                ("policy", "policies", noun.policy),
                ("depends_on", "services", noun.depends_on),
            )
        case Integration():
            yield from _named(("service", "services", noun.service))
        case Defaults():
            yield from _named(("admins", "people", noun.admins), ("admin_chat", "chats", noun.admin_chat))
        case Route():
            yield from _of_route(noun, "")


def _of_route(route: Route, lead: str) -> Iterator[Reference]:
    yield from _named(
        (f"{lead}page", "policies", route.page),
        (f"{lead}chat", "chats", route.chat),
        (f"{lead}ticket", "teams", route.ticket),
        (f"{lead}service", "services", route.service),
        (f"{lead}mute_time_intervals", "time_intervals", route.mute_time_intervals),
        (f"{lead}active_time_intervals", "time_intervals", route.active_time_intervals),
    )
    for number, child in enumerate(route.routes):
        yield from _of_route(child, f"{lead}routes[{number}].")


def _targets(field: str, targets: Iterable[Target]) -> Iterator[Reference]:
    for target in targets:
        yield Reference(field, TARGETS[target.kind], target.name)


def _named(*fields: tuple[str, str, str | Iterable[str] | None]) -> Iterator[Reference]:
    for field, kind, named in fields:
        for name in (named,) if isinstance(named, str) else named or ():
            yield Reference(field, kind, name)
