"""Alertmanager's webhook, payload version 4.

One message is a whole group: its firing alerts and those that ended since the last message, so that a member which is
no longer named has left. Alertmanager retries on 5xx only; any 4xx costs it a whole `group_interval`.
"""

import msgspec

from tocsin.core.detect.signal import InboxRow, Parsed, Signal, SignalKind, Unreadable
from tocsin.ingest import source
from tocsin.ingest.decoding import MAX_ALERTS, annotations_in, decode, instant_in, labels_in, url_in
from tocsin.ingest.source import Door, KeyPlace


class Alert(msgspec.Struct, gc=False):
    """One alert as templates and webhooks see it; PagerDuty's custom_details carry the same."""

    status: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    startsAt: str | None = None
    endsAt: str | None = None
    generatorURL: str | None = None


class Message(msgspec.Struct, gc=False):
    status: str
    groupKey: str
    alerts: list[Alert]
    version: str = "4"
    truncatedAlerts: int | None = 0


_message = msgspec.json.Decoder(Message).decode


class Alertmanager(source.Source):
    name = "alertmanager"
    opens_for = frozenset({"alertmanager"})
    doors = (
        Door("/in/alertmanager/{key}"),
        Door("/in/alertmanager", key=KeyPlace.AUTHORIZATION),
    )

    def parse(self, row: InboxRow) -> Parsed:
        message = decode(_message, row.body)
        if message.version != "4":
            raise Unreadable("version", f'"4", got {message.version[:20]!r}')
        _kind(message.status, "status")
        if len(message.alerts) > MAX_ALERTS:
            raise Unreadable("alerts", f"at most {MAX_ALERTS} in a request, got {len(message.alerts)}")
        if "\0" in message.groupKey:
            raise Unreadable("groupKey", "no NUL character")
        whole = message.groupKey != "" and not message.truncatedAlerts
        return Parsed(
            signals=tuple(
                signal(alert, f"alerts[{index}]", _kind(alert.status, f"alerts[{index}].status"))
                for index, alert in enumerate(message.alerts)
            ),
            complete_group=message.groupKey if whole else None,
            pregrouped=True,
        )


def signal(alert: Alert, field: str, kind: SignalKind) -> Signal:
    """One alert of a group. A firing one has no end: Alertmanager says when it is over. Raises Unreadable."""
    return Signal(
        kind,
        labels_in(alert.labels, f"{field}.labels"),
        annotations_in(alert.annotations, f"{field}.annotations"),
        instant_in(alert.startsAt, f"{field}.startsAt"),
        instant_in(alert.endsAt, f"{field}.endsAt") if kind is SignalKind.RESOLVED else None,
        url_in(alert.generatorURL, f"{field}.generatorURL"),
    )


def _kind(status: str, field: str) -> SignalKind:
    if status == "firing":
        return SignalKind.FIRING
    if status == "resolved":
        return SignalKind.RESOLVED
    raise Unreadable(field, f"firing or resolved, got {status[:20]!r}")
