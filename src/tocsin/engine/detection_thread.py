"""The thread that takes accepted reports through detection.

A thread and not a task: whoever appended to the inbox rings its bell, and the report goes on to the commit of its
consequences without a turn of the event loop in between, which is a good part of the time until a phone rings.
"""

import threading
import time
from collections.abc import Callable

import structlog

from tocsin.core.instants import instant
from tocsin.engine.bell import Bell
from tocsin.engine.clock import Clock
from tocsin.engine.detecting import Detecting
from tocsin.engine.sending import Departure

log = structlog.get_logger()

BREATH = 0.005  # seconds between two commits under a stream: the disk is shared with those who accept
SAFETY_POLL = 1.0
PAUSE_AFTER_FAILURE = 0.5


class DetectionThread:
    """The callbacks come from this thread: `carry` what must leave, `rested` when nothing is left to do, `failed` for the
    count of failures."""

    def __init__(
        self,
        detecting: Detecting,
        clock: Clock,
        carry: Callable[[list[Departure]], None],
        rested: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        self._detecting = detecting
        self._clock = clock
        self._carry = carry
        self._rested = rested
        self._failed = failed
        self.bell = Bell()
        self._stopping = False
        self.went_round = time.monotonic()  # when a step last ended well
        self._thread = threading.Thread(target=self._run, name="detection", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do. From any thread."""
        self.bell.ring()

    def stop(self) -> None:
        """After the step under way. Blocks until then."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self.bell.close()

    def _run(self) -> None:
        while not self._stopping:
            self.bell.clear()
            try:
                self._step()
            except Exception:  # the loop's edge: logged, counted, retried
                log.exception("detection failed; it goes on")
                self._failed()
                self._wait(PAUSE_AFTER_FAILURE)

    def _step(self) -> None:
        began = time.monotonic()
        step = self._detecting.process(self._clock.now())
        self.went_round = time.monotonic()
        if step.departures:
            self._carry(step.departures)
        if not step.done:
            self._rested()
            self._wait(self._until_due())
        elif not self._detecting.backlogged:
            time.sleep(max(0.0, BREATH - (time.monotonic() - began)))

    def _until_due(self) -> float:
        due = self._detecting.next_due() if self._detecting.owned else None
        if due is None:
            return SAFETY_POLL
        return min(SAFETY_POLL, (instant(due) - self._clock.now()).total_seconds())

    def _wait(self, seconds: float) -> None:
        """Until woken, or that long."""
        if seconds > 0:
            self.bell.wait(seconds)
