"""Every request that a door may bring and every answer it gets, as tagged values (JSON on the wire).

`perform.py` carries them out; `http.py` brings them over HTTP and over the data directory's socket. A refused request raises
Refused, which a door shows with its field and sentence.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from tocsin.config.answers import ConfigFile as ConfigFile
from tocsin.config.answers import PlanLine as PlanLine
from tocsin.config.answers import PlanView as PlanView
from tocsin.config.answers import Problem as Problem
from tocsin.core.instants import Aware
from tocsin.core.respond.incident import Command, Incident
from tocsin.core.respond.page import Page
from tocsin.core.severity import Severity

Id = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Kept = Literal["git", "people"]
Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Refused(Exception):
    """`code`: invalid (4xx), not_found, conflict, forbidden. `field` names the offending input or is ""."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


# --- requests: incidents and alerts ----------------------------------------------------------------------------------


class Act(msgspec.Struct, frozen=True, tag="act"):
    """A command on one or several incidents. Answer: list[Acted]."""

    incidents: tuple[Id, ...]
    command: Command


class ListIncidents(msgspec.Struct, frozen=True, tag="list_incidents", omit_defaults=True):
    """Answer: list[Incident], newest first. No states: the open ones."""

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    service: str | None = None
    team: str | None = None
    text: str = ""
    before: Id | None = None
    limit: Limit = 100


class ShowIncident(msgspec.Struct, frozen=True, tag="show_incident"):
    """Answer: IncidentView."""

    incident: Id


class ListAlerts(msgspec.Struct, frozen=True, tag="list_alerts", omit_defaults=True):
    """Answer: list[AlertView], newest first. No statuses: those that fire."""

    statuses: tuple[str, ...] = ()
    reason: str | None = None
    limit: Limit = 100
    before: Id | None = None


