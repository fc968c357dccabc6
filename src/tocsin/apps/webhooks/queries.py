"""Subscriptions and their delivery log as people read them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.db.models import Count, Q

from tocsin.apps.configuration.models import Entry
from tocsin.apps.webhooks.models import Attempt, Delivery, Standing
from tocsin.config.secrets import address_is_secret
from tocsin.core.configuration import Configuration
from tocsin.core.instants import instant, micros
from tocsin.core.webhooks import Webhook, body

PAGE = 50
SEEN = 1000  # deliveries that are counted; more are "many"


class Row(msgspec.Struct, frozen=True):
    """One subscription in the list."""

    webhook: Webhook
    where: str
    origin: str
    state: str
    failing_since: datetime | None
    last_success_at: datetime | None
    waiting: int


class Log(msgspec.Struct, frozen=True):
    deliveries: Sequence[Delivery]
    older: str  # where the next page begins, or ""


def shown_url(webhook: Webhook) -> str:
    """The URL, or where it is kept when it is a secret itself."""
    url = webhook.url
    if not isinstance(url, str):
        return (
            f"the environment's {url.env}" if url.env else f"the file {url.file}" if url.file else "(hidden)"
        )
    return "(hidden: it holds a secret)" if address_is_secret("webhook", url) else url


def rows(facts: Configuration) -> list[Row]:
    standings = {each.webhook: each for each in Standing.objects.filter(webhook__in=list(facts.webhooks))}
    waiting = _waiting(facts.webhooks)
    origins = dict(Entry.objects.filter(kind="webhooks").values_list("name", "origin"))
    found = []
    for key, webhook in sorted(facts.webhooks.items()):
        standing = standings.get(key)
        failing = standing.failing_since if standing else None
        found.append(
            Row(
                webhook,
                shown_url(webhook),
                origins.get(key, "git"),
                state_of(webhook, failing),
                failing,
                standing.last_success_at if standing else None,
                waiting.get(key, 0),
            )
        )
    return found


def row(facts: Configuration, key: str) -> Row | None:
    if key not in facts.webhooks:
        return None
    one = msgspec.structs.replace(facts, webhooks={key: facts.webhooks[key]})
    return rows(one)[0]


def state_of(webhook: Webhook, failing_since: datetime | None) -> str:
    if not webhook.enabled:
        return "off"
    return "failing" if failing_since else "working"


def _waiting(keys: Iterable[str]) -> dict[str, int]:
    counted = (
        Delivery.objects.filter(webhook__in=list(keys), state="waiting")
        .values("webhook")
        .annotate(number=Count("id"))
    )
    return {each["webhook"]: each["number"] for each in counted}


def log(key: str, state: str = "", before: str = "", limit: int = PAGE) -> Log:
    """Newest first, from `before` on: the `older` of the page before."""
    found = Delivery.objects.filter(webhook=key).order_by("-created_at", "-id").defer("document")
    if state:
        found = found.filter(state=state)
    at, _, last = before.partition("~")
    if last and at.isascii() and at.isdigit() and len(at) < 18:
        moment = instant(int(at))
        found = found.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=last))
    deliveries = list(found.annotate(number=Count("attempts"))[: limit + 1])
    older = ""
    if len(deliveries) > limit:
        deliveries = deliveries[:limit]
        older = f"{micros(deliveries[-1].created_at)}~{deliveries[-1].id}"
    return Log(deliveries, older)


def delivery(key: str, rest: str) -> Delivery | None:
    return Delivery.objects.filter(id=f"{key}/{rest}", webhook=key).first()


def attempts(delivery_id: str) -> list[Attempt]:
    return list(Attempt.objects.filter(delivery=delivery_id).order_by("-id")[:100])


def payload(found: Delivery, url: str) -> str:
    """What was sent, indented for reading."""
    from tocsin.core import webhooks

    sent = body(
        webhooks.Delivery(
            found.id,
            found.webhook,
            found.incident,
            found.entry,
            found.event,
            found.message_id,
            0,
            found.document,
        ),
        url,
    )
    return msgspec.json.format(sent, indent=2).decode()
