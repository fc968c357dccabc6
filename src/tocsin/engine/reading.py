"""The inbox as the detection owner reads it: in order, from the committed cursor, in helpings, each request parsed again.

What was accepted and cannot be read any more goes into quarantine and counts as saying nothing, so it stops nobody.
"""

from collections import deque
from collections.abc import Callable, Iterator

import msgspec
import structlog

from tocsin.core.detect.signal import InboxRow, Parsed, Report, Unreadable
from tocsin.engine.beating import SOURCE
from tocsin.engine.helpings import MOST
from tocsin.engine.setting_aside import said
from tocsin.engine.store.protocol import Store

log = structlog.get_logger()

REQUESTS = 256  # in one helping, which is what one transaction takes
ROWS = 64  # read at once; a body may be large


class Helping:
    """The next requests, parsed one by one as they are taken: what is parsed weighs twenty times its text, and is soonest
    read and soonest forgotten while it is in the processor's cache. It can be gone through once."""

    def __init__(
        self, rows: Iterator[InboxRow], parse: Callable[[InboxRow], Parsed], requests: int, alerts: int
    ) -> None:
        self.requests = 0  # how many were taken
        self.alerts = 0
        self.last = 0  # the last of them
        self.heard: dict[str, int] = {}  # by integration, when it was; what Tocsin says itself does not count
        self.noted: list[Report] = []  # those that say more than alerts: changes, a heartbeat's ping
        self._rows = rows
        self._parse = parse
        self._at_most = requests
        self._most_alerts = alerts

    def __iter__(self) -> Iterator[Report]:
        while self.requests < self._at_most and self.alerts < self._most_alerts:
            row = next(self._rows, None)
            if row is None:
                return
            self.requests += 1
            self.last = row.id
            if row.source != SOURCE:
                self.heard[row.integration] = row.received_at
            report = Report(row.id, row.integration, row.received_at, self._parse(row))
            parsed = report.parsed
            self.alerts += len(parsed.signals)
            if parsed.changes or parsed.ping is not None:
                self.noted.append(report)
            del row, parsed
            yield report
            del report


class Reading:
    """`cursor` is the last request whose consequences are committed; whoever commits moves it."""

    def __init__(self, store: Store, replay: Callable[[InboxRow], Parsed]) -> None:
        self.replay = replay
        self.cursor = 0
        self._store = store
        self._ahead: deque[InboxRow] = deque()  # read, but not yet taken
        self._read_up_to = 0
        self._all_read = True

    def begin(self, cursor: int) -> None:
        """Read from there: what was taken since is not committed, or another's."""
        self.cursor = self._read_up_to = cursor
        self._all_read = True
        self._ahead.clear()

    @property
    def more(self) -> bool:
        """Whether more waited than was taken, as far as is known."""
        return bool(self._ahead) or not self._all_read

    def helping(self, requests: int = REQUESTS, alerts: int = MOST) -> Helping | None:
        """The next requests after the cursor: at most that many, and none more once they held so many alerts. None when all
        was taken."""
        waits = self._ahead or self._read()
        return Helping(self._rows(), self._parse, requests, alerts) if waits else None

    def again(self, request: int) -> list[InboxRow]:
        """That one request, or none if it is gone."""
        return self._store.inbox.after(request - 1, 1)

    def apart(self, row: InboxRow) -> list[Report]:
        """A request of several alerts as one of each."""
        signals = self._parse(row).signals
        if len(signals) < 2:
            return []
        return [
            Report(row.id, row.integration, row.received_at, Parsed(signals=(signal,))) for signal in signals
        ]

    def _rows(self) -> Iterator[InboxRow]:
        while self._ahead or (not self._all_read and self._read()):
            yield self._ahead.popleft()

    def _read(self) -> bool:
        """Whether there was anything."""
        rows = self._store.inbox.after(self._read_up_to, ROWS)
        self._all_read = len(rows) < ROWS
        if rows:
            self._ahead.extend(rows)
            self._read_up_to = rows[-1].id
        return bool(rows)

    def _parse(self, row: InboxRow) -> Parsed:
        try:
            if row.source == SOURCE:
                return msgspec.json.decode(row.body, type=Parsed)
            return self.replay(row)
        except Exception as error:  # accepted by another version of the source: kept, shown, never a loop
            why = str(error) if isinstance(error, Unreadable) else said(error)
            log.exception("an accepted request cannot be read", inbox_id=row.id, source=row.source)
            self._store.run(lambda tx: tx.inbox.quarantine([(row, why)]))
            return Parsed()
