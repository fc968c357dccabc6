"""Every page, on an empty and on a filled store: it answers, says what to do next, and asks the database little."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tocsin.apps.people.models import Account
from tocsin.control.live_updates import verify
from tocsin.control.oncall.who import who
from tocsin.control.requests import Act, Who
from tocsin.core.oncall.wall_clock import zone
from tocsin.core.respond.incident import Acknowledge, Snooze

PAGES = (
    "/",
    "/incidents",
    "/incidents?state=all",
    "/alerts",
    "/alerts?status=all",
    "/on-call",
    "/me",
    "/me/password",
    "/design",
)
MOST_QUERIES = 12


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def filled(house: House) -> None:
    """Something of everything: open, acknowledged, snoozed, resolved, a ticket, a suppressed alert, a deploy."""
    house.deploys("Deployed task-api abc123")
    house.fires("APIHighLatency", severity="critical", service="task-api")
    house.fires("DiskFull", severity="outage")
    house.fires("QueueLong", severity="minor")
    house.fires("CertificateOld", severity="warning")
    house.ask(Act((2,), Acknowledge("")), "alice", "web")
    house.ask(Act((3,), Snooze("", house.now + timedelta(hours=2))), "bob", "web")
    house.pagerduty("trigger", "k1", "Checkout is slow")
    house.passes(minutes=12)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_an_empty_house_answers(address: str, browser: Client) -> None:
    page(browser, address)


@pytest.mark.parametrize("address", [*PAGES, "/incidents/1", "/incidents/2", "/incidents/3", "/incidents/4"])
def test_a_page_of_a_busy_house_answers_with_few_queries(address: str, browser: Client, house: House) -> None:
    filled(house)
    page(browser, address)  # the configuration is read once
    with CaptureQueriesContext(connection) as queries:
        page(browser, address)
    assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]


def test_an_unconfigured_house_says_how_to_begin(browser: Client) -> None:
    shown = page(browser, "/")
    assert "Nothing is configured yet" in shown and "tocsin apply" in shown


def test_a_calm_house_says_so_and_offers_a_test_alert(browser: Client, house: House) -> None:
    shown = page(browser, "/")
    assert "All quiet" in shown and "Send a test alert" in shown


def test_the_now_page_puts_first_what_needs_me(browser: Client, house: House) -> None:
    on_call = next(key for key in ("alice", "bob") if _is_on_call(house, key))
    house.fires("APIHighLatency", severity="critical", service="task-api")
    other = Client()
    other.force_login(_account("carol"), BACKEND)
    assert "Needs you" not in page(other, "/")
    mine = Client()
    mine.force_login(_account(on_call), BACKEND)
    assert "Needs you" in page(mine, "/") and "You are on call for" in page(mine, "/")


def _is_on_call(house: House, key: str) -> bool:
    (view,) = who(house.world.engine.facts.current, Who("platform-primary"), house.now)
    return key in view.people


def _account(key: str) -> Account:
    account, _ = Account.objects.get_or_create(
        login=f"{key}@example.com", defaults={"created_at": datetime(2026, 6, 1, tzinfo=UTC)}
    )
    return account


def test_an_incident_answers_what_how_bad_since_when_and_what_first(browser: Client, house: House) -> None:
    notes = {
        "summary": "API p99 latency above 2s",
        "description": "p99 is 4.2s",
        "runbook_url": "https://runbooks.example.com/api",
    }
    house.fires("APIHighLatency", severity="critical", service="task-api", annotations=notes)
    house.deploys("Deployed task-api abc123")
    shown = page(browser, "/incidents/1")
    for expected in (
        "API p99 latency above 2s",
        "SEV2",
        "detected",
        "task-api",
        "p99 is 4.2s",
        'href="https://runbooks.example.com/api"',
        'value="acknowledge"',
        'value="escalate"',
        'value="resolve"',
        "if nobody acknowledges",
        "Deployed task-api abc123",
        "opened incident",
    ):
        assert expected in shown, expected


def test_an_unknown_incident_is_a_page_in_the_houses_style(browser: Client) -> None:
    for number in ("77", str(10**30)):
        missing = browser.get(f"/incidents/{number}")
        assert missing.status_code == 404
        assert "There is no incident" in missing.content.decode()
    assert browser.get("/nothing/here").status_code == 404


def test_the_list_is_filtered_by_its_address(browser: Client, house: House) -> None:
    house.fires(
        "APIHighLatency", severity="critical", service="task-api", annotations={"summary": "The API is slow"}
    )
    house.fires("DiskFull", severity="outage", service="billing", annotations={"summary": "The disk is full"})
    assert "The disk is full" not in page(browser, "/incidents?service=task-api")
    assert "The API is slow" not in page(browser, "/incidents?severity=sev1")
    assert "The API is slow" in page(browser, "/incidents?text=SLOW")
    assert "No incident matches" in page(browser, "/incidents?text=nowhere")
    assert "The disk is full" not in page(browser, "/incidents?state=over")


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=-1", "before=99999999999999999999", "state=%00", "text=%00%FF", "severity='"],
)
def test_a_filter_that_makes_no_sense_is_no_failure(query: str, browser: Client, house: House) -> None:
    house.fires("APIHighLatency", severity="critical")
    page(browser, f"/incidents?{query}")
    page(browser, f"/alerts?{query}&status=x&reason=y")


def test_long_lists_go_on_on_the_next_page(browser: Client, house: House) -> None:
    house.fire([(f"Alert{number:03}", {"severity": "critical"}) for number in range(60)])
    first = page(browser, "/incidents")
    assert first.count('class="row-title"') == 50
    before = first.partition("?before=")[2].partition('"')[0]
    second = page(browser, f"/incidents?before={before}")
    assert second.count('class="row-title"') == 10 and "Newer" in second
    assert page(browser, "/alerts").count('class="alert-row"') == 50


def test_an_incident_of_a_storm_shows_the_newest_alerts_only(browser: Client, house: House) -> None:
    house.fire([("Storm", {"severity": "critical", "pod": f"p{number}"}) for number in range(80)])
    shown = page(browser, "/incidents/1")
    assert shown.count('class="alert-row"') == 50
    assert "30 more are not shown" in shown


def test_an_alert_says_why_it_paged_nobody(browser: Client, house: House) -> None:
    house.fires("CertificateOld", severity="warning")
    assert "Its route posts to a chat and pages nobody." in page(browser, "/alerts")
    assert "CertificateOld" in page(browser, "/alerts?reason=sent_to_chat")
    assert "CertificateOld" not in page(browser, "/alerts?reason=silenced")


def test_times_are_in_the_readers_zone_with_the_instant_in_utc_beside(browser: Client, house: House) -> None:
    house.fires("APIHighLatency", severity="critical")
    shown = page(browser, "/incidents/1")
    local = house.now.astimezone(zone("Europe/Berlin"))
    assert f'title="{house.now:%Y-%m-%d %H:%M:%S} UTC">{local:%H:%M}</time>' in shown


def test_without_a_person_the_browsers_zone_counts(house: House, alice: Account) -> None:
    Account.objects.update(login="somebody@example.com")
    client = Client()
    client.force_login(alice, BACKEND)
    client.cookies["tocsin_zone"] = "Asia/Tokyo"
    assert "Times in Asia/Tokyo" in page(client, "/on-call")
    client.cookies["tocsin_zone"] = "../../etc/passwd"
    assert "Times in UTC" in page(client, "/on-call")


def test_the_pages_of_an_incident_listen_to_it_alone(browser: Client, house: House) -> None:
    house.fires("APIHighLatency", severity="critical")
    token = page(browser, "/incidents/1").partition('name="live-token" content="')[2].partition('"')[0]
    assert verify(settings.SECRET_KEY.encode(), token, timezone.now()) == ("incident:1", "configuration")
    assert verify(settings.SECRET_KEY.encode(), token, timezone.now() + timedelta(hours=13)) is None


def test_a_person_can_be_chosen_once(browser: Client, alice: Account, house: House) -> None:
    browser.post("/me", {"person": "bob"})
    alice.refresh_from_db()
    assert alice.person == "bob"
    other = Client()
    carol = _account("carol")
    carol.is_admin = True
    carol.save()
    other.force_login(carol, BACKEND)
    assert "is Bob Brandt already" in other.post("/me", {"person": "bob"}, follow=True).content.decode()
    browser.post("/me", {"person": "mallory"})
    alice.refresh_from_db()
    assert alice.person == "bob"


def test_static_files_are_kept_for_good_under_names_of_their_content(browser: Client) -> None:
    address = page(browser, "/").partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = browser.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert browser.get("/static/web/tokens.css").status_code == 404
    b"".join(answer)
    answer.close()
