"""API tokens and the accounts they belong to, as the people's side keeps them: looked up, and marked as used; and how
all of it stands."""

from collections.abc import Sequence

from tocsin.engine.store.protocol import PeopleStanding, TokenRow
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
        token, name, scopes, team, expires, revoked, used, login, person, admin, active, account = rows[0]
        held = (
            self._session.query(
                "SELECT team, role FROM membership WHERE account_id = ? ORDER BY id", (account,)
            )
            if account is not None
            else []
        )
        return TokenRow(
            id=token,
            name=name,
            scopes=scopes,
            team=team,
            expires_at=expires,
            revoked_at=revoked,
            last_used_at=used,
            login=login,
            person=person,
            admin=bool(admin),
            active=bool(active),
            memberships=tuple((of, role) for of, role in held),
        )

    def used(self, token: int, now: int) -> None:
        self._session.write("UPDATE api_token SET last_used_at = ? WHERE id = ?", (now, token))

    def standing(self) -> PeopleStanding:
        sqlite = self._session.dialect.name == "sqlite"
        triggers = (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
            if sqlite
            else "SELECT count(*) * 2 FROM pg_trigger WHERE tgname = 'audit_entry_append_only' AND tgenabled <> 'D'"
        )
        migrations = self._texts("SELECT app || '.' || name FROM django_migrations ORDER BY id DESC LIMIT 1")
        return PeopleStanding(
            accounts=self._number("SELECT count(*) FROM account"),
            without_second_factor=self._texts(
                "SELECT a.login FROM account a WHERE a.is_active AND NOT EXISTS (SELECT 1 FROM mfa_authenticator m"
                " WHERE m.user_id = a.id AND m.type <> 'recovery_codes') ORDER BY a.login"
            ),
            tokens_without_end=self._texts(
                "SELECT t.name || ' (' || coalesce(a.login, 'a service') || ')' FROM api_token t"
                " LEFT JOIN account a ON a.id = t.account_id"
                " WHERE t.expires_at IS NULL AND t.revoked_at IS NULL ORDER BY t.id"
            ),
            newest_audit=self._number(
                "SELECT coalesce((SELECT at FROM audit_entry ORDER BY id DESC LIMIT 1), 0)"
            ),
            audit_protected=self._number(triggers) == 2,
            last_migration=migrations[0] if migrations else "",
            database=self._texts(
                "SELECT sqlite_version()" if sqlite else "SELECT current_setting('server_version')"
            )[0],
        )

    def heard(self, integrations: Sequence[str]) -> frozenset[str]:
        return frozenset(
            name
            for name in integrations
            if any(
                self._session.query(f"SELECT 1 FROM {table} WHERE integration = ? LIMIT 1", (name,))
                for table in ("alert", "change_event")
            )
        )

    def _number(self, sql: str) -> int:
        return int(self._session.query(sql)[0][0])

    def _texts(self, sql: str) -> tuple[str, ...]:
        return tuple(str(row[0]) for row in self._session.query(sql))
