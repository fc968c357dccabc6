"""API tokens on screen: made, shown once, listed with their last use, revoked."""

from datetime import datetime
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.apps.api import tokens
from tocsin.apps.api.forms import NewServiceToken, NewToken
from tocsin.apps.configuration.queries import facts
from tocsin.apps.paging import LARGEST_ID, Place, address, found, place_of
from tocsin.apps.people.authority import needs
from tocsin.apps.people.models import Account, ApiToken
from tocsin.apps.people.reader import reader_of
from tocsin.apps.public_url import base_url
from tocsin.core.roles import Permission, scopes_in

A_SCREENFUL = 50


class Row(NamedTuple):
    token: ApiToken
    state: str
    scopes: list[str]


@needs(Permission.OWN)
@never_cache
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def my_tokens(request: HttpRequest) -> HttpResponse:
    account, now = _account(request), timezone.now()
    form, secret = NewToken(reader_of(request).grants, request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        secret = _make(
            request, form, tokens.Wish(name, form.wanted_scopes, form.expires_at(now), account), now
        )
    if secret:
        form = NewToken(reader_of(request).grants)
    rows = tokens.of_account(account)
    context = _context(request, rows, now) | {"form": form, "secret": secret, "curl": _curl(secret)}
    return render(request, "api/my_tokens.html", context, status=422 if form.errors else 200)


@needs(Permission.ADMINISTER)
@never_cache
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def all_tokens(request: HttpRequest) -> HttpResponse:
    now, teams = timezone.now(), sorted(facts().teams)
    grants = reader_of(request).grants
    form, secret = NewServiceToken(grants, teams, request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        wish = tokens.Wish(
            given["name"], form.wanted_scopes, form.expires_at(now), None, given["team"] or None
        )
        secret = _make(request, form, wish, now)
    if secret:
        form = NewServiceToken(grants, teams)
    context = _context(request, tokens.everybodys(), now) | {
        "form": form,
        "secret": secret,
        "curl": _curl(secret),
    }
    return render(request, "api/all_tokens.html", context, status=422 if form.errors else 200)


@needs(Permission.OWN)
@require_POST
def revoke_mine(request: HttpRequest, token_id: int) -> HttpResponse:
    token = tokens.of_account(_account(request)).filter(id=min(token_id, LARGEST_ID)).first()
    return _revoked(request, token, "my-tokens")


@needs(Permission.ADMINISTER)
@require_POST
def revoke_any(request: HttpRequest, token_id: int) -> HttpResponse:
    return _revoked(request, tokens.everybodys().filter(id=min(token_id, LARGEST_ID)).first(), "tokens")


def _make(request: HttpRequest, form: NewToken, wish: tokens.Wish, now: datetime) -> str:
    """The secret, or "" with what is wrong at its field."""
    reader = reader_of(request)
    try:
        _, secret = tokens.make(wish, reader.name, reader.grants, facts().teams, now)
    except tokens.NotMade as refused:
        field = {"expires_at": "lasts"}.get(refused.field, refused.field)
        form.add_error(field if field in form.fields else None, refused.message)
        return ""
    return secret


def _context(request: HttpRequest, rows: object, now: datetime) -> dict[str, object]:
    place = place_of({name: request.GET.get(name, "") for name in ("before", "after")})
    looked = list(place.within(rows, "id")[: A_SCREENFUL + 1])  # type: ignore[arg-type]
    page = found(looked, lambda token: token.id, place, A_SCREENFUL)
    return {
        "rows": [_row(token, now) for token in page.items],
        "older": address({}, page.older),
        "newer": address({}, page.newer),
        "begun": place != Place(),
    }


def _row(token: ApiToken, now: datetime) -> Row:
    known = scopes_in(token.scopes)
    return Row(token, tokens.state_of(token, now), [each.value for each in Permission if each in known])


def _revoked(request: HttpRequest, token: ApiToken | None, back: str) -> HttpResponse:
    if token is None:
        raise Http404("There is no such token.")
    tokens.revoke(token, reader_of(request).name, timezone.now())
    messages.success(request, f"“{token.name}” is revoked; whatever used it is refused from now on.")
    return redirect(back)


def _curl(secret: str) -> str:
    return f"curl -H 'Authorization: Bearer {secret}' {base_url()}/api/v1/me" if secret else ""


def _account(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user
