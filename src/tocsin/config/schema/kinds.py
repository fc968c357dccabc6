"""Every kind of noun at the top of a configuration file: its form, its type, and how it is kept as an entry of the store."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from tocsin.config import sealing
from tocsin.config.document import Node, Scalar
from tocsin.config.forms import Names, Reading, Tree, check_name
from tocsin.config.schema.calendars import CALENDARS, LEAVES
from tocsin.config.schema.escalation import POLICIES, SeverityForm
from tocsin.config.schema.oncall import OVERRIDES, SCHEDULES
from tocsin.config.schema.pay import PAY
from tocsin.config.schema.people import PEOPLE, TEAMS, ChatRoom
from tocsin.config.schema.routing import INHIBITIONS, MAINTENANCE, ROUTES, SILENCES, IntervalForm
from tocsin.config.schema.services import DEAD_MANS_SWITCH, DEFAULTS, HEARTBEATS, INTEGRATIONS, SERVICES
from tocsin.config.schema.webhooks import WEBHOOKS
from tocsin.core.configuration import (
    Chat,
    DeadMansSwitch,
    Defaults,
    Heartbeat,
    Inhibition,
    Integration,
    Maintenance,
    Origin,
    Route,
    Service,
    Silence,
    TimeInterval,
)
from tocsin.core.instants import micros
from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.calendar import CALENDAR_EVENTS, Calendar, Content
from tocsin.core.oncall.pay.rules import PayRule
from tocsin.core.oncall.schedule import Former, Override, Schedule
from tocsin.core.oncall.wall_clock import FOREVER
from tocsin.core.people import (
    CONTACT_CHANGES,
    PREFERENCES,
    ContactChange,
    ContactMethod,
    Person,
    Preferences,
    Team,
)
from tocsin.core.people import (
    CONTACT_METHODS as CONTACT_METHODS,
)
from tocsin.core.respond.policy import Policy
from tocsin.core.severity import SeverityRule
from tocsin.core.webhooks import Webhook
from tocsin.engine.store.protocol import Entry

Noun = Any  # one of the types below: each kind has its own
Key = tuple[str, str]  # (kind, name), as entries are known

SINGLE = ""  # the entry's name of a kind of which there is one
# What people set up themselves, made on screen and never in files; and what was read of others' calendars.
OWN: dict[str, Any] = {
    CONTACT_METHODS: ContactMethod,
    CONTACT_CHANGES: ContactChange,
    PREFERENCES: Preferences,
    CALENDAR_EVENTS: Content,
}
# What is remembered of schedules that were edited or removed (see history.py); made by edits, never in files.
SCHEDULE_VERSIONS = "schedule_versions"


class Kind(msgspec.Struct, frozen=True):
    """`key` is the noun's attribute that holds its name; empty for a kind of which there is one.

    Operational kinds are always editable on screen, and what was edited there wins over the files.
    """

    name: str
    type: Any
    read: Callable[[str, Node, Reading], Noun]
    write: Callable[[Noun, Names], Tree]
    schema: Callable[[], dict[str, Any]]
    key: str = "key"
    operational: bool = False

    @property
    def single(self) -> bool:
        return not self.key

    def name_of(self, noun: Noun) -> str:
        return str(getattr(noun, self.key)) if self.key else SINGLE


def _many(name: str, noun: Any, form: Any, key: str = "key", operational: bool = False) -> Kind:
    return Kind(name, noun, form.read_as, form.write, form.schema, key, operational)


def _single(name: str, noun: Any, form: Any) -> Kind:
    return Kind(
        name, noun, lambda _, node, reading: form.read(node, reading), form.write, form.schema, key=""
    )


# In the order of the guide, which is the order of an export.
KINDS = {
    kind.name: kind
    for kind in (
        _single("defaults", Defaults, DEFAULTS),
        _many("people", Person, PEOPLE),
        _many("teams", Team, TEAMS),
        _many("schedules", Schedule, SCHEDULES),
        _many("policies", Policy, POLICIES),
        _many("services", Service, SERVICES),
        _many("chats", Chat, ChatRoom()),
        _many("integrations", Integration, INTEGRATIONS),
        _many("heartbeats", Heartbeat, HEARTBEATS),
        _many("severities", SeverityRule, SeverityForm(), key="name"),
        _many("time_intervals", TimeInterval, IntervalForm()),
        Kind(
            "routes",
            Route,
            lambda _, node, reading: ROUTES.read_root(node, reading),
            ROUTES.write_root,
            ROUTES.schema_root,
            key="",
        ),
        _many("inhibitions", Inhibition, INHIBITIONS),
        _many("silences", Silence, SILENCES, key="id", operational=True),
        _many("maintenance", Maintenance, MAINTENANCE, key="id", operational=True),
        _many("overrides", Override, OVERRIDES, key="id", operational=True),
        _many("calendars", Calendar, CALENDARS),
        _many("leaves", Leave, LEAVES, key="id", operational=True),
        _many("pay", PayRule, PAY),
        _single("dead_mans_switch", DeadMansSwitch, DEAD_MANS_SWITCH),
        _many("webhooks", Webhook, WEBHOOKS),
    )
}


def check_key(kind: str, key: Scalar, reading: Reading) -> None:
    """Raises Wrong for what cannot be a name. An inhibition may be named by its own matchers."""
    if kind != "inhibitions":
        check_name(key, reading)
    elif not key.text or len(key.text) > 500 or not key.text.isprintable():
        raise reading.findings.error(key.place, "expected a name of at most 500 printable characters")


def to_entry(
    kind: str,
    noun: Noun,
    origin: Origin = Origin.GIT,
    created_by: str = "",
    created_at: int = 0,
    source: str = "",
) -> Entry:
    """The noun as the store keeps it."""
    lasting = isinstance(noun, (Silence, Maintenance, Override, Leave))
    return Entry(
        kind=kind,
        name=KINDS[kind].name_of(noun),
        document=msgspec.json.encode(sealing.sealed(noun)),
        origin=origin.value,
        starts_at=micros(noun.starts_at) if lasting else None,
        ends_at=micros(_over_at(noun)) if lasting else None,
        created_by=created_by,
        created_at=created_at,
        source=source,
    )


def _over_at(noun: Noun) -> datetime:
    """When nothing of an operational fact is left to come; FOREVER for an override that repeats without end."""
    return noun.ends_at if not isinstance(noun, Override) else noun.over_at or FOREVER


def from_entry(entry: Entry) -> Noun:
    """The noun of an entry, its secrets opened. Raises ValueError for an entry of no known kind or with a document that is
    none of its kind."""
    return sealing.opened(decoded(entry))


def decoded(entry: Entry) -> Noun:
    """The same as the store keeps it, its secrets sealed."""
    if entry.kind in OWN:
        return msgspec.json.decode(entry.document, type=OWN[entry.kind])
    if entry.kind == SCHEDULE_VERSIONS:
        return msgspec.json.decode(entry.document, type=Former)
    if entry.kind not in KINDS:
        raise ValueError(f"unknown kind {entry.kind!r}")
    return msgspec.json.decode(entry.document, type=KINDS[entry.kind].type)
