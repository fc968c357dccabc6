"""PagerDuty's Events API v2: alert events and change events.

The credential is the body's `routing_key`. Vendors' clients retry on 429 and 5xx, so a bad key or a bad event is a 400.
Alertmanager sends a whole group as one event; its alerts are found again in `custom_details` (alertmanager.py), so
that each is an alert here too and not one of them hides behind the group's summary.
"""

import hashlib
from typing import Any

import msgspec

from tocsin.core.detect.signal import ChangeEvent, InboxRow, Parsed, Signal, SignalKind, Unreadable
from tocsin.ingest import source
from tocsin.ingest.decoding import MAX_ANNOTATION, MAX_LABELS, Unparsable, decode, lenient_instant
from tocsin.ingest.source import Answer, Door, KeyPlace
from tocsin.ingest.sources.pagerduty.alertmanager import group_members

MAX_KEY = 1024  # characters; the vendor takes 255
ACTIONS = {
    "trigger": SignalKind.FIRING,
    "acknowledge": SignalKind.ACKNOWLEDGED,
    "resolve": SignalKind.RESOLVED,
}
SEVERITIES = frozenset({"critical", "error", "warning", "info"})


class Keyed(msgspec.Struct, gc=False):
    routing_key: Any = None


_keyed = msgspec.json.Decoder(Keyed).decode
_object = msgspec.json.Decoder(dict[str, Any]).decode


class _PagerDuty(source.Source):
    opens_for = frozenset({"pagerduty"})

    def key_in(self, body: bytes) -> str | None:
        key = decode(_keyed, body).routing_key
        return key if isinstance(key, str) else None

    def bad_key(self) -> Answer:
        return _invalid("'routing_key' is not the key of an integration of type pagerduty")

    def malformed(self, error: Unreadable) -> Answer:
        if isinstance(error, Unparsable) or error.field == "":
            return source.json(
                400,
                {
                    "status": "Unrecognized object",
                    "message": "Event object format is unrecognized",
                    "errors": [f"JSON parse error: {error.expected}"],
                },
            )
        return _invalid(f"'{error.field}' {error.expected}")

    def too_large(self, limit: int) -> Answer:
        said = _invalid(f"the event is larger than {limit} bytes")
        return Answer(413, said.body, said.headers)

    def busy(self) -> Answer:
        return source.json(
            429, {"status": "throttle exceeded", "message": "Overloaded, try again", "errors": []}
        )


class Events(_PagerDuty):
    name = "pagerduty"
    doors = (Door("/v2/enqueue", key=KeyPlace.BODY, key_header=b"x-routing-key"),)

    def parse(self, row: InboxRow) -> Parsed:
        event = decode(_object, row.body)
        kind = ACTIONS.get(str(event.get("event_action", "")).lower())
        if kind is None:
            raise Unreadable(
                "event_action",
                "is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
            )
        key = _key(event, kind, row.body)
        if kind is SignalKind.ACKNOWLEDGED:
            return Parsed(signals=(Signal(kind, {}, key=key),), pregrouped=True)
        payload = event.get("payload")
        members = group_members(payload.get("custom_details")) if isinstance(payload, dict) else None
        if kind is SignalKind.RESOLVED:
            # The key ends an event that was taken as one alert, the empty group every member that was not.
            ended = tuple(member for member in members or () if member.kind is SignalKind.RESOLVED)
            return Parsed((*ended, Signal(kind, {}, key=key)), complete_group=key, pregrouped=True)
        if members is not None and any(member.kind is SignalKind.FIRING for member in members):
            return Parsed(members, complete_group=key, pregrouped=True)
        return Parsed((_trigger(event, payload, key),), pregrouped=True)

    def stored(self, parsed: Parsed) -> Answer:
        key = parsed.complete_group or next((s.key for s in parsed.signals if s.key), "")
        return source.json(202, {"status": "success", "message": "Event processed", "dedup_key": key})


