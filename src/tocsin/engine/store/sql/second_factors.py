"""Authenticator apps and recovery codes, which the people's side makes (allauth's table): to seal their secrets anew."""

from collections.abc import Sequence

import msgspec

from tocsin.engine.store.protocol import SecondFactor
from tocsin.engine.store.sql.session import Session


class SecondFactorSql:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._sqlite = session.dialect.name == "sqlite"

    def all(self) -> list[SecondFactor]:
        data = "data" if self._sqlite else "data::text"
        rows = self._session.query(
            f"SELECT id, {data} FROM mfa_authenticator WHERE type IN ('totp', 'recovery_codes')"
            f" ORDER BY id{self._session.dialect.lock}"
        )
        return [SecondFactor(id, msgspec.json.decode(text, type=dict)) for id, text in rows]

    def put(self, factors: Sequence[SecondFactor]) -> None:
        data = "?" if self._sqlite else "CAST(? AS jsonb)"
        for factor in factors:
            text = msgspec.json.encode(factor.data).decode()
            self._session.write(f"UPDATE mfa_authenticator SET data = {data} WHERE id = ?", (text, factor.id))
