"""Deliveries owed to webhooks, in memory."""

from collections.abc import Sequence

from msgspec.structs import replace

from tocsin.core.webhooks import Delivery, DeliveryState
from tocsin.engine.store.memory.journal import Gathered, Journal, Log, Rows
from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import WebhookAttempt, WebhookStanding


class MemoryWebhooks:
    def __init__(self, journal: Journal) -> None:
        self._waiting: Gathered[str, Delivery] = Gathered(_waits_in)
        self._rows: Rows[str, Delivery] = Rows(journal, self._waiting.changed)
        self._by_delivery: Gathered[int, WebhookAttempt] = Gathered(lambda row: row.delivery)
        self._attempts: Log[WebhookAttempt] = Log(journal, self._by_delivery.changed)
        self._standings: Rows[str, WebhookStanding] = Rows(journal)

    def owe(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            if delivery.id not in self._rows:
                self._rows.put(delivery.id, delivery)

    def load(self, delivery_id: str) -> Delivery | None:
        return self._rows.get(delivery_id)

    def next_waiting(self, webhook: str, incident: int, limit: int = 1) -> list[Delivery]:
        found = [self._rows.get(key) for key in self._waiting.of((webhook, incident))]
        return sorted((d for d in found if d is not None), key=lambda d: d.entry)[:limit]

    def put(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._rows.put(delivery.id, delivery)

    def retry_now(self, webhook: str) -> None:
        for delivery in self._rows.values():
            if delivery.webhook == webhook and _waits_in(delivery) and delivery.retry_at:
                self._rows.put(delivery.id, replace(delivery, retry_at=0))

    def drop_waiting(self, webhook: str, now: int) -> int:
        waiting = [d for d in self._rows.values() if d.webhook == webhook and _waits_in(d)]
        for delivery in waiting:
            self._rows.put(delivery.id, replace(delivery, state=DeliveryState.DROPPED, updated_at=now))
        return len(waiting)

    def record_attempts(self, attempts: Sequence[WebhookAttempt]) -> None:
        for row in attempts:
            self._attempts.append(replace(row, detail=clean(row.detail), answer=clean(row.answer)))

    def attempts(self, delivery_id: str) -> list[WebhookAttempt]:
        rows = (self._attempts.get(number) for number in sorted(self._by_delivery.of(delivery_id)))
        return [row for row in rows if row is not None]

    def standing(self, webhook: str) -> WebhookStanding:
        return self._standings.get(webhook) or WebhookStanding(webhook)

    def put_standing(self, standing: WebhookStanding) -> None:
        self._standings.put(standing.webhook, standing)

    def forget(self, before: int, limit: int) -> int:
        old = [d for d in self._rows.values() if not _waits_in(d) and d.updated_at < before]
        for delivery in sorted(old, key=lambda d: d.updated_at)[:limit]:
            for number in self._by_delivery.of(delivery.id):
                self._attempts.remove(number)
            self._rows.remove(delivery.id)
        return min(len(old), limit)


def _waits_in(delivery: Delivery) -> tuple[str, int] | None:
    waits = delivery.state == DeliveryState.WAITING
    return (delivery.webhook, delivery.incident) if waits else None
