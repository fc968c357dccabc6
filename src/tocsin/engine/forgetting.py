"""History goes when it is old: a bounded range in a transaction of its own, so that no page waits behind it.

Each kind is looked through from its oldest on, once an hour, one range a turn. What decides or explains stays: incidents
and their timelines, the audit log, overrides (they are who was on call), and whatever Git keeps.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from tocsin.core.configuration import Origin
from tocsin.core.instants import micros
from tocsin.engine.store.protocol import Store, Transaction

KEEP = timedelta(days=400)  # a year, and what is compared with it
SHORTEST, LONGEST = 30, 36_500  # days; what is younger is still shown as recent
AT_ONCE = 500  # rows in one transaction
EVERY = timedelta(hours=1)
OVER = ("silences", "maintenance")

log = structlog.get_logger()

# (transaction, before, after): looks at the next rows above an id. The last one looked at; None at the end of what is old.
Range = Callable[[Transaction, int, int], int | None]


def kept_for(environment: Mapping[str, str]) -> timedelta:
    """From TOCSIN_KEEP_HISTORY_DAYS. Raises ValueError."""
    said = environment.get("TOCSIN_KEEP_HISTORY_DAYS", "").strip()
    if not said:
        return KEEP
    if not (said.isascii() and said.isdigit() and len(said) < 6 and SHORTEST <= int(said) <= LONGEST):
        raise ValueError(
            f"TOCSIN_KEEP_HISTORY_DAYS: {said!r} is no number of days from {SHORTEST} to {LONGEST}"
        )
    return timedelta(days=int(said))


class Forgetting:
    """Called several times a second; does at most one range each time. `owned`: only one of many nodes forgets."""

    def __init__(self, store: Store, keep: timedelta, owned: Callable[[], bool]) -> None:
        self._store = store
        self._keep = keep
        self._owned = owned
        self._next: datetime | None = None
        self._left: list[Range] = []
        self._after = 0

    def __call__(self, now: datetime) -> None:
        if self._next is None or now >= self._next:
            self._next = now + EVERY
            self._left, self._after = [*RANGES], 0
        if not self._left or not self._owned():
            return
        before, this, after = micros(now - self._keep), self._left[0], self._after
        last = self._store.run(lambda tx: this(tx, before, after))
        if last is None:
            self._left.pop(0)
        self._after = last or 0


def _alerts(tx: Transaction, before: int, after: int) -> int | None:
    return tx.alerts.forget(before, after, AT_ONCE)


def _transitions(tx: Transaction, before: int, after: int) -> int | None:
    return tx.alerts.forget_transitions(before, after, AT_ONCE)


def _attempts(tx: Transaction, before: int, after: int) -> int | None:
    return tx.notifications.forget_attempts(before, after, AT_ONCE)


def _ended_facts(tx: Transaction, before: int, after: int) -> int | None:
    """Silences and maintenance windows that people made and that are over. Nothing decides by them any more, so the
    configuration is the same without them: a fresh revision would cost detection its index."""
    over = [
        (entry.kind, entry.name)
        for entry in tx.configuration.entries(OVER)
        if entry.origin == Origin.PEOPLE and entry.ends_at is not None and entry.ends_at < before
    ]
    if over:
        tx.configuration.remove(over[:AT_ONCE])
        log.info("old silences and windows went", count=len(over[:AT_ONCE]))
    return after + 1 if len(over) > AT_ONCE else None


RANGES: tuple[Range, ...] = (_alerts, _transitions, _attempts, _ended_facts)
