"""Delivery to one address: order, pacing, bundling, back-off, giving up.

All that waits for one address is decided together. A page's budget is its own: status messages never delay it.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from tocsin.core.reasons import Reason
from tocsin.core.severity import Severity, Urgency


class Purpose(StrEnum):
    PAGE = "page"
    STATUS = "status"
    CHAT = "chat"
    ADMIN = "admin"


class Notification(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message on one channel to one contact method. It is stored as it stands; `address` is what it waits for.

    `address_key` names channel and address together, e.g. "ntfy|https://ntfy.example/alice"; secrets in it are hashed.
    """

    id: str  # "{page}.{n}", or "s{...}" for what belongs to no page
    purpose: Purpose
    address_key: str
    channel: str
    created_at: datetime
    text: str = ""  # for what is not a page: the whole message
    title: str = ""
    incident: int | None = None
    page: str | None = None
    person: str | None = None
    method: str | None = None  # the contact method's name, or the chat's key
    urgency: Urgency = Urgency.HIGH
    severity: Severity | None = None
    service: str | None = None
    reason: Reason = Reason.RULE_DUE
    test: bool = False


class NotificationState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up or rejected; failover is another notification
    DROPPED = "dropped"  # stale, stopped


class AddressState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an address remembers between messages. A retry repeats `bundle` under the same `key`."""

    bundle: tuple[str, ...] = ()  # notification ids of the attempt under way or to be repeated
    key: str = ""  # its idempotency key
    attempt: int = 0  # attempts made at this bundle
    first_attempt_at: datetime | None = None
    last_page_at: datetime | None = None
    services: dict[str, datetime] = {}  # services this address was paged about lately


class Send(msgspec.Struct, frozen=True):
    """Send these as one message, in this order, under this idempotency key; `state` is saved before it leaves."""

    ids: tuple[str, ...]
    state: AddressState
    reason: Reason


class Wait(msgspec.Struct, frozen=True):
    until: datetime
    reason: Reason


class Nothing(msgspec.Struct, frozen=True):
    """Nothing waits for this address."""


class Delivered(msgspec.Struct, frozen=True):
    provider_id: str = ""


class Failed(msgspec.Struct, frozen=True):
    """Worth another try: timeout, refused connection, 429, 5xx. `retry_after` in seconds when the provider says so."""

    detail: str
    retry_after: float | None = None


class Rejected(msgspec.Struct, frozen=True):
    """Never going to work: unknown address, bad credentials, 4xx."""

    detail: str


Outcome = Delivered | Failed | Rejected


class AfterAttempt(msgspec.Struct, frozen=True):
    """`retry_at` None means the bundle is done, one way or the other: `result` says which, for every id of it."""

    state: AddressState
    result: NotificationState | None = None
    retry_at: datetime | None = None
    reason: Reason = Reason.SENT
    fail_over: bool = False  # the person's next method is due at once
