"""Prometheus, and whatever else posts to an Alertmanager's API v2 (vmalert, Loki's and Mimir's rulers, amtool).

A batch of alerts that fire until `endsAt`; each is sent again every minute while it fires, differing only in that, and for
a quarter of an hour after it ended. Nothing is ever retried, so a batch that is refused is lost. A partly bad batch is
kept as far as it is good and then answered 400, as Alertmanager does.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from xxhash import xxh3_128_digest

from tocsin.core.detect.signal import InboxRow, Parsed, Signal, SignalKind, Unreadable
from tocsin.ingest import source
from tocsin.ingest.decoding import (
    MAX_ALERTS,
    MAX_ANNOTATION,
    MAX_LABELS,
    MAX_NAME,
    MAX_VALUE,
    Unparsable,
    annotations_in,
    decode,
    instant,
    instant_in,
    labels_in,
    url_in,
)
from tocsin.ingest.source import Answer, Copy, Door, KeyPlace

RESOLVE_TIMEOUT = (
    5 * 60 * 1_000_000
)  # an alert without endsAt fires that long, as in Alertmanager; microseconds

# No lease is that short (Prometheus gives minutes): an end so close ahead is a resolution by a clock a little ahead of ours.
CLOCKS_DIFFER = 1_000_000

_OK = Answer(200, b"OK")
_NO_BODY = Answer(200)


class Invalid(Unreadable):
    """Well-formed, but against the API's schema: answered 422. `code` is the API's own number for it."""

    def __init__(self, code: int, field: str, expected: str) -> None:
        super().__init__(field, expected)
        self.code = code


class PostableAlert(msgspec.Struct, gc=False):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    startsAt: str | None = None
    endsAt: str | None = None
    generatorURL: str | None = None


_Labels = Annotated[
    dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)],
        Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_VALUE)],
    ],
    msgspec.Meta(min_length=1, max_length=MAX_LABELS),
]
_Annotations = Annotated[
    dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)],
        Annotated[str, msgspec.Meta(max_length=MAX_ANNOTATION)],
    ],
    msgspec.Meta(max_length=MAX_LABELS),
]


class ProperAlert(msgspec.Struct, gc=False):
    """The same within all limits, which the decoder checks far faster than we could."""

    labels: _Labels
    annotations: _Annotations = {}
    startsAt: str = ""
    endsAt: str = ""
    generatorURL: Annotated[str, msgspec.Meta(max_length=MAX_VALUE)] = ""


class UnreadAlert(msgspec.Struct, gc=False):
    """The same with everything but the end left as it stands in the body."""

    labels: msgspec.Raw = msgspec.Raw()
    annotations: msgspec.Raw = msgspec.Raw()
    startsAt: msgspec.Raw = msgspec.Raw()
    endsAt: str = ""
    generatorURL: msgspec.Raw = msgspec.Raw()


_postable = msgspec.json.Decoder(list[PostableAlert]).decode
_proper = msgspec.json.Decoder(list[ProperAlert]).decode
_unread = msgspec.json.Decoder(list[UnreadAlert]).decode


class Prometheus(source.Source):
    name = "prometheus"
    opens_for = frozenset({"alertmanager", "prometheus"})
    media_type = b"application/json"
    doors = (
        Door("/am/{key}/api/v2/alerts"),
        Door("/api/v2/alerts", key=KeyPlace.AUTHORIZATION),
        Door("/am/{key}/-/healthy", methods=("GET", "HEAD"), says=_OK),
        Door("/am/{key}/-/ready", methods=("GET", "HEAD"), says=_OK),
    )

    def parse(self, row: InboxRow) -> Parsed:
        return _parse_proper(row) or _parse_any(row)

    def copies(self, body: bytes, seed: int, received_at: int) -> list[Copy] | None:
        copies: list[Copy] = []
        ends, lease = "", _lease(None, received_at)
        try:
            for alert in _unread(body):
                if alert.endsAt != ends:  # the alerts of a batch mostly end together
                    ends, lease = alert.endsAt, _lease(instant(alert.endsAt), received_at)
                # JSON values end where they end, so joined ones are told apart.
                said = b"".join((alert.labels, alert.annotations, alert.startsAt, alert.generatorURL))
                copies.append((xxh3_128_digest(said, seed), lease))
            return copies
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
            return None  # parse will say what is wrong

    def joined(self, bodies: Sequence[bytes]) -> bytes | None:
        """A batch is a JSON list of alerts that have nothing to do with each other, so lists can be strung together."""
        if not all(body.startswith(b"[") and body.endswith(b"]") for body in bodies):
            return None  # blanks around it
        return b"[%b]" % b",".join([body[1:-1] for body in bodies])

    def stored(self, parsed: Parsed) -> Answer:
        if parsed.refused:
            return source.json(400, "; ".join(parsed.refused[:20]))
        return _NO_BODY

    def bad_key(self) -> Answer:
        return _framework(
            401, "unknown key; expected the key of an integration of type alertmanager or prometheus"
        )

    def malformed(self, error: Unreadable) -> Answer:
        if isinstance(error, Invalid):
            return source.json(422, {"code": error.code, "message": f"{error.field} {error.expected}"})
        if isinstance(error, Unparsable):
            return _framework(400, f'parsing alerts body from "" failed, because {error.expected}')
        return _framework(400, f'parsing alerts body from "" failed, because {error}')

    def too_large(self, limit: int) -> Answer:
        return _framework(413, f"the body is larger than {limit} bytes")

    def wrong_media_type(self, given: bytes) -> Answer:
        shown = given.decode("latin-1")
        return _framework(415, f'unsupported media type "{shown}", only [application/json] are allowed')

    def wrong_method(self, door: Door) -> Answer:
        said = _framework(405, f"method not allowed; allowed: {', '.join(door.methods)}")
        return Answer(said.status, said.body, (*said.headers, (b"allow", ", ".join(door.methods).encode())))


def _framework(status: int, message: str) -> Answer:
    return source.json(status, {"code": status, "message": message})


def _parse_proper(row: InboxRow) -> Parsed | None:
    """Nearly every batch; None for one that needs a closer look, at each alert apart."""
    if b"\\u0000" in row.body:
        return None
    received_at = row.received_at
    signals: list[Signal] = []
    ends, end = "", None
    try:
        for alert in _proper(row.body):
            starts_at = instant(alert.startsAt)
            if alert.endsAt != ends:  # the alerts of a batch mostly end together
                ends, end = alert.endsAt, instant(alert.endsAt)
            ends_at = end
            if ends_at is not None and starts_at is not None and ends_at < starts_at:
                return None
            if ends_at is None:
                ends_at = received_at + RESOLVE_TIMEOUT
            kind = SignalKind.FIRING if ends_at > received_at + CLOCKS_DIFFER else SignalKind.RESOLVED
            signals.append(
                Signal(kind, alert.labels, alert.annotations, starts_at, ends_at, alert.generatorURL)
            )
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        return None
    return Parsed(tuple(signals)) if len(signals) <= MAX_ALERTS else None


def _parse_any(row: InboxRow) -> Parsed:
    posted = decode(_postable, row.body)
    if len(posted) > MAX_ALERTS:
        raise Unreadable("", f"at most {MAX_ALERTS} alerts in a request, got {len(posted)}")
    for index, alert in enumerate(posted):
        if alert.labels is None:
            raise Invalid(602, f"{index}.labels", "in body is required")
    signals: list[Signal] = []
    refused: list[str] = []
    for index, alert in enumerate(posted):
        try:
            signals.append(_signal(alert, row.received_at))
        except Unreadable as error:
            refused.append(f"alert {index}: {error}")
    return Parsed(signals=tuple(signals), refused=tuple(refused))


def _signal(alert: PostableAlert, received_at: int) -> Signal:
    labels = labels_in(alert.labels, "labels")
    if not labels:
        raise Unreadable("labels", "at least one label pair required")
    annotations = annotations_in(alert.annotations, "annotations")
    starts_at = instant_in(alert.startsAt, "startsAt") if alert.startsAt else None
    ends_at = instant_in(alert.endsAt, "endsAt") if alert.endsAt else None
    if ends_at is not None and starts_at is not None and ends_at < starts_at:
        raise Unreadable("", "start time must be before end time")
    if ends_at is None:
        ends_at = received_at + RESOLVE_TIMEOUT
    return Signal(
        SignalKind.FIRING if ends_at > received_at + CLOCKS_DIFFER else SignalKind.RESOLVED,
        labels,
        annotations,
        starts_at,
        ends_at,
        url_in(alert.generatorURL, "generatorURL"),
    )


def _lease(ends_at: int | None, received_at: int) -> int:
    """Until when it fires; not after its receipt when it is over."""
    if ends_at is None:
        return received_at + RESOLVE_TIMEOUT
    return received_at if received_at < ends_at <= received_at + CLOCKS_DIFFER else ends_at
