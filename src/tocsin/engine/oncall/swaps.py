"""Swaps in the store, their timer, and what a decision about one owes."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import structlog

from tocsin.core.instants import micros
from tocsin.core.oncall.swap import Swap
from tocsin.core.oncall.swaps import Decision, TimerDue, decide
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import OnCallRow, Transaction

KIND = "swap"
log = structlog.get_logger()
decode = msgspec.json.Decoder(Swap).decode


def load(tx: Transaction, swap_id: str) -> Swap | None:
    """Locked until commit. None for one that is not there."""
    row = tx.oncall.load(KIND, [swap_id]).get(swap_id)
    return decode(row.document) if row is not None else None


def readable(rows: Iterable[OnCallRow]) -> list[Swap]:
    """Without those of another version, or damaged, which must not stop the others."""
    found = []
    for row in rows:
        try:
            found.append(decode(row.document))
        except msgspec.DecodeError as wrong:
            log.error("a swap cannot be read", swap=row.id, why=str(wrong))
    return found


def due(owed: Consequences, swap_id: str, now: datetime) -> None:
    """A reminder, or its end. A swap that somebody settled meanwhile has nothing to say."""
    swap = load(owed.tx, swap_id)
    if swap is not None:
        write(owed, decide(swap, TimerDue(), now, owed.facts), now)


def write(owed: Consequences, decision: Decision, now: datetime) -> None:
    """The swap, its timer, and what people are told. Overrides are the caller's: they change the configuration."""
    swap = decision.swap
    owed.tx.oncall.put(
        [
            OnCallRow(
                kind=KIND,
                id=swap.id,
                subject=swap.part.schedule,
                state=swap.state.value,
                starts_at=micros(swap.part.starts_at),
                ends_at=micros(swap.part.ends_at),
                document=msgspec.json.encode(swap),
                updated_at=micros(now),
            )
        ]
    )
    owed.tx.wake(kinds.ONCALL_TOPIC)
    if decision.remind_at is not None:
        owed.remind(kinds.SWAP, swap.id, decision.remind_at)
    else:
        owed.forget(kinds.SWAP, swap.id)
    for telling in decision.tellings:
        owed.tell(
            telling.person,
            f"swap.{swap.id}.{telling.what}",
            telling.title,
            telling.text,
            telling.reason,
            opens=telling.opens,
            offers=telling.offers,
            urgent=telling.urgent,
        )
