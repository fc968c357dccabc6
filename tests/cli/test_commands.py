"""What each command asks, shows, and answers with its exit code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.cli.conftest import FakeTocsin, Run, as_json

from tocsin.control import requests as r
from tocsin.control.answers import Refusal
from tocsin.core.respond import incident as i
from tocsin.core.respond.incident import Incident, State
from tocsin.core.severity import Severity

OPENED = datetime(2026, 6, 14, 12, 32, tzinfo=UTC)


def incident(**changed: Any) -> Incident:
    given: dict[str, Any] = {
        "id": 12,
        "title": "APIHighLatency",
        "severity": Severity.SEV2,
        "opened_at": OPENED,
        "service": "task-api",
        "summary": "p99 over [2 s]",
        "labels": {"alertname": "APIHighLatency", "namespace": "prod"},
        "paged": ("alice",),
    }
    return Incident(**given | changed)


def acted(number: int = 12, refused: str = "") -> r.Acted:
    return r.Acted(number, "acknowledged", "acknowledged", "alice acknowledged it.", refused)


# --- incidents -------------------------------------------------------------------------------------------------------


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


def alert() -> r.AlertView:
    return r.AlertView(
        id=7,
        labels={"alertname": "APIHighLatency", "namespace": "prod"},
        annotations={},
        status="firing",
        reason="opened_incident",
        why="It opened an incident.",
        integration="prom",
        starts_at=OPENED,
        first_seen=OPENED,
        incident=12,
    )


# --- alerts ----------------------------------------------------------------------------------------------------------


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


# --- on call ---------------------------------------------------------------------------------------------------------


def who_view(*people: str) -> r.WhoView:
    return r.WhoView(
        schedule="platform-primary",
        team="platform",
        people=people,
        names=tuple(f"{person.title()} Ames" for person in people),
        by="layer 1",
        until=OPENED + timedelta(days=1),
        next_people=("bob",),
        next_at=OPENED + timedelta(days=1),
    )


def test_who_shows_now_and_next(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[who_view("alice")]]
    result = run("who")
    assert result.exit_code == 0
    assert "alice Alice Ames" in result.stdout
    assert "2026-06-15 14:32 CEST" in result.stdout
    assert tocsin.asked == [r.Who()]


def test_who_at_an_instant_on_one_schedule(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[who_view("alice")]]
    run("who", "--at", "2026-06-14 14:32", "--schedule", "platform-primary")
    assert tocsin.asked == [r.Who(schedule="platform-primary", at=OPENED)]


def test_nobody_on_the_asked_schedule_exits_1(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[who_view()]]
    result = run("who", "--schedule", "platform-primary")
    assert result.exit_code == 1
    assert "nobody" in result.stdout
    assert "tocsin override add" in result.stdout


def operational(kind: str, what: str) -> r.OperationalView:
    return r.OperationalView(
        kind, "3f2a1c9e-aaaa", "active", OPENED, OPENED + timedelta(hours=2), what, "alice", "load test"
    )


def test_a_silence_is_added_until_its_end(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [operational("silences", 'service="task-api"')]
    result = run(
        "silence", "add", 'service="task-api"', "--until", "2099-06-14 16:00", "--comment", "load test"
    )
    (asked,) = tocsin.asked
    assert asked == r.AddSilence(
        ('service="task-api"',), datetime(2099, 6, 14, 14, tzinfo=UTC), None, "load test"
    )
    assert "tocsin silence end 3f2a1c9e-aaaa" in result.stdout


def test_a_maintenance_and_an_override_are_added(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [operational("maintenance", "task-api")]
    span = ["--from", "2099-06-14 14:00", "--until", "2099-06-14 16:00"]
    run("maintenance", "add", "task-api", "worker", *span)
    run("override", "add", "platform-primary", "bob", *span, "--kind", "add")
    starts, ends = datetime(2099, 6, 14, 12, tzinfo=UTC), datetime(2099, 6, 14, 14, tzinfo=UTC)
    assert tocsin.asked == [
        r.AddMaintenance(("task-api", "worker"), ends, starts),
        r.AddOverride("platform-primary", "bob", ends, starts, kind="add"),
    ]


def test_an_end_is_mandatory(tocsin: FakeTocsin, run: Run) -> None:
    assert run("silence", "add", 'service="task-api"').exit_code == 2


def test_what_holds_is_listed_and_ended_by_the_beginning_of_its_id(tocsin: FakeTocsin, run: Run) -> None:
    one = operational("silences", 'service="task-api"')
    tocsin.answers = [[one], [one], one]
    assert "3f2a1c9e" in run("silence", "list").stdout
    assert run("silence", "end", "3f2a").exit_code == 0
    assert tocsin.asked[-1] == r.EndOperational("silences", "3f2a1c9e-aaaa")


def test_a_beginning_that_fits_two_ids_ends_neither(tocsin: FakeTocsin, run: Run) -> None:
    one = operational("overrides", "bob")
    two = r.OperationalView("overrides", "3f2b", "active", OPENED, OPENED, "carol")
    tocsin.answers = [[one, two]]
    result = run("override", "end", "3f2")
    assert result.exit_code == 1
    assert len(tocsin.asked) == 1


# --- status ----------------------------------------------------------------------------------------------------------


def test_status_says_when_nothing_is_configured_yet(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [r.StatusView("0.1.0", "n1", "sqlite", 0, "", 3, 0, {"step": 2})]
    shown = run("status").stdout
    for part in ("0.1.0", "tocsin apply FILE", "nobody processes alerts", "3 waiting", "step 2"):
        assert part in shown
