"""Everything that decisions may read: the configured nouns and the operational facts, at one revision.

This is the `facts` argument of every decision. It is immutable; whoever changes it makes a new one with a higher revision.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum

import msgspec

from tocsin.core.detect.matchers import Matcher
from tocsin.core.oncall.away import Holidays, Leave
from tocsin.core.oncall.calendar import Calendar
from tocsin.core.oncall.pay.rules import PayRule
from tocsin.core.oncall.schedule import Override, Schedule
from tocsin.core.people import Person, Secret, Team
from tocsin.core.respond.policy import Policy
from tocsin.core.severity import DEFAULT_SEVERITIES, Severity, SeverityRule
from tocsin.core.webhooks import Webhook

ROOT_ROUTE = "{}"  # what the root of the routing tree is called where a route is named


class Service(msgspec.Struct, frozen=True, omit_defaults=True):
    key: str
    name: str = ""
    team: str | None = None
    policy: str | None = None
    depends_on: tuple[str, ...] = ()
    runbook_url: str = ""


class Chat(msgspec.Struct, frozen=True, omit_defaults=True):
    """A room that messages go to; `channel` is a folder of channels/."""

    key: str
    channel: str
    address: str | Secret
    options: dict[str, str | Secret] = {}


class Route(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node of the routing tree (Alertmanager's semantics) with what happens to what lands there.

    None means inherited from the parent, as in Alertmanager; `group_by=("...",)` groups by all labels, `()` puts all in one
    group. `page` is a policy, `chat` a chat, `ticket` a team. An absent action (all None and not `nothing`) is inherited
    whole: a child that names any action replaces the parent's.
    """

    path: str  # "" is the root, "0.2" the third child of its first child
    matchers: tuple[Matcher, ...] = ()
    goes_on: bool = False  # Alertmanager's `continue`
    group_by: tuple[str, ...] | None = None
    group_wait: timedelta | None = None
    group_interval: timedelta | None = None
    repeat_interval: timedelta | None = None
    page: str | None = None
    chat: str | None = None
    ticket: str | None = None
    nothing: bool = False
    severity: Severity | None = None
    service: str | None = None
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    flap_window: timedelta | None = None
    routes: tuple["Route", ...] = ()


class TimeRange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of a named time interval (Alertmanager's semantics): every given field must match.

    `times` are minutes of the day, start inclusive, end exclusive; ranges are inclusive pairs; weekdays 0 = Sunday.
    """

    times: tuple[tuple[int, int], ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    days_of_month: tuple[tuple[int, int], ...] = ()
    months: tuple[tuple[int, int], ...] = ()
    years: tuple[tuple[int, int], ...] = ()
    location: str = "UTC"


class TimeInterval(msgspec.Struct, frozen=True):
    key: str
    ranges: tuple[TimeRange, ...]


class Inhibition(msgspec.Struct, frozen=True, omit_defaults=True):
    key: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


class Silence(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str = ""
    comment: str = ""


class Maintenance(msgspec.Struct, frozen=True, omit_defaults=True):
    """While it runs, new pages of the named services are held; what still fires at its end pages then."""

    id: str
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str = ""
    comment: str = ""


class Heartbeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """Silence is an alert: nothing heard for `every` + `grace` raises HeartbeatMissed with `labels`.

    It is fed by alerts that match `matchers` (the Watchdog alert) and by GET/POST /in/heartbeat/<key>.
    """

    key: str
    every: timedelta
    grace: timedelta = timedelta(minutes=1)
    matchers: tuple[Matcher, ...] = ()
    ping_key: str | Secret | None = None
    labels: dict[str, str] = {}


class Integration(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sender. `type` is a folder of ingest/sources/; `key` is its credential."""

    key: str
    type: str
    secret: str | Secret
    service: str | None = None
    labels: dict[str, str] = {}  # added where the alert does not have the label


class DeadMansSwitch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tocsin itself pings this URL, so that somebody outside notices when it stops."""

    url: str | Secret
    every: timedelta = timedelta(minutes=1)


class Origin(StrEnum):
    GIT = "git"  # from the applied files
    PEOPLE = "people"  # made on screen, by CLI or API; apply never removes it


class Defaults(msgspec.Struct, frozen=True, omit_defaults=True):
    """House-wide settings with their defaults."""

    base_url: str = ""  # where people reach this installation; empty: where it listens
    admins: tuple[str, ...] = ()  # people told about gaps and failures; empty: persons with admin=True
    admin_chat: str | None = None
    flap_window: timedelta = timedelta(minutes=30)
    close_after: timedelta = timedelta(days=7)
    handoff_reminder: time | None = None


class Configuration(msgspec.Struct, frozen=True, omit_defaults=True):
    revision: int = 0
    people: dict[str, Person] = {}
    teams: dict[str, Team] = {}
    schedules: dict[str, Schedule] = {}
    removed_schedules: dict[str, Schedule] = {}  # for their history alone: nobody is on call in them now
    policies: dict[str, Policy] = {}
    services: dict[str, Service] = {}
    chats: dict[str, Chat] = {}
    integrations: dict[str, Integration] = {}
    heartbeats: dict[str, Heartbeat] = {}
    time_intervals: dict[str, TimeInterval] = {}
    inhibitions: tuple[Inhibition, ...] = ()
    severities: dict[Severity, SeverityRule] = msgspec.field(default_factory=DEFAULT_SEVERITIES.copy)
    route: Route = Route(path="")
    overrides: tuple[Override, ...] = ()
    silences: tuple[Silence, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    calendars: dict[str, Calendar] = {}
    unclear: dict[str, tuple[str, ...]] = {}  # by calendar: events that are nobody's for sure, in sentences
    leaves: tuple[Leave, ...] = ()  # told by hand, and from calendars
    holidays: dict[str, Holidays] = {}  # by place
    pay: dict[str, PayRule] = {}
    dead_mans_switch: DeadMansSwitch | None = None
    webhooks: dict[str, Webhook] = {}
    defaults: Defaults = Defaults()
    # (kind, name) of what was made on screen or by API: URLs of these are not trusted to be outside.
    by_people: frozenset[tuple[str, str]] = frozenset()

    def schedules_ever(self) -> dict[str, Schedule]:
        """Those that are, and those that were: for looking back (pay, shares of the load), never for paging."""
        return {**self.removed_schedules, **self.schedules}

    def admins(self) -> tuple[str, ...]:
        """Who is told when something is wrong with on-call itself."""
        return self.defaults.admins or tuple(key for key, person in self.people.items() if person.admin)
