"""What webhooks are owed, from the incident's own transaction to the answer of whoever listens. Never in a page's way.

`owe` writes deliveries beside the timeline that they tell of; `take` leases what is due, the oldest of each incident and
subscription first; the departures are then posted; `settle` commits what became of them under the lease's token. A crash in
between repeats the same delivery under the same webhook-id. What cannot be owed with its incident, by a mistake of Tocsin's
own, is put off and made good by `late_webhooks.py`: the incident and its pages are committed all the same.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog
from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.instants import instant, micros
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Incident
from tocsin.core.webhooks import DISABLE_AFTER, EVENT_OF, Delivery, DeliveryState, Webhook, owed, retry_at
from tocsin.core.webhooks import body as body_of
from tocsin.engine import kinds
from tocsin.engine.store.protocol import (
    PASSING,
    AgendaEntry,
    Entry,
    TimelineRow,
    Transaction,
    WebhookAttempt,
    WebhookStanding,
)

LEASE = timedelta(seconds=30)  # longer than one post's deadline
CATCH_UP = 1000  # queues of one subscription that are looked at again at once when it works again
KEEP = timedelta(days=30)  # what was settled, for the delivery log
FORGET_AT_ONCE = 500
CONFIGURED = "webhooks"  # the kind of the configuration's entries

log = structlog.get_logger()


class WebhookDeparture(msgspec.Struct, frozen=True):
    """One delivery on its way: leased and committed. `guarded`: its URL was set by people, not by the operator."""

    entry: AgendaEntry
    delivery: Delivery
    webhook: Webhook
    body: bytes
    begun_at: datetime
    guarded: bool


class Answered(msgspec.Struct, frozen=True):
    """`status` 0: no answer, and `detail` says why. `answer` is the beginning of what it said."""

    status: int
    detail: str = ""
    answer: str = ""

    @property
    def delivered(self) -> bool:
        return 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """410: whoever listened wants nothing more."""
        return self.status == 410


class WebhookArrival(msgspec.Struct, frozen=True):
    departure: WebhookDeparture
    answered: Answered
    ended_at: datetime


class Disabled(msgspec.Struct, frozen=True):
    """A subscription that was given up, and why."""

    webhook: str
    why: str


# --- owing -----------------------------------------------------------------------------------------------------------


class CannotOwe(Exception):
    """The store does not take what webhooks are owed; the decision itself is sound. The cause says why."""


def owe(
    tx: Transaction, facts: Configuration, lines: Sequence[TimelineRow], incidents: Mapping[int, Incident]
) -> int:
    """In the transaction that writes these lines. How many deliveries were put off. Raises CannotOwe."""
    try:
        deliveries = owed(
            facts.webhooks.values(), lines, incidents, lambda incident: team_of(incident, facts)
        )
    except Exception:  # an odd subscription or incident must not cost a page
        log.exception("what webhooks are owed is found out later")
        return put_off(tx, facts, lines)
    if deliveries:
        try:
            owe_deliveries(tx, deliveries)
        except PASSING:
            raise
        except Exception as error:
            raise CannotOwe from error
    return 0


def put_off(tx: Transaction, facts: Configuration, lines: Sequence[TimelineRow]) -> int:
    """To be found out later, for each line and each subscription by itself. How many."""
    entries = [
        AgendaEntry(kinds.LATE_WEBHOOK, f"{line.incident}.{line.entry}.{webhook.key}", line.at)
        for line in lines
        for webhook in facts.webhooks.values()
        if webhook.enabled and Reason(line.reason) in EVENT_OF
    ]
    if entries:
        tx.agenda.schedule(entries)
        tx.wake(kinds.WEBHOOKS_TOPIC)
    return len(entries)


def owe_deliveries(tx: Transaction, deliveries: Sequence[Delivery]) -> None:
    tx.webhooks.owe(deliveries)
    queues = {(kinds.webhook(d.webhook), str(d.incident)): d.begun_at for d in reversed(deliveries)}
    tx.agenda.schedule_earlier([AgendaEntry(kind, queue, at) for (kind, queue), at in queues.items()])
    tx.wake(kinds.WEBHOOKS_TOPIC)


def team_of(incident: Incident, facts: Configuration) -> str | None:
    """Who owns it: the incident's team, else its service's, else its policy's."""
    service = facts.services.get(incident.service or "")
    policy = incident.escalation.policy
    names = (incident.team, service.team if service else None, policy.team if policy else None)
    return next((name for name in names if name), None)


