"""Tokens of each role, and a client that speaks JSON with one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tocsin.apps.api import tokens
from tocsin.apps.people.models import Account, Membership
from tocsin.core.roles import EVERYTHING, Permission


class Api:
    """Like `requests`, for one token."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._client = Client()

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        told = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
        if self.secret:
            told.setdefault("HTTP_AUTHORIZATION", f"Bearer {self.secret}")
        given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self._client.generic(method, "/api/v1" + path, **given, **told)

    def get(self, path: str, **headers: str) -> Any:
        """The body of an answer that must be good."""
        answer = self("GET", path, **headers)
        assert answer.status_code == 200, (path, answer.status_code, answer.content)
        return answer.json()


def account_of(person: str, **given: Any) -> Account:
    account, _ = Account.objects.get_or_create(
        login=f"{person}@example.com", defaults={"created_at": datetime.now(UTC), "name": person, **given}
    )
    return account


def token_of(account: Account | None, *scopes: Permission, **given: Any) -> str:
    """Made as an administrator would, who may everything."""
    wish = tokens.Wish(
        "tests", scopes or tuple(_all(account)), given.pop("expires_at", None), account, **given
    )
    _, secret = tokens.make(wish, "tests", EVERYTHING, ("platform",), datetime.now(UTC))
    return secret


def _all(account: Account | None) -> list[Permission]:
    return [each for each in Permission if account is not None or each is not Permission.OWN]


@pytest.fixture
def api(house: Any, alice: Account) -> Api:
    """The administrator's, with every scope."""
    return Api(token_of(alice))


@pytest.fixture
def api_of(house: Any) -> Callable[..., Api]:
    """Of a person of the configuration, or of whoever has `role` in team platform."""

    def made(person: str, *scopes: Permission, role: str = "") -> Api:
        account = account_of(person)
        if role:
            Membership.objects.create(account=account, team="platform", role=role)
        return Api(token_of(account, *scopes))

    return made
