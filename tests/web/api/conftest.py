"""Tokens of each role, and a client that speaks JSON with one; on both databases."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from tests.migrated import emptied_database
from tests.scenarios.house import House, configured
from tests.scenarios.provider import Provider
from tests.web.stand_in import MachineStandIn
from tocsin.apps.api import tokens
from tocsin.apps.configuration import queries as configuration
from tocsin.apps.people.models import Account, Membership
from tocsin.core.roles import EVERYTHING, Permission
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.open import open_store
from tocsin.web.databases import databases


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


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The scenarios' house with what people see of it, on each database."""
    if request.param == "sqlite":
        with _housed(data, None) as housed:
            yield housed
        return
    url = emptied_database(request.getfixturevalue("postgres"))
    monkeypatch.setattr(settings, "DATABASES", databases(url, data))  # the router looks there
    with _people_on(url, data), _housed(data, url) as housed:
        yield housed


@contextmanager
def _housed(data: Path, url: str | None) -> Iterator[House]:
    store = open_store(data, url, on_wake=lambda topics: None)
    house = House(store, VirtualClock(datetime.now(UTC).replace(microsecond=0)), configured(), Provider())
    with MachineStandIn(data, house):
        yield house
    store.close()


@contextmanager
def _people_on(url: str, data: Path) -> Iterator[None]:
    """Django's connections lead there meanwhile."""
    before = dict(connections.settings)
    _settle(connections.configure_settings(databases(url, data)))
    yield
    _settle(before)


def _settle(wanted: dict[str, Any]) -> None:
    connections.close_all()
    for alias in connections:
        if hasattr(connections._connections, alias):
            del connections[alias]
    connections.settings.clear()
    connections.settings.update(wanted)
    configuration.forget()


@pytest.fixture
def alice(house: House, alice: Account) -> Account:
    """Once the house stands: her account belongs into its database."""
    return alice


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
