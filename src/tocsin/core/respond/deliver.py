"""What leaves for one address, and when: order, pacing, bundling, repeating, failing over, giving up.

The engine asks `next_send` whenever an address is due, saves the state it answers, sends, and brings the outcome to
`after_attempt`; then it asks again, since something may have waited meanwhile. Pages have their own budget: status, chat and
admin messages go one at a time and only when no page is about to leave. Nothing random: jitter derives from the key.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import xxhash
from msgspec.structs import replace

from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import (
    AddressState,
    AfterAttempt,
    Delivered,
    Failed,
    HeldBack,
    Nothing,
    Notification,
    NotificationState,
    Outcome,
    Purpose,
    Rejected,
    Retry,
    Send,
    Wait,
)
from tocsin.core.severity import Severity

GAP = timedelta(seconds=30)  # between two page messages to one address, first pages of a service apart
NEW_SERVICE = timedelta(minutes=5)  # a service not paged about for that long counts as new here
MOST_IN_ONE = 25  # pages in one message: as many as a reader can be asked to acknowledge at once
CLEARANCE = timedelta(
    seconds=10
)  # a channel's own deadline: no status message starts this close before a page

FIRST_RETRY = timedelta(seconds=5)
SLOWEST_RETRY = timedelta(minutes=5)
LONGEST_RETRY_AFTER = timedelta(minutes=5)  # what we let a provider ask of a page, after failing over
LONGEST_RETRY_AFTER_STATUS = timedelta(hours=1)
FAIL_OVER_ATTEMPTS = 3
FAIL_OVER_AFTER = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(hours=1)  # messages that are not pages

_UNKNOWN = Severity.SEV2


NEWS = "#news"  # ends the name of a queue of what is no page


def queue_of(address_key: str, purpose: Purpose) -> str:
    """The queue to wait in. With pages and the rest in queues of their own, a page does not even wait for the end of a
    status message that hangs on its way; `next_send` is right for mixed queues as well."""
    return address_key if purpose is Purpose.PAGE else f"{address_key}{NEWS}"


def is_news(queue: str) -> bool:
    return queue.endswith(NEWS)


def key_of(ids: Sequence[str]) -> str:
    """The idempotency key of a bundle: derived from what is in it, so that a repeat carries the same one."""
    if len(ids) == 1:
        return ids[0]
    return "b" + xxhash.xxh3_128_hexdigest("\n".join(sorted(ids)).encode())


def next_send(state: AddressState, waiting: Sequence[Notification], now: datetime) -> Send | Wait | Nothing:
    """What leaves now for this address. `waiting` holds everything not yet settled, what is to be repeated included; what is
    not in it any more was dropped and is not sent.

    In order: an attempt a crash cut short; pages of a service new to this address (with all others that wait, as one
    message); repeats of pages; other pages, once the gap has passed; then everything else, one at a time.
    """
    known = {notification.id: notification for notification in waiting}
    state = _forget(state, known, now)
    if state.bundle:
        again = replace(state, attempt=state.attempt + 1)
        return Send(_kept(state.bundle, known), again, Reason.SEND_FAILED)
    taken = {i for retry in state.retries for i in retry.ids}
    held = [n for n in waiting if state.held_back is not None and n.created_at < state.held_back.before]
    taken.update(notification.id for notification in held)
    fresh = [n for n in waiting if n.id not in taken]
    real = [n for n in fresh if n.purpose is Purpose.PAGE and not n.test]
    tests = [n for n in fresh if n.purpose is Purpose.PAGE and n.test]
    paced_until = state.last_page_at + GAP if state.last_page_at else None

    if any(_is_new(n, state, now) for n in real) or (real and (paced_until is None or paced_until <= now)):
        return _send_pages(state, real, now)
    page_retries = [r for r in state.retries if known[_kept(r.ids, known)[0]].purpose is Purpose.PAGE]
    due_retry = min((r for r in page_retries if r.retry_at <= now), key=lambda r: r.retry_at, default=None)
    if due_retry is not None:
        return _repeat(state, due_retry, known)
    if tests:  # one by one, and they never cost a real page its turn
        return _send_new(state, (tests[0],), now, Reason.TEST)

    page_due = [r.retry_at for r in page_retries] + ([paced_until] if real and paced_until else [])
    if held and state.held_back is not None:
        page_due.append(state.held_back.until)
    next_page_at = min(page_due, default=None)
    others = [n for n in fresh if n.purpose is not Purpose.PAGE]
    other_retries = [r for r in state.retries if r not in page_retries]
    if next_page_at is None or next_page_at > now + CLEARANCE:
        due_other = min(
            (r for r in other_retries if r.retry_at <= now), key=lambda r: r.retry_at, default=None
        )
        if due_other is not None:
            return _repeat(state, due_other, known)
        if others:
            return _send_new(state, (min(others, key=_oldest),), now, Reason.STATUS)
    due = page_due + [
        r.retry_at for r in other_retries if r.retry_at > now
    ]  # what is due lets that page go first
    if not due:
        return Nothing()
    return Wait(max(min(due), now), Reason.PACED if real else Reason.SEND_FAILED)


def hold_back(state: AddressState, now: datetime, until: datetime) -> AddressState:
    """The engine was away: what waits here by now, an attempt that a crash cut short included, may have ended meanwhile and
    waits until then. What comes later leaves as ever, and takes none of it along."""
    retries = [replace(retry, retry_at=max(retry.retry_at, until)) for retry in state.retries]
    if state.bundle:
        first = state.first_attempt_at or now
        cut_short = Retry(state.bundle, state.key, state.attempt, first, until, state.failed_over)
        state, retries = _cleared(state), [*retries, cut_short]
    return replace(state, retries=tuple(retries), held_back=HeldBack(now, until))


def after_attempt(
    state: AddressState, bundle: Sequence[Notification], outcome: Outcome, now: datetime
) -> AfterAttempt:
    """What an attempt's outcome means for its bundle (as it was sent) and for the address.

    A page is tried for as long as it is wanted: after three failures, a minute, or a provider asking for a longer pause, its
    people's next methods are due (`fail_over`, once) while this one goes on trying. The rest is given up after an hour.
    """
    page = any(notification.purpose is Purpose.PAGE for notification in bundle)
    cleared = _cleared(state)
    if isinstance(outcome, Delivered):
        return AfterAttempt(cleared, NotificationState.SENT, reason=Reason.SENT)
    if isinstance(outcome, Rejected):
        return AfterAttempt(cleared, NotificationState.FAILED, reason=Reason.REJECTED, fail_over=page)
    first = state.first_attempt_at or now
    if not page and now - first >= GIVE_UP_AFTER:
        return AfterAttempt(cleared, NotificationState.FAILED, reason=Reason.GAVE_UP)
    pause = _pause(state.key, state.attempt, outcome, page)
    beaten = state.attempt >= FAIL_OVER_ATTEMPTS or now - first >= FAIL_OVER_AFTER or pause > FAIL_OVER_AFTER
    fail_over = page and beaten and not state.failed_over
    retry = Retry(
        ids=tuple(notification.id for notification in bundle),
        key=state.key,
        attempt=state.attempt,
        first_attempt_at=first,
        retry_at=now + pause,
        failed_over=state.failed_over or fail_over,
    )
    return AfterAttempt(
        replace(cleared, retries=(*state.retries, retry)),
        retry_at=retry.retry_at,
        reason=Reason.FAILED_OVER if fail_over else Reason.SEND_FAILED,
        fail_over=fail_over,
    )


def _pause(key: str, attempt: int, outcome: Failed, page: bool) -> timedelta:
    """Doubling from 5 s to 5 min, spread by a fifth either way; a provider's own wish wins where it is longer, in bounds."""
    doubled = min(FIRST_RETRY * 2 ** min(attempt - 1, 10), SLOWEST_RETRY) if attempt > 0 else FIRST_RETRY
    spread = xxhash.xxh3_64_intdigest(f"{key}/{attempt}".encode()) % 401 - 200  # thousandths
    pause = doubled + doubled * spread // 1000
    if outcome.retry_after is None or outcome.retry_after <= 0:
        return pause
    most = LONGEST_RETRY_AFTER if page else LONGEST_RETRY_AFTER_STATUS
    return max(pause, timedelta(seconds=min(outcome.retry_after, most.total_seconds())))


