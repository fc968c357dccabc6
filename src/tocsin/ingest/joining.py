"""Small requests that came together are stored as one: a row costs far more than the alert in it, here and for detection.

Senders that post one alert at a time (Alertmanager's own clients, vmalert, scripts) come in hundreds of requests in a storm.
Only requests of one integration and one format that stand next to each other are joined, so that their order stays.
"""

from collections.abc import Iterable, Sequence

import msgspec

from tocsin.core.detect.signal import InboxRow
from tocsin.ingest.source import Source

MOST_ALERTS = 64  # in a joined row: no more than what one page should wait for (engine/helpings.py)
MOST_BYTES = 64 * 1024
WITHIN = 50_000  # microseconds; a joined row has one instant of receipt


class Joinable(msgspec.Struct, gc=False):
    """A request on its way into the inbox. `alerts`: how many it holds; 0 keeps it by itself."""

    row: InboxRow
    source: Source
    alerts: int = 0


def joined(requests: Iterable[Joinable]) -> list[InboxRow]:
    """The rows to store, in order."""
    rows: list[InboxRow] = []
    run: list[InboxRow] = []
    source: Source | None = None
    alerts = size = 0
    for request in requests:
        row = request.row
        body = len(row.body)
        if (
            run
            and request.alerts
            and request.source is source
            and row.integration == run[0].integration
            and alerts + request.alerts <= MOST_ALERTS
            and size + body <= MOST_BYTES
            and 0 <= row.received_at - run[0].received_at <= WITHIN
        ):
            run.append(row)
            alerts += request.alerts
            size += body
            continue
        if run and source is not None:
            rows += _as_one(source, run)
        run, source, alerts, size = [row], request.source, request.alerts or MOST_ALERTS, body
    if run and source is not None:
        rows += _as_one(source, run)
    return rows


def _as_one(source: Source, run: Sequence[InboxRow]) -> Sequence[InboxRow]:
    if len(run) == 1:
        return run
    body = source.joined([row.body for row in run])
    if body is None:
        return run
    first = run[0]
    return (InboxRow(0, first.received_at, first.integration, first.source, body),)
