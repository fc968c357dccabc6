"""PagerDuty's Events API v2 as its clients and Alertmanager use it, one body per case."""

import json
from typing import Any

import msgspec
import pytest

from tests.ingest import knocking
from tests.ingest.knocking import START, House, payload
from tocsin.core.detect.signal import Signal, SignalKind
from tocsin.ingest import committer

DOOR = "/v2/enqueue"
KEY = "R0AB12CD34EF56GH78IJ90KL12MN34OP"
GROUP = "8e22f819dcf82aebdc309e6cf3a5d745c99e94a25dfe66c81d7b3648e162b8ab"
INSTANCES = ["checkout-0:8080", "checkout-1:8080"]


def event(**changes: object) -> bytes:
    """The sample trigger with these top-level fields changed, and without those set to None."""
    changed = json.loads(payload("pagerduty", "trigger")) | changes
    return json.dumps({name: value for name, value in changed.items() if value is not None}).encode()


def event_with(**changes: object) -> bytes:
    """The same with these fields of its payload changed."""
    sample: dict[str, Any] = json.loads(payload("pagerduty", "trigger"))
    changed = sample["payload"] | changes
    return event(payload={name: value for name, value in changed.items() if value is not None})


def processed(key: str) -> dict[str, str]:
    return {"status": "success", "message": "Event processed", "dedup_key": key}


async def test_a_trigger_with_every_documented_field(house: House) -> None:
    answer = await house.post(DOOR, payload("pagerduty", "trigger"))
    assert (answer.status, answer.json) == (202, processed("db-replica-lag/eu1"))
    assert house.signals == [
        Signal(
            SignalKind.FIRING,
            {
                "source": "pg-eu1-3.ferrylane.example",
                "severity": "critical",
                "component": "postgres",
                "group": "orders-db",
                "class": "replication",
                "dedup_key": "db-replica-lag/eu1",
            },
            {
                "summary": "Replica lag 412 s on pg-eu1-3",
                "lag_seconds": "412",
                "wal": '{"sent":"3F/1A","replayed":"3E/77"}',
                "tags": '["prod","eu1"]',
                "runbook_url": "https://wiki.ferrylane.example/rb/lag",
                "client": "dbwatch",
            },
            START - 60_000_000,
            None,
            "https://dbwatch.ferrylane.example/hosts/pg-eu1-3",
            "db-replica-lag/eu1",
        )
    ]
    assert house.reports[0].parsed.pregrouped
    assert house.inbox[0].integration == "pd"


async def test_a_resolve_needs_only_its_key(house: House) -> None:
    answer = await house.post(DOOR, payload("pagerduty", "resolve"))
    assert (answer.status, answer.json) == (202, processed("db-replica-lag/eu1"))
    assert house.signals == [Signal(SignalKind.RESOLVED, {}, key="db-replica-lag/eu1")]


async def test_an_acknowledge_names_the_alert(house: House) -> None:
    answer = await house.post(DOOR, payload("pagerduty", "acknowledge"))
    assert (answer.status, answer.json) == (202, processed("db-replica-lag/eu1"))
    assert house.signals == [Signal(SignalKind.ACKNOWLEDGED, {}, key="db-replica-lag/eu1")]


async def test_a_trigger_without_a_key_gets_the_same_one_each_time_it_is_sent(house: House) -> None:
    first = await house.post(DOOR, payload("pagerduty", "trigger_without_key"))
    again = await house.post(DOOR, payload("pagerduty", "trigger_without_key"))
    other = await house.post(DOOR, event(dedup_key=None))
    assert first.json == again.json != other.json
    assert isinstance(first.json, dict)
    assert house.signals[0].key == first.json["dedup_key"]


async def test_a_severity_that_is_unknown_counts_as_error_and_details_may_be_text(house: House) -> None:
    await house.post(DOOR, payload("pagerduty", "trigger_without_key"))
    assert house.signals[0].labels["severity"] == "error"
    assert house.signals[0].annotations["custom_details"] == "exit status 3"


@pytest.mark.parametrize(
    ("given", "kept"), [("Critical", "critical"), ("", "error"), ("none", "error"), (None, "error")]
)
async def test_severities_as_templates_render_them(house: House, given: str | None, kept: str) -> None:
    assert (await house.post(DOOR, event_with(severity=given))).status == 202
    assert house.signals[0].labels["severity"] == kept


