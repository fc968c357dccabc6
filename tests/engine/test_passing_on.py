"""What the machine process passes on to the people process: whole requests, one after the other, and nobody's trust."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvicorn

from tocsin.web.listening import make_server, until
from tocsin.web.pass_on import PassOn

Talk = Callable[[int], Coroutine[Any, Any, None]]


class People:
    """A stand-in for the people process: raw bytes as they arrive on its socket, and one answer for each request."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await self._head(reader):
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                ),
                0,
            )
            body = b""
            if b"transfer-encoding: chunked" in head.lower():
                while (size := int(await reader.readline(), 16)) > 0:
                    body += await reader.readexactly(size)
                    await reader.readline()
                await reader.readline()
            elif length:
                try:
                    body = await asyncio.wait_for(reader.readexactly(length), 0.3)
                except (TimeoutError, asyncio.IncompleteReadError):
                    self.heard.append(head + b"<never came>")
                    break
            self.heard.append(head + body)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok")
            await writer.drain()
        writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return b""


def passed_on(tmp_path: Path, *requests: bytes) -> tuple[list[bytes], list[bytes]]:
    """These raw requests, each on a connection of its own: what the people process heard, and what was answered."""
    people = People()
    answers: list[bytes] = []

    async def story() -> None:
        behind = await asyncio.start_unix_server(people, path=str(tmp_path / "people.sock"))
        passing = PassOn(tmp_path / "people.sock")
        server: uvicorn.Server = make_server(passing, host="127.0.0.1", port=0)
        serving = asyncio.create_task(server._serve())
        await until(lambda: server.started, [serving])
        port = server.servers[0].sockets[0].getsockname()[1]
        for request in requests:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            answers.append(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5))
            writer.close()
        server.should_exit = True
        await serving
        await passing.stop()
        behind.close()

    asyncio.run(story())
    return people.heard, answers


def get(path: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: tocsin", *headers, "", ""]).encode() + body


def test_a_get_with_a_body_takes_no_bite_out_of_the_next_request(tmp_path: Path) -> None:
    first = get("/one", "Content-Length: 20", body=b"x" * 20)
    heard, answers = passed_on(tmp_path, first, get("/two", "Cookie: session=alices"))
    assert [line.split(b" ")[1] for line in heard] == [b"/one", b"/two"]
    assert not any(b"<never came>" in each for each in heard)
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)


def test_a_body_arrives_whole(tmp_path: Path) -> None:
    post = b"POST /sign-in HTTP/1.1\r\nHost: tocsin\r\nContent-Length: 5\r\n\r\nhello"
    chunked = (
        b"POST /sign-in HTTP/1.1\r\nHost: tocsin\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )
    heard, _ = passed_on(tmp_path, post, chunked)
    assert [each.rpartition(b"\r\n\r\n")[2] for each in heard] == [b"hello", b"hello"]


def test_two_lengths_or_a_length_beside_chunks_are_refused(tmp_path: Path) -> None:
    twice = b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
    both = b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    heard, answers = passed_on(tmp_path, twice, both)
    assert heard == []
    assert all(answer.startswith(b"HTTP/1.1 400") for answer in answers)


def test_where_a_request_came_from_is_what_this_process_saw(tmp_path: Path) -> None:
    heard, _ = passed_on(
        tmp_path,
        get(
            "/",
            "X-Forwarded-For: 10.0.0.1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: evil.example",
            "Forwarded: for=10.0.0.1",
            "X-Real-IP: 10.0.0.1",
            "Expect: 100-continue",
            "Connection: keep-alive, X-Mine",
            "X-Mine: 1",
        ),
    )
    head = heard[0].lower()
    assert b"x-forwarded-for: 127.0.0.1\r\n" in head
    assert b"x-forwarded-proto: http\r\n" in head
    for gone in (b"10.0.0.1", b"evil.example", b"expect", b"x-mine"):
        assert gone not in head, gone
