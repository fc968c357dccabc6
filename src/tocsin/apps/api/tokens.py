"""API tokens made, listed and revoked. The secret is answered once and kept nowhere; its SHA-256 finds it."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from tocsin.apps.audit.actions import record
from tocsin.apps.people.models import Account, ApiToken
from tocsin.control.callers import PREFIX, digest_of
from tocsin.core.roles import Grants, Permission, grants_of_token, scopes_in

SECRET_BYTES = 32
SHOWN_OF_SECRET = len(PREFIX) + 6  # enough to tell tokens apart, far too little to guess one
LONGEST_NAME = 100
LONGEST_LIFE = timedelta(days=10 * 366)
MOST_EACH = 100  # good tokens of one account, and of all services

SAYS = {
    Permission.FOLLOW: "Read incidents and their updates",
    Permission.READ: "Read everything that is no secret",
    Permission.RESPOND: "Act on incidents, page people, silence, maintain, override, report",
    Permission.MANAGE: "Change a team's schedules, policies, services, integrations",
    Permission.ADMINISTER: "Change the whole house: people, routes, tokens",
    Permission.OWN: "Your own tokens and contact methods",
}
OF_SERVICES = tuple(each for each in SAYS if each is not Permission.OWN)


class NotMade(Exception):
    """Nothing was made; `field` is scopes, expires_at, team or ""."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


class Wish(msgspec.Struct, frozen=True):
    """`account` None makes a service's token; `team` is the one it manages."""

    name: str
    scopes: tuple[Permission, ...]
    expires_at: datetime | None
    account: Account | None = None
    team: str | None = None


def make(
    wish: Wish, by: str, may: Grants, teams: Collection[str], now: datetime, until: datetime | None = None
) -> tuple[ApiToken, str]:
    """The token and its secret. `may` is what its maker may, `until` when their own token ends: nobody hands on more than
    they have. Raises NotMade."""
    _check(wish, may, teams, now, until)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        if good(_siblings(wish.account), now).count() >= MOST_EACH:
            raise NotMade(f"there are {MOST_EACH} good ones already; revoke some first")
        token = ApiToken(
            digest=digest_of(secret),
            account=wish.account,
            name=wish.name.strip(),
            begins_with=secret[:SHOWN_OF_SECRET],
            scopes=" ".join(scope.value for scope in SAYS if scope in wish.scopes),
            team=wish.team,
            created_by=by,
            created_at=now,
            expires_at=wish.expires_at,
        )
        token.save(force_insert=True)
        record(by, "TokenMade", _called(token), now, after=_told(token))
    return token, secret


def revoke(token: ApiToken, by: str, now: datetime) -> None:
    """It opens nothing from now on. Revoking again changes nothing."""
    with transaction.atomic():
        if ApiToken.objects.filter(id=token.id, revoked_at=None).update(revoked_at=now):
            record(by, "TokenRevoked", _called(token), now, before=_told(token))
    token.revoked_at = token.revoked_at or now


def of_account(account: Account) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(account=account).select_related("account")


def everybodys() -> QuerySet[ApiToken]:
    return ApiToken.objects.select_related("account")


def good(rows: QuerySet[ApiToken], now: datetime) -> QuerySet[ApiToken]:
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def state_of(token: ApiToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "good"


def _siblings(account: Account | None) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(account=account)


def _check(wish: Wish, may: Grants, teams: Collection[str], now: datetime, until: datetime | None) -> None:
    if not wish.name.strip() or len(wish.name) > LONGEST_NAME:
        raise NotMade(f"a name of at most {LONGEST_NAME} characters says later what it is for", "name")
    if not wish.scopes:
        raise NotMade("choose what it may do", "scopes")
    if wish.account is None and Permission.OWN in wish.scopes:
        raise NotMade("a service has nothing of its own", "scopes")
    if wish.team is not None and wish.team not in teams:
        raise NotMade(f"there is no team {wish.team!r}", "team")
    beyond = [scope.value for scope in wish.scopes if scope not in may.permissions]
    if beyond:
        raise NotMade(f"you may not do this yourself: {', '.join(beyond)}", "scopes")
    service = grants_of_token(frozenset(wish.scopes), None, wish.team)
    if wish.account is None and not may.covers(service):
        raise NotMade("a service may not do more than you", "scopes")
    if wish.expires_at is not None and not now < wish.expires_at <= now + LONGEST_LIFE:
        raise NotMade("it ends in the future, within ten years", "expires_at")
    if until is not None and (wish.expires_at is None or wish.expires_at > until):
        raise NotMade(f"it may not outlive the token that makes it ({until.isoformat()})", "expires_at")


def _called(token: ApiToken) -> str:
    return f"{token.account.login if token.account else 'service'}: {token.name} ({token.begins_with}…)"


def _told(token: ApiToken) -> dict[str, object]:
    return {
        "name": token.name,
        "scopes": sorted(scope.value for scope in scopes_in(token.scopes)),
        "team": token.team,
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
    }
