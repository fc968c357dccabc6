"""Requests that mean harm: from other sites, with forged sessions, to lead people away, to reach another team's things."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import Client, override_settings

from tests.scenarios.house import House
from tests.web.conftest import BACKEND, PASSWORD
from tests.web.test_permissions import PAGES, PUBLIC, pages
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.actions import become
from tocsin.apps.people.models import Account, ApiToken, Membership
from tocsin.control.callers import digest_of
from tocsin.control.requests import PutNoun
from tocsin.core.roles import Permission

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
)
SERVICE = {"team": "platform", "policy": "platform"}


@pytest.fixture
def lived_in(house: House) -> House:
    house.fires("DiskFull", severity="critical", service="task-api")
    return house


# --- from another site -----------------------------------------------------------------------------------------------


def test_no_form_is_taken_from_another_site(alice: Account, lived_in: House) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(alice, BACKEND)
    for name, address in pages():
        if address.startswith("/api/"):
            continue  # no session counts there
        response = client.post(address, {"do": "resolve"}, HTTP_ORIGIN="https://evil.example")
        assert response.status_code in (403, 405), (name, response.status_code)


def test_the_token_of_another_browsers_form_is_none(alice: Account, lived_in: House) -> None:
    """Whoever has an account gets good tokens, and could put one into a form on their own site."""
    theirs = Client(enforce_csrf_checks=True)
    theirs.force_login(member("responder", "platform"), BACKEND)
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', theirs.get("/").content.decode())
    assert found
    victim = Client(enforce_csrf_checks=True)
    victim.force_login(alice, BACKEND)
    victim.get("/")
    form = {"do": "resolve", "csrfmiddlewaretoken": found[1]}
    assert victim.post("/incidents/1/act", form).status_code == 403
    assert lived_in.incident(1).is_open


def test_no_session_opens_the_api(browser: Client, lived_in: House) -> None:
    act = {"action": "acknowledge"}
    response = browser.post("/api/v1/incidents/1/acts", json.dumps(act), content_type="application/json")
    assert response.status_code == 401
    assert lived_in.incident(1).acknowledged_by is None


def test_nobody_frames_a_page_or_puts_script_into_it(browser: Client, lived_in: House) -> None:
    for name, address in pages():
        policy = browser.get(address).headers.get("content-security-policy", "")
        assert "frame-ancestors 'none'" in policy and "script-src 'self';" in policy, name
        assert "unsafe" not in policy and "*" not in policy, name


# --- to lead people away ---------------------------------------------------------------------------------------------


def leads_to(response: Any) -> str:
    return urlsplit(response.headers.get("Location", "")).netloc


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_address_leads_out_of_the_house(elsewhere: str, alice: Account, lived_in: House) -> None:
    asked = {"next": elsewhere, "to": elsewhere, "back": elsewhere, "return": elsewhere, "url": elsewhere}
    for signed_in in (False, True):
        for name, address in pages():
            client = Client(raise_request_exception=False)
            if signed_in:
                client.force_login(alice, BACKEND)
            for response in (
                client.get(address, asked),
                client.post(address, asked, HTTP_REFERER=elsewhere.strip()),
            ):
                assert leads_to(response) in ("", "testserver"), (name, response["Location"])


def test_signing_in_leads_to_no_other_site(alice: Account, stranger: Client) -> None:
    for elsewhere in ELSEWHERE:
        form = {"email": alice.login, "password": PASSWORD, "next": elsewhere}
        assert leads_to(Client().post("/sign-in", form)) == ""


# What is done when the form is good; the page above sends forms that mostly are not.
GOOD_FORMS: dict[str, dict[str, str]] = {
    "/me/confirm": {"password": PASSWORD},
    "/me/theme": {"theme": "dark"},
    "/incidents/1/act": {"do": "acknowledge"},
    "/incidents/act": {"do": "acknowledge", "incident": "1"},
    "/silences/new": {"written": 'alertname="Other"', "for": "1h", "comment": "quiet"},
    "/sign-out": {},
}


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_form_that_is_taken_leads_out_of_the_house(
    elsewhere: str, browser: Client, alice: Account, lived_in: House
) -> None:
    for address, form in GOOD_FORMS.items():
        response = browser.post(address, {**form, "back": elsewhere, "next": elsewhere})
        assert response.status_code == 302, (address, response.status_code)
        assert leads_to(response) == "" and response["Location"].startswith("/"), (
            address,
            response["Location"],
        )


# --- forged sessions -------------------------------------------------------------------------------------------------


def turned_away(client: Client) -> bool:
    response = client.get("/incidents")
    return response.status_code == 302 and response["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    "cookie", ["", "x", "a" * 32, "../../secret.key", "\x00", "1' OR '1'='1", "é" * 40, "x" * 4000]
)
def test_a_made_up_session_is_none(cookie: str, lived_in: House) -> None:
    client = Client(raise_request_exception=False)
    client.cookies["tocsin_session"] = cookie
    assert turned_away(client)


def test_a_session_whose_content_was_changed_is_none(browser: Client, lived_in: House) -> None:
    for session in Session.objects.all():
        data, mark, signature = session.session_data.rpartition(":")
        session.session_data = data[:-1] + ("A" if data[-1] != "A" else "B") + mark + signature
        session.save()
    assert turned_away(browser)


def test_a_session_signed_with_another_key_is_none(alice: Account, lived_in: House) -> None:
    """As somebody would write it who reached the database, but not the key."""
    with override_settings(SECRET_KEY="guessed"):
        forged = Client()
        forged.force_login(alice, BACKEND)
    assert turned_away(forged)


def test_a_session_bound_to_another_password_is_none(
    browser: Client, alice: Account, lived_in: House
) -> None:
    """A session of one's own, rewritten to be somebody else's."""
    other = member("observer", "platform")
    session = browser.session
    session["_auth_user_id"] = str(other.pk)
    session.save()
    assert turned_away(browser)


def test_a_session_ends_with_its_account(browser: Client, alice: Account, lived_in: House) -> None:
    Account.objects.filter(id=alice.id).update(is_active=False)
    assert turned_away(browser)


def test_a_session_ends_with_the_password_it_began_with(
    browser: Client, alice: Account, lived_in: House
) -> None:
    alice.set_password("another good password")
    alice.save()
    assert turned_away(browser)


def test_a_role_that_was_taken_is_gone_with_the_next_request(lived_in: House) -> None:
    account = member("manager", "platform")
    client = signed_in(account)
    assert client.get("/alerts").status_code == 200
    account.memberships.all().delete()
    assert client.get("/alerts").status_code == 403


# --- another team's things -------------------------------------------------------------------------------------------


def member(role: str, team: str) -> Account:
    account = Account(login=f"{role}-{team}@elsewhere.example", created_at=datetime.now(UTC))
    account.save()
    Membership(account=account, team=team, role=role).save()
    return account


def signed_in(account: Account) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(account, BACKEND)
    return client


@pytest.fixture
def two_teams(lived_in: House) -> House:
    lived_in.ask(PutNoun("teams", "shop", {"members": ["carol"]}))
    lived_in.ask(PutNoun("services", "shop", {"team": "shop", "policy": "platform"}))
    lived_in.ask(PutNoun("services", "ours", SERVICE))
    lived_in.ask(PutNoun("services", "nobodys", {"policy": "platform"}))
    return lived_in


def token(account: Account | None, team: str | None = None) -> dict[str, str]:
    secret = f"tocsin_{account.login if account else team}"
    ApiToken(
        digest=digest_of(secret),
        account=account,
        scopes=" ".join(Permission),
        team=team,
        created_at=datetime.now(UTC),
    ).save()
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


def puts(client: Client, service: str, team: str, headers: dict[str, Any]) -> int:
    body = json.dumps({"team": team, "policy": "platform"})
    return client.put(
        f"/api/v1/services/{service}", body, content_type="application/json", **headers
    ).status_code


def test_a_manager_cannot_reach_another_teams_things_by_the_api(two_teams: House) -> None:
    client, manages_shop = Client(raise_request_exception=False), token(member("manager", "shop"))
    before = facts().services
    assert puts(client, "ours", "platform", manages_shop) == 403
    assert puts(client, "ours", "shop", manages_shop) == 403
    assert puts(client, "shop", "platform", manages_shop) == 403
    assert puts(client, "nobodys", "shop", manages_shop) == 403
    assert client.delete("/api/v1/services/ours", **manages_shop).status_code == 403
    assert facts().services == before
    assert puts(client, "shop", "shop", manages_shop) < 300


OTHERS: dict[str, dict[str, Any]] = {
    "/schedules/platform-primary": {"team": "shop", "time_zone": "UTC", "layers": []},
    "/policies/platform": {
        "team": "shop",
        "steps": [{"page": "carol", "wait": "10m"}],
        "last_resort": ["carol"],
    },
    "/integrations/prom": {"type": "prometheus", "key": "a long random text", "service": "shop"},
    "/teams/platform": {"members": ["carol"], "lead": "carol"},
    "/chats/ops": {"webhook": "https://hooks.example.com/x"},
    "/people/carol": {"name": "Carol", "admin": True},
    "/routes": {"page": "shop"},
    "/defaults": {"flap_window": "1m"},
}


@pytest.mark.parametrize("path", OTHERS)
def test_a_manager_takes_nothing_of_another_team_or_of_the_house(path: str, two_teams: House) -> None:
    client, manages_shop = Client(raise_request_exception=False), token(member("manager", "shop"))
    before = facts()
    body = json.dumps(OTHERS[path])
    put = client.put(f"/api/v1{path}", body, content_type="application/json", **manages_shop)
    assert put.status_code == 403, put.content
    assert client.delete(f"/api/v1{path}", **manages_shop).status_code in (403, 405)
    assert facts() == before


def test_a_services_token_changes_its_own_teams_things_alone(two_teams: House) -> None:
    client = Client(raise_request_exception=False)
    secret = "tocsin_service"
    ApiToken(
        digest=digest_of(secret),
        account=None,
        scopes="read manage",
        team="shop",
        created_at=datetime.now(UTC),
    ).save()
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert puts(client, "ours", "shop", headers) == 403
    assert puts(client, "shop", "shop", headers) < 300


def service_pages() -> Iterator[str]:
    for name, address in pages():
        if PAGES[name] is Permission.MANAGE:
            yield address


def test_a_manager_changes_nothing_of_another_team_on_screen(two_teams: House) -> None:
    """Whatever is sent to whichever form."""
    client = signed_in(member("manager", "shop"))
    before = facts()
    form = {"key": "ours", "name": "ours", "team": "shop", "policy": "platform", "do": "save"}
    for address in service_pages():
        for wrong in (address, address.replace("task-api", "ours"), address.replace("task-api", "platform")):
            assert client.post(wrong, form).status_code < 500, wrong
    after = facts()
    for kind in ("schedules", "policies", "services", "integrations", "teams"):
        was, became = getattr(before, kind), getattr(after, kind)
        for key, noun in was.items():
            if getattr(noun, "team", key if kind == "teams" else None) != "shop":
                assert became.get(key) == noun, (kind, key)


def test_nobody_becomes_somebody_who_may_more(two_teams: House) -> None:
    """Dan of the configuration is an administrator, and has no account yet."""
    mallory = member("observer", "shop")
    client = signed_in(mallory)
    response = client.post("/me", {"person": "dan"})
    mallory.refresh_from_db()
    assert mallory.person is None, response.status_code
    assert client.get("/settings/audit").status_code == 403
    with pytest.raises(PermissionDenied, match="administrator"):
        become(mallory, "dan", datetime.now(UTC))


def test_how_somebody_else_is_reached_is_not_for_the_taking(two_teams: House) -> None:
    client, mallory = Client(raise_request_exception=False), token(member("manager", "platform"))
    body = json.dumps({"channel": "ntfy", "address": "https://ntfy.example.com/mallory"})
    address = "/api/v1/people/bob/contact-methods/phone"
    assert client.put(address, body, content_type="application/json", **mallory).status_code == 403
    assert facts().people["bob"].method("phone") is None


@pytest.mark.parametrize("role", ["manager", "responder", "observer"])
def test_nobody_but_administrators_sees_how_somebody_else_is_reached(role: str, two_teams: House) -> None:
    client = signed_in(member(role, "platform"))
    for name, address in pages():
        if name.startswith("person-"):
            for method in (client.get, client.post):
                assert method(address.replace("task-api", "bob")).status_code in (403, 405), name


def test_the_key_of_another_teams_integration_is_not_shown(two_teams: House) -> None:
    noun = {"type": "alertmanager", "key": "hunter2-hunter2-hunter2", "service": "ours"}
    two_teams.ask(PutNoun("integrations", "mine", noun))
    for role, team in (("manager", "shop"), ("responder", "platform"), ("observer", "platform")):
        client = signed_in(member(role, team))
        for response in (client.get("/integrations/mine"), client.post("/integrations/mine/reveal")):
            assert "hunter2" not in response.content.decode(), (role, team)
    owner = signed_in(member("manager", "platform"))
    assert "hunter2" not in owner.get("/integrations/mine").content.decode()
    assert "hunter2" in owner.post("/integrations/mine/reveal", follow=True).content.decode()


# --- too much --------------------------------------------------------------------------------------------------------


def test_whoever_knocks_too_often_without_an_account_waits(house: House) -> None:
    client = Client(HTTP_X_FORWARDED_FOR="192.0.2.66")
    answers = [client.get("/welcome/wrong").status_code for _ in range(140)]
    assert set(answers) == {410, 429}
    response = client.get("/sign-in")
    assert response.status_code == 429 and int(response["Retry-After"]) >= 1
    client.defaults["HTTP_X_FORWARDED_FOR"] = "192.0.2.67"
    assert client.get("/sign-in").status_code == 200


def test_whoever_is_signed_in_does_not_wait(browser: Client, house: House) -> None:
    assert {browser.get("/sign-in").status_code for _ in range(140)} == {302}


def test_a_form_of_megabytes_is_refused(browser: Client, lived_in: House) -> None:
    response = browser.post("/incidents/1/act", {"do": "add_note", "text": "x" * 3_000_000})
    assert response.status_code in (400, 413)


def test_a_form_of_thousands_of_fields_is_refused(browser: Client, lived_in: House) -> None:
    response = browser.post("/incidents/1/act", {f"f{n}": "x" for n in range(5000)})
    assert response.status_code in (400, 413)


def test_only_what_is_encrypted_is_told_to_stay_so(browser: Client, lived_in: House) -> None:
    assert "strict-transport-security" not in browser.get("/").headers
    secure = browser.get("/", HTTP_X_FORWARDED_PROTO="https").headers["strict-transport-security"]
    assert secure == "max-age=31536000"


def test_public_pages_are_few_and_known() -> None:
    assert len([name for name, needs in PAGES.items() if needs is PUBLIC]) < 20
