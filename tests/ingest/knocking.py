"""A sender that speaks ASGI to the ingest app, and an inbox that tests can hold back or break."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tocsin import ingest
from tocsin.core.detect.signal import InboxRow, Renewal, Report, Signal
from tocsin.core.instants import parse_duration
from tocsin.ingest.accept import Accept
from tocsin.ingest.asgi import IngestApp
from tocsin.ingest.keyring import Credential, Keyring
from tocsin.ingest.registry import replay

START = 1_789_372_991_482_000  # 2026-09-14T08:03:11.482Z in microseconds

KEYRING = Keyring(
    [
        Credential("am-key", "alertmanager", "prom"),
        Credential("only-prometheus", "prometheus", "edge"),
        Credential("R0AB12CD34EF56GH78IJ90KL12MN34OP", "pagerduty", "pd"),
        Credential("ping-key", "heartbeat", "nightly-backup"),
    ]
)


def payload(source: str, name: str) -> bytes:
    return (Path(ingest.__file__).parent / "sources" / source / "payloads" / f"{name}.json").read_bytes()


class Heard(msgspec.Struct, frozen=True):
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def json(self) -> object:
        return msgspec.json.decode(self.body)


class Counted:
    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.alerts_accepted: Counter[str] = Counter()
        self.alerts_renewed = 0
        self.loop_failures: Counter[str] = Counter()


class House:
    """The ingest app with everything it is given: a clock that only moves when told, an inbox in memory."""

    def __init__(self, remembered: int = 1_000_000) -> None:
        self.now = START
        self.inbox: list[InboxRow] = []
        self.commits: list[int] = []  # rows in each
        self.renewals: list[Renewal] = []
        self.quarantine: list[tuple[InboxRow, str]] = []
        self.broken = False
        self.held = threading.Event()
        self.held.set()
        self.appending = threading.Event()  # an append began
        self.counters = Counted()
        self.accept = Accept(
            self.append,
            now=lambda: self.now,
            counters=self.counters,
            on_renewed=self.renewals.append,
            on_quarantined=lambda row, error: self.quarantine.append((row, error)),
            keyring=KEYRING,
            remembered=remembered,
        )
        self.app = IngestApp(self.accept)

    def append(self, rows: Sequence[InboxRow]) -> int:
        self.appending.set()
        self.held.wait(10)
        if self.broken:
            raise OSError("No space left on device")
        first = len(self.inbox) + 1
        self.inbox.extend(msgspec.structs.replace(row, id=id) for id, row in enumerate(rows, first))
        self.commits.append(len(rows))
        return first

    def advance(self, duration: str) -> None:
        self.now += parse_duration(duration) // parse_duration("1ms") * 1000

    @property
    def reports(self) -> list[Report]:
        """What detection reads there."""
        return [Report(row.id, row.integration, row.received_at, replay(row)) for row in self.inbox]

    @property
    def signals(self) -> list[Signal]:
        return [signal for report in self.reports for signal in report.parsed.signals]

    async def post(
        self, path: str, body: bytes, *headers: tuple[bytes, bytes], method: str = "POST"
    ) -> Heard:
        return await self.request(method, path, [body], headers)

    async def post_alerts(self, *alerts: dict[str, object]) -> Heard:
        """As Prometheus does."""
        body = msgspec.json.encode(alerts)
        return await self.post("/am/am-key/api/v2/alerts", body, (b"content-type", b"application/json"))

    async def request(
        self, method: str, path: str, pieces: Sequence[bytes], headers: Iterable[tuple[bytes, bytes]] = ()
    ) -> Heard:
        messages = [
            {"type": "http.request", "body": piece, "more_body": index + 1 < len(pieces)}
            for index, piece in enumerate(pieces)
        ]
        waiting = iter(messages)
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            await asyncio.sleep(0)
            return next(waiting)  # type: ignore[return-value]

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
        await self.app(scope, receive, send)  # type: ignore[arg-type]
        start, body = sent
        return Heard(start["status"], dict(start["headers"]), body["body"])  # type: ignore[arg-type,call-overload]
