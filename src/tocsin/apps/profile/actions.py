"""What people do to their own calendar feed; each act leaves a line in the audit log."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from tocsin.apps.audit.actions import record
from tocsin.apps.people.models import Account
from tocsin.apps.profile.models import CalendarFeed

READ_IS_NOTED_EVERY = timedelta(hours=1)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_feed(account: Account, actor: str, now: datetime) -> str:
    """Its token, which is shown this once. The one before is worth nothing from now on."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        CalendarFeed.objects.update_or_create(
            account=account, defaults={"digest": digest_of(token), "created_at": now, "read_at": None}
        )
        record(actor, "CalendarFeedMade", account.login, now)
    return token


def revoke_feed(account: Account, actor: str, now: datetime) -> bool:
    with transaction.atomic():
        gone, _ = CalendarFeed.objects.filter(account=account).delete()
        if gone:
            record(actor, "CalendarFeedRevoked", account.login, now)
    return bool(gone)


def note_read(feed: CalendarFeed, now: datetime) -> None:
    """So that its owner sees whether anything reads it."""
    if feed.read_at is None or now - feed.read_at >= READ_IS_NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk, digest=feed.digest).update(read_at=now)
