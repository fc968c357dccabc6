"""Signed links: wrong ones are slowed down by address, right ones never are."""

import asyncio
from typing import Any

from tocsin.control.limits import Limit, Rate
from tocsin.web.wrong_links import WrongLinks, asked_from


async def _links(scope: Any, receive: Any, send: Any) -> None:
    status = 200 if scope["path"] == "/r/right" else 404
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": asked_from().encode()})


def follow(app: WrongLinks, path: str, address: str = "192.0.2.7") -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": [(b"x-forwarded-for", address.encode())]}
    asyncio.run(app(scope, None, send))  # type: ignore[arg-type]
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def test_wrong_links_wait_and_right_ones_work_meanwhile() -> None:
    app = WrongLinks(_links, Limit(Rate(burst=3, every=30.0), lambda: 0.0))
    assert [follow(app, "/r/wrong")[0] for _ in range(5)] == [404, 404, 404, 429, 429]
    assert int(follow(app, "/r/wrong")[1][b"retry-after"]) >= 1
    assert follow(app, "/r/right")[0] == 200
    assert follow(app, "/r/wrong", "192.0.2.8")[0] == 404


def test_whoever_follows_a_link_is_known_by_address() -> None:
    assert follow(WrongLinks(_links), "/r/right")[2] == b"192.0.2.7"
