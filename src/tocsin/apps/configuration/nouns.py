"""One noun as its page shows it: what it says, where it comes from, and whether the reader may change it."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.http import Http404, HttpRequest

from tocsin.apps.configuration.models import Entry
from tocsin.apps.configuration.queries import read_entries
from tocsin.apps.people.reader import reader_of
from tocsin.config.edit import plain
from tocsin.config.export import names_of, written
from tocsin.config.schema.kinds import KINDS, Noun, from_entry
from tocsin.control.authority import OF_TEAMS, team_of
from tocsin.core.configuration import Configuration, Origin
from tocsin.core.instants import instant
from tocsin.core.roles import Permission

NEVER = datetime.min.replace(tzinfo=UTC)


class Kept(msgspec.Struct, frozen=True):
    """`tree` is its written form, in which no secret stands; `seen` tells one state of it from another."""

    kind: str
    name: str
    noun: Noun
    tree: Any
    origin: str
    by: str
    at: datetime
    seen: str
    source: str = ""  # of what comes from Git, as file:line

    @property
    def from_git(self) -> bool:
        return self.origin == Origin.GIT

    @property
    def where(self) -> str:
        return where(self.source)


def find(configuration: Configuration, kind: str, name: str) -> Kept | None:
    """None when there is none, or one that cannot be read."""
    entry = next(iter(read_entries(Entry.objects.filter(kind=kind, name=name))), None)
    if entry is None:
        return None
    try:
        noun = from_entry(entry)
    except (ValueError, msgspec.DecodeError):
        return None
    return Kept(
        kind=kind,
        name=name,
        noun=noun,
        tree=plain(written(kind, noun, names(configuration))),
        origin=entry.origin,
        by=entry.created_by,
        at=instant(entry.created_at),
        seen=hashlib.sha256(entry.document).hexdigest()[:16],
        source=entry.source,
    )


def found(configuration: Configuration, kind: str, name: str) -> Kept:
    """Raises Http404 in words."""
    kept = find(configuration, kind, name)
    if kept is None:
        raise Http404(
            f"There is no {WORDS.get(kind, kind)} {name!r}." if name else f"There is no {kind} yet."
        )
    return kept


def where(source: str) -> str:
    """`teams.yaml:12` -> `teams.yaml line 12`; what was applied before this was noted says nothing."""
    file, _, line = source.rpartition(":")
    return f"{file} line {line}" if file else source


def origins(kinds: Iterable[str]) -> dict[tuple[str, str], str]:
    """Where each noun of these kinds comes from. One query."""
    rows = Entry.objects.filter(kind__in=list(kinds)).values_list("kind", "name", "origin")
    return {(kind, name): origin for kind, name, origin in rows}


def may_change(request: HttpRequest, configuration: Configuration, kind: str, name: str) -> bool:
    """What the machine process will allow them; what Git keeps nobody changes here."""
    team = team_of(kind, name, configuration) if kind in OF_TEAMS else None
    return reader_of(request).grants.allow(Permission.MANAGE, (team,))


def may_make(request: HttpRequest, kind: str) -> bool:
    """Administrators make anything; a manager makes what belongs to a team of theirs."""
    grants = reader_of(request).grants
    return grants.everything or (kind in OF_TEAMS and kind != "teams" and bool(grants.manages))


def names(configuration: Configuration) -> Any:
    """The names among which a name alone may be ambiguous."""
    return names_of(
        (kind, name)
        for kind in ("people", "teams", "schedules", "policies", "services", "chats")
        for name in getattr(configuration, kind)
    )


WORDS = {
    "people": "person",
    "teams": "team",
    "schedules": "schedule",
    "policies": "escalation policy",
    "services": "service",
    "chats": "chat",
    "integrations": "integration",
    "heartbeats": "heartbeat",
    "severities": "severity",
    "time_intervals": "time interval",
    "inhibitions": "inhibition",
    "calendars": "calendar",
    "webhooks": "outgoing webhook",
    "routes": "routing tree",
    "defaults": "house-wide settings",
    "dead_mans_switch": "dead man's switch",
}
ALL_OF = {
    "people": "People",
    "teams": "Teams",
    "schedules": "Schedules",
    "policies": "Escalation policies",
    "services": "Services",
    "chats": "Chats",
    "integrations": "Integrations",
    "heartbeats": "Heartbeats",
    "severities": "Severities",
    "time_intervals": "Time intervals",
    "inhibitions": "Inhibitions",
    "calendars": "Calendars",
    "webhooks": "Outgoing webhooks",
    "routes": "Routes",
    "defaults": "House-wide settings",
    "dead_mans_switch": "Dead man's switch",
}
EDITABLE = tuple(kind.name for kind in KINDS.values() if not kind.operational)
