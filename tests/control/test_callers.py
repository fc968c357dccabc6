"""Tokens at the machine process's door: who calls, and what they may."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.migrated import migrated_database, migrated_directory
from tests.postgres import Postgres
from tests.scenarios.house import House, configured
from tests.scenarios.provider import Provider
from tocsin.control.actor import Actor
from tocsin.control.callers import Caller, caller_of, digest_of, operator, use_is_news
from tocsin.control.http import PATH, PublicDoor
from tocsin.control.limits import Limit, Rate
from tocsin.control.requests import Request
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.people import Person, Team
from tocsin.core.roles import Permission
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import Store, TokenRow

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
ALL = " ".join(Permission)
FACTS = Configuration(
    people={"bob": Person("bob", "Bob", email="bob@example.com")},
    teams={"platform": Team("platform", members=("bob",))},
)
BOBS = TokenRow(1, "laptop", ALL, None, None, None, None, login="bob@example.com", active=True)
CI = TokenRow(2, "ci", "read manage", "platform", None, None, None)


def changed(row: TokenRow, **fields: Any) -> TokenRow:
    return TokenRow(**{name: getattr(row, name) for name in row.__struct_fields__} | fields)


def caller(row: TokenRow) -> Caller | None:
    return caller_of(row, FACTS, NOW, "192.0.2.7")


def test_a_personal_token_acts_as_its_person() -> None:
    known = caller(BOBS)
    assert known is not None and known.actor == Actor("bob", "api", "192.0.2.7")
    assert known.grants.allow(Permission.RESPOND) and not known.grants.allow(Permission.MANAGE)


def test_roles_that_were_given_on_screen_count() -> None:
    known = caller(changed(BOBS, memberships=(("shop", "manager"), ("platform", "nonsense"))))
    assert known is not None
    assert known.grants.allow(Permission.MANAGE, ("shop",))
    assert not known.grants.allow(Permission.MANAGE, ("platform",))


def test_a_services_token_acts_in_its_own_name() -> None:
    known = caller(CI)
    assert known is not None and known.actor.name == "service:ci"
    assert known.grants.allow(Permission.MANAGE, ("platform",))
    assert not known.grants.allow(Permission.MANAGE, ("shop",))
    assert not known.grants.allow(Permission.RESPOND)


@pytest.mark.parametrize(
    "wrong",
    [
        {"revoked_at": micros(NOW) - 1},
        {"expires_at": micros(NOW)},
        {"active": False},
    ],
)
def test_what_is_over_opens_nothing(wrong: dict[str, Any]) -> None:
    assert caller(changed(BOBS, **wrong)) is None


def test_the_last_use_is_news_once_a_minute() -> None:
    assert use_is_news(BOBS, NOW)
    assert not use_is_news(changed(BOBS, last_used_at=micros(NOW - timedelta(seconds=59))), NOW)
    assert use_is_news(changed(BOBS, last_used_at=micros(NOW - timedelta(seconds=60))), NOW)


# --- on both databases -----------------------------------------------------------------------------------------------

MEMBERSHIP = "INSERT INTO membership (account_id, team, role, origin) VALUES (7, 'shop', 'manager', 'people')"
ACCOUNT = (
    "INSERT INTO account (id, password, login, name, person, is_admin, is_active, created_at)"
    " VALUES (7, '', 'bob@example.com', 'Bob', NULL, {false}, {true}, 0)"
)
TOKEN = (
    "INSERT INTO api_token (id, digest, account_id, name, scopes, team, created_at)"
    " VALUES (3, '{digest}', 7, 'laptop', 'read respond', NULL, 0)"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    import sqlite3

    digest = digest_of("tocsin_good")
    if request.param == "sqlite":
        data = migrated_directory(tmp_path / "data")
        with sqlite3.connect(data / "tocsin.sqlite3") as connection:
            for statement in (ACCOUNT.format(false="0", true="1"), MEMBERSHIP, TOKEN.format(digest=digest)):
                connection.execute(statement)
        connection.close()
        opened = open_store(data, None, on_wake=lambda topics: None)
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = migrated_database(postgres)
        with psycopg.connect(url) as there:
            for statement in (
                ACCOUNT.format(false="false", true="true"),
                MEMBERSHIP,
                TOKEN.format(digest=digest),
            ):
                there.execute(statement.encode())
        opened = open_store(None, url, on_wake=lambda topics: None)
    yield opened
    opened.close()


def test_a_token_is_found_by_its_digest_with_its_account(store: Store) -> None:
    found = store.read(lambda tx: tx.tokens.find(digest_of("tocsin_good")))
    assert found == TokenRow(
        3,
        "laptop",
        "read respond",
        None,
        None,
        None,
        None,
        "bob@example.com",
        None,
        False,
        True,
        (("shop", "manager"),),
    )
    assert store.read(lambda tx: tx.tokens.find(digest_of("tocsin_bad"))) is None
    store.run(lambda tx: tx.tokens.used(3, 77))
    again = store.read(lambda tx: tx.tokens.find(digest_of("tocsin_good")))
    assert again is not None and again.last_used_at == 77


# --- the door --------------------------------------------------------------------------------------------------------


class Desk:
    def __init__(self) -> None:
        clock = VirtualClock(NOW)
        self.house = House(MemoryStore(lambda: micros(clock.now())), clock, configured(), Provider())
        self.house.fires("DiskFull", severity="critical")
        self.actors: list[Actor] = []
        self.known = {"tocsin_bob": BOBS, "tocsin_ci": CI}
        facts = self.house.world.engine.facts
        self.door = PublicDoor(
            self.perform, self.identify, lambda: facts.current, Limit(Rate(burst=3, every=60.0), lambda: 0.0)
        )

    async def perform(self, request: Request, actor: Actor) -> object:
        self.actors.append(actor)
        return self.house.performer.perform(request, actor, self.house.now)

    async def identify(self, token: str, address: str) -> Caller | None:
        known = operator(token, "the-operators", address)
        row = self.known.get(token)
        facts = self.house.world.engine.facts.current
        return known or (caller_of(row, facts, NOW, address) if row else None)

    def post(
        self, token: str, request: dict[str, Any], address: str = "192.0.2.7"
    ) -> tuple[int, Any, dict[bytes, bytes]]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": json.dumps(request).encode()}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [
            (b"authorization", f"Bearer {token}".encode()),
            (b"x-forwarded-for", address.encode()),
            (b"x-tocsin-actor", b"dan"),
            (b"x-tocsin-via", b"cli"),
            (b"x-tocsin-operator", b"yes"),
        ]
        scope = {"type": "http", "path": PATH, "method": "POST", "headers": headers}
        asyncio.run(self.door(scope, receive, send))
        return sent[0]["status"], json.loads(sent[1]["body"]), dict(sent[0]["headers"])


@pytest.fixture
def desk() -> Desk:
    return Desk()


ACKNOWLEDGE = {"type": "act", "incidents": [1], "command": {"type": "acknowledge", "actor": "dan"}}
SERVICE = {
    "type": "put_noun",
    "kind": "services",
    "name": "shop",
    "noun": {"team": "platform", "policy": "platform"},
}


def test_a_person_acts_as_themselves_whatever_the_headers_and_the_request_say(desk: Desk) -> None:
    assert desk.post("tocsin_bob", ACKNOWLEDGE)[0] == 200
    assert desk.house.incident(1).acknowledged_by == "bob"
    row = desk.house.store.read(lambda tx: tx.records.audited(1))[0]
    assert (row.actor, row.via, row.address) == ("bob", "api", "192.0.2.7")


def test_the_installations_own_token_is_the_operators_and_no_other_whatever_the_headers_say(
    desk: Desk,
) -> None:
    for token in ("tocsin_bob", "tocsin_ci", "the-operators"):
        desk.post(token, {"type": "explain", "labels": {"a": "b"}})
    assert [actor.operator for actor in desk.actors] == [False, False, True]


def test_a_token_may_what_its_grants_say(desk: Desk) -> None:
    assert desk.post("tocsin_bob", SERVICE)[0] == 403
    assert desk.post("tocsin_ci", ACKNOWLEDGE)[0] == 403
    assert desk.post("tocsin_ci", SERVICE)[0] == 200
    assert desk.post("tocsin_ci", {"type": "export"})[0] == 403
    assert desk.post("the-operators", {"type": "export"})[0] == 200


def test_how_somebody_else_is_reached_needs_an_administrator(desk: Desk) -> None:
    request = {
        "type": "put_contact_method",
        "person": "carol",
        "name": "phone",
        "channel": "ntfy",
        "address": "https://ntfy.example.com/bob-x8Qz",
    }
    assert desk.post("tocsin_bob", request)[0] == 403
    assert desk.post("tocsin_bob", request | {"person": "bob"})[0] == 200


def test_wrong_tokens_are_slowed_down_and_right_ones_are_not(desk: Desk) -> None:
    answers = [desk.post("tocsin_wrong", ACKNOWLEDGE) for _ in range(5)]
    assert [status for status, _, _ in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1][2][b"retry-after"]) >= 1
    assert desk.post("tocsin_bob", ACKNOWLEDGE)[0] == 200
    assert desk.post("tocsin_wrong", ACKNOWLEDGE, address="192.0.2.8")[0] == 401


@pytest.mark.parametrize("token", ["", " ", "x" * 5000, "\x7f", "tocsin_", "Ünicode"])
def test_no_token_whatever_makes_it_stumble(token: str, desk: Desk) -> None:
    assert desk.post(token, ACKNOWLEDGE)[0] == 401
