"""Any program that takes an HTTP POST: a versioned JSON payload, signed. README.md and payload.schema.json define it."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import aiohttp
import msgspec

from tocsin.channels.channel import Channel
from tocsin.channels.http import DEADLINE, Answer, check_url, outcome, post
from tocsin.channels.plain import host_of, line
from tocsin.core.respond.delivery import Outcome
from tocsin.core.respond.message import Item, Message

VERSION = 1
# Characters; a text says so where it was cut. The incidents of a bundle share the last two.
LONGEST_TEXT = 20_000
LONGEST_FIELD = 5_000
ALL_FIELDS = 150_000
ALL_LABELS = 300_000


class Person(msgspec.Struct, frozen=True):
    key: str
    name: str


class Incident(msgspec.Struct, frozen=True):
    id: int
    title: str
    severity: str
    state: str
    since: datetime
    url: str
    summary: str
    service: str
    runbook_url: str
    alerts: int
    labels: dict[str, str]


class Link(msgspec.Struct, frozen=True):
    label: str
    url: str


class Payload(msgspec.Struct, frozen=True):
    """Fields are only ever added within a version."""

    version: int
    id: str
    kind: str  # page, status, chat, admin
    test: bool
    urgency: str
    sent_at: datetime
    title: str
    text: str
    person: Person | None
    incidents: tuple[Incident, ...]
    acknowledge_url: str
    resolve_url: str
    url: str
    links: tuple[Link, ...]


class Webhook:
    name = "webhook"
    concurrency = 64

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline

    def check(self, address: str, options: Mapping[str, str]) -> str:
        return check_url(address)

    async def send(
        self, message: Message, address: str, options: Mapping[str, str], http: aiohttp.ClientSession
    ) -> Outcome:
        content = msgspec.json.encode(payload(message))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tocsin",
            "Idempotency-Key": line(message.key),
        }
        if secret := options.get("secret"):
            headers["Tocsin-Signature"] = signature(secret.encode(), message.sent_at, content)
        answer = await post(http, address, content, headers, self.deadline)
        says = line(answer.text, 200) if isinstance(answer, Answer) and answer.status >= 400 else ""
        return outcome(answer, host_of(address), says)


def signature(secret: bytes, at: datetime, content: bytes) -> str:
    """`t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>`, so that neither can be changed nor replayed for long."""
    moment = int(at.timestamp())
    digest = hmac.new(secret, f"{moment}.".encode() + content, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def payload(message: Message) -> Payload:
    """Labels and texts go out as they are (JSON carries anything), but not by the megabyte."""
    share = max(len(message.items), 1)
    limit, room = min(LONGEST_FIELD, ALL_FIELDS // share), ALL_LABELS // share
    return Payload(
        version=VERSION,
        id=message.key,
        kind=message.purpose.value,
        test=message.test,
        urgency=message.urgency.value,
        sent_at=message.sent_at,
        title=_bounded(message.title, LONGEST_FIELD),
        text=_bounded(message.text, LONGEST_TEXT),
        person=Person(message.person, _bounded(message.person_name, LONGEST_FIELD))
        if message.person
        else None,
        incidents=tuple(_incident(item, limit, room) for item in message.items),
        acknowledge_url=message.acknowledge_url,
        resolve_url=message.resolve_url,
        url=message.opens,
        links=tuple(Link(_bounded(each.label, LONGEST_FIELD), each.url) for each in message.buttons),
    )


def _incident(item: Item, limit: int, room: int) -> Incident:
    return Incident(
        id=item.incident,
        title=_bounded(item.title, limit),
        severity=item.severity.value,
        state=_bounded(item.state, limit),
        since=item.since,
        url=item.url,
        summary=_bounded(item.summary, limit),
        service=_bounded(item.service, limit),
        runbook_url=_bounded(item.runbook_url, limit),
        alerts=item.alerts,
        labels=_fitting(item.labels, limit, room),
    )


def _fitting(labels: Mapping[str, str], limit: int, room: int) -> dict[str, str]:
    """The first labels that find room."""
    kept: dict[str, str] = {}
    for name, value in labels.items():
        name, value = _bounded(name, limit), _bounded(value, limit)
        room -= len(name) + len(value)
        if room < 0:
            break
        kept[name] = value
    return kept


def _bounded(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]} [… {len(text) - limit:,} more characters]"


CHANNEL: Channel = Webhook()
