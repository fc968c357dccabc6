"""Whatever stands in a body, every door answers below 500, and a row that was kept can be read again."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.knocking import Heard, House, payload

KEY = "R0AB12CD34EF56GH78IJ90KL12MN34OP"
DOORS = {
    "alertmanager": ("/in/alertmanager/am-key", "alertmanager", "firing"),
    "prometheus": ("/am/am-key/api/v2/alerts", "prometheus", "alerts"),
    "pagerduty": ("/v2/enqueue", "pagerduty", "trigger"),
    "pagerduty from alertmanager": ("/v2/enqueue", "pagerduty", "from_alertmanager_0_30"),
    "pagerduty from old alertmanager": ("/v2/enqueue", "pagerduty", "from_alertmanager_0_29"),
    "pagerduty change": ("/v2/change/enqueue", "pagerduty", "change"),
    "heartbeat": ("/in/heartbeat/ping-key", "pagerduty", "trigger"),
}
HEADERS = ((b"content-type", b"application/json"), (b"x-routing-key", KEY.encode()))
each_door = pytest.mark.parametrize("door", DOORS, ids=lambda name: name.replace(" ", "-"))
patient = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def knock(door: str, *bodies: bytes) -> tuple[House, list[Heard]]:
    async def scenario() -> tuple[House, list[Heard]]:
        house = House()
        heard = [await house.post(DOORS[door][0], body, *HEADERS) for body in bodies]
        await house.accept.close()
        return house, heard

    return asyncio.run(scenario())


def holds(door: str, *bodies: bytes) -> None:
    house, heard = knock(door, *bodies)
    for answer in heard:
        assert answer.status < 500
        if answer.status >= 400:
            assert answer.body
    for report in house.reports:  # read again from the inbox
        for signal in report.parsed.signals:
            texts = [signal.key or "", signal.generator_url, *signal.labels, *signal.labels.values()]
            assert not any("\0" in text for text in texts)
            "".join(texts).encode()  # no lone surrogates


_json: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path] + [place for key, child in inner for place in places(child, (*path, key))]


def changed(value: Any, place: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    if not place:
        return change(value)
    copy = value.copy()
    copy[place[0]] = changed(copy[place[0]], place[1:], change)
    return copy


@each_door
@patient
@given(data=st.data())
def test_one_value_of_another_type(door: str, data: st.DataObject) -> None:
    sample = msgspec.json.decode(payload(*DOORS[door][1:]))
    place = data.draw(st.sampled_from(places(sample)))
    new = data.draw(_json)
    holds(door, msgspec.json.encode(changed(sample, place, lambda _: new)))


@each_door
@patient
@given(data=st.data())
def test_bytes_cut_off_or_flipped(door: str, data: st.DataObject) -> None:
    body = bytearray(payload(*DOORS[door][1:]))
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    holds(door, bytes(body[: data.draw(st.integers(0, len(body)))]), bytes(body), bytes(body))


@each_door
@patient
@given(body=st.binary(max_size=64))
def test_any_bytes(door: str, body: bytes) -> None:
    holds(door, body)


@each_door
@patient
@given(body=_json)
def test_any_json(door: str, body: object) -> None:
    holds(door, msgspec.json.encode(body))


@each_door
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'[{"labels":' + b'{"a":' * 50_000,
        b'{"routing_key":' + b"[" * 50_000,
        b'{"alerts":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b"",
        b"null",
        b"\xef\xbb\xbf[]",
        b"\xff\xfe[\x00]\x00",
        b'[{"labels":{"a":"\\ud800"}}]',
        b'[{"labels":{"a":"\\u0000"}}]',
        b'[{"labels":{"a":"\xed\xa0\x80"}}]',
        b'{"event_action":"trigger","dedup_key":"\\u0000","payload":{"summary":"\\u0000","source":"x"}}',
        b'{"event_action":"trigger","payload":{"summary":1e999,"source":123456789012345678901234567890}}',
        b'{"event_action":"trigger","payload":{"summary":"x","source":[1],"severity":{},"timestamp":"9999-12-31T23:59:59-12:00"}}',
        b"9" * 100_000,
        b'"' + b"\\" * 100_001,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_bodies_made_to_break(door: str, body: bytes) -> None:
    holds(door, body, body)


def test_ten_thousand_labels_are_refused_by_field() -> None:
    labels = {f"label{n}": "x" for n in range(10_000)}
    house, (answer,) = knock("prometheus", msgspec.json.encode([{"labels": labels}]))
    assert answer.status == 400
    assert b"labels: at most 128, got 10000" in answer.body
    assert not house.inbox


def test_too_many_alerts_are_refused_as_a_whole() -> None:
    alerts = [{"labels": {"n": str(n)}} for n in range(10_001)]
    house, (answer,) = knock("prometheus", msgspec.json.encode(alerts))
    assert answer.status == 400
    assert b"at most 10000 alerts" in answer.body
    assert not house.inbox


def test_hostile_label_values_stay_text() -> None:
    labels = {
        "alertname": "<script>alert(1)</script>",
        "path": "../../etc/passwd",
        "sql": "'; DROP TABLE alert; --",
    }
    house, (answer,) = knock("prometheus", msgspec.json.encode([{"labels": labels}]))
    assert answer.status == 200
    assert house.signals[0].labels == labels
