"""Keeps timers for every schedule, so that its people are told of their shifts (notices.py) and hand them over
(handoffs.py)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.oncall.schedule import Override, Schedule
from tocsin.engine import kinds
from tocsin.engine.engine import Engine
from tocsin.engine.store.protocol import AgendaEntry, Transaction

A_TIME = 100  # schedules made due together; of very many the others follow a second later each


class ShiftTimers:
    """Sees that every schedule has its timer: all of them at the start, and whatever an edit touches. Asked again and again
    on every node; it writes only when the configuration is another one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: Configuration | None = None

    def keep(self, now: datetime) -> None:
        facts, before = self._engine.facts.current, self._seen
        if before is not None and before.revision == facts.revision:
            return
        touched = sorted(facts.schedules) if before is None else touched_schedules(before, facts)
        if touched:
            self._engine.store.run(lambda tx: _look(tx, touched, now))
        self._seen = facts


def _look(tx: Transaction, schedules: Iterable[str], now: datetime) -> None:
    at = micros(now)
    tx.agenda.schedule_earlier(
        [
            AgendaEntry(kind, key, at + n // A_TIME * 1_000_000)
            for n, key in enumerate(schedules)
            for kind in (kinds.SHIFT, kinds.HANDOFF)
        ]
    )
    tx.wake(kinds.due(at))


def touched_schedules(before: Configuration, after: Configuration) -> list[str]:
    """Those that may have other people now than before: edited, overridden otherwise, or derived from such."""
    overridden, overridden_before = _overrides_of(after), _overrides_of(before)
    changed = {
        key
        for key, schedule in after.schedules.items()
        if schedule != before.schedules.get(key) or overridden.get(key) != overridden_before.get(key)
    }
    return sorted(key for key in after.schedules if not changed.isdisjoint(_chain(after.schedules, key)))


def _overrides_of(facts: Configuration) -> Mapping[str, list[Override]]:
    found: dict[str, list[Override]] = {}
    for override in facts.overrides:
        found.setdefault(override.schedule, []).append(override)
    return found


def _chain(schedules: Mapping[str, Schedule], key: str) -> set[str]:
    """The schedule and those it is derived from; rings end."""
    chain: set[str] = set()
    above: str | None = key
    while above is not None and above in schedules and above not in chain:
        chain.add(above)
        above = schedules[above].secondary_of
    return chain
