"""Outgoing webhooks by API: subscriptions, how each stands, what became of every delivery, tests and repetitions.

All of it is the administrators': a delivery holds the incident's text, and a subscription's URL may be a secret.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest
from django.utils import timezone
from msgspec.structs import replace
from ninja import Query, Router

from tocsin.apps.api.asking import ask
from tocsin.apps.api.callers import Caller
from tocsin.apps.api.cursors import Cursor, Limit, cursor_of, name_after
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Name
from tocsin.apps.api.problems import Stopped, invalid
from tocsin.apps.configuration import noun_operations
from tocsin.apps.configuration.noun_operations import PutNounAnswer
from tocsin.apps.public_url import base_url
from tocsin.apps.webhooks import actions, queries
from tocsin.apps.webhooks.models import Attempt
from tocsin.apps.webhooks.models import Delivery as DeliveryRow
from tocsin.control.requests import Accepted, ResendDelivery, SendTestEvent
from tocsin.core.roles import Permission
from tocsin.core.severity import Severity
from tocsin.core.webhooks import Webhook

router = Router(tags=["Webhooks"])
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Several = Annotated[tuple[Key, ...], msgspec.Meta(max_length=100)]
DeliveryStates = Literal["waiting", "delivered", "failed", "dropped"]
StateFilter = Annotated[
    Literal["", "waiting", "delivered", "failed", "dropped"],
    Query(
        description="`failed` was given up after a day; `dropped` lost its subscription.", example="failed"
    ),
]
EXAMPLE = {
    "url": "https://receiver.example.com/tocsin",
    "secret": "whsec_YW4gZXhhbXBsZSBvZiAyNCBieXRlcyBhbmQgbW9yZQ==",
    "events": ["incident.opened", "incident.resolved"],
    "severities": ["SEV1", "SEV2"],
}


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Its secret is made here. A filter that is left out lets everything through."""

    name: Key
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    events: Several = ()
    severities: tuple[Severity, ...] = ()
    teams: Several = ()
    services: Several = ()


class MadeWebhook(msgspec.Struct, frozen=True):
    """`secret` checks the signatures and is shown this once."""

    secret: str
    webhook: PutNounAnswer


class NewSecret(msgspec.Struct, frozen=True):
    """`secret` is shown this once; the one before signs as well until `both_until`."""

    secret: str
    both_until: datetime


class WebhookState(msgspec.Struct, frozen=True):
    """`waiting`: how many deliveries are on their way, or will be tried again."""

    name: str
    state: Literal["working", "failing", "off"]
    failing_since: datetime | None
    last_success_at: datetime | None
    waiting: int


class Try(msgspec.Struct, frozen=True):
    """`status` is null without an answer; `answer` is its first KiB."""

    started_at: datetime
    ended_at: datetime
    status: int | None
    detail: str
    answer: str


class Delivery(msgspec.Struct, frozen=True):
    """One event owed to one webhook. `id` is the `webhook-id` that every try of it carries; `incident` is null for a test;
    `tries` counts since it was last begun."""

    id: str
    event: str
    incident: int | None
    state: DeliveryStates
    tries: int
    created_at: datetime
    updated_at: datetime
    retry_at: datetime | None


class DeliveryShown(Delivery, frozen=True):
    """With what was sent, and its latest hundred tries, the newest first."""

    payload: dict[str, Any]
    attempts: tuple[Try, ...]


class Deliveries(msgspec.Struct, frozen=True):
    items: tuple[Delivery, ...]
    next: str | None


noun_operations.many(router, "/webhooks", "webhooks", "webhook", EXAMPLE, reading=Permission.ADMINISTER)


@operation(
    router,
    "POST",
    "/webhooks",
    needs=Permission.MANAGE,
    summary="Subscribe a webhook, with a new secret",
    takes=NewWebhook,
    answers=MadeWebhook,
    status=201,
    example={"name": "chat-bridge", **{name: EXAMPLE[name] for name in ("url", "events")}},
    refuses=(409,),
    once=False,
)
def make_webhook(request: HttpRequest, body: NewWebhook) -> Answer:
    """For administrators. No Idempotency-Key here: the answer holds a secret, and secrets are not kept. To choose the secret
    yourself, or to have it read from the environment, use `PUT /webhooks/{key}`."""
    asking = _administrator(request)
    if not actions.may_be_called(body.name):
        raise invalid("choose another name", pointer="#/name")
    if body.name in asking.facts.webhooks:
        raise Stopped("conflict", f"there is a webhook {body.name!r} already")
    put, secret = actions.made(msgspec.to_builtins(body))
    view = noun_operations.edited(asking, replace(put, revision=asking.facts.revision))
    where = f"/api/v1/webhooks/{body.name}"
    return Answer(MadeWebhook(secret, noun_operations.shown(view)), 201, {"Location": where})


