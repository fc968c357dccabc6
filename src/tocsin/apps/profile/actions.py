"""What people do to their own calendar feeds; each act leaves a line in the audit log."""

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from tocsin.apps.audit.actions import record
from tocsin.apps.people.models import Account
from tocsin.apps.profile.models import Feed

READ_IS_NOTED_EVERY = timedelta(hours=1)
MOST_FEEDS = 50  # of one account


class WantedFeed(msgspec.Struct, frozen=True):
    """As `Feed` keeps it."""

    kind: str
    subject: str
    layer: str = ""
    reminder: int = 0
    gaps: bool = False


class TooMany(Exception):
    """They have as many feeds as anybody may."""


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_feed(account: Account, wanted: WantedFeed, actor: str, now: datetime) -> tuple[Feed, str]:
    """The feed and its token, which is shown this once. Raises TooMany."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        if Feed.objects.filter(account=account).count() >= MOST_FEEDS:
            raise TooMany
        made = Feed.objects.create(
            account=account,
            digest=digest_of(token),
            created_at=now,
            **msgspec.structs.asdict(wanted),
        )
        record(actor, "CalendarFeedMade", account.login, now, detail=str(made))
    return made, token


def renew_feed(feed: Feed, actor: str, now: datetime) -> str:
    """Another token; the one before is worth nothing from now on."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        Feed.objects.filter(pk=feed.pk).update(digest=digest_of(token), created_at=now, read_at=None)
        record(actor, "CalendarFeedRenewed", feed.account.login, now, detail=str(feed))
    return token


def revoke_feed(feed: Feed, actor: str, now: datetime) -> None:
    with transaction.atomic():
        gone, _ = Feed.objects.filter(pk=feed.pk).delete()
        if gone:
            record(actor, "CalendarFeedRevoked", feed.account.login, now, detail=str(feed))


def note_read(feed: Feed, now: datetime) -> None:
    """So that its owner sees whether anything reads it."""
    if feed.read_at is None or now - feed.read_at >= READ_IS_NOTED_EVERY:
        Feed.objects.filter(pk=feed.pk, digest=feed.digest).update(read_at=now)
