"""The walking example, through real Prometheus and Alertmanager, all three ways in.

task-api becomes slow, the rule fires, whoever is on call is paged and answers or does not, the latency falls, and the
timeline tells all of it.
"""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Stage
from tests.e2e.programs import answers, eventually
from tests.e2e.tocsin import PROM_KEY, Tocsin
from tests.providers.sink import Received
from tests.providers.smtp import Letter
from tocsin.core.respond.incident import EscalationStatus, State

pytestmark = pytest.mark.e2e

TITLE = "[SEV2] task-api: API p99 latency above 2s"
RUNBOOK = "https://runbooks.example.com/api-high-latency"
SLOW, WELL = 4.2, 0.28  # seconds


def test_by_webhook_silence_leads_to_the_secondary_who_acknowledges_from_the_mail(stage: Stage) -> None:
    node = stage.tocsin()
    stage.prometheus(stage.alertmanager("alertmanager.yml", node))
    stage.furnish(node, wait="2s")
    stage.task_api.latency = SLOW

    push = the_push(stage)
    says_all_that_a_responder_needs(push, node)
    (letter,) = eventually(lambda: stage.letters("bob"), "a letter to the secondary")
    assert letter.mail["Subject"] == TITLE
    assert RUNBOOK in letter.part("plain")

    follow(acknowledge_link(letter), "bob acknowledged it")
    incident = node.view().incident
    assert (incident.state, incident.acknowledged_by) == (State.ACKNOWLEDGED, "bob")
    assert incident.escalation.status is EscalationStatus.STOPPED

    stage.task_api.latency = WELL
    eventually(lambda: node.is_in(State.MITIGATED), "the source resolves it")
    said = node.command("incidents", "resolve", "1", "--note", "rolled back abc123", person="bob")
    assert "#1 bob resolved it" in said

    assert len(stage.pushes("alice")) == 1
    assert [mail.mail["Importance"] for mail in stage.letters("bob")] == ["high", None]  # a page, then news
    assert stage.letters("carol") == []
    tells(
        node,
        "opened_incident: SEV2 for task-api",
        "step_started: Paged alice (platform-primary, step 1 of 3)",
        "sent: Notified alice by phone (ntfy)",
        "step_timed_out: Paged bob (platform-secondary, step 2 of 3): nobody acknowledged within 2s",
        "sent: Notified bob by mail (email)",
        "acknowledged: bob acknowledged it",
        "mitigated: All its alerts ended at their source",
        "resolved_by_person: rolled back abc123",
    )
    (alert,) = node.alerts("APIHighLatency")
    assert (alert.status, alert.why) == ("resolved", "Its sender said it is over.")
    assert stage.outside.messages, "a dead man's switch outside was told that Tocsin lives"


def test_as_pagerduty_the_push_itself_acknowledges_and_only_when_pressed(stage: Stage) -> None:
    node = stage.tocsin()
    stage.prometheus(stage.alertmanager("alertmanager-pagerduty.yml", node))
    stage.furnish(node, wait="1h")
    stage.task_api.errors = 0.1
    eventually(lambda: stage.posts("low"), "the warning in the quiet channel")
    assert "task-api answers more than 1% of requests with an error" in stage.posts("low")[0].body.decode()
    assert node.incidents() == []

    stage.task_api.latency = SLOW
    push = the_push(stage)
    says_all_that_a_responder_needs(push, node)
    link = acknowledge_action(push)
    status, page = answers(link)  # as a link preview does
    assert status == 200
    assert "Acknowledge incident #1?" in page
    assert node.is_in(State.DETECTED), "opening the link changes nothing"
    follow(link, "alice acknowledged it")
    assert node.view().incident.escalation.status is EscalationStatus.STOPPED

    stage.task_api.latency = WELL
    eventually(lambda: node.is_in(State.MITIGATED), "the source resolves it")
    node.command("incidents", "resolve", "1")
    assert node.is_in(State.RESOLVED)
    assert len(stage.pushes("alice")) == 1
    (news,) = stage.letters("alice")
    assert news.mail["Importance"] is None
    assert "All its alerts ended at their source" in news.part("plain")
    assert (stage.letters("bob"), stage.letters("carol"), stage.posts("alerts")) == ([], [], [])
    tells(
        node,
        "opened_incident",
        "step_started: Paged alice",
        "acknowledged: alice acknowledged it",
        "mitigated: All its alerts ended at their source",
        "resolved_by_person: alice",
    )


