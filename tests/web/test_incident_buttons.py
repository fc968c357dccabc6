"""Every button of an incident: pressed on the page, carried out by the machine process, told on the timeline."""

from datetime import timedelta

import pytest
from django.test import Client

from tests.scenarios.house import House
from tocsin.core.respond.incident import Incident, State
from tocsin.core.severity import Severity

ACT = "/incidents/1/act"


@pytest.fixture(autouse=True)
def fire(house: House) -> None:
    house.fires("APIHighLatency", severity="critical", service="task-api")


def incident(house: House) -> Incident:
    return house.store.read(lambda tx: tx.incidents.peek([1])[1])


def press(browser: Client, **form: str) -> str:
    answer = browser.post(ACT, form)
    assert answer["location"] == "/incidents/1"
    return browser.get("/incidents/1").content.decode()


def test_acknowledge(browser: Client, house: House) -> None:
    shown = press(browser, do="acknowledge")
    assert incident(house).acknowledged_by == "alice", "by her e-mail address she is alice"
    assert "Alice Ames has it" in shown and "message-success" in shown
    assert 'value="acknowledge"' not in shown


def test_a_live_look_in_between_does_not_use_up_the_answer(browser: Client) -> None:
    browser.post(ACT, {"do": "acknowledge"})
    assert "message-success" not in browser.get("/", headers={"X-Tocsin-Live": "1"}).content.decode()
    assert "message-success" in browser.get("/incidents/1").content.decode()


def test_escalate(browser: Client, house: House) -> None:
    before = incident(house).escalation.step
    press(browser, do="escalate")
    assert incident(house).escalation.step == before + 1


def test_resolve_while_it_fires_is_said_to_be_mitigated(browser: Client, house: House) -> None:
    press(browser, do="resolve")
    assert incident(house).state is State.MITIGATED


def test_a_resolved_incident_has_no_buttons_but_a_note(browser: Client, house: House) -> None:
    house.ends("APIHighLatency", severity="critical", service="task-api")
    shown = press(browser, do="resolve")
    assert incident(house).state is State.RESOLVED
    assert 'value="escalate"' not in shown and 'value="note"' in shown


@pytest.mark.parametrize(
    ("form", "length"), [({"for": "2h"}, 120), ({"for_other": "45m"}, 45), ({"for_other": " 1h30m "}, 90)]
)
def test_snooze(form: dict[str, str], length: int, browser: Client, house: House) -> None:
    shown = press(browser, do="snooze", **form)
    until = incident(house).snoozed_until
    assert until is not None
    assert abs(until - house.now - timedelta(minutes=length)) < timedelta(minutes=1)
    assert "snoozed it until" in shown


def test_reassign_to_a_person_and_to_a_policy(browser: Client, house: House) -> None:
    press(browser, do="reassign", to="person:carol")
    assert "carol" in incident(house).paged
    press(browser, do="reassign", to="policy:platform")
    assert incident(house).escalation.step == 0


def test_pull_somebody_in(browser: Client, house: House) -> None:
    press(browser, do="add_responder", person="dan")
    assert incident(house).responders == ("dan",)


def test_change_severity(browser: Client, house: House) -> None:
    press(browser, do="set_severity", severity="SEV1")
    assert incident(house).severity is Severity.SEV1


def test_mitigate(browser: Client, house: House) -> None:
    press(browser, do="mitigate", note="rolled back")
    assert incident(house).state is State.MITIGATED


def test_a_note_is_kept_with_its_name(browser: Client, house: House) -> None:
    shown = press(browser, do="note", note="Rollback began.")
    assert "Rollback began." in shown
    assert "by <bdi>web</bdi>" in shown


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"do": "explode"}, "There is no act"),
        ({"do": "snooze", "for_other": "a while"}, "Say how long"),
        ({"do": "snooze", "for_other": "3d"}, "24 hours at most"),
        ({"do": "snooze", "for_other": "9999999999999999y"}, "Say how long"),
        ({"do": "reassign", "to": ""}, "Choose whom"),
        ({"do": "reassign", "to": "person:nobody-at-all"}, "Not done"),
        ({"do": "add_responder", "person": ""}, "Choose whom"),
        ({"do": "set_severity", "severity": "SEV9"}, "Choose a severity"),
        ({"do": "note", "note": "  "}, "The note is empty"),
        ({"do": "note", "note": "x" * 10_001}, "10,000 characters at most"),
    ],
)
def test_a_mistake_is_said_and_changes_nothing(
    form: dict[str, str], said: str, browser: Client, house: House
) -> None:
    before = incident(house)
    shown = press(browser, **form)
    if "nobody-at-all" not in str(form):
        assert said in shown
    assert incident(house) == before


def test_an_unknown_incident_is_said(browser: Client) -> None:
    answer = browser.post("/incidents/99/act", {"do": "acknowledge", "back": "/"}, follow=True)
    assert "there is no incident 99" in answer.content.decode()


def test_the_button_of_a_list_leads_back_to_the_list(browser: Client, house: House) -> None:
    assert browser.post(ACT, {"do": "acknowledge", "back": "/?x=1"})["location"] == "/?x=1"
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert browser.post(ACT, {"do": "acknowledge", "back": elsewhere})["location"] == "/incidents/1"


def test_a_test_alert_is_sent_and_a_broken_one_is_refused(browser: Client, house: House) -> None:
    shown = browser.post("/alerts/test", {"labels": "alertname=Hello severity=critical"}, follow=True)
    assert "on its way" in shown.content.decode()
    refused = browser.post("/alerts/test", {"labels": ""}, follow=True)
    assert "Not sent" in refused.content.decode()


def test_a_test_page_leads_to_its_incident(browser: Client, house: House) -> None:
    answer = browser.post("/me/test-page")
    assert answer["location"] == "/incidents/2"
    assert "TEST" in browser.get("/incidents/2").content.decode()
