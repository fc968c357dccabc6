"""Web Push against a push service that checks signature, headers and encryption as the standards say."""

import json

import aiohttp
import pytest

from tests.channels.letters import a_page, an_item
from tests.providers.push import PushService
from tocsin.channels.forms import form_of, offered
from tocsin.channels.registry import derived_options, names
from tocsin.channels.webpush.keys import derived_key, from_text, public_text
from tocsin.channels.webpush.payload import payload, topic
from tocsin.channels.webpush.send import WebPush
from tocsin.core.respond.delivery import Delivered, Failed, Rejected

HOUSE = derived_options("webpush", b"the key that signs")
OURS = public_text(HOUSE["key"])


async def test_a_push_is_signed_encrypted_and_says_what_a_lock_screen_needs(
    http: aiohttp.ClientSession,
) -> None:
    async with PushService() as service:
        browser = service.subscribe("alice", OURS)
        sent = await WebPush().send(a_page(), browser.endpoint, {**HOUSE, **browser.options}, http)
    assert sent == Delivered("")
    (shown,) = browser.shown
    assert shown["severity"] == "SEV2" and shown["service"] == "task-api"
    assert "Since " in shown["body"] and shown["url"].startswith("/incidents/")
    assert shown["ack"].startswith("/r/")
    (request,) = service.requests
    assert request.headers["Urgency"] == "high" and request.headers["TTL"] == "3600"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_ended_is_gone(status: int, http: aiohttp.ClientSession) -> None:
    async with PushService() as service:
        browser = service.subscribe("alice", OURS)
        browser.gone = True
        if status != 410:
            service.reject(status)
        sent = await WebPush().send(a_page(), browser.endpoint, {**HOUSE, **browser.options}, http)
    assert isinstance(sent, Rejected) and sent.gone


async def test_another_key_of_the_house_is_refused_for_good_but_not_gone(http: aiohttp.ClientSession) -> None:
    async with PushService() as service:
        browser = service.subscribe("alice", public_text(derived_key(b"the key before")))
        sent = await WebPush().send(a_page(), browser.endpoint, {**HOUSE, **browser.options}, http)
    assert isinstance(sent, Rejected) and not sent.gone and "subscribe again" in sent.detail


async def test_a_push_service_in_trouble_is_tried_again(http: aiohttp.ClientSession) -> None:
    async with PushService() as service:
        browser = service.subscribe("alice", OURS)
        service.fail(503)
        sent = await WebPush().send(a_page(), browser.endpoint, {**HOUSE, **browser.options}, http)
    assert isinstance(sent, Failed)


async def test_the_longest_page_fits_into_one_push(http: aiohttp.ClientSession) -> None:
    many = a_page(
        items=tuple(
            an_item(incident=number, title="ü" * 4000, summary="語" * 4000) for number in range(1, 26)
        )
    )
    one = a_page(items=(an_item(incident=1, title="ü" * 4000, summary="語" * 4000),))
    async with PushService() as service:
        browser = service.subscribe("alice", OURS)
        for message in (many, one):
            sent = await WebPush().send(message, browser.endpoint, {**HOUSE, **browser.options}, http)
            assert isinstance(sent, Delivered)
    assert "more" in browser.shown[0]["body"]


def test_pages_about_one_incident_replace_each_other_and_nothing_else() -> None:
    assert topic(a_page(key="1.1.1")) == topic(a_page(key="1.1.2"))
    assert topic(a_page(items=(an_item(incident=2),))) != topic(a_page())
    assert len(topic(a_page())) <= 32


def test_text_from_strangers_stays_text() -> None:
    shown = payload(a_page(items=(an_item(incident=1, summary="\u202e<b>\x00x"),)))
    assert "\u202e" not in shown.body and "\x00" not in shown.body


def test_all_nodes_with_one_secret_have_one_key() -> None:
    assert derived_key(b"x") == derived_key(b"x") != derived_key(b"y")
    assert len(from_text(public_text(derived_key(b"x")))) == 65


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("ftp://push.example/x", {}),
        ("https://push.example/x", {}),
        ("https://push.example/x", {"p256dh": "BA", "auth": "AAAA"}),
        ("https://push.example/x", {"p256dh": "ü", "auth": "\x00"}),
    ],
)
def test_what_no_browser_says_is_refused(address: str, options: dict[str, str]) -> None:
    assert WebPush().check(address, options)


def test_every_channel_that_asks_people_says_how_and_by_known_fields() -> None:
    assert {"email", "ntfy", "webhook", "webpush"} <= offered().keys() <= set(names())
    for form in offered().values():
        assert form.title and form.says and form.icon and form.name and form.address.label
        assert all(option.name for option in form.options)
    assert form_of("console") is None and form_of("../email") is None
    assert json.dumps(sorted(offered()))
