"""From waiting notifications to departures, and from outcomes back to the store. The network lies between the two.

`lease` and `take` decide in a transaction what leaves for which address; the departures are then carried to their channels;
`settle` commits what became of them under the lease's token. A crash in between repeats the same bundle under the same key.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog
from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.people import Person
from tocsin.core.reasons import Reason
from tocsin.core.respond import deliver, pages
from tocsin.core.respond.compose import Links, compose, in_few_words, is_stale
from tocsin.core.respond.deliver import after_attempt, next_send
from tocsin.core.respond.delivery import (
    AddressState,
    Delivered,
    Failed,
    Nothing,
    Notification,
    NotificationState,
    Outcome,
    Purpose,
    Send,
    Tried,
    Wait,
)
from tocsin.core.respond.incident import Incident
from tocsin.core.respond.message import Message
from tocsin.core.respond.page import incident_of
from tocsin.core.respond.quiet_hours import held_until
from tocsin.engine import kinds
from tocsin.engine.addresses import Address, address_of
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import AgendaEntry, AttemptRow, Transaction

log = structlog.get_logger()
LONGEST_WHY = 300  # characters of a provider's word that an address remembers
SEEN = 1000  # notifications at either end of what waits for one address
Aside = Callable[[int, str], None]
LEASE = timedelta(seconds=30)  # longer than any channel's own deadline of 10 s


class Departure(msgspec.Struct, frozen=True):
    """One message on its way: leased, decided and committed. `address` None means it is no longer configured."""

    entry: AgendaEntry
    state: AddressState
    notifications: tuple[Notification, ...]
    message: Message
    address: Address | None
    begun_at: datetime


class Arrival(msgspec.Struct, frozen=True):
    """What became of a departure."""

    departure: Departure
    outcome: Outcome
    ended_at: datetime


def lease(tx: Transaction, now: datetime, room: Mapping[str, int]) -> list[AgendaEntry]:
    """Due addresses of the channels that have room: all pages before any news."""
    left, leased = dict(room), []
    for kind_of in (kinds.address, kinds.news):
        most = {kind_of(channel): free for channel, free in left.items() if free > 0}
        found = tx.agenda.lease(most, micros(now), micros(now + LEASE)) if most else []
        taken = Counter(entry.kind for entry in found)
        left = {channel: free - taken[kind_of(channel)] for channel, free in left.items()}
        leased += found
    if not all(left.values()):
        tx.wake(kinds.due(micros(now)))  # there may be more
    return leased


def lease_at_once(
    tx: Transaction, now: datetime, addresses: Mapping[str, str], room: Mapping[str, int]
) -> list[AgendaEntry]:
    """Of these addresses (key -> channel), at which something new waits, those whose channels have room. The others are due
    for whoever has room next."""
    left = dict(room)
    fitting: list[tuple[str, str]] = []
    waiting: list[AgendaEntry] = []
    for key, channel in sorted(addresses.items(), key=lambda each: (deliver.is_news(each[0]), each[0])):
        if left.get(channel, 0) > 0:
            left[channel] -= 1
            fitting.append((kinds.queue(channel, key), key))
        else:
            waiting.append(AgendaEntry(kinds.queue(channel, key), key, micros(now)))
    if waiting:
        tx.agenda.schedule_earlier(waiting)
        tx.wake(kinds.due(micros(now)))
    return tx.agenda.lease_at_once(fitting, micros(now), micros(now + LEASE)) if fitting else []


def hold_back(tx: Transaction, channels: Sequence[str], now: datetime, until: datetime) -> int:
    """What waits to be sent by now waits until then; what comes later goes ahead of it. At how many addresses."""
    states = tx.notifications.addresses()
    addresses = [kind(channel) for channel in channels for kind in (kinds.address, kinds.news)]
    for kind in addresses:
        for key in tx.agenda.subjects(kind):
            tx.notifications.put_address(key, deliver.hold_back(states.get(key, AddressState()), now, until))
    return tx.agenda.postpone(addresses, micros(until))


def take(
    tx: Transaction,
    facts: Configuration,
    now: datetime,
    leased: Sequence[AgendaEntry],
    links: Callable[[], Links],
    aside: Aside,
) -> list[Departure]:
    """Decide what leaves for each of these addresses. Stale notifications are dropped here, with their reason. `aside` is
    told of incidents that cannot be read: pages about them leave with what they say themselves."""
    if len(leased) > 1:
        tx.notifications.foresee([entry.subject for entry in leased])
    return [
        departure
        for entry in leased
        if (departure := _decide(tx, facts, entry, now, links, aside)) is not None
    ]


def _decide(
    tx: Transaction,
    facts: Configuration,
    entry: AgendaEntry,
    now: datetime,
    links: Callable[[], Links],
    aside: Aside,
) -> Departure | None:
    state = tx.notifications.address(entry.subject)
    waiting, quiet_until = _audible(_still_wanted(tx, _waiting(tx, entry.subject), now, aside), facts, now)
    match next_send(state, waiting, now):
        case Nothing():
            _look_again(tx, entry, quiet_until)
            return None
        case Wait(until=until):
            _look_again(tx, entry, min(until, quiet_until or until))
            return None
        case Send(ids=ids, state=after):
            by_id = {n.id: n for n in waiting}
            bundle = tuple(by_id[i] for i in ids)
            tx.notifications.put_address(entry.subject, after)
            incidents = tx.incidents.peek(sorted({n.incident for n in bundle if n.incident is not None}))
            person = facts.people.get(bundle[0].person) if bundle[0].person else None
            return Departure(
                entry=entry,
                state=after,
                notifications=bundle,
                message=_words(bundle, incidents, now, after.key, links, person),
                address=address_of(facts, bundle[0]),
                begun_at=now,
            )


def _look_again(tx: Transaction, entry: AgendaEntry, at: datetime | None) -> None:
    """Nothing leaves now; without an instant nothing waits at all."""
    if at is None:
        tx.agenda.consume(entry.kind, entry.subject, entry.token)
        return
    tx.agenda.consume(entry.kind, entry.subject, entry.token, again_at=micros(at))
    tx.wake(kinds.due(micros(at)))


def _waiting(tx: Transaction, address_key: str) -> list[Notification]:
    """What waits there, oldest first; of very much the oldest and the newest. In a storm the first page of another service
    is among the newest, and has to be seen to go first."""
    oldest = tx.notifications.waiting(address_key, SEEN)
    if len(oldest) < SEEN:
        return oldest
    seen = {notification.id for notification in oldest}
    newest = tx.notifications.newest_waiting(address_key, SEEN)
    return [*oldest, *(notification for notification in newest if notification.id not in seen)]


def _audible(
    waiting: list[Notification], facts: Configuration, now: datetime
) -> tuple[list[Notification], datetime | None]:
    """What may leave although somebody has quiet hours, and when the first of the others may. Pages wait before they come
    here; repeats, failovers and news wait here."""
    reached = {notification.person for notification in waiting if notification.person is not None}
    if not any(person.quiet for key in reached if (person := facts.people.get(key)) is not None):
        return waiting, None
    audible: list[Notification] = []
    ends: list[datetime] = []
    for notification in waiting:
        until = held_until(notification, facts, now)
        if until is None:
            audible.append(notification)
        else:
            ends.append(until)
    return audible, min(ends, default=None)


def _words(
    bundle: Sequence[Notification],
    incidents: Mapping[int, Incident],
    now: datetime,
    key: str,
    links: Callable[[], Links],
    person: Person | None,
) -> Message:
    try:
        return compose(bundle, incidents, now, key, links(), person)
    except (
        Exception
    ):  # composing is pure, so nothing is half done; and a page in few words is better than none
        log.exception("a message could not be composed; it leaves in few words", key=key)
        return in_few_words(bundle, now, key)


def _still_wanted(
    tx: Transaction, waiting: Sequence[Notification], now: datetime, aside: Aside
) -> list[Notification]:
    """Nothing stale is sent: every page is checked against its incident at the moment it leaves."""
    about = {n.incident for n in waiting if n.incident is not None}
    incidents = tx.incidents.peek(sorted(about))
    missing = sorted(about - incidents.keys())
    unreadable = tx.incidents.unreadable(missing) if missing else {}
    for incident_id, why in unreadable.items():
        aside(incident_id, why)
    wanted_pages = tx.pages.load(sorted({n.page for n in waiting if n.page is not None}))
    kept: list[Notification] = []
    stale: dict[Reason, list[str]] = {}
    for notification in waiting:
        incident = incidents.get(notification.incident) if notification.incident is not None else None
        page = wanted_pages.get(notification.page) if notification.page is not None else None
        reason = is_stale(notification, incident, page, notification.incident in unreadable)
        if reason is None:
            kept.append(notification)
        else:
            stale.setdefault(reason, []).append(notification.id)
    for reason, ids in stale.items():
        tx.notifications.settle(ids, NotificationState.DROPPED, reason, "", micros(now))
    return kept


def incidents_of(arrivals: Iterable[Arrival]) -> set[int]:
    """What these messages were about."""
    return {n.incident for a in arrivals for n in a.departure.notifications if n.incident is not None}


def settle(
    owed: Consequences, arrivals: Sequence[Arrival], now: datetime, untold: Collection[int] = ()
) -> None:
    """Commit what became of these departures: history, timeline, retry, failover. Incidents that are `untold` hear nothing
    of it, because they cannot; the message is at least not sent again for ever."""
    owed.load(incidents_of(arrivals).difference(untold))
    for arrival in arrivals:
        _settle(owed, arrival, now, untold)


def _settle(owed: Consequences, arrival: Arrival, now: datetime, untold: Collection[int]) -> None:
    tx, departure = owed.tx, arrival.departure
    entry, bundle = departure.entry, departure.notifications
    after = after_attempt(departure.state, bundle, arrival.outcome, now)
    again_at = (
        now if _more_waits(tx, departure) else after.retry_at
    )  # too early a look is answered with a Wait
    if not tx.agenda.consume(entry.kind, entry.subject, entry.token, micros(again_at) if again_at else None):
        return  # the lease was lost: another node sent, or will send, the same bundle under the same key
    if again_at is not None:
        tx.wake(kinds.due(micros(again_at)))
    tx.notifications.record_attempts(_attempts(arrival))
    detail = "" if isinstance(arrival.outcome, Delivered) else arrival.outcome.detail
    last = Tried(arrival.ended_at, isinstance(arrival.outcome, Delivered), detail[:LONGEST_WHY])
    tx.notifications.put_address(entry.subject, replace(after.state, last=last))
    if after.result is not None:
        tx.notifications.settle([n.id for n in bundle], after.result, after.reason, detail, micros(now))
    for notification in bundle:
        if notification.incident in untold:
            continue
        _tell_timeline(owed, notification, arrival, after.result, len(bundle), after.retry_at)
        if after.fail_over and notification.page is not None:
            _fail_over(owed, notification, now)


def _more_waits(tx: Transaction, departure: Departure) -> bool:
    sent = {n.id for n in departure.notifications}
    return any(n.id not in sent for n in tx.notifications.waiting(departure.entry.subject, len(sent) + 1))


def _attempts(arrival: Arrival) -> list[AttemptRow]:
    departure = arrival.departure
    outcome = type(arrival.outcome).__name__.lower()
    detail = arrival.outcome.provider_id if isinstance(arrival.outcome, Delivered) else arrival.outcome.detail
    return [
        AttemptRow(
            n.id,
            departure.state.attempt,
            departure.state.key,
            micros(departure.begun_at),
            micros(arrival.ended_at),
            outcome,
            detail,
        )
        for n in departure.notifications
    ]


def _tell_timeline(
    owed: Consequences,
    notification: Notification,
    arrival: Arrival,
    result: NotificationState | None,
    bundled: int,
    retry_at: datetime | None,
) -> None:
    """The first failure, and what became of it in the end; each attempt in between stands with its notification."""
    if notification.incident is None or notification.purpose is not Purpose.PAGE:
        return
    tries = arrival.departure.state.attempt
    if isinstance(arrival.outcome, Failed) and tries > 1 and result is None:
        return
    whom = f"{notification.person} by {notification.method} ({notification.channel})"
    together = f", in one message with {bundled - 1} more" if bundled > 1 else ""
    match arrival.outcome:
        case Delivered():
            reason = Reason.BUNDLED if bundled > 1 else Reason.SENT
            after = f", at attempt {tries}" if tries > 1 else ""
            text = f"Notified {whom}{together}{after}."
        case Failed(detail=detail):
            reason = Reason.GAVE_UP if result is NotificationState.FAILED else Reason.SEND_FAILED
            text = f"Could not notify {whom}: {detail}." + (
                f" Tried again from {retry_at:%H:%M:%S} UTC on." if retry_at else ""
            )
        case _:
            reason = Reason.REJECTED
            text = f"{whom} was refused for good: {arrival.outcome.detail}."
    owed.note(notification.incident, reason, text, arrival.ended_at)


def _fail_over(owed: Consequences, notification: Notification, now: datetime) -> None:
    """The person's next method is due at once."""
    page = owed.page(notification.page or "")
    person = owed.facts.people.get(notification.person or "")
    if page is None or notification.method is None:
        return
    owed.carry_page(pages.method_failed(page, person, notification.method, now))


def due_pages(owed: Consequences, page_ids: Sequence[str], now: datetime) -> None:
    """The next rules of these contact plans are due."""
    owed.load(incident_of(page_id) for page_id in page_ids)
    for page_id in page_ids:
        page = owed.page(page_id)
        if page is None:
            continue
        owed.carry_page(pages.due(page, owed.facts.people.get(page.person), now))
