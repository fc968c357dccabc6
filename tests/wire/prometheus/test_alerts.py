"""An Alertmanager's API v2 as Prometheus, rulers and amtool use it, one body per case."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.ingest.knocking import START, Heard, House, payload
from tocsin.core.detect.signal import InboxRow, Parsed, SignalKind, Unreadable
from tocsin.core.instants import instant
from tocsin.ingest.sources.prometheus import parse

DOOR = "/am/am-key/api/v2/alerts"
JSON = (b"content-type", b"application/json")
MINUTE = 60_000_000


async def post(house: House, body: bytes) -> Heard:
    return await house.post(DOOR, body, JSON)


async def test_one_fires_and_one_is_over(house: House) -> None:
    answer = await post(house, payload("prometheus", "alerts"))
    assert (answer.status, answer.body) == (200, b"")
    firing, resolved = house.signals
    assert (firing.kind, resolved.kind) == (SignalKind.FIRING, SignalKind.RESOLVED)
    assert (firing.starts_at, firing.ends_at) == (START - MINUTE, START + 4 * MINUTE)
    assert resolved.labels == {"alertname": "TargetDown", "job": "node", "instance": "n4:9100"}
    assert house.reports[0].parsed.complete_group is None
    assert not house.reports[0].parsed.pregrouped


async def test_the_same_batch_later_is_a_resolution(house: House) -> None:
    """What fires is what ends after its receipt, so the row remembers when that was."""
    house.advance("10m")
    await post(house, payload("prometheus", "alerts"))
    assert {signal.kind for signal in house.signals} == {SignalKind.RESOLVED}


async def test_amtools_zero_times_mean_now_and_five_minutes(house: House) -> None:
    assert (await post(house, payload("prometheus", "amtool"))).status == 200
    assert (house.signals[0].starts_at, house.signals[0].ends_at) == (None, START + 5 * MINUTE)


async def test_alertname_is_not_required(house: House) -> None:
    assert (await post(house, b'[{"labels":{"job":"node"}}]')).status == 200


@pytest.mark.parametrize("given", [b"application/json; charset=utf-8", b"Application/JSON"])
async def test_parameters_of_the_media_type_are_fine(house: House, given: bytes) -> None:
    assert (await house.post(DOOR, b"[]", (b"content-type", given))).status == 200


@pytest.mark.parametrize("headers", [[], [(b"content-type", b"text/plain")]])
async def test_any_other_media_type_is_415(house: House, headers: list[tuple[bytes, bytes]]) -> None:
    answer = await house.post(DOOR, b"[]", *headers)
    assert answer.status == 415
    given = headers[0][1].decode() if headers else ""
    message = f'unsupported media type "{given}", only [application/json] are allowed'
    assert answer.json == {"code": 415, "message": message}


async def test_labels_are_required(house: House) -> None:
    answer = await post(house, b'[{"annotations":{}}]')
    assert answer.status == 422
    assert answer.json == {"code": 602, "message": "0.labels in body is required"}


@pytest.mark.parametrize(
    "body", [b"x", b"", b"{}", b'[{"labels":{"a":1}}]', b'[{"labels":[]}]', b"[1]", b"[null]"]
)
async def test_what_is_no_list_of_alerts_is_a_400_of_the_framework(house: House, body: bytes) -> None:
    answer = await post(house, body)
    assert answer.status == 400
    assert isinstance(answer.json, dict)
    assert answer.json["code"] == 400
    assert answer.json["message"].startswith('parsing alerts body from "" failed, because ')


async def test_a_partly_bad_batch_answers_one_string(house: House) -> None:
    answer = await post(house, payload("prometheus", "partly_bad"))
    assert answer.status == 400
    assert answer.json == (
        "alert 1: start time must be before end time; alert 2: labels: at least one label pair required"
    )
    assert len(house.signals) == 1


async def test_a_batch_without_one_good_alert_stores_nothing(house: House) -> None:
    assert (await post(house, b'[{"labels":{"a":""}}]')).status == 400
    assert not house.inbox


async def test_the_key_as_bearer_token_needs_no_prefix(house: House) -> None:
    answer = await house.post(
        "/api/v2/alerts", payload("prometheus", "alerts"), JSON, (b"authorization", b"Bearer am-key")
    )
    assert answer.status == 200


async def test_a_wrong_key_is_401(house: House) -> None:
    answer = await house.post("/am/wrong/api/v2/alerts", b"[]", JSON)
    assert answer.status == 401
    assert (await house.post("/api/v2/alerts", b"[]", JSON)).status == 401


@pytest.mark.parametrize("path", ["/am/am-key/-/healthy", "/am/am-key/-/ready"])
async def test_health_is_asked_under_the_prefix(house: House, path: str) -> None:
    answer = await house.post(path, b"", method="GET")
    assert (answer.status, answer.body) == (200, b"OK")


async def test_get_is_405(house: House) -> None:
    answer = await house.post(DOOR, b"", method="GET")
    assert answer.status == 405
    assert answer.json == {"code": 405, "message": "method not allowed; allowed: POST"}


async def test_fifteen_copies_of_a_resolution_are_stored_once(house: House) -> None:
    for _ in range(15):
        await post(house, payload("prometheus", "alerts"))
        house.advance("10s")
    assert len(house.inbox) == 1


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
_instant = st.sampled_from(
    [
        "",
        "0001-01-01T00:00:00Z",
        "2026-09-14T08:02:11.482Z",
        "2026-09-14T09:00:00.123456789+01:00",
        "2027-01-01T00:00:00Z",
        "x",
    ]
)
_alert = st.fixed_dictionaries(
    {"labels": st.none() | st.dictionaries(_text, _text, max_size=3)},
    optional={
        "annotations": st.none() | st.dictionaries(_text, _text, max_size=2),
        "startsAt": st.none() | _instant,
        "endsAt": st.none() | _instant,
        "generatorURL": st.none() | _text,
    },
)


def parsed_by(reader: object, row: InboxRow) -> object:
    try:
        return reader(row)  # type: ignore[operator]
    except Unreadable as error:
        return (error.field, error.expected)


@given(st.lists(_alert, max_size=4))
def test_the_fast_reader_agrees_with_the_careful_one(alerts: list[dict[str, object]]) -> None:
    row = InboxRow(1, START, "prom", "prometheus", msgspec.json.encode(alerts))
    fast = parse._parse_proper(row)
    if fast is not None:
        assert fast == parse._parse_any(row)


@given(_alert, _alert)
def test_equal_copies_parse_to_equal_signals_but_for_their_end(
    one: dict[str, object], other: dict[str, object]
) -> None:
    source = parse.Prometheus()
    read = []
    for alert in (one, other):
        row = InboxRow(1, START, "prom", "prometheus", msgspec.json.encode([alert]))
        read.append((source.copies(row.body, 7, START), parsed_by(source.parse, row)))
    (first, parsed), (second, again) = read
    if first is None or second is None or first[0][0] != second[0][0]:
        return
    if isinstance(parsed, Parsed) and isinstance(again, Parsed) and parsed.signals and again.signals:
        a, b = parsed.signals[0], again.signals[0]
        assert (a.labels, a.annotations, a.starts_at, a.generator_url) == (
            b.labels,
            b.annotations,
            b.starts_at,
            b.generator_url,
        )


def test_a_resolution_by_a_clock_a_little_ahead_is_a_resolution() -> None:
    # Else it would count as one more copy of what fires, with a lease that is all but over.
    ends = instant(START + 300_000).isoformat()
    body = msgspec.json.encode([{"labels": {"alertname": "APIHighLatency"}, "endsAt": ends}])
    row = InboxRow(1, START, "prom", "prometheus", body)
    source = parse.Prometheus()
    (signal,) = source.parse(row).signals
    assert signal.kind is SignalKind.RESOLVED
    assert [end for _, end in source.copies(body, 7, START) or []] == [START]
    (lease,) = source.parse(structs.replace(row, received_at=START - 5_000_000)).signals
    assert lease.kind is SignalKind.FIRING
