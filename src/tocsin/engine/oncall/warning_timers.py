"""Keeps a timer for every team with a schedule and a chat, so that it is told what is going to bite (warnings.py)."""

from datetime import datetime, timedelta

from tocsin.core.business_hours import next_opening
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.engine import kinds
from tocsin.engine.engine import Engine
from tocsin.engine.oncall.warnings import spread
from tocsin.engine.store.protocol import AgendaEntry, Transaction

FIRST_LOOK = timedelta(minutes=10)  # after a start: whoever sets it up may not be done


class WarningTimers:
    """Sees that every team with a schedule and a chat has its timer. It writes only where one is missing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: int | None = None

    def keep(self, now: datetime) -> None:
        facts = self._engine.facts.current
        if facts.revision == self._seen:
            return
        if _teams_to_tell(facts) - set(self._engine.store.read(_with_timer)):
            self._engine.store.run(lambda tx: _begin(tx, facts, now))
        self._seen = facts.revision


def _with_timer(tx: Transaction) -> list[str]:
    return tx.agenda.subjects(kinds.WARNINGS)


def _teams_to_tell(facts: Configuration) -> set[str]:
    scheduled = {schedule.team for schedule in facts.schedules.values()}
    return {key for key, team in facts.teams.items() if key in scheduled and team.chat in facts.chats}


def _begin(tx: Transaction, facts: Configuration, now: datetime) -> None:
    missing = sorted(_teams_to_tell(facts) - set(_with_timer(tx)))
    first = {key: next_opening(facts.teams[key].business_hours, now + FIRST_LOOK) for key in missing}
    entries = [
        AgendaEntry(kinds.WARNINGS, key, micros((at or now + FIRST_LOOK) + spread(key)))
        for key, at in first.items()
    ]
    if entries:
        tx.agenda.schedule(entries)
        tx.wake(kinds.due(min(entry.due_at for entry in entries)))
