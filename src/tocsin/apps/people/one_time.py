"""One-time links of an account: an invitation, or a new password. The database keeps their hashes alone."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from tocsin.apps.people.first_link import digest_of
from tocsin.apps.people.models import Account, SignInLink

INVITATION, PASSWORD = "invitation", "password"
LASTS = {INVITATION: timedelta(days=7), PASSWORD: timedelta(hours=2)}
PATHS = {INVITATION: "/invitation/", PASSWORD: "/password/reset/"}


def make(account: Account, purpose: str, by: str, now: datetime, sent_to: str = "") -> tuple[str, SignInLink]:
    """The path of a new link, said once. Earlier ones of the same purpose end with it."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        end(account, purpose, now)
        link = SignInLink(
            digest=digest_of(token),
            account=account,
            purpose=purpose,
            sent_to=sent_to,
            created_by=by,
            created_at=now,
            expires_at=now + LASTS[purpose],
        )
        link.save(force_insert=True)
    return PATHS[purpose] + token, link


def find(token: str, purpose: str, now: datetime) -> SignInLink | None:
    """None when it is unknown, used, expired, or its account is closed."""
    return (
        SignInLink.objects.select_related("account")
        .filter(
            digest=digest_of(token),
            purpose=purpose,
            account__is_active=True,
            used_at=None,
            expires_at__gt=now,
        )
        .first()
    )


def spend(link: SignInLink, now: datetime) -> bool:
    """False when somebody was faster."""
    return bool(SignInLink.objects.filter(digest=link.digest, used_at=None).update(used_at=now))


def end(account: Account, purpose: str, now: datetime) -> int:
    return SignInLink.objects.filter(account=account, purpose=purpose, used_at=None).update(used_at=now)
