"""Who calls: the token's owner, what they may as far as the token reaches, and how the timeline names them.

Only tokens count here, never the session's cookie: so no page of another site can make a browser call the API.
"""

import math
import os
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from tocsin.apps.api.problems import Stopped
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import grants_for
from tocsin.apps.people.models import Account, ApiToken
from tocsin.apps.people.reader import person_of
from tocsin.control.actor import Actor
from tocsin.control.callers import digest_of, operator
from tocsin.control.limits import Limit, Rate
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person
from tocsin.core.roles import Grants, grants_of_token, scopes_in

USE_IS_NOTED_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 200
WRONG_TOKENS = Limit(Rate(burst=20, every=3.0))  # of one address; right ones are never counted


class Caller(msgspec.Struct, frozen=True):
    """`account` is None for a service's token and for the operator's, which has no row either."""

    token: ApiToken | None
    account: Account | None
    person: Person | None
    grants: Grants
    actor: Actor
    facts: Configuration

    @property
    def owner(self) -> str:
        """Whose idempotency keys these are."""
        return f"token:{self.token.id}" if self.token is not None else "operator"


def caller_of(request: HttpRequest) -> Caller:
    """Raises Stopped for whoever brings no good token."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise _unauthorised("expected `Authorization: Bearer tocsin_...`", "")
    address = request.META.get("REMOTE_ADDR", "")
    caller = _with(secret, address) if len(secret) <= LONGEST_TOKEN and secret.isascii() else None
    if caller is None:
        wait = WRONG_TOKENS.take(address)
        if wait:
            headers = {"Retry-After": str(math.ceil(wait))}
            raise Stopped("too-many", "too many wrong tokens came from this address", headers=headers)
        raise _unauthorised("this token is unknown, expired or revoked", "invalid_token")
    return caller


def _with(secret: str, address: str) -> Caller | None:
    configuration, now = facts(), timezone.now()
    token = ApiToken.objects.select_related("account").filter(digest=digest_of(secret)).first()
    if token is not None and is_good(token, now):
        _note_use(token, now)
        return _of_token(token, configuration, address)
    own = _operators_token() if token is None else ""
    known = operator(secret, own, address) if own else None
    return Caller(None, None, None, known.grants, known.actor, configuration) if known else None


def is_good(token: ApiToken, now: datetime) -> bool:
    expired = token.expires_at is not None and token.expires_at <= now
    gone = token.account is not None and not token.account.is_active
    return token.revoked_at is None and not expired and not gone


def _of_token(token: ApiToken, configuration: Configuration, address: str) -> Caller:
    scopes = scopes_in(token.scopes)
    if token.account is None:
        actor = Actor(f"service:{token.name}"[:200], "api", address)
        return Caller(token, None, None, grants_of_token(scopes, None, token.team), actor, configuration)
    person = person_of(token.account, configuration)
    owner = grants_for(token.account, person, configuration)
    actor = Actor(person.key if person is not None else token.account.login, "api", address)
    return Caller(token, token.account, person, grants_of_token(scopes, owner, None), actor, configuration)


def _note_use(token: ApiToken, now: datetime) -> None:
    """Once a minute at most: reading must not write."""
    if token.last_used_at is None or now - token.last_used_at >= USE_IS_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_NOTED_EVERY)
        ApiToken.objects.filter(stale, id=token.id).update(last_used_at=now)


def _operators_token() -> str:
    """The machine process's own token, which the command line uses, opens this door too."""
    given = os.environ.get("TOCSIN_TOKEN", "").strip()
    if given:
        return given
    try:
        return Path(os.environ.get("TOCSIN_TOKEN_FILE") or settings.DATA / "api-token").read_text().strip()
    except (OSError, ValueError):
        return ""


def _unauthorised(detail: str, error: str) -> Stopped:
    challenge = 'Bearer realm="Tocsin"' + (f', error="{error}"' if error else "")
    return Stopped("unauthorised", detail, headers={"WWW-Authenticate": challenge})