@pytest.mark.parametrize("given", ["yesterday", 5, {}])
async def test_a_timestamp_that_cannot_be_read_does_not_cost_the_page(house: House, given: object) -> None:
    assert (await house.post(DOOR, event_with(timestamp=given))).status == 202
    assert house.signals[0].starts_at is None


async def test_a_long_summary_is_cut(house: House) -> None:
    await house.post(DOOR, event_with(summary="x" * 2000))
    assert len(house.signals[0].annotations["summary"]) == 1024


async def test_an_event_above_the_vendors_size_is_still_taken(house: House) -> None:
    assert (await house.post(DOOR, event_with(custom_details={"log": "x" * 600_000}))).status == 202


async def test_the_key_may_come_as_header(house: House) -> None:
    assert (await house.post(DOOR, event(routing_key=None), (b"x-routing-key", KEY.encode()))).status == 202


@pytest.mark.parametrize("body", [event(routing_key="wrong"), event(routing_key=None), event(routing_key=5)])
async def test_a_wrong_key_is_400_because_clients_retry_other_answers(house: House, body: bytes) -> None:
    answer = await house.post(DOOR, body)
    assert answer.status == 400
    assert answer.json == {
        "status": "invalid event",
        "message": "Event object is invalid",
        "errors": ["'routing_key' is not the key of an integration of type pagerduty"],
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (event(event_action="snooze"), "'event_action' is invalid"),
        (event(event_action=None), "'event_action' is invalid"),
        (event(event_action="resolve", dedup_key=None), "'dedup_key' is missing or blank"),
        (event(dedup_key=[1]), "'dedup_key' is invalid"),
        (event(dedup_key="x" * 1025), "'dedup_key' is invalid"),
        (event(payload=None), "'payload' is missing or not an object"),
        (event(payload="disk full"), "'payload' is missing or not an object"),
        (event_with(summary=None), "'payload.summary' is missing or blank"),
        (event_with(summary="  "), "'payload.summary' is missing or blank"),
        (event_with(source=None), "'payload.source' is missing or blank"),
    ],
)
async def test_an_invalid_event_is_400_and_names_the_field(house: House, body: bytes, error: str) -> None:
    answer = await house.post(DOOR, body)
    assert answer.status == 400
    assert isinstance(answer.json, dict)
    assert answer.json["status"] == "invalid event"
    assert answer.json["errors"][0].startswith(error)
    assert not house.inbox
    assert len(house.quarantine) == 1


@pytest.mark.parametrize("body", [b"", b"summary=disk+full", b"[]", b'{"routing_key":'])
async def test_what_is_no_json_object_is_unrecognized(house: House, body: bytes) -> None:
    answer = await house.post(DOOR, body)
    assert answer.status == 400
    assert isinstance(answer.json, dict)
    assert answer.json["status"] == "Unrecognized object"
    assert answer.json["message"] == "Event object format is unrecognized"


