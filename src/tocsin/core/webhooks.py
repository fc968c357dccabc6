"""Outgoing webhooks: which subscription hears of which line of an incident's timeline, and when a delivery is tried again.

Pure. An event is a line of the timeline, named for machines; what a subscription is owed follows from the incident as it is
after the decision that wrote the line.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from tocsin.core.instants import instant
from tocsin.core.people import Secret
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Incident
from tocsin.core.severity import Severity

TEST_EVENT = "webhook.test"
EVENTS: dict[str, tuple[Reason, ...]] = {
    "incident.opened": (Reason.OPENED_INCIDENT,),
    "incident.step_started": (Reason.STEP_STARTED,),
    "incident.acknowledged": (Reason.ACKNOWLEDGED,),
    "incident.escalated": (
        Reason.ESCALATED_BY_HAND,
        Reason.STEP_TIMED_OUT,
        Reason.POLICY_REPEATED,
        Reason.ACK_EXPIRED,
        Reason.EXHAUSTED,
        Reason.LAST_RESORT,
    ),
    "incident.mitigated": (Reason.MITIGATED, Reason.STILL_FIRING),
    "incident.resolved": (Reason.RESOLVED_BY_SOURCE, Reason.RESOLVED_BY_PERSON),
    "incident.reopened": (
        Reason.REOPENED,
        Reason.REOPENED_INCIDENT,
        Reason.FLAPPING,
        Reason.QUIET_AFTER_ACK,
    ),
    "incident.closed": (Reason.CLOSED,),
    "incident.severity_changed": (Reason.SEVERITY_RAISED, Reason.SEVERITY_LOWERED),
    "incident.note_added": (Reason.NOTED,),
    "incident.snoozed": (Reason.SNOOZED,),
    "incident.snooze_ended": (Reason.SNOOZE_ENDED,),
    "incident.reassigned": (Reason.REASSIGNED, Reason.HANDED_OVER),
    "incident.responder_added": (Reason.RESPONDER_ADDED,),
    "incident.held": (Reason.HELD_FOR_BUSINESS_HOURS, Reason.HELD_FOR_MAINTENANCE),
    "incident.released": (Reason.RELEASED, Reason.MAINTENANCE_ENDED),
    "incident.alerts_changed": (Reason.JOINED_INCIDENT, Reason.SOURCE_RESOLVED, Reason.SOURCE_SILENT),
    "incident.nobody_reachable": (Reason.NOBODY_ON_CALL, Reason.NO_POLICY, Reason.NO_CONTACT_METHOD),
}
EVENT_OF = {reason: event for event, reasons in EVENTS.items() for reason in reasons}

# Before the next try, after so many failed ones; a day in all.
PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
)
PATIENCE = timedelta(hours=24)
DISABLE_AFTER = timedelta(days=5)  # of nothing but failures
BOTH_SECRETS = timedelta(days=1)  # after a rotation
LONGEST_FIELD = 5_000  # characters
ALL_LABELS = 100_000


class Webhook(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subscription. An empty filter lets everything through. `secret` begins with `whsec_`; after a rotation both it and
    the previous one sign until `previous_until`."""

    key: str
    url: str | Secret
    secret: str | Secret
    events: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    previous_secret: str | Secret | None = None
    previous_until: datetime | None = None
    enabled: bool = True

    def hears(self, event: str, incident: Incident, team: str | None) -> bool:
        return (
            self.enabled
            and (not self.events or event in self.events)
            and (not self.teams or team in self.teams)
            and (not self.services or incident.service in self.services)
            and (not self.severities or incident.severity in self.severities)
        )


