"""What cannot be decided must hold up nothing else: it is set aside, tried again ever more rarely, and the admins are told.

Whoever decides many things in one transaction tries each by itself when they fail together, and sets aside what fails
alone. Never for what passes by itself or is a race lost: a database that is away, facts or an ownership that moved on.
"""

import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from tocsin.core.instants import micros
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Incident, Kind, Opened
from tocsin.core.severity import Severity
from tocsin.engine import kinds
from tocsin.engine.consequences import Consequences
from tocsin.engine.counters import Counters
from tocsin.engine.sending import Departure
from tocsin.engine.step import Step
from tocsin.engine.store.protocol import PASSING as PASSING
from tocsin.engine.store.protocol import AgendaEntry, Store, Transaction

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)

log = structlog.get_logger()


class Decide(Protocol):
    def __call__(self, work: Callable[[Consequences], Any], now: datetime) -> tuple[Any, list[Departure]]: ...


def pause(failures: int) -> timedelta:
    """Before the next try, after that many in a row."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(failures - 1, 10)
    return min(doubled, LONGEST_PAUSE)


def failures_of(entry: AgendaEntry) -> int:
    """How often it was set aside already. Whoever schedules it anew begins at none."""
    return int(entry.document) if entry.document.isdigit() else 0


def incident_of(entry: AgendaEntry) -> int | None:
    """The incident that an entry is about."""
    number = entry.subject.partition(".")[0]
    of_incident = entry.kind == kinds.PAGE or entry.kind in kinds.TIMER_OF
    return int(number) if of_incident and number.isdigit() else None


def said(error: BaseException) -> str:
    """The error as people may read it: its kind, and the beginning of what it says."""
    return f"{type(error).__name__}: {error}"[:300].removesuffix(": ")


class SettingAside:
    """Of one engine; `decide` is the engine's."""

    def __init__(self, store: Store, counters: Counters, decide: Decide) -> None:
        self._store = store
        self._counters = counters
        self._decide = decide

    def each_alone_if_need_be(
        self, together: Callable[[], Step], alone: Callable[[], Step], taken: list[AgendaEntry], now: datetime
    ) -> Step:
        """Decide entries `together`, which fills in what was `taken`; should that fail, each `alone`, and set aside what
        fails by itself."""
        try:
            return together()
        except PASSING:
            raise
        except Exception as error:
            if not taken:
                raise
            if len(taken) == 1:
                return Step(1, self.set_aside(taken[0], error, now))
            log.error("some entry cannot be decided: each is tried by itself", error=said(error))
        departures: list[Departure] = []
        for done in range(len(taken)):
            try:
                departures += alone().departures
            except PASSING:
                return Step(done, departures)
        return Step(len(taken), departures)

    def set_aside(self, entry: AgendaEntry, error: Exception, now: datetime) -> list[Departure]:
        """Due again after a pause, unless it was cancelled, moved or leased meanwhile."""
        what = "address" if entry.token else entry.kind
        failures = failures_of(entry) + 1
        self.count(what, error, entry.subject, failures)

        def put_off(tx: Transaction) -> None:
            for there in tx.agenda.pending(entry.subject, [entry.kind]):
                if there.due_at == entry.due_at and not there.token:
                    again_at = micros(now + pause(failures))
                    tx.agenda.schedule([AgendaEntry(entry.kind, entry.subject, again_at, b"%d" % failures)])
                    tx.wake(kinds.due(again_at))

        self._store.run(put_off)
        if failures > 1:
            return []
        about = (
            f"What waits for {entry.subject}" if entry.token else f"The timer {entry.kind} of {entry.subject}"
        )
        return self.alarm(about, error, now, incident_of(entry))

    def count(self, what: str, error: Exception, subject: str, failures: int = 1) -> None:
        log.error("set aside", what=what, subject=subject, failures=failures, exc_info=error)
        self._counters.set_aside[what] += 1

    def alarm(
        self, what: str, error: Exception, now: datetime, incident: int | None = None
    ) -> list[Departure]:
        """Page the admins about `what`, on its incident or, where it has none or even that cannot be read, on a new one."""
        text = (
            f"{what} cannot be decided, by a mistake of Tocsin's own ({said(error)}). It is tried again, and holds up "
            f"nothing else."
        )
        for about in (incident, None) if incident is not None else (None,):
            try:
                _, departures = self._decide(
                    functools.partial(_alarm, what=what, text=text, incident=about), now
                )
            except PASSING:
                raise
            except Exception:
                log.exception("the admins could not be told", text=text)
            else:
                return departures
        return []


def _alarm(owed: Consequences, what: str, text: str, incident: int | None) -> None:
    if incident is None or owed.incident(incident) is None:
        (incident,) = owed.tx.incidents.new_ids(1)
        about = Incident(
            id=incident,
            title=f"Tocsin cannot decide: {what}"[:200],
            summary=text,
            severity=Severity.SEV2,
            opened_at=owed.now,
            kind=Kind.TICKET,
            detected_by="tocsin",
        )
        owed.open(about, Opened())
    owed.alarm(incident, Reason.SET_ASIDE, text)
