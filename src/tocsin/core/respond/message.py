"""What a channel is given to send: one message, already decided, with everything that a page must carry."""

from datetime import datetime

import msgspec

from tocsin.core.respond.delivery import Purpose
from tocsin.core.severity import Severity, Urgency


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One incident that the message is about."""

    incident: int
    title: str
    severity: Severity
    since: datetime
    state: str
    url: str
    summary: str = ""
    service: str = ""
    runbook_url: str = ""
    alerts: int = 1
    labels: dict[str, str] = {}


class Button(msgspec.Struct, frozen=True):
    """A signed link that does what `label` says: GET shows a button, POST acts."""

    label: str
    url: str


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """`key` is the idempotency key: a retry carries the same one.

    A page has one item, or several when waiting pages were bundled; acknowledging it covers what it lists, through
    `acknowledge_url` (a signed link: GET shows a button, POST acts). Other messages have `text`, perhaps an item; one about
    no incident may have the URL of the screen that it is about, and buttons.
    """

    key: str
    purpose: Purpose
    title: str  # one line: "[SEV2] task-api: API p99 latency above 2s"
    text: str  # whole plain-text body
    sent_at: datetime
    items: tuple[Item, ...] = ()
    person: str = ""
    person_name: str = ""
    urgency: Urgency = Urgency.HIGH
    acknowledge_url: str = ""
    resolve_url: str = ""
    test: bool = False
    time_zone: str = "UTC"  # the reader's
    opens: str = ""
    buttons: tuple[Button, ...] = ()
