"""Alertmanager's webhook v4, one body per case."""

import json
from typing import Any

import pytest

from tests.ingest.knocking import START, House, payload
from tocsin.core.detect.signal import SignalKind

DOOR = "/in/alertmanager/am-key"
GROUP = '{}/{service=~"checkout|payments"}:{alertname="CheckoutLatencyHigh", cluster="eu1"}'
MS = 1000


def message(**changes: object) -> bytes:
    return json.dumps(json.loads(payload("alertmanager", "firing")) | changes).encode()


def alert(**changes: object) -> dict[str, Any]:
    first: dict[str, Any] = json.loads(payload("alertmanager", "firing"))["alerts"][0]
    return first | changes


async def test_a_firing_group(house: House) -> None:
    answer = await house.post(DOOR, payload("alertmanager", "firing"))
    assert answer.status == 200
    (report,) = house.reports
    assert report.integration == "prom"
    assert report.parsed.complete_group == GROUP
    assert report.parsed.pregrouped
    first, second = report.parsed.signals
    assert first.kind is SignalKind.FIRING
    assert first.labels["instance"] == "checkout-0:8080"
    assert first.annotations["summary"] == "p99 of checkout is above 2s"
    assert first.starts_at == START - 60_000 * MS
    assert first.ends_at is None
    assert first.generator_url.endswith("p99+%3E+2&g0.tab=1")
    assert second.labels["instance"] == "checkout-1:8080"


async def test_a_resolved_group_says_when_each_alert_ended(house: House) -> None:
    await house.post(DOOR, payload("alertmanager", "resolved"))
    assert {signal.kind for signal in house.signals} == {SignalKind.RESOLVED}
    assert [(signal.ends_at or 0) - START for signal in house.signals] == [
        18 * 60_000_000,
        21 * 60_000_000 + 15_000_000 - 0,
    ]


async def test_one_of_two_resolved(house: House) -> None:
    await house.post(DOOR, payload("alertmanager", "partly_resolved"))
    assert [signal.kind for signal in house.signals] == [SignalKind.FIRING, SignalKind.RESOLVED]


async def test_a_truncated_group_is_not_complete(house: House) -> None:
    await house.post(DOOR, payload("alertmanager", "truncated"))
    assert house.reports[0].parsed.complete_group is None


async def test_an_old_sender_with_odd_but_legal_values(house: House) -> None:
    """No truncatedAlerts, an offset and nanoseconds, an empty label, null annotations, names beyond ASCII."""
    assert (await house.post(DOOR, payload("alertmanager", "old_and_odd"))).status == 200
    first, second = house.signals
    assert first.starts_at == START - 60_000 * MS + 123
    assert "empty" not in first.labels
    assert second.annotations == {}
    assert second.labels["name"] == "Zoë 🚒"
    assert house.reports[0].parsed.complete_group == GROUP


async def test_null_labels_and_unknown_fields_are_taken(house: House) -> None:
    body = message(alerts=[alert(labels=None, novelty={"a": [1]})], novelty=[{}])
    assert (await house.post(DOOR, body)).status == 200
    assert house.signals[0].labels == {}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"status":"firing","groupKey":"x"}', "required field `alerts`"),
        (message(version="1"), 'version: "4"'),
        (message(status="pending"), "status: firing or resolved"),
        (message(alerts=[alert(status="")]), "alerts[0].status: firing or resolved"),
        (message(alerts=[alert(startsAt="soon")]), "alerts[0].startsAt: expected an RFC 3339 instant"),
        (message(alerts=[alert(labels={"a": 5})]), "alerts[0].labels[...]: Expected `str`, got `int`"),
        (message(alerts={}), "alerts: Expected `array`, got `object`"),
        (message(groupKey=7), "groupKey: Expected `str`, got `int`"),
        (b"[]", "Expected `object`, got `array`"),
        (b"payload={}", "expected JSON"),
        (b"", "expected JSON"),
    ],
)
async def test_what_cannot_be_read_is_400_and_names_the_field(house: House, body: bytes, said: str) -> None:
    answer = await house.post(DOOR, body)
    assert answer.status == 400
    assert said in answer.body.decode()
    assert not house.inbox
    assert said in house.quarantine[0][1]


async def test_trouble_is_503_because_alertmanager_retries_nothing_else(house: House) -> None:
    house.broken = True
    assert (await house.post(DOOR, payload("alertmanager", "firing"))).status == 503


async def test_a_wrong_key_is_401(house: House) -> None:
    assert (await house.post("/in/alertmanager/wrong", payload("alertmanager", "firing"))).status == 401