class SendAlert(msgspec.Struct, frozen=True, tag="send_alert", omit_defaults=True):
    """A test alert by a person, on its way like any other (source `cli`). Answer: Accepted."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    resolved: bool = False
    test: bool = True


class TestPage(msgspec.Struct, frozen=True, tag="test_page", omit_defaults=True):
    """Page this person the real way, marked TEST: by their rules, or by one contact `method`. Answer: Accepted."""

    person: str
    method: str | None = None


class OpenIncident(msgspec.Struct, frozen=True, tag="open_incident", omit_defaults=True):
    """A person reports a problem. Whom it pages: the policy named, else the service's; without either it is a ticket. The
    same report by the same person within a minute is one. Answer: Accepted."""

    title: str
    severity: Severity
    service: str | None = None
    policy: str | None = None
    summary: str = ""  # what users see


class SendSample(msgspec.Struct, frozen=True, tag="send_sample"):
    """A sample event of an integration, as its sender would make it, marked as a test. Answer: Accepted."""

    integration: str


class Explain(msgspec.Struct, frozen=True, tag="explain", omit_defaults=True):
    """What would happen to an alert with these labels. Answer: Explanation."""

    labels: dict[str, str]
    at: Aware | None = None


# --- requests: on-call and operational facts -------------------------------------------------------------------------


class Who(msgspec.Struct, frozen=True, tag="who", omit_defaults=True):
    """Answer: list[WhoView]."""

    schedule: str | None = None
    at: Aware | None = None


class AddSilence(msgspec.Struct, frozen=True, tag="add_silence", omit_defaults=True):
    """Answer: OperationalView."""

    matchers: tuple[str, ...]
    ends_at: Aware
    starts_at: Aware | None = None
    comment: str = ""


class AddMaintenance(msgspec.Struct, frozen=True, tag="add_maintenance", omit_defaults=True):
    services: tuple[str, ...]
    ends_at: Aware
    starts_at: Aware | None = None
    comment: str = ""


class AddOverride(msgspec.Struct, frozen=True, tag="add_override", omit_defaults=True):
    schedule: str
    person: str
    ends_at: Aware
    starts_at: Aware | None = None
    kind: str = "replace"
    replaces: str | None = None
    comment: str = ""


class ListOperational(msgspec.Struct, frozen=True, tag="list_operational", omit_defaults=True):
    """`kind`: silences, maintenance or overrides. Answer: list[OperationalView]."""

    kind: str
    ended: bool = False


class EndOperational(msgspec.Struct, frozen=True, tag="end_operational"):
    """End it now. Answer: OperationalView."""

    kind: str
    id: str


class ChangeEnd(msgspec.Struct, frozen=True, tag="change_end"):
    """Let what has not ended last longer, or shorter. Answer: OperationalView."""

    kind: str
    id: str
    ends_at: Aware


# --- requests: configuration -----------------------------------------------------------------------------------------


class PlanConfiguration(msgspec.Struct, frozen=True, tag="plan", omit_defaults=True):
    """What applying these files would change. `origin`: people when they are brought in on screen or by the API, so that
    they may be edited there; what Git keeps then stays. Answer: PlanView."""

    files: tuple[ConfigFile, ...]
    prune: bool = False
    origin: Kept = "git"


class ApplyConfiguration(msgspec.Struct, frozen=True, tag="apply", omit_defaults=True):
    """Answer: PlanView, of what was done."""

    files: tuple[ConfigFile, ...]
    prune: bool = False
    origin: Kept = "git"


class ExportConfiguration(msgspec.Struct, frozen=True, tag="export"):
    """Answer: ConfigFile."""


class PutNoun(msgspec.Struct, frozen=True, tag="put_noun", omit_defaults=True):
    """Make or change one noun of the configuration on screen: `kind` and `name` as in the YAML, `noun` its written form as
    JSON. Refused for what Git keeps. `revision`: refuse when the configuration moved on since. Answer: NounView."""

    kind: str
    name: str
    noun: dict[str, Any]
    revision: int | None = None


class RemoveNoun(msgspec.Struct, frozen=True, tag="remove_noun", omit_defaults=True):
    """Answer: NounView, as it was."""

    kind: str
    name: str
    revision: int | None = None


# --- requests: outgoing webhooks -------------------------------------------------------------------------------------


class SendTestEvent(msgspec.Struct, frozen=True, tag="send_test_event"):
    """Send this subscription a test event, the way of any other. Answer: Accepted."""

    webhook: str


class ResendDelivery(msgspec.Struct, frozen=True, tag="resend_delivery"):
    """Deliver it once more, under the same webhook-id. Answer: Accepted."""

    delivery: str


# --- requests: how a person is reached -------------------------------------------------------------------------------


class PutContactMethod(msgspec.Struct, frozen=True, tag="put_contact_method", omit_defaults=True):
    """Add a contact method or change its address; a code is sent to it. A changed address replaces the old one once it is
    verified. Options that are left out stay, empty ones go. Answer: ContactView."""

    person: str
    name: str
    channel: str
    address: str
    options: dict[str, str] = {}


class RemoveContactMethod(msgspec.Struct, frozen=True, tag="remove_contact_method", omit_defaults=True):
    """`change_only`: just the address that waits to be verified. Answer: ContactView."""

    person: str
    name: str
    change_only: bool = False


class SendContactCode(msgspec.Struct, frozen=True, tag="send_contact_code"):
    """Another code, to the address that is to be verified. Answer: ContactView."""

    person: str
    name: str


class VerifyContactMethod(msgspec.Struct, frozen=True, tag="verify_contact_method"):
    """Answer: ContactView."""

    person: str
    name: str
    code: str


class WantedRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Use the contact method `by` once the page is `minutes` old."""

    by: str
    minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 0


class PutPreferences(msgspec.Struct, frozen=True, tag="put_preferences", omit_defaults=True):
    """When and by what a person is notified. No rules for low urgency: those for high hold. `quiet_from` and `quiet_until`
    are local wall time, `22:00`; empty: no quiet hours. An empty `time_zone` is the files'. Answer: PreferencesView."""

    person: str
    high: tuple[WantedRule, ...]
    low: tuple[WantedRule, ...] = ()
    quiet_from: str = ""
    quiet_until: str = ""
    time_zone: str = ""


class Status(msgspec.Struct, frozen=True, tag="status"):
    """Answer: StatusView."""


class Examine(msgspec.Struct, frozen=True, tag="examine"):
    """What is unsafe or broken about this installation. Answer: list[Finding], the worst first."""


Request = (
    Act
    | ListIncidents
    | ShowIncident
    | ListAlerts
    | SendAlert
    | SendSample
    | TestPage
    | OpenIncident
    | Explain
    | Who
    | AddSilence
    | AddMaintenance
    | AddOverride
    | ListOperational
    | EndOperational
    | ChangeEnd
    | PlanConfiguration
    | ApplyConfiguration
    | ExportConfiguration
    | PutNoun
    | RemoveNoun
    | SendTestEvent
    | ResendDelivery
    | PutContactMethod
    | RemoveContactMethod
    | SendContactCode
    | VerifyContactMethod
    | PutPreferences
    | Status
    | Examine
)


