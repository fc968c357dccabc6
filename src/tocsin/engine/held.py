"""What is held hears of it when that which holds it ends early, is moved or is lifted.

Incidents wait for maintenance and for their team's business hours, pages and messages for a person's quiet hours. Each has a
timer for the end as it was then; whoever shortens a window or hours must not leave people waiting for that.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog

from tocsin.core.configuration import Configuration, Maintenance
from tocsin.core.instants import micros
from tocsin.core.people import BusinessHours, QuietHours
from tocsin.core.respond import pages
from tocsin.core.respond.deliver import queue_of
from tocsin.core.respond.delivery import Purpose
from tocsin.core.respond.incident import HoldsChanged, Timer
from tocsin.core.respond.page import incident_of
from tocsin.core.severity import PageWhen, Severity
from tocsin.engine import kinds
from tocsin.engine.addresses import method_address
from tocsin.engine.consequences import Consequences
from tocsin.engine.engine import BATCH, Engine
from tocsin.engine.sending import Departure
from tocsin.engine.setting_aside import PASSING
from tocsin.engine.store.protocol import AgendaEntry

log = structlog.get_logger()

MOST_PAGES = 10_000  # looked at when an owner begins; whose timer rings later than that many is heard then


class Holds(msgspec.Struct, frozen=True):
    """All that can hold something, at one revision of the configuration."""

    maintenance: tuple[Maintenance, ...]
    business: tuple[Mapping[str, BusinessHours], Mapping[Severity, PageWhen]]  # by team; by severity
    quiet: Mapping[str, tuple[QuietHours | None, str]]  # by person, with the zone they are in


class Held:
    """The detection owner's. It looks at what is held once when it begins, because its predecessor may have died over it;
    what is still held, and until the same instant, is not changed by being looked at."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looked_at: Holds | None = None
        self._revision = -1

    def outdated(self) -> bool:
        """Whether anything that holds changed since it last looked."""
        facts = self._engine.facts.current
        if self._looked_at is not None and facts.revision == self._revision:
            return False
        self._revision = facts.revision
        return _holds(facts) != self._looked_at

    def look_again(self, now: datetime) -> list[Departure]:
        holds, before = _holds(self._engine.facts.current), self._looked_at
        departures: list[Departure] = []
        if before is None or (holds.maintenance, holds.business) != (before.maintenance, before.business):
            departures += self._incidents(Timer.RELEASE, now)
        if before is not None and holds.business != before.business:
            departures += self._incidents(Timer.STEP, now)
        if before is None or holds.quiet != before.quiet:
            known = before.quiet if before is not None else {}
            changed = [key for key, hours in holds.quiet.items() if known.get(key) != hours]
            departures += self._people(frozenset(changed), now, MOST_PAGES if before is None else None)
        self._looked_at = holds
        return departures

    # --- incidents -----------------------------------------------------------------------------------------------

    def _incidents(self, timer: Timer, now: datetime) -> list[Departure]:
        subjects = self._engine.store.read(lambda tx: tx.agenda.subjects(kinds.INCIDENT[timer]))

        def work(owed: Consequences, incidents: Sequence[int]) -> None:
            owed.load(incidents, with_pages=True)
            for incident in incidents:
                owed.decide(incident, HoldsChanged())

        return self._each([int(subject) for subject in subjects], work, now)

    # --- people --------------------------------------------------------------------------------------------------

    def _people(self, people: frozenset[str], now: datetime, most: int | None) -> list[Departure]:
        """Their pages whose rules wait, then what waits at their addresses: repeats and news."""
        subjects = self._engine.store.read(lambda tx: tx.agenda.subjects(kinds.PAGE))[:most]
        held: list[str] = []
        for first in range(0, len(subjects), BATCH):
            some = subjects[first : first + BATCH]
            found = self._engine.store.read(lambda tx, some=some: tx.pages.load(some))  # type: ignore[misc]
            held += [
                key
                for key, page in found.items()
                if page.person in people and any(planned.held for planned in page.plan)
            ]

        def work(owed: Consequences, page_ids: Sequence[str]) -> None:
            owed.load(incident_of(page_id) for page_id in page_ids)
            for page_id in page_ids:
                page = owed.page(page_id)
                if page is not None:
                    owed.carry_page(pages.hours_changed(page, owed.facts.people.get(page.person), now))

        departures = self._each(held, work, now)
        return departures + self._each(sorted(people), _look_at_their_addresses, now)

    # --- one by one if need be -----------------------------------------------------------------------------------

    def _each(
        self, subjects: Sequence[Any], work: Callable[[Consequences, Sequence[Any]], None], now: datetime
    ) -> list[Departure]:
        """In batches; each by itself where a batch breaks. The timer of one that cannot be told still rings, and then the
        admins are told what is wrong."""
        departures: list[Departure] = []
        for first in range(0, len(subjects), BATCH):
            departures += self._tell(subjects[first : first + BATCH], work, now)
        return departures

    def _tell(
        self, subjects: Sequence[Any], work: Callable[[Consequences, Sequence[Any]], None], now: datetime
    ) -> list[Departure]:
        try:
            _, departures = self._engine.decide(lambda owed: work(owed, subjects), now)
            return departures
        except PASSING:
            raise
        except Exception:
            log.exception("what is held cannot be looked at", subjects=subjects)
            if len(subjects) > 1:
                return [departure for each in subjects for departure in self._tell([each], work, now)]
            self._engine.counters.set_aside["held"] += 1
            return []


def _holds(facts: Configuration) -> Holds:
    return Holds(
        maintenance=facts.maintenance,
        business=(
            {key: team.business_hours for key, team in facts.teams.items()},
            {severity: rule.page for severity, rule in facts.severities.items()},
        ),
        quiet={key: (person.quiet, person.time_zone) for key, person in facts.people.items()},
    )


def _look_at_their_addresses(owed: Consequences, people: Sequence[str]) -> None:
    """Whatever waits there looks at the clock again now; where nothing waits, nothing happens."""
    at = micros(owed.now)
    entries = [
        AgendaEntry(kinds.queue(address.channel, queue), queue, at)
        for key in people
        if (person := owed.facts.people.get(key)) is not None
        for method in person.contact
        if (address := method_address(owed.facts, key, method.name)) is not None
        for queue in (queue_of(address.key, Purpose.PAGE), queue_of(address.key, Purpose.STATUS))
    ]
    if entries:
        owed.tx.agenda.schedule_earlier(entries)
        owed.tx.wake(kinds.due(at))
