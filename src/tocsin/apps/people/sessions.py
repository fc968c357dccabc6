"""Where somebody is signed in, and the end of it. Each session has a row that says since when, from where and by what."""

import time
from datetime import datetime

import msgspec
from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from tocsin.apps.people.models import Account

NOTED_EVERY = 600  # seconds: each note is a write
MOST = 50
# What a browser's own words hold; the first that is found names it, so the more particular come first.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class Place(msgspec.Struct, frozen=True):
    """One session, for its owner. `current` is the one that asks."""

    id: int
    device: str
    mobile: bool
    address: str
    since: datetime
    last_seen: datetime
    current: bool


def device_of(user_agent: str) -> str:
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"


def note(request: HttpRequest) -> None:
    """That this session was used now; written every ten minutes at most, which keeps the session itself as well."""
    key = request.session.session_key
    if not key or time.time() - request.session.get("noted", 0) < NOTED_EVERY:
        return
    request.session["noted"] = int(time.time())
    row = UserSession(
        session_key=key,
        user_id=request.user.pk,
        ip=get_adapter().get_client_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:200],
    )
    UserSession.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["user", "ip", "user_agent", "last_seen_at"],
    )


def places(account: Account, current: str | None) -> list[Place]:
    """The sessions that are good now, the latest used first. Rows of sessions that are gone are swept away."""
    rows = list(UserSession.objects.filter(user_id=account.pk).order_by("-last_seen_at")[:MOST])
    keys = [row.session_key for row in rows]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    if dead := [row.pk for row in rows if row.session_key not in alive]:
        UserSession.objects.filter(pk__in=dead).delete()
    return [_place(row, current) for row in rows if row.session_key in alive]


def _place(row: UserSession, current: str | None) -> Place:
    mobile = any(mark in row.user_agent for mark in ("iPhone", "Android", "Mobile"))
    here = row.session_key == current
    address = "" if row.ip == "0.0.0.0" else str(row.ip)
    return Place(row.pk, device_of(row.user_agent), mobile, address, row.created_at, row.last_seen_at, here)


def end(account: Account, id: int) -> str | None:
    """End one of the account's own; the key of the session that was."""
    row = UserSession.objects.filter(user_id=account.pk, pk=id).first()
    if row is None:
        return None
    with transaction.atomic():
        Session.objects.filter(session_key=row.session_key).delete()
        row.delete()
    return str(row.session_key)


def end_all(account: Account) -> None:
    """Every one, also those that have no row: the account's sessions are bound to its epoch."""
    with transaction.atomic():
        keys = list(UserSession.objects.filter(user_id=account.pk).values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(user_id=account.pk).delete()
        Account.objects.filter(pk=account.pk).update(session_epoch=F("session_epoch") + 1)
    account.refresh_from_db(fields=["session_epoch"])


def forget(key: str | None) -> None:
    """The session itself is ended by whoever asks."""
    UserSession.objects.filter(session_key=key).delete()


def forget_gone() -> None:
    """Rows whose session is over."""
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