async def test_a_failed_commit_is_503_and_overload_429(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.broken = True
    assert (await house.post(DOOR, payload("pagerduty", "trigger"))).status == 503
    monkeypatch.setattr(committer, "MAX_WAITING", 0)
    assert (await house.post(DOOR, payload("pagerduty", "trigger"))).status == 429


# --- from Alertmanager -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["0_30", "0_29"])
async def test_alertmanagers_group_is_its_single_alerts(house: House, version: str) -> None:
    answer = await house.post(DOOR, payload("pagerduty", f"from_alertmanager_{version}"))
    assert (answer.status, answer.json) == (202, processed(GROUP))
    parsed = house.reports[0].parsed
    assert parsed.complete_group == GROUP
    assert parsed.pregrouped
    assert [signal.labels["instance"] for signal in parsed.signals] == INSTANCES
    for signal in parsed.signals:
        assert signal.kind is SignalKind.FIRING
        assert signal.key is None
        assert signal.labels["alertname"] == "CheckoutLatencyHigh"
        assert signal.annotations["summary"] == "p99 of checkout is above 2s"
        assert signal.generator_url.startswith("https://prom.ferrylane.example/graph")


async def test_they_have_the_label_sets_that_the_webhook_gives_them(house: House) -> None:
    await house.post(DOOR, payload("pagerduty", "from_alertmanager_0_30"))
    await house.post("/in/alertmanager/am-key", payload("alertmanager", "firing"))
    by_pagerduty, by_webhook = (report.parsed.signals for report in house.reports)
    assert by_pagerduty == by_webhook


async def test_alertmanagers_resolve_ends_each_of_them(house: House) -> None:
    await house.post(DOOR, payload("pagerduty", "resolve_from_alertmanager_0_30"))
    *members, whole = house.signals
    assert [(signal.kind, signal.labels["instance"]) for signal in members] == [
        (SignalKind.RESOLVED, instance) for instance in INSTANCES
    ]
    assert whole == Signal(SignalKind.RESOLVED, {}, key=GROUP)
    assert house.reports[0].parsed.complete_group == GROUP


async def test_a_resolve_without_details_ends_the_whole_group(house: House) -> None:
    await house.post(DOOR, payload("pagerduty", "from_alertmanager_0_30"))
    await house.post(DOOR, event(event_action="resolve", dedup_key=GROUP, payload=None))
    parsed = house.reports[1].parsed
    assert parsed.complete_group == GROUP
    assert not any(signal.kind is SignalKind.FIRING for signal in parsed.signals)


async def test_a_member_that_fires_again_after_its_group_resolved_is_news(house: House) -> None:
    trigger = payload("pagerduty", "from_alertmanager_0_30")
    await house.post(DOOR, trigger)
    await house.post(DOOR, event(event_action="resolve", dedup_key=GROUP, payload=None))
    await house.post(DOOR, trigger)
    assert len(house.inbox) == 3


async def test_a_group_whose_details_were_removed_is_one_alert(house: House) -> None:
    await house.post(DOOR, payload("pagerduty", "from_alertmanager_oversized"))
    (signal,) = house.signals
    assert signal.key == GROUP
    assert signal.annotations["summary"].startswith("[FIRING:2]")
    assert house.reports[0].parsed.complete_group is None


def from_alertmanager(**details: object) -> bytes:
    sample = json.loads(payload("pagerduty", "from_alertmanager_0_30"))
    sample["payload"]["custom_details"] |= details
    return json.dumps(sample).encode()


@pytest.mark.parametrize(
    "details",
    [
        {"firing": [{"labels": {"alertname": "A"}}, {"labels": 5}]},
        {"firing": [{"labels": {}}]},
        {"firing": "two alerts, see the dashboard"},
        {"firing": 2},
        {"firing": []},
    ],
)
async def test_half_a_group_never_passes_for_the_whole(house: House, details: dict[str, object]) -> None:
    assert (await house.post(DOOR, from_alertmanager(**details))).status == 202
    assert [signal.key for signal in house.signals] == [GROUP]
    assert house.reports[0].parsed.complete_group is None


async def test_a_text_list_with_lines_in_its_values_and_lines_of_grafana_between(house: House) -> None:
    text = (
        "\nValue: B=412\nLabels:\n - alertname = ReplicaLag\n - query = a = b\nAnnotations:\n"
        " - description = first line\nsecond line\n\nLabels:\n - summary = lag\nSource: http://g.example/1\n"
        "Silence: http://g.example/s\nDashboard: http://g.example/d\n"
        "Labels:\n - alertname = DiskFull\nAnnotations:\nSource: \n"
    )
    await house.post(DOOR, from_alertmanager(firing=text, num_firing="2", resolved="", num_resolved="0"))
    lag, disk = house.signals
    assert lag.labels == {"alertname": "ReplicaLag", "query": "a = b"}
    assert lag.annotations == {"description": "first line\nsecond line\n\nLabels:", "summary": "lag"}
    assert lag.generator_url == "http://g.example/1"
    assert (disk.labels, disk.annotations) == ({"alertname": "DiskFull"}, {})


# --- change events ---------------------------------------------------------------------------------------------------


async def test_a_change_event_is_kept_and_opens_nothing(house: House) -> None:
    answer = await house.post("/v2/change/enqueue", payload("pagerduty", "change"))
    assert (answer.status, answer.json) == (202, {"status": "success", "message": "Change event processed"})
    parsed = house.reports[0].parsed
    assert not parsed.signals
    (change,) = parsed.changes
    assert change.summary == "Deployed checkout 4.18.0 to eu1"
    assert change.source == "cd-eu1"
    assert msgspec.json.decode(change.details) == {"version": "4.18.0", "commit": "c0ffee12"}
    assert change.links == (("https://ci.ferrylane.example/r/8812", "Build 8812"),)
    assert change.at == knocking.START - (8 * 60 + 9) * 1_000_000 - 482_000


async def test_a_change_without_a_summary_is_400(house: House) -> None:
    answer = await house.post("/v2/change/enqueue", msgspec.json.encode({"routing_key": KEY, "payload": {}}))
    assert answer.status == 400
    assert b"'payload.summary' is missing or blank" in answer.body
