"""The short way answers as the ordinary one does, in order, whatever comes on the connection."""

import asyncio
import contextlib
import math
import re
from collections.abc import Callable, Coroutine
from functools import partial

import msgspec
import pytest
import uvicorn

from tests.ingest.knocking import KEYRING, House, payload
from tocsin.ingest.lane import LONGEST, Lane, Paths, Standstill, close_overdue
from tocsin.web.listening import make_server, open_port, serve, until

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, bytes]]

AM = "/in/alertmanager/am-key"
PROM = "/am/am-key/api/v2/alerts"
JSON = "content-type: application/json\r\n"


def post(path: str, body: bytes, headers: str = JSON) -> bytes:
    return f"POST {path} HTTP/1.1\r\nhost: t\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body


def alerts(*names: str) -> bytes:
    return msgspec.json.encode([{"labels": {"alertname": name}} for name in names])


async def over(
    house: House,
    lane: bool,
    talk: Talk,
    servers: list[uvicorn.Server] | None = None,
    standstill: Standstill | None = None,
) -> bytes:
    port = open_port("127.0.0.1", 0)
    server = make_server(
        house.app,
        http=partial(Lane, Paths(house.app), standstill or Standstill(math.inf)) if lane else "httptools",
    )
    if servers is not None:
        servers.append(server)
    serving = asyncio.create_task(serve(server, [port]))
    await until(lambda: server.started, [serving])
    reader, writer = await asyncio.open_connection(*port.getsockname())
    try:
        return await asyncio.wait_for(talk(reader, writer), 10)
    finally:
        writer.close()
        server.should_exit = True
        await serving
        await house.accept.close()


