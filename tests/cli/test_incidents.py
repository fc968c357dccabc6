"""`tocsin incidents`: what it asks, shows, and answers with its exit code."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.cases import OPENED, alert, incident
from tests.cli.conftest import FakeTocsin, Run, as_json
from tocsin.control import requests as r
from tocsin.control.answers import Refusal
from tocsin.core.respond import incident as i
from tocsin.core.respond.incident import State
from tocsin.core.severity import Severity


def acted(number: int = 12, refused: str = "") -> r.Acted:
    return r.Acted(number, "acknowledged", "acknowledged", "alice acknowledged it.", refused)


def test_the_open_incidents_are_a_table(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[
        incident(),
        incident(id=13, state=State.ACKNOWLEDGED, acknowledged_by="bob"),
        incident(id=14, paged=()),
        incident(id=15, snoozed_by="bob", snoozed_until=OPENED + timedelta(hours=2)),
    ]]  # fmt: skip
    result = run("incidents", "list")
    assert result.exit_code == 0
    assert tocsin.asked == [r.ListIncidents()]
    lines = result.stdout.splitlines()
    assert [word in lines[2] for word in ("12", "SEV2", "detected", "task-api", "paging alice")] == [True] * 5
    assert "2026-06-14 14:32 CEST" in lines[2]
    assert "bob" in lines[3] and "acknowledged" in lines[3]
    assert "nobody yet" in lines[4]
    assert "bob, snoozed until 2026-06-14 16:32 CEST" in lines[5]


def test_no_open_incident_says_what_to_try(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[]]
    assert "tocsin send alertname=Hello" in run("incidents", "list").stdout


def test_options_narrow_the_list(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[]]
    result = run("incidents", "list", "--severity", "sev1", "--service", "task-api", "--all", "--limit", "5")
    assert "No incident matches" in result.stdout
    assert tocsin.asked == [
        r.ListIncidents(
            states=tuple(state.value for state in State), severities=("SEV1",), service="task-api", limit=5
        )
    ]


def test_json_is_the_answer_itself(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[incident()]]
    (only,) = as_json(run("incidents", "list", "--json"))
    assert (only["id"], only["severity"], only["opened_at"]) == (12, "SEV2", "2026-06-14T12:32:00Z")


def test_an_incident_is_shown_with_its_next_step_alerts_and_timeline(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [view()]
    shown = run("incidents", "show", "12").stdout
    assert tocsin.asked == [r.ShowIncident(12)]
    for part in (
        "SEV2  #12 APIHighLatency",
        "p99 over [2 s]",
        '{alertname="APIHighLatency", namespace="prod"}',
        "Next: bob (platform-secondary) is paged in 6m if nobody acknowledges",
        "It opened an incident.",
        "Sunday, 14 June 2026 (CEST)",
        "14:32:00 alice is paged. (page_begun)",
        "deploy abc123",
    ):
        assert part in shown
    assert "delivered" not in shown


def test_messages_and_their_attempts_are_shown_when_asked_for(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [view()]
    shown = run("incidents", "show", "12", "--messages").stdout
    assert "14:32:01 failed: 503" in shown
    assert "14:32:02 delivered" in shown


@pytest.mark.parametrize(("typed", "order"), [
    (["ack", "12"], i.Acknowledge(actor="alice", via="cli")),
    (["resolve", "12", "--note", "rolled back"], i.Resolve(actor="alice", via="cli", note="rolled back")),
    (["mitigate", "12"], i.Mitigate(actor="alice", via="cli")),
    (["escalate", "12"], i.Escalate(actor="alice", via="cli")),
    (["reassign", "12", "--to", "bob"], i.Reassign(actor="alice", person="bob", via="cli")),
    (["reassign", "12", "--policy", "database"], i.Reassign(actor="alice", policy="database", via="cli")),
    (["pull-in", "12", "carol"], i.AddResponder(actor="alice", person="carol", via="cli")),
    (["note", "12", "p99 is 4.2 s"], i.AddNote(actor="alice", text="p99 is 4.2 s", via="cli")),
    (["severity", "12", "sev1"], i.SetSeverity(actor="alice", severity=Severity.SEV1, via="cli")),
    (["snooze", "12", "--until", "2099-01-01T00:00Z"], i.Snooze("alice", datetime(2099, 1, 1, tzinfo=UTC), "cli")),
])  # fmt: skip
def test_an_act_is_sent_as_its_command(
    tocsin: FakeTocsin, run: Run, typed: list[str], order: i.Command
) -> None:
    tocsin.answers = [[acted()]]
    result = run("incidents", *typed)
    assert result.exit_code == 0
    assert tocsin.asked == [r.Act(incidents=(12,), command=order)]
    assert "#12 alice acknowledged it." in result.stdout


def test_several_incidents_are_acted_on_at_once(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[acted(12), acted(13, refused="It is resolved already.")]]
    result = run("incidents", "ack", "12", "13")
    assert result.exit_code == 1
    assert tocsin.asked[0] == r.Act(incidents=(12, 13), command=i.Acknowledge(actor="alice", via="cli"))
    assert "#13 It is resolved already." in result.stdout


def test_somebody_else_may_act(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[acted()]]
    run("incidents", "ack", "12", "--as", "carol")
    assert tocsin.asked == [r.Act(incidents=(12,), command=i.Acknowledge(actor="carol", via="cli"))]


@pytest.mark.parametrize("typed", [
    ["incidents", "reassign", "12"],
    ["incidents", "reassign", "12", "--to", "bob", "--policy", "p"],
    ["incidents", "snooze", "12", "--for", "sideways"],
    ["incidents", "snooze", "12", "--until", "2020-01-01"],
    ["incidents", "severity", "12", "SEV9"],
    ["incidents", "ack", "twelve"],
    ["explain", "nonsense"],
    ["send", "alertname=X", "--annotation", "nonsense"],
    ["silence", "add", "x=1"],
    ["who", "--at", "someday"],
    ["apply", "nowhere.yaml", "--yes"],
])  # fmt: skip
def test_wrong_usage_asks_nobody_and_exits_2(tocsin: FakeTocsin, run: Run, typed: list[str]) -> None:
    result = run(*typed)
    assert result.exit_code == 2
    assert tocsin.asked == []


def test_a_refusal_exits_1_and_names_the_field(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [(404, Refusal("not_found", "there is no incident 99", "incident"))]
    result = run("incidents", "show", "99")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Refused: incident: there is no incident 99" in result.stderr


def test_a_refusal_as_json_is_json_on_stderr(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [(404, Refusal("not_found", "there is no incident 99", "incident"))]
    result = run("incidents", "show", "99", "--json")
    assert result.stdout == ""
    assert '"code": "not_found"' in result.stderr


def view() -> r.IncidentView:
    attempts = (
        r.AttemptView(OPENED + timedelta(seconds=1), "failed", "503"),
        r.AttemptView(OPENED + timedelta(seconds=2), "delivered", ""),
    )
    return r.IncidentView(
        incident=incident(),
        timeline=(
            r.TimelineLine(1, OPENED, "opened_incident", "APIHighLatency opened it."),
            r.TimelineLine(2, OPENED, "page_begun", "alice is paged."),
        ),
        alerts=(alert(),),
        pages=(),
        notifications=(
            r.NotificationView(
                "12.1.1", "page", "webhook", "alice", "hook", "sent", "sent", "", OPENED, attempts
            ),
        ),
        changes=(r.ChangeView(OPENED - timedelta(minutes=7), "deploy abc123", "ci", "pd"),),
        pending=(r.PendingTimer("step", OPENED + timedelta(minutes=10)),),
        next_step="bob (platform-secondary) is paged in 6m if nobody acknowledges",
    )
