"""Lock-out on guessing: each failed sign-in makes the next one wait longer.

Counted three ways. The same account from the same address waits long, so does an address that fails with many accounts. An
account that is guessed at from many addresses waits seconds only: else anybody could keep its owner out at 3am.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from tocsin.apps.people.models import Throttle

FORGOTTEN = timedelta(hours=24)


def begin_try(login: str, address: str, now: datetime) -> timedelta | None:
    """Count this try as failed until `succeeded` says otherwise, so that a hundred at once are not one. Answers how long to
    wait when it may not be made."""
    with transaction.atomic():
        known = {
            t.key: t
            for t in Throttle.objects.select_for_update()
            .filter(key__in=_keys(login, address))
            .order_by("key")
        }
        blocked = [t.until - now for t in known.values() if t.until > now]
        if blocked:
            return max(blocked)
        for key, (free, longest) in _allowances(login, address):
            row = known.get(key)
            failures = 1 if row is None or now - row.updated_at > FORGOTTEN else row.failures + 1
            wait = (
                min(longest, timedelta(seconds=2 ** min(failures - free, 20)))
                if failures >= free
                else timedelta(0)
            )
            Throttle(key=key, failures=failures, until=now + wait, updated_at=now).save()
    return None


def succeeded(login: str, address: str, now: datetime) -> None:
    """The try was right: the account starts afresh, and the address has one failure less."""
    pair, by_address, account = _keys(login, address)
    with transaction.atomic():
        Throttle.objects.filter(key__in=(pair, account)).delete()
        row = Throttle.objects.select_for_update().filter(key=by_address).first()
        if row is not None:
            Throttle(key=row.key, failures=max(0, row.failures - 1), until=now, updated_at=now).save()


def forget_old(now: datetime) -> None:
    Throttle.objects.filter(updated_at__lt=now - FORGOTTEN).delete()


def _keys(login: str, address: str) -> tuple[str, str, str]:
    return f"pair|{address}|{login}", f"address|{address}", f"account|{login}"


def _allowances(login: str, address: str) -> Iterable[tuple[str, tuple[int, timedelta]]]:
    """For each key, how many failures are free and how long the longest wait is."""
    pair, by_address, account = _keys(login, address)
    return (
        (pair, (5, timedelta(minutes=15))),
        (by_address, (30, timedelta(minutes=15))),
        (account, (100, timedelta(seconds=30))),
    )
