"""What a sender reported, as values: the only thing that sources produce and detection consumes."""

from enum import StrEnum

import msgspec


class SignalKind(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"  # PagerDuty's acknowledge: no change of the alert, but of its incident


class Signal(msgspec.Struct, frozen=True, gc=False):
    """One alert as reported. Instants are microseconds since the epoch.

    `key` is the sender's own name for the alert where it has one (PagerDuty's dedup_key); a resolve or acknowledge that
    carries only the key has empty labels. `ends_at` of a firing signal is a lease: without news by then, its source
    is silent. Without `ends_at` it fires until told otherwise.
    """

    kind: SignalKind
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: int | None = None
    ends_at: int | None = None
    generator_url: str = ""
    key: str | None = None


class ChangeEvent(msgspec.Struct, frozen=True, gc=False):
    """A deploy, flag, migration: kept, opens nothing."""

    summary: str
    at: int | None = None
    source: str = ""
    details: str = ""  # JSON text as sent
    links: tuple[tuple[str, str], ...] = ()  # (href, text)


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """One request, understood.

    `complete_group`: the sender's name for a group whose complete membership these signals are (Alertmanager's
    groupKey, not truncated); members known from before and missing now have left. `pregrouped`: the sender has already
    waited to group, so an unset group_wait is zero.
    """

    signals: tuple[Signal, ...] = ()
    changes: tuple[ChangeEvent, ...] = ()
    ping: str | None = None  # a heartbeat's key
    complete_group: str | None = None
    pregrouped: bool = False
    refused: tuple[
        str, ...
    ] = ()  # items of a batch that could not be taken, with the reason; the rest counts


class InboxRow(msgspec.Struct, frozen=True, gc=False):
    """A request as received: all that reading it again takes. `source` names its format (ingest/source.py).

    `received_at` is in microseconds; an alert without its own times gets them from there. A row
    that is yet to be appended has id 0; the store gives the id.
    """

    id: int
    received_at: int
    integration: str
    source: str
    body: bytes


class Report(msgspec.Struct, frozen=True, gc=False):
    """A parsed request on its way into detection; `inbox_id` orders all of them."""

    inbox_id: int
    integration: str
    received_at: int  # microseconds
    parsed: Parsed


class Renewal(msgspec.Struct, frozen=True, gc=False):
    """Alerts that were sent again and say nothing new but a later end: no inbox row stands behind them."""

    integration: str
    received_at: int  # microseconds
    signals: tuple[Signal, ...]


class Unreadable(ValueError):
    """The sender's body cannot be taken: which field, what was expected. Becomes the source's own 4xx."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}" if field else expected)
        self.field = field
        self.expected = expected