class Line(Protocol):
    """A line of the timeline; `at` in microseconds."""

    @property
    def incident(self) -> int: ...
    @property
    def entry(self) -> int: ...
    @property
    def at(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def actor(self) -> str | None: ...
    @property
    def via(self) -> str: ...


class DeliveryState:
    """What became of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"  # given up after a day
    DROPPED = "dropped"  # its subscription is gone


class Delivery(msgspec.Struct, frozen=True):
    """One event owed to one subscription. `id` is unique, `message_id` is the webhook-id that every repetition carries.
    `begun_at` is when the day of its tries began, `tries` counts since then."""

    id: str
    webhook: str
    incident: int  # 0 for a test
    entry: int
    event: str
    message_id: str
    begun_at: int
    document: bytes  # the payload without the incident's address
    state: str = DeliveryState.WAITING
    tries: int = 0
    created_at: int = 0
    updated_at: int = 0
    retry_at: int = 0  # not before


class About(msgspec.Struct, frozen=True):
    """The incident of a payload, as it stood when the event was committed."""

    id: int
    title: str
    state: str
    severity: str
    kind: str
    service: str | None
    team: str | None
    summary: str
    runbook_url: str
    labels: dict[str, str]
    alerts: int
    firing: int
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str
    snoozed_until: datetime | None
    responders: tuple[str, ...]
    test: bool
    url: str = ""


class Change(msgspec.Struct, frozen=True):
    """The line of the timeline that is the event."""

    entry: int
    reason: str
    text: str
    actor: str | None
    via: str


class Data(msgspec.Struct, frozen=True):
    incident: About | None
    change: Change | None


class Payload(msgspec.Struct, frozen=True):
    """The body, in the form of Standard Webhooks."""

    type: str
    timestamp: datetime
    data: Data


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Payload).decode


def owed(
    webhooks: Iterable[Webhook],
    lines: Sequence[Line],
    incidents: Mapping[int, Incident],
    team_of: "TeamOf",
) -> list[Delivery]:
    """What these lines owe to these subscriptions, in the lines' order."""
    found: list[Delivery] = []
    subscriptions = [webhook for webhook in webhooks if webhook.enabled]
    for line in lines:
        event = EVENT_OF.get(Reason(line.reason))
        incident = incidents.get(line.incident)
        if event is None or incident is None:
            continue
        team = team_of(incident)
        hearing = [webhook for webhook in subscriptions if webhook.hears(event, incident, team)]
        if hearing:
            document = encode(payload(event, line, incident, team))
            found += [_delivery(webhook.key, event, line, document) for webhook in hearing]
    return found


class TeamOf(Protocol):
    def __call__(self, incident: Incident) -> str | None: ...


def _delivery(webhook: str, event: str, line: Line, document: bytes) -> Delivery:
    return Delivery(
        id=f"{webhook}/{line.incident}/{line.entry}",
        webhook=webhook,
        incident=line.incident,
        entry=line.entry,
        event=event,
        message_id=f"incident-{line.incident}-{line.entry}",
        begun_at=line.at,
        document=document,
        created_at=line.at,
        updated_at=line.at,
    )


def payload(event: str, line: Line, incident: Incident, team: str | None) -> Payload:
    """Texts go out as they are (JSON carries anything), but not by the megabyte."""
    about = About(
        id=incident.id,
        title=bounded(incident.title),
        state=incident.state.value,
        severity=incident.severity.value,
        kind=incident.kind.value,
        service=incident.service,
        team=team,
        summary=bounded(incident.summary),
        runbook_url=bounded(incident.runbook_url),
        labels=_fitting(incident.labels),
        alerts=incident.alerts,
        firing=incident.firing,
        opened_at=incident.opened_at,
        acknowledged_at=incident.acknowledged_at,
        acknowledged_by=incident.acknowledged_by,
        mitigated_at=incident.mitigated_at,
        resolved_at=incident.resolved_at,
        resolved_by=incident.resolved_by,
        resolution=bounded(incident.resolution),
        snoozed_until=incident.snoozed_until,
        responders=incident.responders,
        test=incident.test,
    )
    change = Change(line.entry, line.reason, bounded(line.text), line.actor, line.via)
    return Payload(event, instant(line.at), Data(about, change))


def trial_delivery(webhook: str, serial: str, at: int) -> Delivery:
    """What the test button sends: the same way, about nothing."""
    document = encode(Payload(TEST_EVENT, instant(at), Data(None, None)))
    return Delivery(
        f"{webhook}/test/{serial}", webhook, 0, at, TEST_EVENT, f"test-{serial}", at, document, created_at=at
    )


def body(delivery: Delivery, url: str) -> bytes:
    """The bytes that are signed and sent. `url` is the incident's page, "" for a test."""
    if not delivery.incident:
        return delivery.document
    told = decode(delivery.document)
    assert told.data.incident is not None
    about = msgspec.structs.replace(told.data.incident, url=url)
    return encode(msgspec.structs.replace(told, data=msgspec.structs.replace(told.data, incident=about)))


def retry_at(delivery: Delivery, now: datetime) -> datetime | None:
    """When it is tried again after failing now; None when it is given up. `delivery.tries` counts the try that failed."""
    if delivery.tries > len(PAUSES):
        return None
    at = now + PAUSES[delivery.tries - 1]
    return at if at <= instant(delivery.begun_at) + PATIENCE else None


def bounded(text: str, limit: int = LONGEST_FIELD) -> str:
    return text if len(text) <= limit else f"{text[:limit]} [… {len(text) - limit:,} more characters]"


def _fitting(labels: Mapping[str, str]) -> dict[str, str]:
    """The first labels that find room."""
    kept: dict[str, str] = {}
    room = ALL_LABELS
    for name, value in labels.items():
        name, value = bounded(name), bounded(value)
        room -= len(name) + len(value)
        if room < 0:
            break
        kept[name] = value
    return kept
