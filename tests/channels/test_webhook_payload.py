"""The webhook's payload and signature are what its README promises."""

import hashlib
import hmac
import json
import re

import aiohttp
import jsonschema
import pytest

from tests.channels.letters import HOSTILE, NOW, a_bundle, a_hostile_page, a_page, a_status, an_enormous_page
from tests.providers.sink import Sink
from tocsin.channels import registry
from tocsin.channels.webhook.send import Webhook, payload
from tocsin.core.respond.delivery import Delivered, Rejected
from tocsin.core.respond.message import Message

FOLDER = registry.FOLDER / "webhook"
SCHEMA = json.loads((FOLDER / "payload.schema.json").read_text(encoding="utf-8"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "message",
    [a_page(), a_bundle(), a_status(), a_hostile_page(), an_enormous_page(), a_page(person="", items=())],
)
async def test_every_payload_fits_the_schema(message: Message, http: aiohttp.ClientSession) -> None:
    async with Sink() as sink:
        assert isinstance(await Webhook().send(message, sink.address("alice"), {}, http), Delivered)
        jsonschema.validate(sink.messages[0].json, SCHEMA)


def test_the_readmes_example_fits_the_schema() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    jsonschema.validate(json.loads(example), SCHEMA)


async def test_the_signature_is_accepted_by_the_readmes_own_code_and_any_change_is_not(
    http: aiohttp.ClientSession,
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    genuine = names["genuine"]
    assert callable(genuine)
    async with Sink() as sink:
        await Webhook().send(a_page(), sink.address("alice"), {"secret": "s3cret"}, http)
        (message,) = sink.messages
    header, at = message.headers["Tocsin-Signature"], NOW.timestamp()
    assert genuine(b"s3cret", header, message.body, at)
    assert not genuine(b"s3cret", header, message.body + b" ", at)
    assert not genuine(b"another", header, message.body, at)
    assert not genuine(b"s3cret", header.replace("t=1", "t=2"), message.body, at)
    assert not genuine(b"s3cret", header, message.body, at + 301)


async def test_the_signature_is_hmac_sha256_over_timestamp_dot_body(http: aiohttp.ClientSession) -> None:
    async with Sink() as sink:
        await Webhook().send(a_page(), sink.address("alice"), {"secret": "s3cret"}, http)
        (message,) = sink.messages
    digest = hmac.new(b"s3cret", b"1781447760." + message.body, hashlib.sha256).hexdigest()
    assert message.headers["Tocsin-Signature"] == f"t=1781447760,v1={digest}"


async def test_without_a_secret_nothing_is_signed(http: aiohttp.ClientSession) -> None:
    async with Sink() as sink:
        await Webhook().send(a_page(), sink.address("alice"), {}, http)
        assert "Tocsin-Signature" not in sink.messages[0].headers


async def test_a_retry_is_the_same_request_under_the_same_key(http: aiohttp.ClientSession) -> None:
    async with Sink() as sink:
        sink.fail(503)
        await Webhook().send(a_page(), sink.address("alice"), {"secret": "x"}, http)
        sink.restore()
        await Webhook().send(a_page(), sink.address("alice"), {"secret": "x"}, http)
        first, second = sink.requests
        assert first.key == second.key == "7.1.1"
        assert first.body == second.body


async def test_what_the_receiver_says_about_a_refusal_is_kept_in_one_line(
    http: aiohttp.ClientSession,
) -> None:
    async with Sink() as sink:
        sink.reject(422, b"no such pager:\r\n <b>alice</b>" + b"." * 100_000)
        found = await Webhook().send(a_page(), sink.address("alice"), {}, http)
        assert isinstance(found, Rejected)
        assert "no such pager: <b>alice</b>" in found.detail
        assert len(found.detail) < 300
        assert "\n" not in found.detail


async def test_a_key_that_would_break_a_header_is_sent_in_one_line(http: aiohttp.ClientSession) -> None:
    async with Sink() as sink:
        await Webhook().send(a_page(key="7\r\nX-Evil: yes"), sink.address("alice"), {}, http)
        assert sink.messages[0].key == "7 X-Evil: yes"
        assert "X-Evil" not in sink.messages[0].headers


def test_labels_arrive_exactly_as_they_were_sent() -> None:
    assert payload(a_hostile_page()).incidents[0].labels == {HOSTILE: HOSTILE}


def test_megabytes_are_cut_and_the_text_says_so() -> None:
    sent = payload(an_enormous_page())
    assert len(sent.text) < 21_000
    assert sent.text.endswith("[… 3,980,000 more characters]")
