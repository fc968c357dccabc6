"""What Slack and Mattermost get: readable, complete, and unable to call anybody."""

import re
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.channels.letters import a_bundle, a_hostile_page, a_page, a_status, an_enormous_page
from tests.providers.slack import SlackSink
from tocsin.channels.mattermost import send as mattermost
from tocsin.channels.slack import send as slack
from tocsin.core.respond.delivery import Delivered, Failed, Outcome, Rejected
from tocsin.core.respond.message import Message

both = pytest.mark.parametrize("channel", [slack.CHANNEL, mattermost.CHANNEL], ids=lambda c: c.name)


def words(document: Any) -> Iterator[str]:
    """Every text in a document."""
    match document:
        case str():
            yield document
        case dict():
            for value in document.values():
                yield from words(value)
        case list():
            for value in document:
                yield from words(value)


async def posted(channel: Any, message: Message, http: aiohttp.ClientSession) -> dict[str, Any]:
    async with SlackSink() as sink:
        assert await channel.send(message, sink.address("alerts"), {}, http) == Delivered()
        told: dict[str, Any] = sink.messages[0].json
        return told


@both
async def test_a_page_carries_severity_service_summary_since_runbook_and_incident(
    channel: Any, http: aiohttp.ClientSession
) -> None:
    text = "\n".join(words(await posted(channel, a_page(), http)))
    for wanted in (
        "SEV2",
        "task-api",
        "four times its normal",
        "14:32 UTC (16:32 Europe/Berlin), for 4m",
        "https://runbooks.example.com/api-high-latency",
        "https://tocsin.example.com/incidents/7",
        a_page().acknowledge_url,
        a_page().resolve_url,
    ):
        assert wanted in text


@both
async def test_news_carries_its_text_and_no_buttons(channel: Any, http: aiohttp.ClientSession) -> None:
    text = "\n".join(words(await posted(channel, a_status(), http)))
    assert "Your page was stopped." in text
    assert "Acknowledge" not in text


@both
async def test_a_large_bundle_shows_ten_and_counts_the_rest(
    channel: Any, http: aiohttp.ClientSession
) -> None:
    text = "\n".join(words(await posted(channel, a_bundle(300), http)))
    assert "node-9 has" in text
    assert "node-10 has" not in text
    assert "and 290 more" in text
    assert "Acknowledge all 300" in text


@both
async def test_no_label_can_call_anybody(channel: Any, http: aiohttp.ClientSession) -> None:
    for text in words(await posted(channel, a_hostile_page(), http)):
        assert not re.search(r"@(channel|here|everyone|all)", text)
        assert not re.search(r"<[!@#]", text)


@both
async def test_no_label_can_bring_a_link_or_a_picture(channel: Any, http: aiohttp.ClientSession) -> None:
    document = await posted(channel, a_hostile_page(), http)
    for text in words(document):
        if channel.name == "mattermost":
            assert not re.search(r"(?<!\\)\]\((?!https://tocsin\.example\.com/)", text)
            assert not re.search(r"(?<!\\)!?\[(?!\*\*)", text)
        assert not re.search(r"<(?!https://tocsin\.example\.com/r/)", text)
        assert not {"\u202e", "\x1b", "\x00"} & set(text)


@both
async def test_megabytes_stay_within_what_the_provider_takes(
    channel: Any, http: aiohttp.ClientSession
) -> None:
    document = await posted(channel, an_enormous_page(), http)
    assert sum(len(text) for text in words(document)) < 16_000


def test_slack_escapes_exactly_what_slack_asks_for() -> None:
    assert slack.escape("a < b && c > d") == "a &lt; b &amp;&amp; c &gt; d"
    assert slack.escape("<!channel> ops@example.com @Here") == "&lt;!channel&gt; ops@example.com @\u200bHere"


def test_slack_never_parses_text_for_names() -> None:
    sent = slack.payload(a_hostile_page())
    assert sent["link_names"] is False
    assert sent["parse"] == "none"
    texts = [block["text"] for block in sent["blocks"] if "text" in block]
    assert all(text["verbatim"] for text in texts)


def test_cutting_never_leaves_half_an_entity() -> None:
    sent = slack.payload(a_page(text="", title="&" * 5000, items=()))
    assert not re.search(r"&(?!amp;)", sent["text"])
    assert not re.search(r"&(?!amp;)", sent["blocks"][0]["text"]["text"])


def test_mattermost_shows_markdown_as_letters() -> None:
    assert mattermost.escape("*a* _b_ `c` [d](e) <f> #g") == r"\*a\* \_b\_ \`c\` \[d\](e) &lt;f&gt; #g"
    assert mattermost.escape("- one\n1. two\n> three\n# four") == (
        "\u200b- one\n\u200b1. two\n\u200b&gt; three\n\u200b# four"
    )
    assert mattermost.escape("@all") == "@\u200ball"


@both
@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"ok", Delivered()),
        (200, b"", Delivered()),
        (200, b'{"ok": true}', Delivered()),
        (
            200,
            b'{"ok": false, "error": "channel_not_found"}',
            Rejected("HOST answered not ok: channel_not_found"),
        ),
        (200, b"<html>sign in</html>", Failed("HOST answered 200 but not ok: <html>sign in</html>")),
        (400, b"invalid_payload", Rejected("HOST answered 400: invalid_payload")),
        (404, b"no_service", Rejected("HOST answered 404: no_service")),
        (410, b"channel_is_archived", Rejected("HOST answered 410: channel_is_archived")),
        (429, b"rate_limited", Failed("HOST answered 429: rate_limited")),
        (500, b"rollup_error", Failed("HOST answered 500: rollup_error")),
        (
            404,
            b'{"id": "x", "message": "Invalid webhook", "status_code": 404}',
            Rejected("HOST answered 404: Invalid webhook"),
        ),
        (502, b"\xff\xfe<html>", Failed("HOST answered 502: \ufffd\ufffd<html>")),
    ],
)
async def test_the_providers_own_words_decide(
    channel: Any, status: int, body: bytes, outcome: Outcome, http: aiohttp.ClientSession
) -> None:
    async with SlackSink() as sink:
        sink.answer(status, body)
        found = await channel.send(a_page(), sink.address("alerts"), {}, http)
    host = sink.url.removeprefix("http://")
    assert type(found) is type(outcome)
    if not isinstance(outcome, Delivered) and not isinstance(found, Delivered):
        assert found.detail == outcome.detail.replace("HOST", host)
