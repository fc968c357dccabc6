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
LONGEST_TEXT = 20_000  # characters of any one field; the payload says so where it was cut


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
    return Payload(
        version=VERSION,
        id=message.key,
        kind=message.purpose.value,
        test=message.test,
        urgency=message.urgency.value,
        sent_at=message.sent_at,
        title=_bounded(message.title),
        text=_bounded(message.text),
        person=Person(message.person, message.person_name) if message.person else None,
        incidents=tuple(_incident(item) for item in message.items),
        acknowledge_url=message.acknowledge_url,
        resolve_url=message.resolve_url,
    )


def _incident(item: Item) -> Incident:
    return Incident(
        id=item.incident,
        title=_bounded(item.title),
        severity=item.severity.value,
        state=item.state,
        since=item.since,
        url=item.url,
        summary=_bounded(item.summary),
        service=item.service,
        runbook_url=_bounded(item.runbook_url),
        alerts=item.alerts,
        labels={_bounded(name): _bounded(value) for name, value in item.labels.items()},
    )


def _bounded(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]} [… {len(text) - LONGEST_TEXT:,} more characters]"


CHANNEL: Channel = Webhook()
