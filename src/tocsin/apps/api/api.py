"""What the API tells about the caller, their tokens, and how the house stands."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from tocsin.apps.api import tokens
from tocsin.apps.api.asking import ask
from tocsin.apps.api.callers import Caller
from tocsin.apps.api.cursors import Cursor, Limit, number_after, page_of
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Number
from tocsin.apps.api.problems import Stopped, invalid
from tocsin.apps.people.models import Account, ApiToken
from tocsin.control.oncall.who import who
from tocsin.control.requests import Status, StatusView, Who
from tocsin.core.instants import Aware
from tocsin.core.roles import Permission, scopes_in

router = Router(tags=["Me and tokens"])
TokenName = Annotated[str, msgspec.Meta(min_length=1, max_length=tokens.LONGEST_NAME)]
Scopes = Annotated[tuple[Permission, ...], msgspec.Meta(min_length=1, max_length=len(Permission))]


class Me(msgspec.Struct, frozen=True):
    """`account` is null for a service's token. `permissions` are what this token may; `manages` the teams whose things."""

    account: str | None
    name: str
    person: str | None
    permissions: tuple[Permission, ...]
    manages: tuple[str, ...]
    on_call_for: tuple[str, ...]
    token: int | None
    token_expires_at: datetime | None


class Token(msgspec.Struct, frozen=True):
    """`begins_with` tells it from others; the secret itself is kept nowhere."""

    id: int
    name: str
    begins_with: str
    account: str | None
    scopes: tuple[Permission, ...]
    team: str | None
    state: Literal["good", "expired", "revoked"]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class Tokens(msgspec.Struct, frozen=True):
    items: tuple[Token, ...]
    next: str | None


class MadeToken(msgspec.Struct, frozen=True):
    """`secret` is shown this once."""

    secret: str
    token: Token


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """It may at most what you may. Without `expires_at` it lasts until revoked."""

    name: TokenName
    scopes: Scopes
    expires_at: Aware | None = None


class NewServiceToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """For a program that acts in nobody's name. `team` is the one whose things it may manage."""

    name: TokenName
    scopes: Scopes
    expires_at: Aware | None = None
    team: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None


@operation(router, "GET", "/me", needs=Permission.FOLLOW, summary="Who this token acts for", answers=Me)
def get_me(request: HttpRequest) -> Me:
    asking, now = caller(request), timezone.now()
    person = asking.person
    held = who(asking.facts, Who(), now) if person is not None else []
    return Me(
        account=asking.account.login if asking.account else None,
        name=person.name if person else asking.actor.name,
        person=person.key if person else None,
        permissions=tuple(each for each in Permission if each in asking.grants.permissions),
        manages=tuple(sorted(asking.grants.manages)),
        on_call_for=tuple(view.schedule for view in held if person is not None and person.key in view.people),
        token=asking.token.id if asking.token else None,
        token_expires_at=asking.token.expires_at if asking.token else None,
    )


@operation(
    router,
    "GET",
    "/status",
    needs=Permission.READ,
    summary="How this installation stands",
    answers=StatusView,
)
def get_status(request: HttpRequest) -> StatusView:
    status: StatusView = ask(caller(request), Status())
    return status


@operation(router, "GET", "/me/tokens", needs=Permission.OWN, summary="List your tokens", answers=Tokens)
def list_my_tokens(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> Tokens:
    return _page(tokens.of_account(_account(request)), cursor, limit)


@operation(
    router,
    "POST",
    "/me/tokens",
    needs=Permission.OWN,
    summary="Make a token of your own",
    takes=NewToken,
    answers=MadeToken,
    status=201,
    example={"name": "laptop", "scopes": ["follow", "read", "respond"], "expires_at": "2027-01-01T00:00:00Z"},
    once=False,
)
def make_my_token(request: HttpRequest, body: NewToken) -> Answer:
    """It may not do more than the token that makes it, nor outlive it. No Idempotency-Key here: the answer holds a secret,
    and secrets are not kept."""
    wish = tokens.Wish(body.name, body.scopes, body.expires_at, _account(request))
    return _made(caller(request), wish)


@operation(
    router,
    "DELETE",
    "/me/tokens/{int:token_id}",
    needs=Permission.OWN,
    summary="Revoke one of your tokens",
    refuses=(404,),
)
def revoke_my_token(request: HttpRequest, token_id: Number) -> None:
    _revoke(request, tokens.of_account(_account(request)), token_id)


@operation(
    router,
    "GET",
    "/tokens",
    needs=Permission.ADMINISTER,
    summary="List everybody's tokens, and those of services",
    answers=Tokens,
)
def list_tokens(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> Tokens:
    return _page(tokens.everybodys(), cursor, limit)


@operation(
    router,
    "POST",
    "/tokens",
    needs=Permission.ADMINISTER,
    summary="Make a service's token",
    takes=NewServiceToken,
    answers=MadeToken,
    status=201,
    example={"name": "deploy pipeline", "scopes": ["read", "respond"], "expires_at": "2027-01-01T00:00:00Z"},
    once=False,
)
def make_service_token(request: HttpRequest, body: NewServiceToken) -> Answer:
    return _made(caller(request), tokens.Wish(body.name, body.scopes, body.expires_at, None, body.team))


@operation(
    router,
    "DELETE",
    "/tokens/{int:token_id}",
    needs=Permission.ADMINISTER,
    summary="Revoke anybody's token",
    refuses=(404,),
)
def revoke_token(request: HttpRequest, token_id: Number) -> None:
    _revoke(request, tokens.everybodys(), token_id)


def _account(request: HttpRequest) -> Account:
    account = caller(request).account
    if account is None:
        raise Stopped("forbidden", "this token is no person's, and has no tokens of its own")
    return account


def _page(rows: QuerySet[ApiToken], cursor: str, limit: int) -> Tokens:
    before, now = number_after(cursor), timezone.now()
    if before is not None:
        rows = rows.filter(id__lt=before)
    found, following = page_of(list(rows.order_by("-id")[: limit + 1]), limit, lambda token: token.id)
    return Tokens(tuple(_shown(token, now) for token in found), following)


def _made(asking: Caller, wish: tokens.Wish) -> Answer:
    now, until = timezone.now(), asking.token.expires_at if asking.token else None
    try:
        token, secret = tokens.make(wish, asking.actor.name, asking.grants, asking.facts.teams, now, until)
    except tokens.NotMade as refused:
        raise invalid(refused.message, pointer=f"#/{refused.field}" if refused.field else "#") from None
    where = f"/api/v1/{'me/' if wish.account else ''}tokens"
    return Answer(MadeToken(secret, _shown(token, now)), 201, {"Location": where})


def _revoke(request: HttpRequest, rows: QuerySet[ApiToken], token_id: int) -> None:
    token = rows.filter(id=token_id).first()
    if token is None:
        raise Stopped("not-found", f"there is no token {token_id}")
    tokens.revoke(token, caller(request).actor.name, timezone.now())


def _shown(token: ApiToken, now: datetime) -> Token:
    scopes = scopes_in(token.scopes)
    state = tokens.state_of(token, now)
    return Token(
        id=token.id,
        name=token.name,
        begins_with=token.begins_with,
        account=token.account.login if token.account else None,
        scopes=tuple(each for each in Permission if each in scopes),
        team=token.team,
        state="revoked" if state == "revoked" else "expired" if state == "expired" else "good",
        created_by=token.created_by,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
    )