def test_straight_from_prometheus_acknowledging_on_the_command_line_stops_it(stage: Stage) -> None:
    node = stage.tocsin()
    stage.prometheus(node.address, path_prefix=f"/am/{PROM_KEY}/")
    stage.furnish(node, wait="1h")
    stage.task_api.latency = SLOW

    says_all_that_a_responder_needs(the_push(stage), node)
    assert "alice acknowledged it" in node.command("incidents", "ack", "1")
    assert node.view().incident.escalation.status is EscalationStatus.STOPPED

    stage.task_api.latency = WELL
    eventually(lambda: node.is_in(State.MITIGATED), "the source resolves it")
    node.command("incidents", "resolve", "1")
    assert (len(stage.pushes("alice")), stage.letters("bob")) == (1, [])
    tells(
        node, "step_started: Paged alice", "acknowledged: by cli", "mitigated", "resolved_by_person: by cli"
    )
    shown = node.command("incidents", "show", "1")
    for told in ("Paged alice (platform-primary, step 1 of 3)", "alice acknowledged it", "alice resolved it"):
        assert told in shown


def test_two_nodes_page_once_and_the_death_of_one_delays_nobody(
    stage: Stage, new_database: Callable[[], str]
) -> None:
    database = new_database()
    nodes = [stage.tocsin(name, database) for name in ("first", "second")]
    stage.prometheus(*[node.address for node in nodes], path_prefix=f"/am/{PROM_KEY}/")
    stage.furnish(nodes[0])
    nodes[1].await_ready()
    stage.task_api.latency = SLOW

    the_push(stage)
    (owner,) = [node for node in nodes if node.events("owns detection")]
    (survivor,) = [node for node in nodes if node is not owner]
    owner.kill()
    eventually(lambda: stage.letters("bob"), "a letter to the secondary, from the node that is left")
    assert survivor.view().incident.paged == ("alice", "bob")

    stage.task_api.latency = WELL
    eventually(lambda: survivor.is_in(State.RESOLVED), "nobody had it, so its source resolves it")
    assert survivor.events("owns detection")
    assert (len(stage.pushes("alice")), len(stage.letters("bob"))) == (1, 1)
    tells(survivor, "opened_incident", "step_started: alice", "step_timed_out: bob", "resolved_by_source")


def test_a_dead_prometheus_is_missed_and_nobody_hears_that_the_incident_is_over(stage: Stage) -> None:
    node = stage.tocsin()
    prometheus = stage.prometheus(node.address, path_prefix=f"/am/{PROM_KEY}/")
    stage.furnish(node, wait="7s", heartbeat={"every": "2s", "grace": "6s"})
    stage.task_api.latency = SLOW
    the_push(stage)
    prometheus.kill()

    eventually(lambda: stage.letters("bob"), "the escalation goes on")
    missed = eventually(lambda: node.incident("HeartbeatMissed"), "an incident about the silence")
    eventually(lambda: len(stage.pushes("alice")) == 2, "a page about it")
    assert "Heartbeat prometheus is missing" in stage.pushes("alice")[1].json["title"]
    assert missed.escalation.status is EscalationStatus.RUNNING

    (alert,) = eventually(
        lambda: [one for one in node.alerts("APIHighLatency") if one.status == "source_silent"],
        "the alert's lease ends",
    )
    assert alert.why.startswith("Its sender fell silent; that is not recovery.")
    incident = node.view().incident
    assert (incident.state, incident.source_silent) == (State.DETECTED, 1)
    assert "resolved" not in "".join(line.reason for line in node.view().timeline)
    tells(node, "step_started: alice", "source_silent: That is not recovery", "step_timed_out: bob")


# --- the words of the stories ----------------------------------------------------------------------------------------


def the_push(stage: Stage) -> Received:
    """The first on alice's phone."""
    return eventually(lambda: stage.pushes("alice"), "a push to alice, who is on call")[0]


def says_all_that_a_responder_needs(push: Received, node: Tocsin) -> None:
    told = push.json
    assert told["title"] == TITLE
    assert told["priority"] == 5
    assert told["message"].startswith("Since ")
    assert f"Runbook: {RUNBOOK}" in told["message"]
    assert told["click"] == f"{node.url}/incidents/1"
    assert {"action": "view", "label": "Runbook", "url": RUNBOOK} in told["actions"]
    assert push.headers["Authorization"] == "Bearer tk_ntfy"


def acknowledge_action(push: Received) -> str:
    """What the phone posts to when the button is pressed."""
    (action,) = [one for one in push.json["actions"] if one["label"] == "Acknowledge"]
    assert (action["action"], action["method"]) == ("http", "POST")
    return str(action["url"])


def acknowledge_link(letter: Letter) -> str:
    lines = letter.part("plain").splitlines()
    return lines[lines.index("Acknowledge (opens a page with a button):") + 1]


def follow(link: str, expected: str) -> None:
    """Press the button behind a signed link."""
    status, said = answers(link, "POST", b"")
    assert (status, expected in said) == (200, True), said


def tells(node: Tocsin, *expected: str) -> None:
    """The timeline has these lines in this order, among others: a reason, or a reason and words of its text."""
    lines = [f"{line.reason}: {line.text} by {line.via}" for line in node.view().timeline]
    told = iter(lines)
    for wanted in expected:
        reason, _, words = wanted.partition(": ")
        assert any(line.startswith(f"{reason}: ") and words in line for line in told), (wanted, lines)
