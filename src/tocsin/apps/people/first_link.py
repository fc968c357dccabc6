"""The one-time link that makes the first administrator.

It is good as long as there is no account. The database keeps its hash alone; the link itself stands in a file of the data
directory (0600) until it is used, for whoever missed the box that was printed.
"""

import contextlib
import hashlib
import os
import secrets
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from tocsin.apps.people.models import Account, SignInLink

FILE = "first-admin-link"


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def is_good(token: str) -> bool:
    return (
        SignInLink.objects.filter(digest=digest_of(token), account=None, used_at=None).exists()
        and not Account.objects.exists()
    )


def first_link(data: Path, now: datetime, base_url: str) -> str | None:
    """The link to print at start, the same one until it is used; None when somebody can sign in already."""
    path = data / FILE
    if Account.objects.exists():
        path.unlink(missing_ok=True)
        return None
    with contextlib.suppress(OSError):
        token = urlsplit(path.read_text().strip()).path.rpartition("/")[2]
        if is_good(token):
            return _written(path, token, base_url)
    token = secrets.token_urlsafe(24)
    SignInLink(digest=digest_of(token), account=None, created_at=now).save(force_insert=True)
    return _written(path, token, base_url)


def use(token: str, account: Account, now: datetime) -> bool:
    """Save the account and spend the link, both or neither. False when the link is not good (any more)."""
    with transaction.atomic():
        # All unused ones are locked: two links of two nodes must not make two first administrators.
        unused = list(
            SignInLink.objects.select_for_update().filter(account=None, used_at=None).order_by("digest")
        )
        mine = next((link for link in unused if link.digest == digest_of(token)), None)
        if mine is None or Account.objects.exists():
            return False
        account.save()
        SignInLink.objects.filter(digest__in=[link.digest for link in unused]).update(used_at=now)
    (settings.DATA / FILE).unlink(missing_ok=True)
    return True


def box(link: str) -> str:
    """As it is printed."""
    lines = ["Nobody can sign in yet. Make the first administrator, once, here:", "", link]
    width = max(map(len, lines))
    rows = [f"|  {line:<{width}}  |" for line in ("", *lines, "")]
    edge = f"+{'-' * (width + 4)}+"
    return "\n".join(("", edge, *rows, edge, ""))


def _written(path: Path, token: str, base_url: str) -> str:
    link = f"{base_url}/welcome/{token}"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(link + "\n")
    draft.replace(path)
    return link
