"""Subscriptions as the configuration's own nouns: what a form says becomes the noun's written form."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tocsin.channels.standard_webhooks import new_secret
from tocsin.control.requests import PutNoun, Refused
from tocsin.core.webhooks import BOTH_SECRETS, Webhook

KIND = "webhooks"
STORED = {"stored": True}
RESERVED = ("new",)  # an address of ours
FILTERS = ("events", "severities", "teams", "services")


def may_be_called(name: str) -> bool:
    """Whether it can stand in an address."""
    return name not in RESERVED and "/" not in name


def made(given: Mapping[str, Any]) -> tuple[PutNoun, str]:
    """The request, and the secret to be shown once."""
    secret = new_secret()
    noun = {"url": given["url"].strip(), "secret": secret, **_filters(given)}
    return PutNoun(KIND, given["name"], noun), secret


def changed(webhook: Webhook, given: Mapping[str, Any]) -> PutNoun:
    noun = {**_kept(webhook), "url": given["url"].strip() or STORED}
    return PutNoun(
        KIND, webhook.key, {**{k: v for k, v in noun.items() if k not in FILTERS}, **_filters(given)}
    )


def switched(webhook: Webhook, on: bool) -> PutNoun:
    return PutNoun(KIND, webhook.key, {**_kept(webhook), "enabled": on})


def rotated(webhook: Webhook, now: datetime) -> tuple[PutNoun, str]:
    """A new secret; the one before signs too for a day. Raises Refused for a secret that is kept elsewhere."""
    if not isinstance(webhook.secret, str):
        raise Refused("conflict", "its secret is not kept here and is changed where it is kept")
    secret = new_secret()
    until = (now + BOTH_SECRETS).replace(microsecond=0)
    noun = {
        **_kept(webhook),
        "secret": secret,
        "previous_secret": webhook.secret,
        "previous_until": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return PutNoun(KIND, webhook.key, noun), secret


def _filters(given: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: list(given[name]) for name in FILTERS if given.get(name)}


def _kept(webhook: Webhook) -> dict[str, Any]:
    """The noun as it is, its secrets left to the store."""
    noun: dict[str, Any] = {"url": STORED, "secret": STORED, "enabled": webhook.enabled}
    for name in FILTERS:
        if values := getattr(webhook, name):
            noun[name] = [str(value) for value in values]
    if webhook.previous_secret is not None and webhook.previous_until is not None:
        noun["previous_secret"] = STORED
        noun["previous_until"] = webhook.previous_until.strftime("%Y-%m-%dT%H:%M:%SZ")
    return noun
