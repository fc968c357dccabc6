"""Outgoing webhooks on request: a test event, and a delivery once more."""

import secrets
from datetime import datetime

from tocsin.control import auditing
from tocsin.control.actor import Actor
from tocsin.control.requests import Accepted, Refused, ResendDelivery, SendTestEvent
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.webhooks import DeliveryState, trial_delivery
from tocsin.engine import webhooks
from tocsin.engine.store.protocol import Transaction


def send_test_event(
    tx: Transaction, request: SendTestEvent, facts: Configuration, actor: Actor, now: datetime
) -> Accepted:
    """Owe it a `webhook.test`, the way of any event. Raises Refused."""
    _check(request.webhook, facts)
    webhooks.owe_deliveries(tx, [trial_delivery(request.webhook, secrets.token_hex(8), micros(now))])
    tx.records.audit(auditing.of_request(request, actor, now, request.webhook))
    return Accepted(f"A test is on its way to {request.webhook}.")


def resend(
    tx: Transaction, request: ResendDelivery, facts: Configuration, actor: Actor, now: datetime
) -> Accepted:
    """Raises Refused."""
    delivery = tx.webhooks.load(request.delivery)
    if delivery is None:
        raise Refused("not_found", f"there is no delivery {request.delivery!r}", "delivery")
    _check(delivery.webhook, facts)
    if delivery.state == DeliveryState.WAITING and not delivery.tries:
        raise Refused("conflict", "it is on its way already", "delivery")
    webhooks.send_again(tx, delivery, now)
    tx.records.audit(auditing.of_request(request, actor, now, request.delivery))
    return Accepted(f"{delivery.event} is on its way to {delivery.webhook} again.")


def _check(key: str, facts: Configuration) -> None:
    if key not in facts.webhooks:
        known = ", ".join(sorted(facts.webhooks)) or "none yet"
        raise Refused("not_found", f"there is no webhook {key!r}; known: {known}", "webhook")
    if not facts.webhooks[key].enabled:
        raise Refused("conflict", f"{key} is switched off; switch it on first", "webhook")
