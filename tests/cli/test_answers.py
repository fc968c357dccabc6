"""Requests and answers survive the way through a door."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import msgspec

from tocsin.control import answers
from tocsin.control import requests as r
from tocsin.core.respond.incident import Incident
from tocsin.core.severity import Severity

NOON = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)


def test_every_request_has_a_documented_answer() -> None:
    assert set(answers.ANSWERS) == set(get_args(r.Request))


def test_an_answer_arrives_as_its_own_type() -> None:
    incident = Incident(id=12, title="APIHighLatency", severity=Severity.SEV2, opened_at=NOON)
    body = msgspec.json.encode([incident])
    assert answers.decode_answer(r.ListIncidents(), body) == [incident]


def test_durations_survive() -> None:
    page = r.PlannedPage(after=timedelta(minutes=10), target="platform-secondary", people=("bob",), by="hook")
    route = r.RouteView(
        "0", (), "page platform", Severity.SEV2, "task-api", {}, timedelta(0), "opened_incident", (page,)
    )
    explained = r.Explanation(at=NOON, routes=(route,))
    assert answers.decode_answer(r.Explain({}), msgspec.json.encode(explained)) == explained


def test_a_refusal_keeps_its_code_field_and_sentence() -> None:
    body = msgspec.json.encode(answers.Refusal("not_found", "There is no incident 99.", "incident"))
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
