"""Doors, keys and bodies: what a sender meets before anything is parsed."""

import base64

import pytest

from tests.ingest.knocking import House, payload
from tocsin.ingest import asgi
from tocsin.ingest.keyring import Credential, Keyring

AM = "/in/alertmanager/am-key"
FIRING = payload("alertmanager", "firing")


@pytest.mark.parametrize(
    "path",
    [
        "/in/alertmanager/x",
        "/in/alertmanager",
        "/am/x/api/v2/alerts",
        "/api/v2/alerts",
        "/v2/enqueue",
        "/in/nobody/x",
    ],
)
def test_paths_of_machines_are_handled(house: House, path: str) -> None:
    assert house.app.handles(path)


@pytest.mark.parametrize(
    "path", ["/", "/incidents/1", "/api/v2/silences", "/v2/", "/inner", "/metrics", "", "//am/x"]
)
def test_other_paths_are_left_to_others(house: House, path: str) -> None:
    assert not house.app.handles(path)


async def test_a_path_under_our_roof_without_a_door_is_404(house: House) -> None:
    assert (await house.post("/in/nobody/x", b"")).status == 404
    assert (await house.post("/am/am-key/api/v1/alerts", b"")).status == 404


@pytest.mark.parametrize(
    "key", ["", "wrong", "am-key/", "../am-key", "am-key\0", "R0AB12CD34EF56GH78IJ90KL12MN34OP"]
)
async def test_a_wrong_key_is_401(house: House, key: str) -> None:
    answer = await house.post(f"/in/alertmanager/{key}", FIRING)
    assert answer.status in (401, 404)
    assert not house.inbox
    assert not house.quarantine


@pytest.mark.parametrize(
    "authorization",
    [
        b"Bearer am-key",
        b"bearer  am-key",
        b"Basic " + base64.b64encode(b"tocsin:am-key"),
        b"Basic " + base64.b64encode(b"am-key:"),
    ],
)
async def test_the_key_may_come_as_bearer_token_or_password(house: House, authorization: bytes) -> None:
    answer = await house.post("/in/alertmanager", FIRING, (b"authorization", authorization))
    assert answer.status == 200
    assert house.inbox[0].integration == "prom"


@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b"Bearer",
        b"Bearer \xff\xfe",
        b"Basic !!!",
        b"Basic " + base64.b64encode(b"\xff:x"),
        b"Digest am-key",
        b"am-key",
    ],
)
async def test_anything_else_in_its_place_is_401(house: House, authorization: bytes) -> None:
    assert (await house.post("/in/alertmanager", FIRING, (b"authorization", authorization))).status == 401


async def test_a_key_opens_only_doors_of_its_type(house: House) -> None:
    json = (b"content-type", b"application/json")
    assert (await house.post("/am/only-prometheus/api/v2/alerts", b"[]", json)).status == 200
    assert (await house.post("/in/alertmanager/only-prometheus", FIRING)).status == 401
    assert (await house.post("/in/heartbeat/am-key", b"")).status == 404


async def test_a_new_keyring_counts_at_once(house: House) -> None:
    house.accept.keyring = Keyring([Credential("new-key", "alertmanager", "prom")])
    assert (await house.post(AM, FIRING)).status == 401
    assert (await house.post("/in/alertmanager/new-key", FIRING)).status == 200


def test_an_empty_secret_opens_nothing() -> None:
    assert Keyring([Credential("", "alertmanager", "prom")]).find("", frozenset({"alertmanager"})) is None


async def test_a_declared_length_above_the_cap_is_refused_unread(house: House) -> None:
    for length in (b"4194305", b"9" * 5000):
        assert (await house.post(AM, b"", (b"content-length", length))).status == 413


@pytest.mark.parametrize("length", [b"-1", b"many", b"1.5", b""])
async def test_a_length_that_is_no_number_is_400(house: House, length: bytes) -> None:
    assert (await house.post(AM, FIRING, (b"content-length", length))).status == 400


async def test_a_body_in_pieces_is_put_together(house: House) -> None:
    pieces = [FIRING[at : at + 100] for at in range(0, len(FIRING), 100)]
    assert (await house.request("POST", AM, pieces)).status == 200
    assert house.inbox[0].body == FIRING


async def test_pieces_beyond_the_cap_are_refused(house: House) -> None:
    assert (await house.request("POST", AM, [b" " * 1024 * 1024] * 5)).status == 413
    assert house.app._unread == 0


async def test_too_many_half_read_bodies_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "MAX_UNREAD", 1000)
    assert (await house.request("POST", AM, [b" " * 600] * 3)).status == 503
    assert house.app._unread == 0


async def test_a_sender_that_hangs_up_is_not_answered(house: House) -> None:
    sent = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    await house.app({"type": "http", "method": "POST", "path": AM, "headers": []}, receive, send)  # type: ignore[arg-type]
    assert not sent


async def test_a_compressed_body_is_refused(house: House) -> None:
    assert (await house.post(AM, FIRING, (b"content-encoding", b"gzip"))).status == 415


async def test_another_method_is_405_and_names_the_right_ones(house: House) -> None:
    answer = await house.post(AM, b"", method="GET")
    assert answer.status == 405
    assert answer.headers[b"allow"] == b"POST"


async def test_every_answer_is_counted_by_source_and_status(house: House) -> None:
    await house.post(AM, FIRING)
    await house.post(AM, FIRING)
    await house.post(AM, b"?")
    assert house.counters.requests == {("alertmanager", 200): 2, ("alertmanager", 400): 1}
    assert house.counters.alerts_accepted == {"alertmanager": 2}
    assert house.counters.alerts_renewed == 2
