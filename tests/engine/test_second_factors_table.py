"""The secrets of authenticator apps and recovery codes are sealed anew beside those of the configuration, on every store."""

from collections.abc import Iterator
from typing import Any

import pytest

from tocsin.config import sealing
from tocsin.config.resealing import Resealed, look, reseal
from tocsin.config.schema.kinds import to_entry
from tocsin.core.configuration import Integration
from tocsin.engine.store.protocol import SecondFactor, Store

OLD, NEW = "o" * 32, "n" * 32
ACCOUNT = (
    "INSERT INTO account (id, password, login, name, is_admin, is_active, created_at, admin_origin, session_epoch)"
    " VALUES (7, '', 'bob@example.com', 'Bob', {false}, {true}, 0, 'people', 0)"
)
FACTOR = (
    "INSERT INTO mfa_authenticator (id, type, data, user_id, created_at)"
    " VALUES ({id}, '{type}', '{data}', 7, '2026-06-14 14:30:00')"
)


@pytest.fixture(autouse=True)
def _keys_of_before() -> Iterator[None]:
    before = sealing._sealer
    yield
    sealing._sealer = before


def _write(store: Store, *statements: str) -> None:
    def work(tx: Any) -> None:
        for statement in statements:
            tx._session.write(statement)

    store.run(work)


@pytest.fixture
def with_factors(store: Store, kind: str) -> Store:
    """Bob's app under the old key, his recovery codes plain, and a passkey, which holds no secret."""
    sealing.use((OLD,))
    store.run(
        lambda tx: tx.configuration.put(
            [to_entry("integrations", Integration(key="prom", type="prometheus", secret="prom-key"))]
        )
    )
    if kind != "memory":
        false, true = ("0", "1") if kind == "sqlite" else ("false", "true")
        secret = sealing.seal_text("JBSWY3DP")
        _write(
            store,
            ACCOUNT.format(false=false, true=true),
            FACTOR.format(id=1, type="totp", data=f'{{"secret": "{secret}", "used_step": 9}}'),
            FACTOR.format(id=2, type="recovery_codes", data='{"seed": "5eed", "used_mask": 3}'),
            FACTOR.format(id=3, type="webauthn", data='{"name": "phone"}'),
        )
    return store


def test_all_come_under_the_first_key_and_nothing_else_of_them_changes(
    with_factors: Store, kind: str
) -> None:
    factors = 0 if kind == "memory" else 2
    sealing.use((NEW, OLD))
    assert with_factors.read(look) == Resealed(0, 1 + factors, 0)
    assert with_factors.run(reseal) == Resealed(0, 1 + factors, 0)
    assert with_factors.read(look) == Resealed(1 + factors, 0, 0)
    sealing.use((NEW,))
    kept = with_factors.read(lambda tx: tx.second_factors.all())
    opened = [
        SecondFactor(
            each.id, {n: sealing.open_text(v) if isinstance(v, str) else v for n, v in each.data.items()}
        )
        for each in kept
    ]
    assert (
        opened
        == [
            SecondFactor(1, {"secret": "JBSWY3DP", "used_step": 9}),
            SecondFactor(2, {"seed": "5eed", "used_mask": 3}),
        ][:factors]
    )


def test_what_no_key_opens_is_counted_and_stays(with_factors: Store, kind: str) -> None:
    sealing.use((NEW,))
    unreadable, stale = (1, 0) if kind == "memory" else (2, 1)
    assert with_factors.run(reseal) == Resealed(0, stale, unreadable)
    sealing.use((OLD, NEW))
    assert with_factors.read(look).unreadable == 0
