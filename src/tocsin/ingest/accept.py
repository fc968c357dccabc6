"""The accept path, the same on every node: understand, append durably, only then answer.

What changed nothing is not appended, but is never answered before the copy it repeats is durable. What cannot be read is
answered as its sender understands and kept in quarantine. Overload is said, never dropped.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from tocsin.core.detect.signal import InboxRow, Parsed, Renewal, Signal, Unreadable
from tocsin.ingest.committer import Busy, Committer, Waiting
from tocsin.ingest.keyring import Keyring
from tocsin.ingest.memory import Memory, Unchanged
from tocsin.ingest.source import Answer, Copy, Source

MAX_BODY = 4 * 1024 * 1024
SECOND = 1_000_000
QUARANTINED_BODY = 64 * 1024  # bytes kept of what could not be read
QUARANTINE_BURST = 100  # and how many of them at once, then one in a tenth of a second
QUARANTINE_REST = SECOND // 10

_NOTHING = Parsed()

AnswerWith = Callable[[Answer], None]


class Counters(Protocol):
    """What is counted here; the engine's counters are one."""

    requests: Counter[tuple[str, int]]  # source, status
    alerts_accepted: Counter[str]  # source
    alerts_renewed: int
    loop_failures: Counter[str]  # what failed while all else went on


class Accept:
    """`now` gives microseconds since the epoch; `append` makes rows durable, on a thread of its own or, up to `at_once`
    bytes, on the event loop. The callbacks must be quick and run on the event loop:

    - `on_renewed(renewal)`: alerts that were sent again unchanged, at most every ten seconds each. One that the engine
      does not hold as firing must be given to `forget`, so that its next copy is appended;
    - `on_quarantined(row, error)`: an authenticated request that could not be read, wholly or in part.

    `memory.owner` says whether this node owns detection. When it does not, a copy is appended again once a third of its
    lease has passed, and nothing is renewed.
    """

    def __init__(
        self,
        append: Callable[[Sequence[InboxRow]], object],
        *,
        now: Callable[[], int],
        counters: Counters,
        on_renewed: Callable[[Renewal], None],
        on_quarantined: Callable[[InboxRow, str], None],
        keyring: Keyring | None = None,
        max_body: int = MAX_BODY,
        remembered: int = 1_000_000,
        at_once: int = 0,
    ) -> None:
        self.keyring = keyring or Keyring()
        self.memory = Memory(remembered)
        self.counters = counters
        self.max_body = max_body
        self._now = now
        self._on_renewed = on_renewed
        self._on_quarantined = on_quarantined
        self._quarantine_free_at = 0
        self.committer = Committer(append, self._not_stored, at_once, self._unanswered)

    def take(self, source: Source, integration: str, body: bytes, answer_with: AnswerWith) -> None:
        """One authenticated request: `answer_with` gets its answer, once, when it is durable or refused."""
        row = InboxRow(0, self._now(), integration, source.name, body)
        try:
            answered = self._take(source, row, answer_with)
        except Unreadable as error:
            self._quarantine(row, str(error))
            answered = source.malformed(error)
        except Busy:
            answered = source.busy()
        if answered is not None:
            answer_with(answered)

    async def taken(self, source: Source, integration: str, body: bytes) -> Answer:
        """As `take`, for a coroutine."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answer_with(said: Answer) -> None:
            if not answer.done():  # its request was cancelled
                answer.set_result(said)

        self.take(source, integration, body, answer_with)
        return await answer

    def forget(self, integration: str, signals: Iterable[Signal]) -> None:
        """These are not firing as far as the engine knows: append their next copies. On the event loop."""
        self.memory.forget_signals(integration, signals)

    async def close(self) -> None:
        """Let what is under way become durable. No request may come any more."""
        await self.committer.close()

    def _take(self, source: Source, row: InboxRow, answer_with: AnswerWith) -> Answer | None:
        """The answer where it can be given now; else it is given when the commit is through."""
        memory, now = self.memory, row.received_at
        copies = source.copies(row.body, memory.seed(row.integration), now)
        if copies is not None and (same := memory.unchanged(copies, now)) is not None:
            return self._repeated(source, row, copies, same, None, answer_with)

        self.committer.check_room()
        parsed = source.parse(row)
        if parsed.refused:
            self._quarantine(row, "; ".join(parsed.refused))
            copies = None
            if not parsed.signals:
                return source.stored(parsed)
        if copies is None:
            copies = memory.copies(row.integration, parsed)
            if (
                copies is not None
                and memory.same_group(row.integration, parsed)
                and (same := memory.unchanged(copies, now)) is not None
            ):
                return self._repeated(source, row, copies, same, parsed, answer_with)

        self.counters.alerts_accepted[source.name] += len(parsed.signals)
        waiting = Waiting(row, source, 0 if parsed.refused else len(parsed.signals), parsed.complete_group)
        generation = self.committer.add(waiting, _telling(source, parsed, answer_with))
        waiting.touched = memory.remember(row.integration, parsed, copies, now, generation)
        return None

    def _repeated(
        self,
        source: Source,
        row: InboxRow,
        copies: Sequence[Copy],
        same: Unchanged,
        parsed: Parsed | None,
        answer_with: AnswerWith,
    ) -> Answer | None:
        self.counters.alerts_renewed += len(copies)
        if same.due:
            signals = (parsed or source.parse(row)).signals
            renewed = tuple(signals[index] for index in same.due)
            self._on_renewed(Renewal(row.integration, row.received_at, renewed))
        said = parsed or _NOTHING
        if self.committer.wait_for(same.generation, _telling(source, said, answer_with)):
            return None
        return source.stored(said)

    def _unanswered(self) -> None:
        self.counters.loop_failures["answers"] += 1

    def _not_stored(self, generation: int, requests: list[Waiting]) -> None:
        # Memory must not run ahead of the disk: the next copy of each is news again.
        for request in requests:
            self.memory.forget(request.touched, generation)
            self.memory.forget_group(request.row.integration, request.complete_group)

    def _quarantine(self, row: InboxRow, error: str) -> None:
        """As many as its budget allows; the rest is only counted, by its 4xx."""
        now = row.received_at
        free_at = max(self._quarantine_free_at, now - QUARANTINE_BURST * QUARANTINE_REST)
        if free_at > now:
            return
        self._quarantine_free_at = free_at + QUARANTINE_REST
        self._on_quarantined(msgspec.structs.replace(row, body=row.body[:QUARANTINED_BODY]), error)


def _telling(source: Source, parsed: Parsed, answer_with: AnswerWith) -> Callable[[bool], None]:
    return lambda stored: answer_with(source.stored(parsed) if stored else source.failed())
