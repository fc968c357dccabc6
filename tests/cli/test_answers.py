"""Requests and answers survive the way through a door."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import msgspec
import pytest

from tocsin.control import answers
from tocsin.control import requests as r
from tocsin.core.respond.incident import Acknowledge, Incident
from tocsin.core.severity import Severity

NOON = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)


def test_every_request_has_a_documented_answer() -> None:
    assert set(answers.ANSWERS) == set(get_args(r.Request))


@pytest.mark.parametrize("request_", [
    r.Act(incidents=(12, 13), command=Acknowledge(actor="alice", via="cli")),
    r.ListIncidents(states=("detected",), limit=5),
    r.Explain(labels={"alertname": "APIHighLatency"}, at=NOON),
    r.AddSilence(matchers=('service="task-api"',), ends_at=NOON),
    r.PlanConfiguration(files=(r.ConfigFile("a.yaml", "people: {}"),)),
    r.Status(),
], ids=lambda request: type(request).__name__)  # fmt: skip
def test_a_request_arrives_as_it_left(request_: r.Request) -> None:
    assert answers.decode_request(answers.encode(request_)) == request_


def test_an_answer_arrives_as_its_own_type() -> None:
    incident = Incident(id=12, title="APIHighLatency", severity=Severity.SEV2, opened_at=NOON)
    body = answers.encode([incident])
    assert answers.decode_answer(r.ListIncidents(), body) == [incident]


def test_durations_survive() -> None:
    page = r.PlannedPage(after=timedelta(minutes=10), target="platform-secondary", people=("bob",), by="hook")
    route = r.RouteView(
        "0", (), "page platform", Severity.SEV2, "task-api", {}, timedelta(0), "opened_incident", (page,)
    )
    explained = r.Explanation(at=NOON, routes=(route,))
    assert answers.decode_answer(r.Explain({}), answers.encode(explained)) == explained


@pytest.mark.parametrize(("body", "field"), [
    (b'{"type": "act", "incidents": ["x"], "command": {"type": "escalate", "actor": "bob"}}', "incidents[0]"),
    (b'{"type": "dance"}', "type"),
    (b"{", ""),
    (b"\xff", ""),
    (b"[" * 5000, ""),
])  # fmt: skip
def test_what_is_no_request_is_refused_and_names_its_field(body: bytes, field: str) -> None:
    with pytest.raises(r.Refused) as refused:
        answers.decode_request(body)
    assert (refused.value.code, refused.value.field) == ("invalid", field)


def test_a_refusal_keeps_its_code_field_and_sentence() -> None:
    body = answers.encode(answers.Refusal("not_found", "There is no incident 99.", "incident"))
    refused = answers.decode_refusal(body)
    assert refused is not None
    assert (refused.code, refused.message, refused.field) == (
        "not_found",
        "There is no incident 99.",
        "incident",
    )


def test_a_proxys_error_page_is_no_refusal() -> None:
    assert answers.decode_refusal(b"<html>Bad gateway</html>") is None


def test_all_answer_types_can_be_decoded() -> None:
    for answer in answers.ANSWERS.values():
        msgspec.json.Decoder(answer)
