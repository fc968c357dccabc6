"""Signing in and out, and what holds for every form and every page behind it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, override_settings

from tests.web.conftest import PASSWORD
from tocsin.apps.people import throttle
from tocsin.apps.people.models import Account, Throttle

NOW = datetime(2026, 6, 14, 14, 0, tzinfo=UTC)
RIGHT = {"email": "Alice@example.com ", "password": PASSWORD}
WRONG = {"email": "alice@example.com", "password": "a guess"}
PRIVATE = ("/", "/incidents", "/incidents/1", "/alerts", "/on-call", "/me", "/me/password", "/design")


def _from(address: str) -> Client:
    return Client(HTTP_X_FORWARDED_FOR=address)


@pytest.mark.parametrize("page", PRIVATE)
def test_no_page_shows_itself_to_strangers(page: str, stranger: Client) -> None:
    assert stranger.get(page)["location"] == f"/sign-in?next={page}"


def test_the_right_password_signs_in(alice: Account, stranger: Client) -> None:
    assert stranger.post("/sign-in", RIGHT)["location"] == "/"
    assert stranger.get("/").status_code == 200


def test_a_wrong_password_and_a_wrong_name_are_told_apart_by_nobody(alice: Account, stranger: Client) -> None:
    known = stranger.post("/sign-in", WRONG)
    unknown = stranger.post("/sign-in", WRONG | {"email": "nobody@example.com"})
    assert known.status_code == unknown.status_code == 422
    assert "do not belong together" in known.content.decode()
    assert "do not belong together" in unknown.content.decode()


def test_an_account_that_was_closed_cannot_sign_in(alice: Account, stranger: Client) -> None:
    Account.objects.update(is_active=False)
    assert stranger.post("/sign-in", RIGHT).status_code == 422


def test_after_signing_in_one_is_where_one_wanted_to_be(alice: Account, stranger: Client) -> None:
    assert stranger.post("/sign-in", RIGHT | {"next": "/incidents/7"})["location"] == "/incidents/7"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_no_link_leads_out_of_the_house_by_way_of_signing_in(
    elsewhere: str, alice: Account, stranger: Client
) -> None:
    assert stranger.post("/sign-in", RIGHT | {"next": elsewhere})["location"] == "/"


def test_signing_in_begins_a_new_session(alice: Account, stranger: Client) -> None:
    session = stranger.session
    session["planted"] = "by somebody"
    session.save()
    stranger.post("/sign-in", RIGHT)
    assert stranger.session.session_key != session.session_key


def test_signing_out_ends_the_session(browser: Client) -> None:
    assert browser.get("/sign-out").status_code == 405
    browser.post("/sign-out")
    assert browser.get("/").status_code == 302


def test_guessing_waits_longer_and_longer(alice: Account) -> None:
    guesser = _from("192.0.2.9")
    for _ in range(5):
        assert guesser.post("/sign-in", WRONG).status_code == 422
    refused = guesser.post("/sign-in", RIGHT)
    assert refused.status_code == 429
    assert "Too many tries" in refused.content.decode()


def test_guessing_from_elsewhere_does_not_keep_the_owner_out(alice: Account) -> None:
    for _ in range(6):
        _from("192.0.2.9").post("/sign-in", WRONG)
    assert _from("198.51.100.7").post("/sign-in", RIGHT).status_code == 302


def test_the_wait_doubles_and_has_an_end() -> None:
    now, waits = NOW, []
    for _ in range(20):
        assert throttle.begin_try("alice@example.com", "192.0.2.9", now) is None
        until = Throttle.objects.get(key="pair|192.0.2.9|alice@example.com").until
        waits.append(until - now)
        now = max(now, until)
    assert waits[:4] == [timedelta(0)] * 4
    assert waits[4:8] == [timedelta(seconds=s) for s in (1, 2, 4, 8)]
    assert waits[-1] == timedelta(minutes=15)


def test_an_address_that_tries_many_accounts_waits_too() -> None:
    for number in range(30):
        assert throttle.begin_try(f"person{number}@example.com", "192.0.2.9", NOW) is None
    assert throttle.begin_try("yet-another@example.com", "192.0.2.9", NOW) is not None
    assert throttle.begin_try("yet-another@example.com", "198.51.100.7", NOW) is None


def test_an_account_that_is_guessed_at_from_everywhere_waits_seconds_only() -> None:
    for number in range(100):
        assert throttle.begin_try("alice@example.com", f"198.51.100.{number}", NOW) is None
    wait = throttle.begin_try("alice@example.com", "192.0.2.1", NOW)
    assert wait is not None and wait <= timedelta(seconds=30)


def test_signing_in_forgets_ones_own_mistakes() -> None:
    for _ in range(4):
        throttle.begin_try("alice@example.com", "192.0.2.9", NOW)
    throttle.succeeded("alice@example.com", "192.0.2.9", NOW)
    for _ in range(4):
        assert throttle.begin_try("alice@example.com", "192.0.2.9", NOW) is None


def test_failures_are_forgotten_after_a_day() -> None:
    for _ in range(5):
        throttle.begin_try("alice@example.com", "192.0.2.9", NOW)
    throttle.begin_try("alice@example.com", "192.0.2.9", NOW + timedelta(hours=25))
    assert Throttle.objects.get(key="pair|192.0.2.9|alice@example.com").failures == 1
    throttle.forget_old(NOW + timedelta(hours=50))
    assert not Throttle.objects.exists()


@pytest.mark.parametrize(
    "page", ["/sign-in", "/sign-out", "/incidents/1/act", "/alerts/test", "/me", "/me/password"]
)
def test_a_form_without_its_token_is_refused(page: str, alice: Account) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    refused = client.post(page, {"do": "resolve", "person": "bob"})
    assert refused.status_code == 403
    assert "This form was not taken" in refused.content.decode()


def test_a_button_pressed_after_the_session_ended_leads_back_to_its_page(stranger: Client) -> None:
    answer = stranger.post(
        "/incidents/7/act", {"do": "acknowledge"}, HTTP_REFERER="http://testserver/incidents/7"
    )
    assert answer["location"] == "/sign-in?next=/incidents/7"
    elsewhere = stranger.post("/incidents/7/act", {}, HTTP_REFERER="http://evil.example/x")
    assert elsewhere["location"] == "/sign-in?next=/"


def test_the_password_changes_for_who_knows_the_old_one(browser: Client, alice: Account) -> None:
    new = {"new_password": "a brand new secret", "again": "a brand new secret"}
    assert "not your password" in browser.post("/me/password", {"password": "a guess"} | new).content.decode()
    other = Client()
    other.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    assert browser.post("/me/password", {"password": PASSWORD} | new)["location"] == "/me"
    assert browser.get("/").status_code == 200
    assert other.get("/").status_code == 302, "other sessions end with the old password"
    assert Client().post("/sign-in", RIGHT | {"password": "a brand new secret"}).status_code == 302


def test_only_administrators_see_the_design_system(browser: Client, alice: Account) -> None:
    assert browser.get("/design").status_code == 200
    Account.objects.update(is_admin=False)
    assert browser.get("/design").status_code == 403


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(alice: Account, stranger: Client) -> None:
    stranger.get("/sign-in")
    stranger.post("/sign-in", RIGHT)
    for name in ("tocsin_session", "tocsin_csrf"):
        cookie = stranger.cookies[name]
        assert cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["secure"]


def test_cookies_are_for_https_alone_when_the_request_came_that_way(alice: Account) -> None:
    secure = Client(HTTP_X_FORWARDED_PROTO="https")
    secure.get("/sign-in")
    secure.post("/sign-in", RIGHT)
    assert secure.cookies["tocsin_session"]["secure"] and secure.cookies["tocsin_csrf"]["secure"]


@override_settings(PUBLIC_URL="https://tocsin.example.com")
def test_behind_a_proxy_that_ends_the_encryption_forms_are_taken_and_cookies_secure(alice: Account) -> None:
    client = Client(enforce_csrf_checks=True, HTTP_HOST="tocsin.example.com", HTTP_X_FORWARDED_PROTO="http")
    client.get("/sign-in")
    token = client.cookies["tocsin_csrf"].value
    form = RIGHT | {"csrfmiddlewaretoken": token}
    assert client.post("/sign-in", form, HTTP_ORIGIN="http://evil.example").status_code == 403
    assert client.post("/sign-in", form, HTTP_ORIGIN="https://tocsin.example.com").status_code == 302
    assert client.cookies["tocsin_session"]["secure"]


@pytest.mark.parametrize("page", ["/sign-in", "/nothing-here", "/"])
def test_every_page_tells_browsers_what_it_may_do(page: str, browser: Client) -> None:
    headers = browser.get(page).headers
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
