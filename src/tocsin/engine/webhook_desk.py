"""Webhooks over a store, one step at a time: the same in both worlds. The engine's own steps never wait for these."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.reasons import Reason
from tocsin.core.respond.compose import Links
from tocsin.core.respond.incident import Incident, Kind, Opened
from tocsin.core.severity import Severity
from tocsin.engine import kinds, webhooks
from tocsin.engine.consequences import Consequences
from tocsin.engine.engine import Engine
from tocsin.engine.late_webhooks import LateWebhooks
from tocsin.engine.sending import Departure
from tocsin.engine.store.protocol import StaleFacts, Transaction
from tocsin.engine.webhooks import Disabled, WebhookArrival, WebhookDeparture

AT_ONCE = 16  # deliveries taken in one transaction, so that a page waits for little
TIDY_EVERY = timedelta(hours=1)


class WebhookDesk:
    """`room` says how many more deliveries each subscription (by key) may have under way. Without subscriptions nothing is
    asked of the store, except to forget those that are gone whenever the configuration changed."""

    def __init__(
        self,
        engine: Engine,
        links: Callable[[Configuration], Links],
        room: Callable[[Configuration], Mapping[str, int]],
    ) -> None:
        self._engine = engine
        self._links = links
        self._room = room
        self._forgot_at: int | None = None  # the revision at which nothing was owed to who is gone
        self._tidy_at: datetime | None = None
        self._late = LateWebhooks(engine)

    def depart(self, now: datetime) -> list[WebhookDeparture]:
        self._forget(now)
        self._tell_late(now)
        facts = self._engine.facts.current
        room = self._bounded(self._room(facts)) if facts.webhooks else {}
        if not room:
            return []

        def work(tx: Transaction) -> list[WebhookDeparture]:
            facts = self._engine.facts.check(tx)
            return webhooks.take(tx, facts, now, room, self._links(facts).incident)

        while True:
            try:
                due = self.next_due()
                if due is None or due > micros(now):
                    return []
                return self._engine.store.run(work)
            except StaleFacts:
                self._engine.facts.reload()

    def _bounded(self, room: Mapping[str, int]) -> dict[str, int]:
        """Of all together at most AT_ONCE, the same share for each."""
        share = max(1, AT_ONCE // max(1, len(room)))
        return {key: min(free, share) for key, free in room.items() if free > 0}

    def arrived(self, arrivals: Sequence[WebhookArrival], now: datetime) -> list[Departure]:
        """Commit what became of departures. Answers what leaves to admins because a subscription was given up."""
        given_up = self._engine.store.run(lambda tx: webhooks.settle(tx, arrivals, now))
        for arrival in arrivals:
            outcome = "delivered" if arrival.answered.delivered else "failed"
            self._engine.counters.webhooks[outcome] += 1
        departures: list[Departure] = []
        for each in given_up:
            departures += self._disable(each, now)
        return departures

    def _disable(self, given_up: Disabled, now: datetime) -> list[Departure]:
        with self._engine.facts.changing:
            _, departures = self._engine.decide(lambda owed: disable(owed, given_up), now)
            self._engine.facts.reload()
        return departures

    def next_due(self) -> int | None:
        """When something of an active subscription is due next, in microseconds."""
        active = webhooks.active(self._engine.facts.current)
        return self._next_due([*active, kinds.LATE_WEBHOOK]) if active else None

    def _next_due(self, of: Sequence[str]) -> int | None:
        return self._engine.store.read(lambda tx: tx.agenda.next_due(of))

    def _tell_late(self, now: datetime) -> None:
        if not webhooks.active(self._engine.facts.current):
            return
        while True:
            due = self._next_due([kinds.LATE_WEBHOOK])
            if due is None or due > micros(now):
                return
            try:
                self._late.make_good(now)
            except StaleFacts:
                self._engine.facts.reload()

    def _forget(self, now: datetime) -> None:
        facts = self._engine.facts.current
        if self._forgot_at != facts.revision:
            if self._engine.store.read(lambda tx: webhooks.gone_kinds(tx, facts)):
                self._engine.store.run(lambda tx: webhooks.forget_removed(tx, facts, now))
            self._forgot_at = facts.revision
        if self._tidy_at is None:
            self._tidy_at = now + TIDY_EVERY
        elif now >= self._tidy_at:
            self._tidy_at = now + TIDY_EVERY
            while self._engine.store.run(lambda tx: webhooks.forget_old(tx, now)) == webhooks.FORGET_AT_ONCE:
                pass


def disable(owed: Consequences, given_up: Disabled) -> bool:
    """Switch it off and tell the admins, on a ticket of its own. False when somebody was faster."""
    tx, key = owed.tx, given_up.webhook
    known = owed.facts.webhooks.get(key)
    entries = [entry for entry in tx.configuration.entries((webhooks.CONFIGURED,)) if entry.name == key]
    if not entries or known is None or not known.enabled:
        return False
    tx.configuration.put([webhooks.switched_off(entries[0])])
    tx.configuration.bump()
    tx.wake("configuration")
    text = (
        f"The webhook {key} was switched off: {given_up.why}. Mend its receiver, then switch it on again"
        " under Settings, Webhooks."
    )
    (number,) = tx.incidents.new_ids(1)
    about = Incident(
        id=number,
        title=f"The webhook {key} was switched off",
        summary=text,
        severity=Severity.SEV3,
        opened_at=owed.now,
        kind=Kind.TICKET,
        detected_by="tocsin",
    )
    owed.open(about, Opened())
    owed.tell_admins(number, Reason.GAVE_UP, text)
    return True
