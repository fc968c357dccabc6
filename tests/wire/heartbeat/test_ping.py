"""A ping, whatever the method."""

import pytest

from tests.ingest.knocking import House


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_ping_is_stored_and_names_its_heartbeat(house: House, method: str) -> None:
    assert (await house.post("/in/heartbeat/ping-key", b"", method=method)).status == 200
    assert house.reports[0].parsed.ping == "nightly-backup"
    assert house.inbox[0].integration == "nightly-backup"


async def test_every_ping_counts(house: House) -> None:
    for _ in range(3):
        await house.post("/in/heartbeat/ping-key", b"", method="GET")
    assert len(house.reports) == 3


async def test_a_body_is_not_looked_at(house: House) -> None:
    assert (await house.post("/in/heartbeat/ping-key", b"\xff exit status 0")).status == 200


async def test_a_wrong_key_is_404(house: House) -> None:
    assert (await house.post("/in/heartbeat/wrong", b"", method="GET")).status == 404


async def test_a_ping_that_could_not_be_stored_is_503(house: House) -> None:
    house.broken = True
    assert (await house.post("/in/heartbeat/ping-key", b"", method="GET")).status == 503
