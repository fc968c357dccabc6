"""What webhooks could not be owed in their incident's own transaction: found out here, each delivery by itself.

What fails again is tried ever more rarely, for a day; it holds up neither a page nor another delivery. A body made here
tells of the incident as it is by then.
"""

from datetime import datetime

import msgspec
import structlog

from tocsin.core.configuration import Configuration
from tocsin.core.instants import instant, micros
from tocsin.core.webhooks import PATIENCE, PAUSES, Delivery, owed
from tocsin.engine import kinds
from tocsin.engine.engine import Engine
from tocsin.engine.setting_aside import PASSING, failures_of, said
from tocsin.engine.store.protocol import AgendaEntry, Transaction
from tocsin.engine.webhooks import owe_deliveries, team_of

AT_ONCE = 16

log = structlog.get_logger()


class Late(msgspec.Struct, frozen=True):
    """One line of an incident's timeline for one subscription."""

    incident: int
    entry: int
    webhook: str


def late(subject: str) -> Late:
    incident, entry, webhook = subject.split(".", 2)
    return Late(int(incident), int(entry), webhook)


class LateWebhooks:
    """Of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make_good(self, now: datetime) -> None:
        """A helping of what is due. Raises what passes by itself."""
        taken: list[AgendaEntry] = []
        try:
            self._engine.store.run(lambda tx: self._take(tx, taken, now, AT_ONCE))
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001  one of them is to blame: each is tried by itself, and logged then
            log.error("some webhook cannot be told: each is tried by itself", error=said(error))
            for _ in range(len(taken)):
                self._alone(now)

    def _alone(self, now: datetime) -> None:
        taken: list[AgendaEntry] = []
        try:
            self._engine.store.run(lambda tx: self._take(tx, taken, now, 1))
        except PASSING:
            raise
        except Exception as error:
            if not taken:
                raise
            failed = error
            self._engine.store.run(lambda tx: self._put_off(tx, taken[0], failed, now))

    def _take(self, tx: Transaction, taken: list[AgendaEntry], now: datetime, limit: int) -> None:
        facts = self._engine.facts.check(tx)
        taken[:] = tx.agenda.claim([kinds.LATE_WEBHOOK], micros(now), limit)
        for entry in taken:
            try:
                deliveries = _owed(tx, facts, late(entry.subject), now)
            except PASSING:
                raise
            except Exception as error:  # noqa: BLE001  logged and counted as it is put off
                self._put_off(tx, entry, error, now)
                continue
            if deliveries:
                owe_deliveries(tx, deliveries)

    def _put_off(self, tx: Transaction, entry: AgendaEntry, error: Exception, now: datetime) -> None:
        failures = failures_of(entry) + 1
        why = error if failures == 1 else None  # where it broke is said once
        log.error("a webhook cannot be told", subject=entry.subject, error=said(error), exc_info=why)
        self._engine.counters.set_aside["webhook"] += 1
        again_at = micros(now + PAUSES[min(failures, len(PAUSES)) - 1])
        tx.agenda.schedule([AgendaEntry(entry.kind, entry.subject, again_at, b"%d" % failures)])


def _owed(tx: Transaction, facts: Configuration, what: Late, now: datetime) -> list[Delivery]:
    """Nothing when its subscription, incident or line is gone, or when it is too late for it."""
    webhook = facts.webhooks.get(what.webhook)
    incidents = tx.incidents.peek([what.incident])
    line = next((line for line in tx.timeline.of(what.incident) if line.entry == what.entry), None)
    if webhook is None or line is None or what.incident not in incidents:
        return []
    if now - instant(line.at) > PATIENCE:
        log.error("a webhook is given up", webhook=what.webhook, incident=what.incident, entry=what.entry)
        return []
    return owed([webhook], [line], incidents, lambda incident: team_of(incident, facts))
