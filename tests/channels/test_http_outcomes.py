"""What an answer, or none, means for a page: the same for every channel that speaks HTTP."""

import asyncio

import aiohttp
import pytest

from tests.channels.letters import a_page
from tests.providers.ntfy import NtfySink
from tests.providers.sink import Sink
from tests.providers.slack import SlackSink
from tocsin.channels.channel import Channel
from tocsin.channels.mattermost.send import Mattermost
from tocsin.channels.ntfy.send import Ntfy
from tocsin.channels.slack.send import Slack
from tocsin.channels.webhook.send import Webhook
from tocsin.core.respond.delivery import Delivered, Failed, Rejected

KINDS: list[tuple[type[Sink], type[Webhook] | type[Ntfy] | type[Slack] | type[Mattermost]]] = [
    (Sink, Webhook),
    (NtfySink, Ntfy),
    (SlackSink, Slack),
    (SlackSink, Mattermost),
]
every_channel = pytest.mark.parametrize(("provider", "kind"), KINDS, ids=lambda k: k.__name__)


@every_channel
async def test_a_message_that_the_provider_takes_is_delivered(
    provider: type[Sink], kind: type[Webhook], http: aiohttp.ClientSession
) -> None:
    async with provider() as sink:
        assert isinstance(await kind().send(a_page(), sink.address("alice"), {}, http), Delivered)
        (message,) = sink.messages
        assert sink.recipient(message) == "alice"
        assert message.key == "7.1.1"


@every_channel
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507])
async def test_trouble_that_may_pass_is_worth_another_try(
    provider: type[Sink], kind: type[Webhook], status: int, http: aiohttp.ClientSession
) -> None:
    async with provider() as sink:
        sink.fail(status, retry_after=7)
        found = await kind().send(a_page(), sink.address("alice"), {}, http)
        assert isinstance(found, Failed)
        assert found.retry_after == 7
        assert str(status) in found.detail


@every_channel
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
async def test_a_refusal_is_final(
    provider: type[Sink], kind: type[Webhook], status: int, http: aiohttp.ClientSession
) -> None:
    async with provider() as sink:
        sink.reject(status)
        found = await kind().send(a_page(), sink.address("alice"), {}, http)
        assert isinstance(found, Rejected)
        assert str(status) in found.detail


@every_channel
async def test_a_provider_that_hangs_costs_the_deadline_and_is_tried_again(
    provider: type[Sink], kind: type[Webhook], http: aiohttp.ClientSession
) -> None:
    async with provider() as sink:
        sink.hang()
        found = await kind(deadline=0.1).send(a_page(), sink.address("alice"), {}, http)
        assert isinstance(found, Failed)
        assert "did not answer within 0.1 s" in found.detail


@every_channel
async def test_a_late_answer_within_the_deadline_is_delivered(
    provider: type[Sink], kind: type[Webhook], http: aiohttp.ClientSession
) -> None:
    async with provider() as sink:
        sink.late(0.05)
        assert isinstance(await kind().send(a_page(), sink.address("alice"), {}, http), Delivered)


@every_channel
async def test_a_provider_that_is_gone_is_worth_another_try_and_takes_the_message_once_it_is_back(
    provider: type[Sink], kind: type[Webhook], http: aiohttp.ClientSession
) -> None:
    async with provider() as sink:
        await sink.down()
        found = await kind().send(a_page(), sink.address("alice"), {}, http)
        assert isinstance(found, Failed)
        assert "cannot connect to 127.0.0.1" in found.detail
        await sink.up()
        assert isinstance(await kind().send(a_page(), sink.address("alice"), {}, http), Delivered)