@operation(
    router,
    "POST",
    "/webhooks/{key}/secret",
    needs=Permission.MANAGE,
    summary="Give a webhook a new secret",
    answers=NewSecret,
    refuses=(404, 409),
    once=False,
)
def rotate_webhook_secret(request: HttpRequest, key: Name) -> NewSecret:
    """For administrators. For a day both sign, so that the receiver can change over."""
    asking = _administrator(request)
    put, secret = actions.rotated(_known(request, key), timezone.now())
    noun_operations.edited(asking, replace(put, revision=asking.facts.revision))
    return NewSecret(secret, datetime.fromisoformat(put.noun["previous_until"]))


@operation(
    router,
    "GET",
    "/webhooks/{key}/state",
    needs=Permission.ADMINISTER,
    summary="How a webhook stands",
    answers=WebhookState,
    refuses=(404,),
)
def get_webhook_state(request: HttpRequest, key: Name) -> WebhookState:
    row = queries.row(caller(request).facts, _known(request, key).key)
    assert row is not None
    state: Any = row.state
    return WebhookState(key, state, row.failing_since, row.last_success_at, row.waiting)


@operation(
    router,
    "POST",
    "/webhooks/{key}/test",
    needs=Permission.ADMINISTER,
    summary="Send a test event to a webhook",
    answers=Accepted,
    status=202,
    refuses=(404, 409),
)
def send_test_event(request: HttpRequest, key: Name) -> Answer:
    accepted: Accepted = ask(caller(request), SendTestEvent(_known(request, key).key))
    return Answer(accepted, 202)


@operation(
    router,
    "GET",
    "/webhooks/{key}/deliveries",
    needs=Permission.ADMINISTER,
    summary="List what a webhook was owed, the newest first",
    answers=Deliveries,
    refuses=(404,),
)
def list_deliveries(
    request: HttpRequest, key: Name, state: StateFilter = "", cursor: Cursor = "", limit: Limit = 50
) -> Deliveries:
    """Settled ones are kept for 30 days."""
    known = _known(request, key)
    log = queries.log(known.key, state, name_after(cursor) or "", limit)
    items = tuple(Delivery(**_told(each)) for each in log.deliveries)
    return Deliveries(items, cursor_of(log.older) if log.older else None)


@operation(
    router,
    "GET",
    "/webhooks/{key}/deliveries/{delivery_id}",
    needs=Permission.ADMINISTER,
    summary="Read one delivery: what was sent, and each try",
    answers=DeliveryShown,
    refuses=(404,),
)
def get_delivery(request: HttpRequest, key: Name, delivery_id: Name) -> DeliveryShown:
    found = _delivery(request, key, delivery_id)
    payload = msgspec.json.decode(queries.payload(found, f"{base_url()}/incidents/{found.incident}"))
    return DeliveryShown(
        **_told(found), payload=payload, attempts=tuple(_try(each) for each in queries.attempts(found.id))
    )


@operation(
    router,
    "POST",
    "/webhooks/{key}/deliveries/{delivery_id}/resend",
    needs=Permission.ADMINISTER,
    summary="Send a delivery again",
    answers=Accepted,
    status=202,
    refuses=(404, 409),
)
def resend_delivery(request: HttpRequest, key: Name, delivery_id: Name) -> Answer:
    """Under the same `webhook-id`, so that a receiver that has it already may leave it."""
    accepted: Accepted = ask(caller(request), ResendDelivery(_delivery(request, key, delivery_id).id))
    return Answer(accepted, 202)


def _administrator(request: HttpRequest) -> Caller:
    """Whether it may be changed is asked before whether it is there: names are not to be found out."""
    asking = caller(request)
    if not asking.grants.everything:
        raise Stopped("forbidden", "only administrators may change webhooks")
    return asking


def _known(request: HttpRequest, key: str) -> Webhook:
    found = caller(request).facts.webhooks.get(key)
    if found is None:
        raise Stopped("not-found", f"there is no webhook {key!r}")
    return found


def _delivery(request: HttpRequest, key: str, delivery_id: str) -> DeliveryRow:
    found = queries.delivery(_known(request, key).key, _rest_of(delivery_id))
    if found is None or found.message_id != delivery_id:
        raise Stopped(
            "not-found", f"{key} has no delivery {delivery_id!r}; settled ones are kept for 30 days"
        )
    return found


def _rest_of(message_id: str) -> str:
    """By which the log finds it, behind its webhook's name: `incident-7-3` is 7/3, `test-x` is test/x."""
    kind, _, rest = message_id.partition("-")
    return rest.replace("-", "/", 1) if kind == "incident" else f"{kind}/{rest}"


def _told(row: DeliveryRow) -> dict[str, Any]:
    return {
        "id": row.message_id,
        "event": row.event,
        "incident": row.incident or None,
        "state": row.state,
        "tries": row.tries,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "retry_at": row.retry_at if row.state == "waiting" else None,
    }


def _try(row: Attempt) -> Try:
    return Try(row.started_at, row.ended_at, row.status or None, row.detail, row.answer)
