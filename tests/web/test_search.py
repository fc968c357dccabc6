"""One box for everything: each kind is found by what people call it, and only by those who may see it."""

import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tests.web.test_pages import page
from tocsin.apps.people.models import Account


@pytest.fixture(autouse=True)
def fire(house: House) -> None:
    house.applies(
        services={
            "task-api": {
                "team": "platform",
                "policy": "platform",
                "runbook_url": "https://runbooks.example.com/task-api",
            }
        }
    )
    house.fires("APIHighLatency", severity="critical", service="task-api", host="db-7")
    house.fires("CertificateOld", severity="warning")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("1", 'href="/incidents/1"'),
        ("%231", 'href="/incidents/1"'),
        ("apihigh", 'href="/incidents/1"'),
        ("db-7", 'href="/incidents/1"'),
        ("CertificateOld", "Alerts that fire"),
        ("bob", "Bob Brandt"),
        ("task-api", "Services"),
        ("task-api", "Runbook of"),
        ("platform", "Escalation policies"),
        ("platform-primary", "Schedules"),
        ("platform", "Teams"),
        ("pagerduty", "Integrations"),
        ("severity%3Dcritical", "See what would happen"),
    ],
)
def test_everything_is_found_by_what_people_call_it(asked: str, expected: str, browser: Client) -> None:
    shown = page(browser, f"/search?q={asked}")
    assert expected in shown


def test_nothing_asked_and_nothing_found_say_what_can_be_asked(browser: Client) -> None:
    assert "Ask for anything" in page(browser, "/search")
    assert "Nothing found" in page(browser, "/search?q=nowhere")


def test_who_may_only_follow_finds_incidents_and_nothing_else(house: House) -> None:
    follower = Client()
    account = Account(login="guest@example.com", created_at=house.now)
    account.set_unusable_password()
    account.save()
    follower.force_login(account, BACKEND)
    assert 'href="/incidents/1"' in page(follower, "/search?q=apihigh")
    shown = page(follower, "/search?q=platform")
    assert "Nothing found" in shown and "Schedules" not in shown
    assert "Nothing found" in page(follower, "/search?q=CertificateOld"), "an alert that is no incident"


HOSTILE = ["%00", "%27%22%29%3B--", "%22", "*", "a" * 5000, "%F0%9F%92%A5", "NOT+AND+OR", "words%3A+x*"]


@pytest.mark.parametrize("asked", HOSTILE)
def test_no_question_is_a_failure(asked: str, browser: Client) -> None:
    page(browser, f"/search?q={asked}")
    page(browser, f"/incidents?state=all&text={asked}")
    page(browser, f"/alerts?text={asked}")