@every_channel
async def test_a_redirect_is_not_followed(
    provider: type[Sink], kind: type[Webhook], http: aiohttp.ClientSession
) -> None:
    async with provider() as elsewhere, provider() as sink:
        sink.answer(302, headers={"Location": elsewhere.url})
        assert isinstance(await kind().send(a_page(), sink.address("alice"), {}, http), Failed)
        sink.answer(308, headers={"Location": elsewhere.url})
        assert isinstance(await kind().send(a_page(), sink.address("alice"), {}, http), Rejected)
        assert elsewhere.requests == []


@every_channel
async def test_a_name_that_does_not_resolve_is_worth_another_try(
    provider: type[Sink], kind: type[Webhook], http: aiohttp.ClientSession
) -> None:
    found = await kind().send(a_page(), "http://nowhere.invalid/alice", {}, http)
    assert isinstance(found, Failed)


@every_channel
@pytest.mark.parametrize(
    "address",
    ["", "alice", "http://", "http://[::1/alice", "http://\ud800/x", "gopher://x/y", "http://a:b:c/"],
)
async def test_an_address_that_is_no_url_is_refused_and_raises_nothing(
    provider: type[Sink], kind: type[Webhook], address: str, http: aiohttp.ClientSession
) -> None:
    assert isinstance(await kind().send(a_page(), address, {}, http), Rejected)


@every_channel
async def test_a_detail_never_holds_the_secret_part_of_an_address(
    provider: type[Sink], kind: type[Webhook], http: aiohttp.ClientSession
) -> None:
    channel: Channel = kind(deadline=0.2)
    async with provider() as sink:
        for told in (lambda: sink.fail(500), lambda: sink.reject(404), sink.hang, sink.restore):
            told()
            found = await channel.send(a_page(), f"{sink.url}/T0PS3CRET", {}, http)
            assert "T0PS3CRET" not in repr(found)
        await sink.down()
        assert "T0PS3CRET" not in repr(await channel.send(a_page(), f"{sink.url}/T0PS3CRET", {}, http))


@every_channel
async def test_cancelling_a_send_is_not_mistaken_for_an_outcome(
    provider: type[Sink], kind: type[Webhook], http: aiohttp.ClientSession
) -> None:
    async with provider() as sink:
        sink.hang()
        sending = asyncio.create_task(kind().send(a_page(), sink.address("alice"), {}, http))
        await sink.asked()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_a_connection_closed_while_idle_is_replaced_at_once_under_the_same_key(
    http: aiohttp.ClientSession,
) -> None:
    keys: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        keys.append(head.lower().partition(b"idempotency-key: ")[2].partition(b"\r\n")[0])
        if len(keys) > 1:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        found = await Webhook().send(a_page(), f"http://127.0.0.1:{port}/", {}, http)
    assert isinstance(found, Delivered)
    assert keys == [b"7.1.1", b"7.1.1"]


async def test_a_success_whose_body_never_ends_is_still_a_success(http: aiohttp.ClientSession) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nok")
        await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        found = await Webhook().send(a_page(), f"http://127.0.0.1:{port}/", {}, http)
    assert isinstance(found, Delivered)


async def test_garbage_instead_of_http_is_worth_another_try(http: aiohttp.ClientSession) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert isinstance(await Webhook().send(a_page(), f"http://127.0.0.1:{port}/", {}, http), Failed)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "Sun, 14 Jun 2026 14:37:00 GMT", "Date": "Sun, 14 Jun 2026 14:36:30 GMT"}, 30.0),
        ({"Retry-After": "Sun, 14 Jun 2026 14:36:00 GMT", "Date": "Sun, 14 Jun 2026 14:36:30 GMT"}, 0.0),
        ({"Retry-After": "999999999"}, 3600.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
async def test_retry_after_is_honoured_within_reason(
    headers: dict[str, str], seconds: float | None, http: aiohttp.ClientSession
) -> None:
    async with Sink() as sink:
        sink.answer(503, headers=headers)
        found = await Webhook().send(a_page(), sink.address("alice"), {}, http)
        assert isinstance(found, Failed)
        assert found.retry_after == seconds
