"""The signed token of live pages: forged, changed, expired or another installation's, it opens no stream."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin.control.live_updates import VALID, Hub, LiveUpdates, sign, verify

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
SECRET = b"of this installation"
GOOD = sign(SECRET, ("incident:7",), NOW)
CLAIMS, MAC = GOOD.split(".")
EVERYTHING = (
    base64.urlsafe_b64encode(b'{"topics":["incidents"],"until":99999999999999999}').rstrip(b"=").decode()
)
FORGED = [
    "",
    ".",
    CLAIMS,
    f"{CLAIMS}.",
    f"{EVERYTHING}.{MAC}",
    f"{EVERYTHING}.",
    f"{CLAIMS}.{MAC[:-2]}AA",
    sign(b"of another installation", ("incident:7",), NOW),
    sign(SECRET, ("incident:7",), NOW - VALID - timedelta(seconds=1)),
    "é.é",
    "%00." + MAC,
    "x" * 10_000,
]


def test_a_token_admits_to_its_topics_alone() -> None:
    assert verify(SECRET, GOOD, NOW) == ("incident:7",)


@pytest.mark.parametrize("token", FORGED)
def test_no_other_token_admits_to_anything(token: str) -> None:
    assert verify(SECRET, token, NOW) is None


@pytest.mark.parametrize(
    "query", [b"", b"token=", b"token=x.y", b"token=" + EVERYTHING.encode() + b"." + MAC.encode()]
)
def test_without_a_good_one_the_stream_stays_shut(query: bytes) -> None:
    hub, sent = Hub(), list[Any]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(LiveUpdates(hub, SECRET, lambda: NOW)({"query_string": query}, receive, send))
    assert sent[0]["status"] == 403
    assert hub.listeners == 0
