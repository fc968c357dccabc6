"""The inbox as the detection owner reads it: in order, from the committed cursor, in helpings, each request parsed again.

What was accepted and cannot be read any more goes into quarantine and counts as saying nothing, so it stops nobody.
"""

from collections import deque
from collections.abc import Callable

import msgspec
import structlog

from tocsin.core.detect.signal import InboxRow, Parsed, Report, Unreadable
from tocsin.engine.beating import SOURCE
from tocsin.engine.setting_aside import said
from tocsin.engine.store.protocol import Store

log = structlog.get_logger()

# A helping is what one transaction takes. Larger ones save nothing that can be measured, but what was parsed no longer
# fits the processor's cache, weighs megabytes until it is committed, and keeps timers and pages waiting.
REPORTS = 256
ALERTS = 2_000
ROWS = 64  # read at once; a body may be large


class Reading:
    """`cursor` is the last request whose consequences are committed; whoever commits moves it."""

    def __init__(self, store: Store, replay: Callable[[InboxRow], Parsed]) -> None:
        self.replay = replay
        self.cursor = 0
        self.more = False  # whether more waited than the last helping took
        self._store = store
        self._ahead: deque[InboxRow] = deque()  # read, but not yet taken

    def begin(self, cursor: int) -> None:
        """Read from there: what was taken since is not committed, or another's."""
        self.cursor = cursor
        self.more = False
        self._ahead.clear()

    def helping(self, reports: int) -> list[Report]:
        """The next reports after the cursor, at most that many; none when all was taken."""
        taken: list[Report] = []
        ahead, alerts, last = self._ahead, 0, self.cursor
        self.more = False
        while len(taken) < reports and alerts < ALERTS:
            if not ahead:
                ahead.extend(self._after(last))
                if not ahead:
                    return taken
            row = ahead.popleft()
            last = row.id
            parsed = self._parse(row)
            alerts += len(parsed.signals)
            taken.append(Report(row.id, row.integration, row.received_at, parsed))
        self.more = True
        return taken

    def _after(self, cursor: int) -> list[InboxRow]:
        return self._store.read(lambda tx: tx.inbox.after(cursor, ROWS))

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
