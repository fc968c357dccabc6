"""What a signed link does when somebody, or something, follows it. Spoken to as ASGI, the way the server does."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.channels.letters import HOSTILE
from tocsin.channels.links import LinkClaims, sign
from tocsin.channels.replies import Listed, NotTaken, Replies

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 6, 14, 14, 36, tzinfo=UTC)
LATER = NOW + timedelta(hours=24)


class House:
    """The app with what it is given: an engine that remembers, and names for incidents."""

    def __init__(self) -> None:
        self.done: list[LinkClaims] = []
        self.refuse = ""
        self.title = "API p99 latency above 2s"
        self.app = Replies(SECRET, self.act, lambda: NOW, self.describe, "https://tocsin.example.com/")

    async def act(self, claims: LinkClaims) -> str:
        if self.refuse:
            raise NotTaken(self.refuse)
        self.done.append(claims)
        return f"Incident #{claims.incidents[0]} is acknowledged by you."

    async def describe(self, incidents: tuple[int, ...]) -> Sequence[Listed]:
        return [
            Listed(i, self.title, "detected", f"https://tocsin.example.com/incidents/{i}") for i in incidents
        ]

    async def ask(
        self, method: str, token: str, accept: str = "text/html"
    ) -> tuple[int, dict[str, str], str]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(event: Any) -> None:
            sent.append(event)

        scope = {
            "type": "http",
            "method": method,
            "path": f"/r/{token}",
            "headers": [(b"accept", accept.encode())],
        }
        await self.app(scope, receive, send)
        start, body = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, body["body"].decode()


@pytest.fixture
def house() -> House:
    return House()


def link(*incidents: int, action: Any = "acknowledge", expires: datetime = LATER) -> str:
    return sign(SECRET, action, incidents, "alice", expires)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"])
async def test_nothing_but_post_ever_acts(method: str, house: House) -> None:
    status, _, _ = await house.ask(method, link(7))
    assert house.done == []
    assert status == (200 if method in ("GET", "HEAD") else 405)


async def test_the_page_names_the_incident_and_has_one_big_button(house: House) -> None:
    status, headers, page = await house.ask("GET", link(7))
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "Acknowledge incident #7?" in page
    assert "API p99 latency above 2s" in page
    assert re.findall(r"<button[^>]*>([^<]*)</button>", page) == ["Acknowledge"]
    assert '<form method="post">' in page


async def test_pressing_the_button_acts_once_for_the_person_of_the_link(house: House) -> None:
    status, _, page = await house.ask("POST", link(7))
    assert status == 200
    assert house.done == [LinkClaims("acknowledge", (7,), "alice", LATER)]
    assert "Incident #7 is acknowledged by you." in page
    assert "<form" not in page


async def test_a_resolve_link_resolves(house: House) -> None:
    _, _, page = await house.ask("GET", link(7, action="resolve"))
    assert "Resolve incident #7?" in page
    await house.ask("POST", link(7, action="resolve"))
    assert [claims.action for claims in house.done] == ["resolve"]


async def test_a_bundle_covers_the_incidents_listed_and_no_others(house: House) -> None:
    _, _, page = await house.ask("GET", link(7, 8, 11))
    assert "Acknowledge these 3 incidents?" in page
    assert "these 3 incidents and no others" in page
    assert re.findall(r"#(\d+) API", page) == ["7", "8", "11"]
    await house.ask("POST", link(7, 8, 11))
    assert [claims.incidents for claims in house.done] == [(7, 8, 11)]


async def test_a_long_bundle_is_counted_rather_than_listed(house: House) -> None:
    _, _, page = await house.ask("GET", link(*range(300)))
    assert "Acknowledge all 300" in page
    assert "and 280 more" in page


async def test_the_phones_own_post_gets_a_plain_sentence(house: House) -> None:
    status, headers, text = await house.ask("POST", link(7), accept="*/*")
    assert status == 200
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert text == "Incident #7 is acknowledged by you.\n"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_expired_link_does_nothing_and_says_what_to_do(method: str, house: House) -> None:
    status, _, page = await house.ask(method, link(7, expires=NOW))
    assert status == 410
    assert house.done == []
    assert "has expired" in page
    assert 'href="https://tocsin.example.com/"' in page


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "token", ["", "x", "../../etc/passwd", "a/b", link(7)[:-1], link(7) + "A", "\x00", "é"]
)
async def test_a_forged_link_does_nothing_and_says_what_to_do(method: str, token: str, house: House) -> None:
    status, _, page = await house.ask(method, token)
    assert status == 404
    assert house.done == []
    assert "not valid" in page
    assert "Open Tocsin" in page


@given(st.text(max_size=100), st.sampled_from(["GET", "POST", "HEAD"]))
async def test_no_made_up_link_acts_or_breaks(token: str, method: str) -> None:
    house = House()
    status, _, _ = await house.ask(method, token)
    assert status == 404
    assert house.done == []


async def test_what_cannot_be_done_now_says_so_and_offers_another_try(house: House) -> None:
    house.refuse = "The database is being moved; try again in a minute."
    status, _, page = await house.ask("POST", link(7))
    assert status == 503
    assert house.refuse in page
    assert "Try again</button>" in page


async def test_the_page_runs_nothing_loads_nothing_and_leaks_nothing(house: House) -> None:
    for token in (link(7), "forged"):
        _, headers, page = await house.ask("GET", token)
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert not re.search(r"<script|<img|<link|style=|src=| on\w+=", page)


async def test_hostile_titles_stay_letters(house: House) -> None:
    house.title = HOSTILE
    _, _, page = await house.ask("GET", link(7))
    assert "<script" not in page
    assert "javascript:" not in re.sub(r">[^<]*<", "><", page)
    assert "\u202e" not in page


async def test_head_is_get_without_the_body(house: House) -> None:
    _, get, page = await house.ask("GET", link(7))
    _, head, body = await house.ask("HEAD", link(7))
    assert body == ""
    assert head == get
    assert head["content-length"] == str(len(page.encode()))
