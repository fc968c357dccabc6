"""Where URLs that people set may lead: judged as written, as looked up, and again by the address that is connected to."""

import socket
from collections.abc import AsyncIterator, Iterable
from ipaddress import ip_address

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from tocsin.channels.guard import REFUSED, Allowed, Guard, allowed_in, is_public
from tocsin.channels.http import post
from tocsin.core.respond.delivery import Rejected

CLOSED = Guard(Allowed())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:a00:1::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://LOCALHOST:8080/",
        "http://a.localhost/",
        "http://localhost./",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/latest/meta-data/",
        "http://metadata.google.internal/",
        "http://user:word@10.0.0.1/",
        "http://example.com@192.168.0.1/",
        "http://printer.local/",
    ],
)
def test_a_url_that_leads_inside_is_refused_as_written(url: str) -> None:
    assert CLOSED.refusal(url) == REFUSED


def test_a_url_that_leads_outside_is_taken() -> None:
    assert CLOSED.refusal("https://hooks.example.com/x") == ""
    assert CLOSED.refusal("https://93.184.216.34/x") == ""


@given(st.text(max_size=60))
def test_whatever_is_written_the_guard_only_answers(text: str) -> None:
    for url in (text, f"http://{text}/", f"https://{text}"):
        CLOSED.refusal(url)
        CLOSED.trusts(url)


def test_what_the_operator_allows_may_be_reached() -> None:
    guard = Guard(
        allowed_in({"TOCSIN_ALLOWED_PRIVATE": "10.20.0.0/16, 192.168.7.7 chat.corp.internal,*.lab.local"})
    )
    for url in (
        "http://10.20.3.4/",
        "http://192.168.7.7/",
        "http://chat.corp.internal/",
        "http://a.lab.local/",
        "http://[::ffff:10.20.3.4]/",
    ):
        assert guard.refusal(url) == "", url
    for url in ("http://10.21.0.1/", "http://192.168.7.8/", "http://x.corp.internal/", "http://lab.local/"):
        assert guard.refusal(url) == REFUSED, url


def test_a_setting_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="no network"):
        allowed_in({"TOCSIN_ALLOWED_PRIVATE": "10.0.0.0/99"})


def test_only_the_operator_names_a_mail_server() -> None:
    assert "operator" in CLOSED.refusal_of("alice@example.com", {"host": "10.0.0.1"})
    assert CLOSED.refusal_of("alice@example.com", {}) == ""


async def test_a_name_is_refused_where_it_leads_inside_when_it_is_set() -> None:
    async def inside(name: str) -> Iterable[str]:
        return ["93.184.216.34", "10.0.0.8"]

    async def unknown(name: str) -> Iterable[str]:
        raise socket.gaierror("no such name")

    assert await Guard(Allowed(), inside).refusal_by_name("https://hooks.example.com/") == REFUSED
    assert await Guard(Allowed(), unknown).refusal_by_name("https://hooks.example.com/") == ""


# --- when it is used -------------------------------------------------------------------------------------------------


class Rebinding(AbstractResolver):
    """Answers these addresses one after the other, as a hostile name server does."""

    def __init__(self, port: int, *addresses: str) -> None:
        self.asked = 0
        self._port, self._addresses = port, addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self._addresses[min(self.asked, len(self._addresses) - 1)]
        self.asked += 1
        return [
            ResolveResult(
                hostname=host, host=address, port=self._port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""


class Inside:
    """A server on loopback that must not be reached."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path == "/moved":
            return web.Response(status=302, headers={"Location": f"http://127.0.0.1:{self.port}/inner"})
        return web.Response(text="the crown jewels")


@pytest.fixture
async def inside() -> AsyncIterator[Inside]:
    server = Inside()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


def session(guard: Guard, resolver: AbstractResolver | None = None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=guard.connector(resolver))


async def test_a_name_that_is_rebound_to_loopback_is_not_connected_to(inside: Inside) -> None:
    resolver = Rebinding(inside.port, "127.0.0.1")

    async def was_outside(name: str) -> Iterable[str]:
        return ["93.184.216.34"]

    guard = Guard(Allowed(), was_outside)
    assert await guard.refusal_by_name("http://hooks.example.com/") == ""
    async with session(guard, resolver) as http:
        answer = await post(http, "http://hooks.example.com/", b"{}", {})
    assert isinstance(answer, Rejected) and "not public" in answer.detail
    assert resolver.asked == 1 and inside.asked == []


async def test_a_literal_address_inside_is_not_connected_to(inside: Inside) -> None:
    async with session(CLOSED) as http:
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433"):
            answer = await post(http, f"http://{host}:{inside.port}/", b"{}", {})
            assert isinstance(answer, Rejected), host
    assert inside.asked == []


async def test_a_redirect_inside_is_not_followed(inside: Inside) -> None:
    guard = Guard(allowed_in({"TOCSIN_ALLOWED_PRIVATE": "127.0.0.1"}))
    async with session(guard) as http:
        answer = await post(http, f"http://127.0.0.1:{inside.port}/moved", b"{}", {})
    assert not isinstance(answer, Rejected) and inside.asked == ["/moved"]


async def test_an_allowed_address_is_connected_to(inside: Inside) -> None:
    guard = Guard(allowed_in({"TOCSIN_ALLOWED_PRIVATE": "127.0.0.0/8"}))
    async with session(guard, Rebinding(inside.port, "127.0.0.1")) as http:
        await post(http, "http://hooks.example.com/x", b"{}", {})
    assert inside.asked == ["/x"]


def test_a_host_is_trusted_by_its_name_alone() -> None:
    guard = Guard(allowed_in({"TOCSIN_ALLOWED_PRIVATE": "chat.corp.example"}))
    assert guard.trusts("http://chat.corp.example/hook")
    assert not guard.trusts("http://chat.corp.example@10.0.0.1/hook")
    assert not guard.trusts("http://chat.corp.example.evil.example/hook")
