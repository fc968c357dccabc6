"""The accept path, the same on every node: understand, append durably, only then answer.

What changed nothing is not appended, but is never answered before the copy it repeats is durable. What cannot be read is
answered as its sender understands and kept in quarantine. Overload is said, never dropped.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from tocsin.core.detect.signal import InboxRow, Parsed, Renewal, Report, Signal, Unreadable
from tocsin.ingest.committer import Busy, Committer, NotStored, Waiting
from tocsin.ingest.keyring import Keyring
from tocsin.ingest.memory import Memory, Unchanged
from tocsin.ingest.source import Answer, Copy, Source

MAX_BODY = 4 * 1024 * 1024
SECOND = 1_000_000
QUARANTINED_BODY = 64 * 1024  # bytes kept of what could not be read
QUARANTINE_BURST = 100  # and how many of them at once, then one in a tenth of a second
QUARANTINE_REST = SECOND // 10

_NOTHING = Parsed()


class Counters(Protocol):
    """What is counted here; the engine's counters are one."""

    requests: Counter[tuple[str, int]]  # source, status
    alerts_accepted: Counter[str]  # source
    alerts_renewed: int


class Accept:
    """`now` gives microseconds since the epoch. The callbacks must be quick and run on the event loop, but for
    `on_accepted`, which runs on the inbox's thread:

    - `on_accepted(reports)`: durable, in the order of their inbox ids;
    - `on_renewed(renewal)`: alerts that were sent again unchanged, at most every ten seconds each. One that the engine
      does not hold as firing must be given to `forget`, so that its next copy is appended;
    - `on_quarantined(row, error)`: an authenticated request that could not be read, wholly or in part.

    `memory.owner` says whether this node owns detection. When it does not, a copy is appended again once a third of its
    lease has passed, and nothing is renewed.
    """

    def __init__(
        self,
        append: Callable[[Sequence[InboxRow]], int],
        *,
        now: Callable[[], int],
        counters: Counters,
        on_accepted: Callable[[list[Report]], None],
        on_renewed: Callable[[Renewal], None],
        on_quarantined: Callable[[InboxRow, str], None],
        keyring: Keyring | None = None,
        max_body: int = MAX_BODY,
        remembered: int = 1_000_000,
    ) -> None:
        self.keyring = keyring or Keyring()
        self.memory = Memory(remembered)
        self.counters = counters
        self.max_body = max_body
        self._now = now
        self._on_renewed = on_renewed
        self._on_quarantined = on_quarantined
        self._quarantine_free_at = 0
        self.committer = Committer(append, on_accepted, self._not_stored)

    async def take(self, source: Source, integration: str, body: bytes) -> Answer:
        """One authenticated request: its answer, once it is durable or refused."""
        row = InboxRow(0, self._now(), integration, source.name, body)
        try:
            parsed, durable = self._take(source, row)
            if durable is not None:
                await durable
        except Unreadable as error:
            self._quarantine(row, str(error))
            return source.malformed(error)
        except Busy:
            return source.busy()
        except NotStored:
            return source.failed()
        return source.stored(parsed)

    def forget(self, integration: str, signals: Iterable[Signal]) -> None:
        """These are not firing as far as the engine knows: append their next copies. On the event loop."""
        self.memory.forget_signals(integration, signals)

    async def close(self) -> None:
        """Let what is under way become durable. No request may come any more."""
        await self.committer.close()

    def _take(self, source: Source, row: InboxRow) -> tuple[Parsed, asyncio.Future[None] | None]:
        memory, now = self.memory, row.received_at
        copies = source.copies(row.body, memory.seed(row.integration), now)
        if copies is not None and (same := memory.unchanged(copies, now)) is not None:
            return self._repeated(source, row, copies, same, None)

        self.committer.check_room()
        parsed = source.parse(row)
        if parsed.refused:
            self._quarantine(row, "; ".join(parsed.refused))
            copies = None
            if not parsed.signals:
                return parsed, None
        if copies is None:
            copies = memory.copies(row.integration, parsed)
            if (
                copies is not None
                and memory.same_group(row.integration, parsed)
                and (same := memory.unchanged(copies, now)) is not None
            ):
                return self._repeated(source, row, copies, same, parsed)

        self.counters.alerts_accepted[source.name] += len(parsed.signals)
        touched = memory.remember(row.integration, parsed, copies, now, self.committer.gathering)
        return parsed, self.committer.add(Waiting(row, parsed, touched))

    def _repeated(
        self, source: Source, row: InboxRow, copies: Sequence[Copy], same: Unchanged, parsed: Parsed | None
    ) -> tuple[Parsed, asyncio.Future[None] | None]:
        self.counters.alerts_renewed += len(copies)
        if same.due:
            signals = (parsed or source.parse(row)).signals
            renewed = tuple(signals[index] for index in same.due)
            self._on_renewed(Renewal(row.integration, row.received_at, renewed))
        return parsed or _NOTHING, self.committer.wait_for(same.generation)

    def _not_stored(self, generation: int, requests: list[Waiting]) -> None:
        # Memory must not run ahead of the disk: the next copy of each is news again.
        for request in requests:
            self.memory.forget(request.touched, generation)
            self.memory.forget_group(request.row.integration, request.parsed.complete_group)

    def _quarantine(self, row: InboxRow, error: str) -> None:
        """As many as its budget allows; the rest is only counted, by its 4xx."""
        now = row.received_at
        free_at = max(self._quarantine_free_at, now - QUARANTINE_BURST * QUARANTINE_REST)
        if free_at > now:
            return
        self._quarantine_free_at = free_at + QUARANTINE_REST
        self._on_quarantined(msgspec.structs.replace(row, body=row.body[:QUARANTINED_BODY]), error)