def send_again(tx: Transaction, delivery: Delivery, now: datetime) -> None:
    """Somebody asks for it once more: a day of tries begins anew, under the same webhook-id."""
    at = micros(now)
    fresh = replace(delivery, state=DeliveryState.WAITING, tries=0, begun_at=at, updated_at=at, retry_at=0)
    tx.webhooks.put([fresh])
    tx.agenda.schedule_earlier([AgendaEntry(kinds.webhook(delivery.webhook), str(delivery.incident), at)])
    tx.wake(kinds.WEBHOOKS_TOPIC)


# --- sending ---------------------------------------------------------------------------------------------------------


def active(facts: Configuration) -> list[str]:
    return [kinds.webhook(key) for key, webhook in facts.webhooks.items() if webhook.enabled]


def take(
    tx: Transaction,
    facts: Configuration,
    now: datetime,
    room: Mapping[str, int],
    url_of: Callable[[int], str],
) -> list[WebhookDeparture]:
    """Lease what is due at subscriptions (by key) that have room."""
    most = {
        kinds.webhook(key): free
        for key, free in room.items()
        if free > 0 and key in facts.webhooks and facts.webhooks[key].enabled
    }
    found: list[WebhookDeparture] = []
    for entry in tx.agenda.lease(most, micros(now), micros(now + LEASE)) if most else ():
        webhook = facts.webhooks[entry.kind.removeprefix(kinds.WEBHOOK)]
        waiting = tx.webhooks.next_waiting(webhook.key, int(entry.subject))
        if not waiting:
            tx.agenda.consume(entry.kind, entry.subject, entry.token)
            continue
        if waiting[0].retry_at > micros(now):  # a newer event asked too early: the order holds
            tx.agenda.consume(entry.kind, entry.subject, entry.token, again_at=waiting[0].retry_at)
            continue
        url = url_of(waiting[0].incident) if waiting[0].incident else ""
        guarded = (CONFIGURED, webhook.key) in facts.by_people
        try:
            body = body_of(waiting[0], url)
        except msgspec.DecodeError as error:
            _give_up(tx, entry, waiting[0], f"what was kept of it cannot be read: {error}", now)
            continue
        found.append(WebhookDeparture(entry, waiting[0], webhook, body, now, guarded))
    return found


def _give_up(tx: Transaction, entry: AgendaEntry, delivery: Delivery, why: str, now: datetime) -> None:
    """No try will ever succeed; the next one's turn."""
    log.error("a webhook is given up", id=delivery.id, why=why)
    at = micros(now)
    tx.webhooks.put([replace(delivery, state=DeliveryState.FAILED, updated_at=at)])
    tx.webhooks.record_attempts([WebhookAttempt(delivery.id, at, at, 0, why)])
    more = bool(tx.webhooks.next_waiting(delivery.webhook, delivery.incident))
    tx.agenda.consume(entry.kind, entry.subject, entry.token, again_at=at if more else None)


