"""Incidents that are held for maintenance hear of it when a window was ended early or moved.

Those that alerts opened hear it from their groups as well; one that a person reported has nobody else to tell it, and would
wait for the end the window once had.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from tocsin.core.configuration import Maintenance
from tocsin.core.respond.incident import MaintenanceChanged, Timer
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.engine import BATCH, Engine
from tocsin.engine.sending import Departure
from tocsin.engine.setting_aside import PASSING

log = structlog.get_logger()


class HeldIncidents:
    """The detection owner's. It looks at the held once when it begins, because its predecessor may have died over it; who is
    still held, and until the same instant, is not changed by being looked at."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looked_at: tuple[Maintenance, ...] | None = None

    def outdated(self) -> bool:
        """Whether the windows changed since it last looked."""
        return self._engine.facts.current.maintenance != self._looked_at

    def look_again(self, now: datetime) -> list[Departure]:
        windows = self._engine.facts.current.maintenance
        subjects = self._engine.store.read(lambda tx: tx.agenda.subjects(kinds.INCIDENT[Timer.RELEASE]))
        held = [int(subject) for subject in subjects]
        departures: list[Departure] = []
        for first in range(0, len(held), BATCH):
            departures += self._tell(held[first : first + BATCH], now)
        self._looked_at = windows
        return departures

    def _tell(self, incidents: Sequence[int], now: datetime) -> list[Departure]:
        def work(owed: Consequences) -> None:
            owed.load(incidents, with_pages=True)
            for incident in incidents:
                owed.decide(incident, MaintenanceChanged())

        try:
            _, departures = self._engine.decide(work, now)
            return departures
        except PASSING:
            raise
        except Exception:
            # Each by itself; the timer of one that cannot be told still rings, and then the admins are told what is wrong.
            log.exception("incidents that are held cannot be looked at", incidents=incidents)
            if len(incidents) > 1:
                return [departure for incident in incidents for departure in self._tell([incident], now)]
            self._engine.counters.set_aside["held"] += 1
            return []