def _send_pages(state: AddressState, pages: Sequence[Notification], now: datetime) -> Send:
    """All pages that wait, the worst first; when they are too many, new services come before more of the same."""
    chosen = sorted(pages, key=lambda n: (not _is_new(n, state, now), *_worst(n)))[:MOST_IN_ONE]
    # Read from the top: the worst, then what is new, lest it be the last of many lines of the same.
    bundle = tuple(sorted(chosen, key=lambda n: (_worst(n)[0], not _is_new(n, state, now), *_worst(n))))
    services = {n.service or "": now for n in bundle}
    state = replace(state, last_page_at=now, services=state.services | services)
    return _send_new(state, bundle, now, Reason.BUNDLED if len(bundle) > 1 else Reason.RULE_DUE)


def _send_new(state: AddressState, bundle: Sequence[Notification], now: datetime, reason: Reason) -> Send:
    ids = tuple(notification.id for notification in bundle)
    begun = replace(state, bundle=ids, key=key_of(ids), attempt=1, first_attempt_at=now, failed_over=False)
    return Send(ids, begun, reason)


def _repeat(state: AddressState, retry: Retry, known: dict[str, Notification]) -> Send:
    begun = replace(
        state,
        bundle=retry.ids,
        key=retry.key,
        attempt=retry.attempt + 1,
        first_attempt_at=retry.first_attempt_at,
        failed_over=retry.failed_over,
        retries=tuple(other for other in state.retries if other is not retry),
    )
    return Send(_kept(retry.ids, known), begun, Reason.SEND_FAILED)


def _forget(state: AddressState, known: dict[str, Notification], now: datetime) -> AddressState:
    """Without what was dropped meanwhile and services that are no longer recent."""
    if state.bundle and not _kept(state.bundle, known):
        state = _cleared(state)
    over = state.held_back is not None and state.held_back.until <= now
    return replace(
        state,
        held_back=None if over else state.held_back,
        retries=tuple(retry for retry in state.retries if _kept(retry.ids, known)),
        services={service: at for service, at in state.services.items() if now - at < NEW_SERVICE},
    )


def _cleared(state: AddressState) -> AddressState:
    """With no attempt under way."""
    return replace(state, bundle=(), key="", attempt=0, first_attempt_at=None, failed_over=False)


def _kept(ids: Sequence[str], known: dict[str, Notification]) -> tuple[str, ...]:
    """What of a bundle is still wanted, in order. Its key stays: a provider that took the first attempt drops the repeat."""
    return tuple(i for i in ids if i in known)


def _is_new(notification: Notification, state: AddressState, now: datetime) -> bool:
    at = state.services.get(notification.service or "")
    return at is None or now - at >= NEW_SERVICE


def _worst(notification: Notification) -> tuple[int, datetime, str]:
    return (notification.severity or _UNKNOWN).rank, notification.created_at, notification.id


def _oldest(notification: Notification) -> tuple[datetime, str]:
    return notification.created_at, notification.id
