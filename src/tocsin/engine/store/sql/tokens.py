"""API tokens and the accounts they belong to, as the people's side keeps them: looked up, and marked as used."""

from tocsin.engine.store.protocol import TokenRow
from tocsin.engine.store.sql.session import Session


class TokenSql:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, digest: str) -> TokenRow | None:
        rows = self._session.query(
            "SELECT t.id, t.name, t.scopes, t.team, t.expires_at, t.revoked_at, t.last_used_at,"
            " a.login, a.person, a.is_admin, a.is_active, a.id"
            " FROM api_token t LEFT JOIN account a ON a.id = t.account_id WHERE t.digest = ?",
            (digest,),
        )
        if not rows:
            return None
        *columns, admin, active, account = rows[0]
        held = (
            self._session.query(
                "SELECT team, role FROM membership WHERE account_id = ? ORDER BY id", (account,)
            )
            if account is not None
            else []
        )
        memberships = tuple((team, role) for team, role in held)
        return TokenRow(*columns, admin=bool(admin), active=bool(active), memberships=memberships)

    def used(self, token: int, now: int) -> None:
        self._session.write("UPDATE api_token SET last_used_at = ? WHERE id = ?", (now, token))
