"""`tocsin alerts`, `explain`, `send`, `page` and `status`."""

from datetime import timedelta

import pytest

from tests.cli.cases import OPENED, alert
from tests.cli.conftest import FakeTocsin, Run
from tocsin.control import requests as r
from tocsin.core.severity import Severity


def test_alerts_say_why(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[alert()]]
    shown = run("alerts").stdout
    assert 'APIHighLatency {namespace="prod"} from prom' in shown
    assert "It opened an incident." in shown
    assert "#12" in shown


def test_alerts_are_narrowed_by_status_and_reason(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[]]
    run("alerts", "--status", "resolved", "--status", "source_silent", "--reason", "silenced")
    assert tocsin.asked == [r.ListAlerts(statuses=("resolved", "source_silent"), reason="silenced")]


@pytest.mark.parametrize("typed", [
    ["alertname=APIHighLatency", "note=a=b, c"],
    ['{alertname="APIHighLatency", note="a=b, c"}'],
    ['{"alertname": "APIHighLatency", "note": "a=b, c"}'],
    ['alertname="APIHighLatency"', '{note="a=b, c"}'],
])  # fmt: skip
def test_labels_may_be_pasted_in_any_form(tocsin: FakeTocsin, run: Run, typed: list[str]) -> None:
    tocsin.answers = [r.Accepted("Accepted.", inbox_id=3)]
    result = run("send", *typed, "--annotation", "summary=p99 over 2 s", "--resolved")
    assert "Accepted." in result.stdout
    assert tocsin.asked == [
        r.SendAlert(
            labels={"alertname": "APIHighLatency", "note": "a=b, c"},
            annotations={"summary": "p99 over 2 s"},
            resolved=True,
        )
    ]


@pytest.mark.parametrize("typed", ['{a=~"b"}', '{"a": 1}', "a=~b", "=b", "{a", "a!=b"])
def test_a_matcher_is_not_taken_for_a_label(tocsin: FakeTocsin, run: Run, typed: str) -> None:
    result = run("explain", typed)
    assert result.exit_code == 2
    assert tocsin.asked == []


def test_a_test_page_names_its_incident(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [r.Accepted("A test page to alice is on its way.", incident=31)]
    assert "tocsin incidents show 31" in run("page", "alice").stdout
    assert tocsin.asked == [r.TestPage("alice")]


def test_an_explanation_is_a_tree_of_routes_and_people(tocsin: FakeTocsin, run: Run) -> None:
    pages = (
        r.PlannedPage(timedelta(0), "platform-primary", ("alice",), "layer 1"),
        r.PlannedPage(timedelta(minutes=10), "platform-secondary", (), ""),
    )
    route = r.RouteView(
        path="0",
        matchers=('severity="critical"',),
        action="page platform",
        severity=Severity.SEV2,
        service="task-api",
        group={"alertname": "APIHighLatency"},
        group_wait=timedelta(0),
        reason="opened_incident",
        pages=pages,
    )
    tocsin.answers = [r.Explanation(at=OPENED, routes=(route,), suppressed='silence: service="task-api"')]
    shown = run("explain", "alertname=APIHighLatency", "--at", "2026-06-14 14:32").stdout
    assert tocsin.asked == [r.Explain(labels={"alertname": "APIHighLatency"}, at=OPENED)]
    for part in (
        'pages nobody: silence: service="task-api"',
        "route 0 page platform  SEV2  service task-api",
        'because severity="critical"',
        "at once alice through platform-primary (layer 1)",
        "after 10m nobody through platform-secondary",
    ):
        assert part in shown


def test_status_says_when_nothing_is_configured_yet(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [r.StatusView("0.1.0", "n1", "sqlite", 0, "", 3, 0, {"step": 2})]
    shown = run("status").stdout
    for part in ("0.1.0", "tocsin apply FILE", "nobody processes alerts", "3 waiting", "step 2"):
        assert part in shown