def settle(tx: Transaction, arrivals: Sequence[WebhookArrival], now: datetime) -> list[Disabled]:
    """Commit what became of these departures. Subscriptions that have failed for too long are to be disabled."""
    standings: dict[str, WebhookStanding] = {}
    disabled: dict[str, Disabled] = {}
    for arrival in arrivals:
        departure = arrival.departure
        entry, key = departure.entry, departure.webhook.key
        after = _after(departure.delivery, arrival, now)
        more = len(tx.webhooks.next_waiting(key, departure.delivery.incident, 2)) > 1
        again_at = after[1] if after[1] is not None else (now if more else None)
        tx.webhooks.record_attempts([_attempt(arrival)])
        if not tx.agenda.consume(
            entry.kind, entry.subject, entry.token, micros(again_at) if again_at else None
        ):
            continue  # the lease was lost: another node sends the same under the same id
        tx.webhooks.put([after[0]])
        before = standings.get(key) or tx.webhooks.standing(key)
        standings[key] = _standing(before, arrival)
        if arrival.answered.delivered and before.failing_since is not None:
            _catch_up(tx, key, now)
        if why := _why_disable(standings[key], arrival):
            disabled[key] = Disabled(key, why)
    for standing in standings.values():
        tx.webhooks.put_standing(standing)
    return list(disabled.values())


def _after(delivery: Delivery, arrival: WebhookArrival, now: datetime) -> tuple[Delivery, datetime | None]:
    """The delivery as it is now, and when it is tried again."""
    tried = replace(delivery, tries=delivery.tries + 1, updated_at=micros(now))
    if arrival.answered.delivered:
        return replace(tried, state=DeliveryState.DELIVERED), None
    again_at = retry_at(tried, now)
    if again_at is None:
        return replace(tried, state=DeliveryState.FAILED), None
    return replace(tried, retry_at=micros(again_at)), again_at


def _attempt(arrival: WebhookArrival) -> WebhookAttempt:
    departure, answered = arrival.departure, arrival.answered
    return WebhookAttempt(
        departure.delivery.id,
        micros(departure.begun_at),
        micros(arrival.ended_at),
        answered.status,
        answered.detail,
        answered.answer,
    )


def _standing(before: WebhookStanding, arrival: WebhookArrival) -> WebhookStanding:
    at = micros(arrival.ended_at)
    if arrival.answered.delivered:
        return replace(before, failing_since=None, last_success_at=at)
    return replace(before, failing_since=at if before.failing_since is None else before.failing_since)


def _why_disable(standing: WebhookStanding, arrival: WebhookArrival) -> str:
    if arrival.answered.gone:
        return "it answered 410: whoever listened wants nothing more"
    if standing.failing_since is None:
        return ""
    since = instant(standing.failing_since)
    if arrival.ended_at - since < DISABLE_AFTER:
        return ""
    return f"nothing could be delivered since {since:%Y-%m-%d %H:%M} UTC"


def _catch_up(tx: Transaction, key: str, now: datetime) -> None:
    """It works again: what waits for a later try need not."""
    tx.webhooks.retry_now(key)
    kind = kinds.webhook(key)
    queues = tx.agenda.subjects(kind)[:CATCH_UP]
    tx.agenda.schedule_earlier([AgendaEntry(kind, queue, micros(now)) for queue in queues])


# --- the end of a subscription ---------------------------------------------------------------------------------------


def switched_off(entry: Entry) -> Entry:
    """The subscription's entry, disabled; what is sealed in it stays so."""
    document = msgspec.json.decode(entry.document)
    return replace(entry, document=msgspec.json.encode({**document, "enabled": False}))


def gone_kinds(tx: Transaction, facts: Configuration) -> list[str]:
    """Subscriptions that are owed something and are there no more. Looks at the whole agenda."""
    known = {kinds.webhook(key) for key in facts.webhooks}
    return [kind for kind in tx.agenda.count() if kind.startswith(kinds.WEBHOOK) and kind not in known]


def forget_removed(tx: Transaction, facts: Configuration, now: datetime) -> int:
    """What waits for subscriptions that are gone is dropped. How many deliveries."""
    dropped = 0
    for kind in gone_kinds(tx, facts):
        tx.agenda.cancel([(kind, queue) for queue in tx.agenda.subjects(kind)])
        dropped += tx.webhooks.drop_waiting(kind.removeprefix(kinds.WEBHOOK), micros(now))
    return dropped


def forget_old(tx: Transaction, now: datetime) -> int:
    return tx.webhooks.forget(micros(now - KEEP), FORGET_AT_ONCE)
