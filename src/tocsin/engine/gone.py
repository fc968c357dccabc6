"""A provider says that a contact method is gone for good (a browser that no longer takes pushes): it is removed, and its
person is told by another one.

Only what people set up themselves is removed; what the files say stays theirs. A crash before the removal loses nothing: the
next message there is answered the same.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import structlog

from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.people import CONTACT_CHANGES, CONTACT_METHODS, ContactMethod, Person
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Rejected
from tocsin.core.severity import Urgency
from tocsin.engine.consequences import Consequences
from tocsin.engine.sending import Arrival, Departure
from tocsin.engine.store.protocol import AuditRow, StaleFacts, Transaction

if TYPE_CHECKING:
    from tocsin.engine.engine import Engine

log = structlog.get_logger()


class Lost(msgspec.Struct, frozen=True):
    person: str
    method: str
    address: str
    why: str

    @property
    def name(self) -> str:
        """As its entry is named."""
        return f"{self.person}.{self.method}"


def forget_what_is_gone(engine: "Engine", arrivals: Iterable[Arrival], now: datetime) -> list[Departure]:
    lost = list(dict.fromkeys(_lost(arrivals)))
    if not lost:
        return []
    with engine.facts.changing:
        removed = _removed(engine, lost, now)
        engine.facts.reload()
    if not removed:
        return []
    _, departures = engine.decide(lambda owed: _tell(owed, removed), now)
    return departures


def _lost(arrivals: Iterable[Arrival]) -> Iterable[Lost]:
    for arrival in arrivals:
        first, address = arrival.departure.notifications[0], arrival.departure.address
        gone = isinstance(arrival.outcome, Rejected) and arrival.outcome.gone
        if (
            gone
            and address is not None
            and isinstance(address.address, str)
            and first.person
            and first.method
        ):
            assert isinstance(arrival.outcome, Rejected)
            yield Lost(first.person, first.method, address.address, arrival.outcome.detail)


def _removed(engine: "Engine", lost: Sequence[Lost], now: datetime) -> list[Lost]:
    while True:
        try:
            return engine.store.run(lambda tx: _remove(tx, engine.facts.check(tx), lost, now))
        except StaleFacts:
            engine.facts.reload()


def _remove(tx: Transaction, facts: Configuration, lost: Sequence[Lost], now: datetime) -> list[Lost]:
    """Those that were there, under this very address: the browser may have subscribed anew meanwhile."""
    own = {entry.name for entry in tx.configuration.entries([CONTACT_METHODS])}
    removed: list[Lost] = []
    for one in lost:
        person = facts.people.get(one.person)
        known = person.method(one.method) if person is not None else None
        if one.name not in own or known is None or known.address != one.address:
            continue
        removed.append(one)
        tx.configuration.remove([(CONTACT_METHODS, one.name), (CONTACT_CHANGES, one.name)])
        tx.records.audit(
            AuditRow(micros(now), "tocsin", "provider", "ContactMethodGone", one.name, detail=one.why)
        )
        log.warning("contact method removed", person=one.person, method=one.method, why=one.why)
    if removed:
        tx.configuration.bump()
        tx.wake("configuration")
    return removed


def _tell(owed: Consequences, removed: Sequence[Lost]) -> None:
    for one in removed:
        other = _another(owed.facts.people.get(one.person), one.method)
        if other is not None:
            title = f"{one.method} no longer takes pages"
            text = (
                f"The contact method {one.method} was removed: {one.why}. "
                f"Set it up again in your profile if pages should come there."
            )
            owed.tell_address(one.person, other, title, text, Reason.CONTACT_GONE)


def _another(person: Person | None, gone: str) -> ContactMethod | None:
    if person is None:
        return None
    ruled = [person.method(rule.by) for rule in (*person.rules(Urgency.LOW), *person.notify_high)]
    known = [method for method in (*ruled, *person.contact) if method is not None and method.name != gone]
    return known[0] if known else None
