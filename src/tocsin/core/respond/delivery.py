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


class Offer(msgspec.Struct, frozen=True):
    """What its reader may do by one tap: a button that says `label`, behind it a signed link that does `act` with `subject`
    in their name, after it asked once more. channels/links.py knows the acts."""

    label: str
    act: str
    subject: str


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
    opens: str = ""  # for what is about no incident: the path of the screen it is about
    offers: tuple[Offer, ...] = ()


class NotificationState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up or rejected; failover is another notification
    DROPPED = "dropped"  # stale, stopped


class Retry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A bundle that could not be delivered yet, set aside until `retry_at` so that nothing waits behind it."""

    ids: tuple[str, ...]
    key: str
    attempt: int
    first_attempt_at: datetime
    retry_at: datetime
    failed_over: bool = False


class HeldBack(msgspec.Struct, frozen=True):
    """After an outage: what was created before `before` waits until `until` for the senders' next word; what is newer goes
    ahead."""

    before: datetime
    until: datetime


class Tried(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of the latest attempt at an address, for people to see. `why` when it was not delivered."""

    at: datetime
    delivered: bool = False
    why: str = ""


class AddressState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an address remembers between messages. `bundle` is the attempt under way: found again after a crash, it is
    repeated under the same `key`. Failed ones wait in `retries`."""

    bundle: tuple[str, ...] = ()  # notification ids of the attempt under way
    key: str = ""  # its idempotency key
    attempt: int = 0  # attempts made at this bundle, this one included
    first_attempt_at: datetime | None = None
    failed_over: bool = False  # its pages were already handed to other methods
    retries: tuple[Retry, ...] = ()
    last_page_at: datetime | None = None
    services: dict[str, datetime] = {}  # services this address was paged about lately
    held_back: HeldBack | None = None
    last: Tried | None = None


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
    """Never going to work: unknown address, bad credentials, 4xx. `gone`: the provider says that the address is no more, so
    what a person set up with it is removed."""

    detail: str
    gone: bool = False


Outcome = Delivered | Failed | Rejected


class AfterAttempt(msgspec.Struct, frozen=True):
    """`retry_at` None means the bundle is done, one way or the other: `result` says which, for every id of it.

    `fail_over` hands its pages to their people's next methods at once; a page that is still wanted may be retried as well.
    """

    state: AddressState
    result: NotificationState | None = None
    retry_at: datetime | None = None
    reason: Reason = Reason.SENT
    fail_over: bool = False  # the person's next method is due at once
