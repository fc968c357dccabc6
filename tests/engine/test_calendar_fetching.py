"""Getting a feed from a server that may be slow, huge, broken, or lead elsewhere."""

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from tests.engine.feeds import ALICE_AWAY, Server, feed, serving
from tocsin.channels.guard import Allowed, Guard, allowed_in
from tocsin.engine.oncall.calendars_fetching import (
    LARGEST,
    Fetched,
    Fetcher,
    NotFetched,
    NotModified,
    Outcome,
)

OUTSIDE = Guard(Allowed())
HERE = Guard(allowed_in({"TOCSIN_ALLOWED_PRIVATE": "127.0.0.1/32"}))
BODY = feed(ALICE_AWAY)


def fetched(
    answer: Callable[[web.Request], Any],
    guard: Guard = HERE,
    *,
    url: str = "",
    trusted: bool = False,
    deadline: float = 20.0,
    etag: str = "",
) -> tuple[Outcome, Server]:
    async def story() -> tuple[Outcome, Server]:
        async with serving() as server:
            server.answer = answer
            fetcher = Fetcher(guard, deadline)
            await fetcher.start()
            try:
                return await fetcher.fetch(url or server.url, trusted, etag), server
            finally:
                server.let_go.set()
                await fetcher.stop()

    return asyncio.run(story())


def why(outcome: Outcome) -> str:
    assert isinstance(outcome, NotFetched), outcome
    assert "hush" not in outcome.why and "secret" not in outcome.why
    return outcome.why


def test_a_feed_comes_with_what_tells_it_from_the_next() -> None:
    headers = {"ETag": '"7"', "Last-Modified": "Wed, 01 Jul 2026 00:00:00 GMT"}
    outcome, _ = fetched(lambda request: web.Response(body=BODY, headers=headers))
    assert outcome == Fetched(BODY, '"7"', "Wed, 01 Jul 2026 00:00:00 GMT")


def test_a_feed_that_did_not_change_does_not_come_again() -> None:
    outcome, server = fetched(lambda request: web.Response(status=304), etag='"7"')
    assert outcome == NotModified()
    assert server.asked[0].headers["If-None-Match"] == '"7"'


def test_a_packed_feed_is_unpacked() -> None:
    packed = {"Content-Encoding": "gzip"}
    assert fetched(lambda r: web.Response(body=gzip.compress(BODY), headers=packed))[0] == Fetched(BODY)
    cut = gzip.compress(BODY)[:-12]
    assert "ends in the middle" in why(fetched(lambda r: web.Response(body=cut, headers=packed))[0])
    assert "unpacked" in why(fetched(lambda r: web.Response(body=b"no gzip", headers=packed))[0])


def test_a_huge_feed_is_not_read_to_its_end_however_small_it_is_packed() -> None:
    huge = b"x" * (LARGEST + 1)
    assert "larger than 5 MiB" in why(fetched(lambda r: web.Response(body=huge))[0])
    bomb = web.Response(body=gzip.compress(huge * 4), headers={"Content-Encoding": "gzip"})
    assert "larger than 5 MiB" in why(fetched(lambda r: bomb)[0])


@pytest.mark.parametrize("head_comes", [False, True])
def test_a_server_that_hangs_is_given_up(head_comes: bool) -> None:
    async def hang(request: web.Request, server: Any) -> web.StreamResponse:
        response = web.StreamResponse()
        if head_comes:
            await response.prepare(request)
            await response.write(b"BEGIN:VCALENDAR\r\n")
        await server.let_go.wait()
        return response

    async def story() -> Outcome:
        async with serving() as server:
            server.answer = lambda request: hang(request, server)
            fetcher = Fetcher(HERE, deadline=0.05)
            await fetcher.start()
            outcome = await fetcher.fetch(server.url, False)
            server.let_go.set()
            await fetcher.stop()
            return outcome

    assert "did not come within" in why(asyncio.run(story()))


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503, 206])
def test_any_other_answer_is_a_failure_that_names_it(status: int) -> None:
    assert f"answered {status}" in why(fetched(lambda r: web.Response(status=status))[0])


def test_nobody_there_is_a_failure() -> None:
    assert "cannot be connected to" in why(fetched(lambda r: None, url="http://127.0.0.1:1/secret.ics")[0])
    assert why(fetched(lambda r: None, url="http://nowhere.invalid/secret.ics")[0])
    assert why(fetched(lambda r: None, url="http://[secret/")[0])


def moved(to: str) -> Callable[[web.Request], Any]:
    def answer(request: web.Request) -> web.Response:
        if request.path == "/there":
            return web.Response(body=BODY)
        return web.Response(status=302, headers={"Location": to})

    return answer


def test_redirects_are_followed_a_few_times() -> None:
    assert fetched(moved("/there"))[0] == Fetched(BODY)
    assert "more than 5 times" in why(fetched(moved("/again"))[0])
    assert "no web address" in why(fetched(moved("file:///etc/passwd"))[0])
    assert "no web address" in why(fetched(moved(""))[0])


def test_an_address_that_people_set_leads_to_public_addresses_only() -> None:
    outcome, server = fetched(lambda r: web.Response(body=BODY), OUTSIDE)
    assert "not public" in why(outcome) and server.asked == []


@pytest.mark.parametrize(
    "to",
    ["http://169.254.169.254/latest", "http://localhost:1/x", "http://[::1]:1/x", "http://0x7f000001:1/"],
)
def test_not_even_the_operators_own_address_may_redirect_inside(to: str) -> None:
    outcome, server = fetched(moved(to), OUTSIDE, trusted=True)
    assert "not public" in why(outcome) and len(server.asked) == 1


def test_the_operators_own_address_may_lie_inside_and_redirect_within_its_server() -> None:
    assert fetched(moved("/there"), OUTSIDE, trusted=True)[0] == Fetched(BODY)
