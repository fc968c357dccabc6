"""A person reports a problem: an incident like any other, paging by its service's policy."""

from typing import cast

import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tests.web.test_pages import page
from tocsin.apps.people.models import Account
from tocsin.control.requests import Accepted, OpenIncident, Refused
from tocsin.core.respond.incident import Kind
from tocsin.core.severity import Severity

REPORT = {"title": "Checkout hangs", "severity": "SEV2", "service": "task-api", "summary": "Nobody can pay."}


def test_a_report_opens_an_incident_and_pages_who_is_on_call(browser: Client, house: House) -> None:
    answer = browser.post("/incidents/new", REPORT)
    assert answer["location"] == "/incidents/1"
    incident = house.incident(1)
    assert (incident.title, incident.service, incident.team) == ("Checkout hangs", "task-api", "platform")
    assert incident.detected_by == "alice" and incident.paged
    assert [heard for heard in house.pages() if "Checkout hangs" in heard.message.title + heard.message.text]
    shown = page(browser, "/incidents/1")
    assert "Nobody can pay." in shown and "No alert stands behind it" in shown


def test_a_second_click_is_not_a_second_incident(browser: Client, house: House) -> None:
    browser.post("/incidents/new", REPORT)
    again = browser.post("/incidents/new", REPORT, follow=True)
    assert "it is incident 1" in again.content.decode()
    assert len(house.incidents()) == 1


def test_without_service_and_policy_it_is_a_ticket_and_says_so(browser: Client, house: House) -> None:
    shown = browser.post("/incidents/new", {**REPORT, "service": ""}, follow=True).content.decode()
    assert "It is a ticket: nobody is paged." in shown
    assert house.incident(1).kind is Kind.TICKET


def test_a_policy_may_be_named_instead(browser: Client, house: House) -> None:
    browser.post("/incidents/new", {**REPORT, "service": "", "policy": "platform"})
    assert house.incident(1).paged


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "Say in a few words"),
        ({"title": "   "}, "Say in a few words"),
        ({"title": "x" * 301}, "300"),
        ({"severity": ""}, "Choose how bad"),
        ({"severity": "SEV9"}, "Choose how bad"),
        ({"service": "no-such"}, "valid choice"),
        ({"policy": "no-such"}, "valid choice"),
        ({"summary": "x" * 10_001}, "10000"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_opens_nothing(
    wrong: dict[str, str], said: str, browser: Client, house: House
) -> None:
    answer = browser.post("/incidents/new", {**REPORT, **wrong})
    assert answer.status_code == 400 and said in answer.content.decode()
    assert house.incidents() == []


def test_the_form_shows_the_written_criteria(browser: Client, house: House) -> None:
    shown = page(browser, "/incidents/new?service=billing")
    assert "Outage or data loss; most users affected." in shown
    assert '<option value="billing" selected>' in shown


def test_the_engine_refuses_what_it_does_not_know(house: House) -> None:
    for request, field in (
        (OpenIncident("  ", Severity.SEV1), "title"),
        (OpenIncident("x" * 301, Severity.SEV1), "title"),
        (OpenIncident("x", Severity.SEV1, summary="x" * 10_001), "summary"),
        (OpenIncident("x", Severity.SEV1, service="none"), "service"),
        (OpenIncident("x", Severity.SEV1, policy="none"), "policy"),
    ):
        with pytest.raises(Refused) as refused:
            house.ask(request)
        assert refused.value.field == field
    assert house.incidents() == []


def test_sev4_pages_nobody(house: House) -> None:
    accepted = cast(Accepted, house.ask(OpenIncident("Typo", Severity.SEV4, service="task-api")))
    assert not house.incident(accepted.incident).paged


def test_who_may_only_follow_sees_an_incident_without_buttons(browser: Client, house: House) -> None:
    browser.post("/incidents/new", REPORT)
    house.fires("APIHighLatency", severity="critical", service="task-api")
    follower = Client()
    account = Account(login="guest@example.com", created_at=house.now)
    account.set_unusable_password()
    account.save()
    follower.force_login(account, BACKEND)
    for address in ("/", "/incidents", "/incidents/1", "/incidents/2"):
        shown = page(follower, address)
        assert "Checkout hangs" in shown or "APIHighLatency" in shown
        for button in (
            'name="do"',
            "/silences/new",
            "/incidents/new",
            "/explain",
            'href="/alerts',
            'id="send-test"',
        ):
            assert button not in shown, (address, button)
    for address in ("/alerts", "/silences", "/maintenance", "/explain", "/incidents/new", "/silences/new"):
        assert follower.get(address).status_code == 403, address
    assert follower.post("/incidents/act", {"incident": "1", "do": "resolve"}).status_code == 403
