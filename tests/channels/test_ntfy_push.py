"""What the phone gets through ntfy, and what ntfy's own answers mean."""

from typing import Any

import aiohttp
import pytest

from tests.channels.letters import a_bundle, a_hostile_page, a_page, a_status, an_enormous_page
from tests.providers.ntfy import NtfySink
from tocsin.channels.ntfy.send import Ntfy
from tocsin.core.respond.delivery import Delivered, Failed
from tocsin.core.respond.message import Message
from tocsin.core.severity import Urgency


async def pushed(message: Message, http: aiohttp.ClientSession) -> dict[str, Any]:
    async with NtfySink() as sink:
        found = await Ntfy().send(message, sink.address("alice"), {}, http)
        assert isinstance(found, Delivered), found
        assert found.provider_id
        (one,) = sink.messages
        assert one.path == "/"  # JSON to the topic itself would be shown as text
        told: dict[str, Any] = one.json
        return told


async def test_a_high_urgency_page_rings_with_acknowledge_open_and_runbook(
    http: aiohttp.ClientSession,
) -> None:
    assert await pushed(a_page(), http) == {
        "topic": "alice",
        "title": "[SEV2] task-api: API p99 latency above 2s",
        "message": (
            "p99 of task-api is 4.2 s, four times its normal, since the last deploy.\n"
            "Severity: SEV2\nService: task-api\nSince: 14:32 UTC (16:32 Europe/Berlin), for 4m\n"
            "Runbook: https://runbooks.example.com/api-high-latency\n"
            "Incident: https://tocsin.example.com/incidents/7"
        ),
        "priority": 5,
        "tags": ["rotating_light", "task-api"],
        "click": "https://tocsin.example.com/incidents/7",
        "actions": [
            {
                "action": "http",
                "label": "Acknowledge",
                "url": a_page().acknowledge_url,
                "method": "POST",
                "clear": True,
            },
            {"action": "view", "label": "Open", "url": "https://tocsin.example.com/incidents/7"},
            {"action": "view", "label": "Runbook", "url": "https://runbooks.example.com/api-high-latency"},
        ],
    }


async def test_low_urgency_and_news_do_not_ring(http: aiohttp.ClientSession) -> None:
    assert (await pushed(a_page(urgency=Urgency.LOW), http))["priority"] == 3
    assert (await pushed(a_status(), http))["priority"] == 3


async def test_four_incidents_are_one_push_that_says_four(http: aiohttp.ClientSession) -> None:
    push = await pushed(a_bundle(4), http)
    assert push["title"] == "4 incidents need you, the worst SEV2"
    assert push["actions"][0]["label"] == "Acknowledge all 4"
    assert all(f"node-{n}" in push["message"] for n in range(4))


async def test_a_test_says_so(http: aiohttp.ClientSession) -> None:
    push = await pushed(a_page(test=True), http)
    assert push["title"].startswith("[TEST] ")
    assert "test_tube" in push["tags"]


async def test_hostile_labels_stay_letters_and_no_link_but_ours_appears(http: aiohttp.ClientSession) -> None:
    push = await pushed(a_hostile_page(), http)
    shown = push["title"] + push["message"]
    assert not {"\u202e", "\x1b", "\x00", "\r"} & set(shown)
    assert "\n" not in push["title"]
    assert "click" not in push
    assert [action["url"] for action in push["actions"]] == [a_page().acknowledge_url]


@pytest.mark.parametrize("filler", ["A", "é", "\n", '"', "\\", "\U0001f525", "😀\n"])
async def test_megabytes_are_cut_to_what_ntfy_shows_with_a_notice(
    filler: str, http: aiohttp.ClientSession
) -> None:
    push = await pushed(a_page(text="Begin" + filler * 1_000_000 + "End"), http)
    assert len(push["message"].encode()) <= 4096
    assert push["message"].startswith("Begin")
    assert "more characters: open the incident to read all of it]" in push["message"]


async def test_everything_enormous_at_once_still_arrives(http: aiohttp.ClientSession) -> None:
    push = await pushed(an_enormous_page(), http)
    assert len(push["title"]) <= 260
    assert push["actions"][0]["label"] == "Acknowledge"


async def test_the_token_goes_as_bearer(http: aiohttp.ClientSession) -> None:
    async with NtfySink() as sink:
        await Ntfy().send(a_page(), sink.address("alice"), {"token": "tk_invented"}, http)
        assert sink.messages[0].headers["Authorization"] == "Bearer tk_invented"


@pytest.mark.parametrize(("code", "pause"), [(42901, 5.0), (42908, 600.0), (42999, 5.0)])
async def test_too_many_requests_pause_by_their_own_code(
    code: int, pause: float, http: aiohttp.ClientSession
) -> None:
    async with NtfySink() as sink:
        sink.answer(429, b'{"code": %d, "http": 429, "error": "limit reached", "link": ""}' % code)
        found = await Ntfy().send(a_page(), sink.address("alice"), {}, http)
        assert isinstance(found, Failed)
        assert found.retry_after == pause
        assert f"limit reached ({code})" in found.detail


async def test_a_login_page_in_ntfys_place_is_not_mistaken_for_delivery(http: aiohttp.ClientSession) -> None:
    async with NtfySink() as sink:
        sink.answer(200, b"<html>Welcome to Hotel Wi-Fi</html>")
        found = await Ntfy().send(a_page(), sink.address("alice"), {}, http)
        assert isinstance(found, Failed)
        assert "not as ntfy does" in found.detail
