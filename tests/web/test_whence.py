"""Whose address counts: nobody may claim to come from elsewhere but through a proxy that the owner trusts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.web.front.whence import trusted_proxies, whence

PROXY = trusted_proxies({"TOCSIN_TRUSTED_PROXIES": "10.0.0.5, 10.1.0.0/16 2001:db8::/32"})


def forwarded(*values: str, proto: str = "") -> list[tuple[bytes, bytes]]:
    headers = [(b"x-forwarded-for", value.encode("latin-1", "replace")) for value in values]
    return [*headers, (b"x-forwarded-proto", proto.encode())] if proto else headers


def test_without_trusted_proxies_a_claim_is_worth_nothing() -> None:
    assert whence("198.51.100.7", "http", forwarded("192.0.2.1", proto="https"), ()) == (
        "198.51.100.7",
        "http",
    )


def test_a_stranger_is_not_believed() -> None:
    assert whence("198.51.100.7", "http", forwarded("192.0.2.1"), PROXY) == ("198.51.100.7", "http")


def test_a_trusted_proxy_says_for_whom_it_asks() -> None:
    assert whence("10.0.0.5", "http", forwarded("192.0.2.1", proto="https"), PROXY) == ("192.0.2.1", "https")


def test_what_the_client_wrote_before_the_proxy_is_not_believed() -> None:
    assert whence("10.0.0.5", "http", forwarded("127.0.0.1, 192.0.2.1"), PROXY)[0] == "192.0.2.1"
    assert whence("10.0.0.5", "http", forwarded("127.0.0.1", "192.0.2.1"), PROXY)[0] == "192.0.2.1"
    assert whence("10.0.0.5", "http", forwarded("x", proto="https, http"), PROXY)[1] == "http"


def test_a_chain_of_trusted_proxies_is_followed_to_its_beginning() -> None:
    assert whence("10.0.0.5", "http", forwarded("192.0.2.1, 10.1.2.3"), PROXY)[0] == "192.0.2.1"
    assert whence("10.0.0.5", "http", forwarded("10.1.2.4, 10.1.2.3"), PROXY)[0] == "10.1.2.4"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db9::7]:443", "2001:db9::7"),
        ("2001:db9::7", "2001:db9::7"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "10.0.0.5"),
        ("", "10.0.0.5"),
    ],
)
def test_addresses_as_proxies_write_them(written: str, meant: str) -> None:
    assert whence("10.0.0.5", "http", forwarded(written), PROXY)[0] == meant


def test_what_is_no_address_is_said_at_start() -> None:
    with pytest.raises(ValueError, match="TOCSIN_TRUSTED_PROXIES"):
        trusted_proxies({"TOCSIN_TRUSTED_PROXIES": "proxy.example"})


@given(st.lists(st.text(max_size=40), max_size=5))
def test_no_header_whatever_makes_it_stumble(values: list[str]) -> None:
    address, scheme = whence("10.0.0.5", "http", forwarded(*values), PROXY)
    assert address and scheme == "http"