def saying(*pieces: bytes) -> Talk:
    """Say these, then that nothing more comes, and hear all answers."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return await reader.read()

    return talk


async def until_taken(house: House) -> None:
    async with asyncio.timeout(5):
        while not house.accept.committer.waiting:  # noqa: ASYNC110  what is waited for is the kernel
            await asyncio.sleep(0)


LAST = b"GET /last HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n"
CONVERSATIONS = {
    "one alert": [post(PROM, alerts("a"))],
    "several after each other": [post(PROM, alerts(name)) for name in "abc"],
    "a copy": [post(PROM, alerts("a")), post(PROM, alerts("a"))],
    "pipelined in one piece": [b"".join(post(PROM, alerts(name)) for name in "abcd")],
    "byte by byte": [bytes([byte]) for byte in post(PROM, alerts("a"))],
    "alertmanager": [post(AM, payload("alertmanager", "firing"), "")],
    "pagerduty": [
        post("/v2/enqueue", payload("pagerduty", "trigger").replace(b"<key>", b"x"), ""),
        post("/v2/enqueue", b'{"routing_key": "nobody\'s", "event_action": "trigger"}', ""),
    ],
    "not JSON": [post(PROM, b"[{")],
    "another shape": [post(PROM, b'[{"labels": 1}]')],
    "wrong key": [post("/am/nobody/api/v2/alerts", alerts("a"))],
    "wrong media type": [post(PROM, alerts("a"), "content-type: text/plain\r\n")],
    "encoded": [post(PROM, alerts("a"), JSON + "content-encoding: gzip\r\n")],
    "an escaped path": [post("/am/am%2Dkey/api/v2/alerts", alerts("a"))],
    "a query": [post(PROM + "?generated=1", alerts("a"))],
    "a long body": [post(PROM, alerts(*(str(n) for n in range(LONGEST // 30))))],
    "chunks": [
        f"POST {PROM} HTTP/1.1\r\nhost: t\r\n{JSON}transfer-encoding: chunked\r\n\r\n".encode()
        + b"%x\r\n%b\r\n0\r\n\r\n" % (len(alerts("a")), alerts("a"))
    ],
    "an expected go-ahead": [post(PROM, alerts("a"), JSON + "expect: 100-continue\r\n")],
    "no body": [post(PROM, b"")],
    "another method": [f"PUT {PROM} HTTP/1.1\r\nhost: t\r\ncontent-length: 0\r\n\r\n".encode()],
    "the wrong length": [post(PROM, alerts("a")).replace(b"content-length: ", b"content-length: x")],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_both_ways_answer_alike_and_keep_the_same(name: str) -> None:
    short, ordinary = House(), House()
    talk = saying(*CONVERSATIONS[name], LAST)
    assert await over(short, True, talk) == await over(ordinary, False, talk)
    assert short.inbox == ordinary.inbox
    assert short.counters.requests == ordinary.counters.requests


async def test_a_new_alert_is_not_answered_before_it_is_on_disk(house: House) -> None:
    house.held.clear()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(PROM, alerts("a")))
        answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
        await until_taken(house)
        assert not answer.done()
        house.held.set()
        return await answer

    assert (await over(house, True, talk)).startswith(b"HTTP/1.1 200")


async def test_answers_keep_the_order_of_requests_even_when_the_second_is_ready_first(house: House) -> None:
    house.held.clear()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(PROM, alerts("a")) + post("/am/nobody/api/v2/alerts", alerts("b")) + LAST)
        await until_taken(house)
        for _ in range(20):
            await asyncio.sleep(0)
        house.held.set()
        return await reader.read()

    heard = await over(house, True, talk)
    assert re.findall(rb"HTTP/1.1 (\d+)", heard) == [b"200", b"401", b"404"]


async def test_a_sender_that_hangs_up_takes_nobody_with_it(house: House) -> None:
    house.held.clear()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(PROM, alerts("a")))
        await until_taken(house)
        writer.transport.abort()
        await asyncio.sleep(0.01)
        house.held.set()
        return b""

    await over(house, True, talk)
    assert [row.source for row in house.inbox] == ["prometheus"]


async def test_a_key_that_was_taken_away_opens_nothing_on_an_open_connection(house: House) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(PROM, alerts("a")))
        await reader.readuntil(b"\r\n\r\n")
        house.accept.keyring = type(KEYRING)()
        writer.write(post(PROM, alerts("b")))
        return await reader.readuntil(b"\r\n\r\n")

    assert (await over(house, True, talk)).startswith(b"HTTP/1.1 401")
    assert len(house.inbox) == 1


@pytest.mark.parametrize(
    ("said", "seconds", "answers"),
    [
        (b"", 30, []),
        (b"POST /am/am-key", 30, []),
        (post(PROM, alerts("a"))[:-3], 30, []),
        (post(PROM, alerts("a")), 75, [b"200"]),
        (post("/am/nobody/api/v2/alerts", alerts("a")), 75, [b"401"]),
    ],
    ids=["nothing", "half a head", "half a body", "a whole request", "a refused one"],
)
async def test_a_sender_that_says_no_more_is_cut_off_in_time(
    house: House, said: bytes, seconds: float, answers: list[bytes]
) -> None:
    servers: list[uvicorn.Server] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(said)
        connections = servers[0].server_state.connections
        async with asyncio.timeout(5):
            while not connections:  # noqa: ASYNC110
                await asyncio.sleep(0)
        heard = await reader.readuntil(b"\r\n\r\n") if answers else b""
        if answers == [b"401"]:
            heard += await reader.readuntil(b"}")
        await asyncio.sleep(0.05)
        now = asyncio.get_running_loop().time()
        close_overdue(connections, now + seconds - 2)
        await asyncio.sleep(0)
        assert len(connections) == 1
        close_overdue(connections, now + seconds + 2)
        return heard + await reader.read()

    heard = await over(house, True, talk, servers)
    assert re.findall(rb"HTTP/1.1 (\d+)", heard) == answers
    assert len(house.inbox) == (answers == [b"200"])


async def test_after_a_standstill_a_sender_that_has_gone_is_not_heard_and_one_that_waits_is(
    house: House,
) -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(PROM, alerts("late")))
        writer.write_eof()
        return await reader.read()

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(PROM, alerts("patient")))
        return await reader.readuntil(b"\r\n\r\n")

    def stood_still() -> Standstill:
        return Standstill(-math.inf)

    with contextlib.suppress(ConnectionResetError):
        assert await over(house, True, hangs_up, standstill=stood_still()) == b""
    assert house.inbox == []
    assert (await over(house, True, waits, standstill=stood_still())).startswith(b"HTTP/1.1 200")
    assert len(house.inbox) == 1


def test_a_standstill_is_noticed_before_and_after_the_next_tick_and_forgotten_in_time() -> None:
    standstill = Standstill(100.0)
    standstill.tick(100.5)
    assert not standstill.lately(101.0)
    assert standstill.lately(110.0)
    standstill.tick(110.0)
    assert standstill.lately(114.0)
    for at in (112.0, 114.0, 116.0):
        standstill.tick(at)
    assert not standstill.lately(116.0)