# --- answers ---------------------------------------------------------------------------------------------------------


class Acted(msgspec.Struct, frozen=True, omit_defaults=True):
    incident: int
    state: str
    reason: str
    said: str  # one sentence for a person
    refused: str = ""


class TimelineLine(msgspec.Struct, frozen=True):
    entry: int
    at: datetime
    reason: str
    text: str
    actor: str | None = None
    via: str = ""


class AlertView(msgspec.Struct, frozen=True):
    id: int
    labels: dict[str, str]
    annotations: dict[str, str]
    status: str
    reason: str
    why: str  # the reason as a sentence, with the rule that decided
    integration: str
    starts_at: datetime
    first_seen: datetime
    ends_at: datetime | None = None
    by: str = ""
    generator_url: str = ""
    incident: int | None = None


class AttemptView(msgspec.Struct, frozen=True):
    at: datetime
    outcome: str
    detail: str


class NotificationView(msgspec.Struct, frozen=True):
    id: str
    purpose: str
    channel: str
    person: str | None
    method: str | None
    state: str
    reason: str
    detail: str
    created_at: datetime
    attempts: tuple[AttemptView, ...] = ()


class ChangeView(msgspec.Struct, frozen=True):
    at: datetime
    summary: str
    source: str
    integration: str


class PendingTimer(msgspec.Struct, frozen=True):
    kind: str
    due_at: datetime


class IncidentView(msgspec.Struct, frozen=True):
    incident: Incident
    timeline: tuple[TimelineLine, ...]
    alerts: tuple[AlertView, ...]
    pages: tuple[Page, ...]
    notifications: tuple[NotificationView, ...]
    changes: tuple[ChangeView, ...]
    pending: tuple[PendingTimer, ...]
    next_step: str  # prose: "bob (platform-secondary) is paged in 6m if nobody acknowledges"


class Accepted(msgspec.Struct, frozen=True):
    said: str
    inbox_id: int = 0
    incident: int | None = None


class PlannedPage(msgspec.Struct, frozen=True):
    """Somebody would be reached `after` the alert; `people` is who is on call for it at that instant."""

    after: timedelta
    target: str
    people: tuple[str, ...]
    by: str


class RouteView(msgspec.Struct, frozen=True):
    path: str
    matchers: tuple[str, ...]  # from the root down to this route
    action: str  # "page platform", "chat alerts", "ticket platform", "nothing"
    severity: Severity | None
    service: str | None
    group: dict[str, str]
    group_wait: timedelta
    reason: str
    pages: tuple[PlannedPage, ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    at: datetime
    routes: tuple[RouteView, ...]
    suppressed: str = (
        ""  # why it would page nobody: silence, inhibition, maintenance, mute; "" when it is not
    )
    heartbeat: str | None = None


class WhoView(msgspec.Struct, frozen=True):
    schedule: str
    team: str | None
    people: tuple[str, ...]
    names: tuple[str, ...]
    by: str
    until: datetime | None
    next_people: tuple[str, ...]
    next_at: datetime | None


class OperationalView(msgspec.Struct, frozen=True):
    kind: str
    id: str
    state: str  # pending, active, ended
    starts_at: datetime
    ends_at: datetime
    what: str  # matchers, services or "bob on platform-primary", as text
    created_by: str = ""
    comment: str = ""


class NounView(msgspec.Struct, frozen=True):
    """One noun in its written form; secrets are named or marked as stored, never shown."""

    kind: str
    name: str
    origin: str  # git or people
    noun: dict[str, Any]
    revision: int
    problems: tuple[Problem, ...] = ()  # warnings


class ContactView(msgspec.Struct, frozen=True):
    """`waits`: another address replaces it once its code was entered."""

    person: str
    name: str
    channel: str
    verified: bool
    waits: bool
    said: str


class PreferencesView(msgspec.Struct, frozen=True):
    person: str
    said: str


class StatusView(msgspec.Struct, frozen=True):
    version: str
    node: str
    database: str
    revision: int
    owner: str
    inbox_backlog: int
    open_incidents: int
    agenda: dict[str, int]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """`level`: bad, warning, note or good. `do`: what makes it good."""

    about: str
    level: str
    says: str
    do: str = ""