class ChangeEvents(_PagerDuty):
    name = "pagerduty.change"
    doors = (Door("/v2/change/enqueue", key=KeyPlace.BODY, key_header=b"x-routing-key"),)

    def parse(self, row: InboxRow) -> Parsed:
        event = decode(_object, row.body)
        payload = event.get("payload")
        if not isinstance(payload, dict):
            raise Unreadable("payload", "is missing or not an object")
        change = ChangeEvent(
            summary=_summary(payload),
            at=lenient_instant(payload.get("timestamp")),
            source=_text(payload.get("source"))[:MAX_KEY],
            details=_json(payload.get("custom_details")),
            links=tuple(_links(event)),
        )
        return Parsed(changes=(change,))

    def stored(self, parsed: Parsed) -> Answer:
        return source.json(202, {"status": "success", "message": "Change event processed"})


def _invalid(error: str) -> Answer:
    return source.json(
        400, {"status": "invalid event", "message": "Event object is invalid", "errors": [error]}
    )


def _key(event: dict[str, Any], kind: SignalKind, body: bytes) -> str:
    """A trigger without a key gets one from its own bytes, so that the same event, sent again, is the same alert."""
    key = event.get("dedup_key")
    if key is None or key == "":
        if kind is not SignalKind.FIRING:
            raise Unreadable("dedup_key", "is missing or blank")
        return hashlib.sha256(body).hexdigest()[:32]
    if isinstance(key, int | float):
        key = str(key)
    if not isinstance(key, str) or len(key) > MAX_KEY or "\0" in key:
        raise Unreadable("dedup_key", f"is invalid (must be a text of at most {MAX_KEY} characters)")
    return key


def _trigger(event: dict[str, Any], payload: object, key: str) -> Signal:
    """One event, one alert. Its severity is a template in the wild: an unknown one counts as `error`."""
    if not isinstance(payload, dict):
        raise Unreadable("payload", "is missing or not an object")
    summary = _summary(payload)
    origin = _text(payload.get("source"))
    if not origin:
        raise Unreadable("payload.source", "is missing or blank")
    severity = _text(payload.get("severity")).strip().lower()
    labels = {"source": origin[:MAX_KEY], "severity": severity if severity in SEVERITIES else "error"}
    for name in ("component", "group", "class"):
        if value := _text(payload.get(name)):
            labels[name] = value[:MAX_KEY]
    labels["dedup_key"] = key
    client_url = _text(event.get("client_url"))
    return Signal(
        SignalKind.FIRING,
        labels,
        _annotations(event, payload, summary),
        lenient_instant(payload.get("timestamp")),
        generator_url=client_url if len(client_url) <= MAX_KEY else "",
        key=key,
    )


def _summary(payload: dict[str, Any]) -> str:
    summary = _text(payload.get("summary"))
    if not summary.strip():
        raise Unreadable("payload.summary", "is missing or blank")
    return summary[:1024]


def _annotations(event: dict[str, Any], payload: dict[str, Any], summary: str) -> dict[str, str]:
    """The summary, what the sender calls itself, its links, and the details one level deep, deeper ones as JSON."""
    annotations: dict[str, str] = {}
    details = payload.get("custom_details")
    if isinstance(details, dict):
        for name, value in list(details.items())[: MAX_LABELS - 8]:
            if cleaned := _text(name)[:MAX_KEY]:
                annotations[cleaned] = _text(value)[:MAX_ANNOTATION]
    elif details not in (None, ""):
        annotations["custom_details"] = _text(details)[:MAX_ANNOTATION]
    for href, text in _links(event):
        name = "runbook_url" if "runbook" in text.lower() else "link"
        annotations.setdefault(name, href)
    if client := _text(event.get("client")):
        annotations["client"] = client[:MAX_KEY]
    annotations["summary"] = summary
    return annotations


def _links(event: dict[str, Any]) -> list[tuple[str, str]]:
    links = event.get("links")
    if not isinstance(links, list):
        return []
    found = [
        (_text(link.get("href"))[:4096], _text(link.get("text"))[:MAX_KEY])
        for link in links
        if isinstance(link, dict)
    ]
    return [(href, text) for href, text in found if href][:20]


def _text(value: object) -> str:
    """A text as it stands (without NUL, which no database keeps), nothing as "", anything else as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\0", "")
    return _json(value)


def _json(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()[:MAX_ANNOTATION]
