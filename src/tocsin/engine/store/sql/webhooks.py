"""Deliveries owed to webhooks, their attempts, and how each subscription stands."""

from collections.abc import Sequence

from msgspec.structs import astuple

from tocsin.core.webhooks import Delivery, DeliveryState
from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import WebhookAttempt, WebhookStanding
from tocsin.engine.store.sql.session import Session, columns, replacing, table

DELIVERY = table(
    "webhook_delivery",
    "id text, webhook text, incident bigint, entry bigint, event text, message_id text, begun_at bigint,"
    " document bytea, state text, tries bigint, created_at bigint, updated_at bigint, retry_at bigint",
)
ATTEMPT = table(
    "webhook_attempt",
    "delivery_id text, started_at bigint, ended_at bigint, status bigint, detail text, answer text",
)
STANDING = table("webhook_standing", "webhook text, failing_since bigint, last_success_at bigint")
REPLACE = replacing("webhook", STANDING)
READ = f"SELECT {DELIVERY.names} FROM webhook_delivery"
CHANGED = columns("id text, state text, tries bigint, begun_at bigint, updated_at bigint, retry_at bigint")


class WebhookSql:
    def __init__(self, session: Session) -> None:
        self._session = session

    def owe(self, deliveries: Sequence[Delivery]) -> None:
        self._session.insert(DELIVERY, [astuple(d) for d in deliveries], "ON CONFLICT (id) DO NOTHING")

    def load(self, delivery_id: str) -> Delivery | None:
        rows = self._session.query(f"{READ} WHERE id = ?", (delivery_id,))
        return Delivery(*rows[0]) if rows else None

    def next_waiting(self, webhook: str, incident: int, limit: int = 1) -> list[Delivery]:
        rows = self._session.query(
            f"{READ} WHERE webhook = ? AND incident = ? AND state = 'waiting' ORDER BY entry LIMIT ?",
            (webhook, incident, limit),
        )
        return [Delivery(*row) for row in rows]

    def put(self, deliveries: Sequence[Delivery]) -> None:
        self._session.with_rows(
            CHANGED,
            sorted((d.id, d.state, d.tries, d.begun_at, d.updated_at, d.retry_at) for d in deliveries),
            "UPDATE webhook_delivery SET state = v.state, tries = v.tries, begun_at = v.begun_at,"
            " updated_at = v.updated_at, retry_at = v.retry_at FROM v WHERE webhook_delivery.id = v.id",
        )

    def retry_now(self, webhook: str) -> None:
        self._session.write(
            "UPDATE webhook_delivery SET retry_at = 0 WHERE webhook = ? AND state = 'waiting' AND retry_at > 0",
            (webhook,),
        )

    def drop_waiting(self, webhook: str, now: int) -> int:
        return self._session.write(
            f"UPDATE webhook_delivery SET state = '{DeliveryState.DROPPED}', updated_at = ?"
            " WHERE webhook = ? AND state = 'waiting'",
            (now, webhook),
        )

    def record_attempts(self, attempts: Sequence[WebhookAttempt]) -> None:
        self._session.insert(
            ATTEMPT,
            [
                (a.delivery, a.started_at, a.ended_at, a.status, clean(a.detail), clean(a.answer))
                for a in attempts
            ],
        )

    def attempts(self, delivery_id: str) -> list[WebhookAttempt]:
        rows = self._session.query(
            f"SELECT {ATTEMPT.names} FROM webhook_attempt WHERE delivery_id = ? ORDER BY id", (delivery_id,)
        )
        return [WebhookAttempt(*row) for row in rows]

    def standing(self, webhook: str) -> WebhookStanding:
        rows = self._session.query(
            f"SELECT {STANDING.names} FROM webhook_standing WHERE webhook = ?", (webhook,)
        )
        return WebhookStanding(*rows[0]) if rows else WebhookStanding(webhook)

    def put_standing(self, standing: WebhookStanding) -> None:
        self._session.insert(STANDING, [astuple(standing)], REPLACE)

    def forget(self, before: int, limit: int) -> int:
        of_old = (
            "SELECT id FROM webhook_delivery WHERE state <> 'waiting' AND updated_at < ?"
            " ORDER BY updated_at LIMIT ?"
        )
        ids = [row[0] for row in self._session.query(of_old, (before, limit))]
        if not ids:
            return 0
        listed = self._session.listed(ids)
        self._session.write(
            f"DELETE FROM webhook_attempt WHERE {self._session.among('delivery_id', 'text')}", (listed,)
        )
        return self._session.write(
            f"DELETE FROM webhook_delivery WHERE {self._session.among('id', 'text')}", (listed,)
        )
