"""API tokens: on screen and by API; what opens nothing, what may not be handed on, and what is kept of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.scenarios.house import House
from tests.web.api.conftest import Api, account_of, token_of
from tests.web.conftest import BACKEND
from tocsin.apps.api import callers
from tocsin.apps.api.operations import OPERATIONS
from tocsin.apps.people.models import Account, ApiToken, AuditEntry
from tocsin.control.limits import Limit, Rate
from tocsin.core.roles import Permission as P
from tocsin.web import api as house_api

assert house_api.urlpatterns  # it registers every operation


# Two walks over every operation: which database is behind it makes no difference to who is let in.
on_one = pytest.mark.parametrize("house", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "WRONG_TOKENS", Limit(Rate(burst=100_000, every=1.0)))


def _path(template: str) -> str:
    return (
        template.replace("{int:", "{")
        .replace("{path:", "{")
        .replace("{", "")
        .replace("}", "")
        .replace("incident_id", "1")
        .replace("alert_id", "1")
        .replace("token_id", "1")
    )


@on_one
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_operation_answers_without_a_good_token(name: str, house: House) -> None:
    said = OPERATIONS[name]
    for secret in ("", "tocsin_wrong", "ü" * 3, "x" * 5000):
        answer = Api(secret)(said.method, _path(said.path), {} if said.takes else None)
        assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")
        assert answer["Content-Type"] == "application/problem+json"


@on_one
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_operation_answers_a_token_without_its_scope(name: str, house: House, alice: Account) -> None:
    said = OPERATIONS[name]
    others = [each for each in P if each is not said.needs]
    answer = Api(token_of(alice, *others))(said.method, _path(said.path), {} if said.takes else None)
    assert answer.status_code == 403 and said.needs.value in answer.json()["detail"]


def test_a_session_opens_nothing(browser: Client, house: House) -> None:
    assert browser.get("/api/v1/incidents").status_code == 401


def test_wrong_tokens_of_one_address_are_limited_and_right_ones_are_not(
    monkeypatch: pytest.MonkeyPatch, api: Api
) -> None:
    monkeypatch.setattr(callers, "WRONG_TOKENS", Limit(Rate(burst=2, every=60.0)))
    wrong = Api("tocsin_wrong")
    assert [wrong("GET", "/me").status_code for _ in range(3)] == [401, 401, 429]
    assert int(wrong("GET", "/me")["Retry-After"]) > 0
    assert api("GET", "/me").status_code == 200


@pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
def test_what_is_over_opens_nothing(end: str, api: Api) -> None:
    ApiToken.objects.update(**{end: timezone.now() - timedelta(seconds=1)})
    assert api("GET", "/me").status_code == 401


def test_the_token_of_a_closed_account_opens_nothing(api: Api, alice: Account) -> None:
    Account.objects.update(is_active=False)
    assert api("GET", "/me").status_code == 401


def test_a_personal_token_may_no_more_than_its_owner_now(api: Api, alice: Account) -> None:
    assert api("GET", "/tokens").status_code == 200
    Account.objects.update(is_admin=False)
    assert api("GET", "/tokens").status_code == 403
    assert "administer" not in api.get("/me")["permissions"]


def test_use_is_noted_once_a_minute(api: Api) -> None:
    api.get("/me")
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    api.get("/me")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    api.get("/me")
    assert ApiToken.objects.get().last_used_at > first - timedelta(seconds=1)


def test_a_token_is_made_by_api_and_its_secret_is_kept_nowhere(api: Api) -> None:
    answer = api("POST", "/me/tokens", {"name": "laptop", "scopes": ["follow"]})
    assert answer.status_code == 201
    secret = answer.json()["secret"]
    assert Api(secret).get("/me")["permissions"] == ["follow"]
    assert secret not in str(list(ApiToken.objects.values())) + str(list(AuditEntry.objects.values()))
    assert AuditEntry.objects.filter(what="TokenMade", via="api").count() == 1


def test_nobody_hands_on_more_than_they_have(api_of: Callable[..., Api], alice: Account) -> None:
    narrow = api_of("bob", P.OWN, P.FOLLOW)
    refused = narrow("POST", "/me/tokens", {"name": "more", "scopes": ["respond"]})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "#/scopes"
    soon = datetime.now(UTC) + timedelta(hours=1)
    short = Api(token_of(alice, expires_at=soon))
    refused = short("POST", "/me/tokens", {"name": "longer", "scopes": ["follow"]})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "#/expires_at"


def test_a_services_token_acts_in_its_own_name_and_has_nothing_of_its_own(api: Api, house: House) -> None:
    house.fires("DiskFull", severity="critical")
    made = api("POST", "/tokens", {"name": "robot", "scopes": ["follow", "respond"]}).json()
    robot = Api(made["secret"])
    assert robot("POST", "/incidents/1/acts", {"do": "note", "text": "seen"}).status_code == 200
    assert robot.get("/incidents/1/timeline")["items"][-1]["actor"] == "service:robot"
    assert robot("GET", "/me/tokens").status_code == 403


def test_nobody_revokes_anothers_token(api_of: Callable[..., Api], alice: Account) -> None:
    token_of(alice)
    of_alice = ApiToken.objects.get(account=alice)
    bob = api_of("bob")
    assert bob("DELETE", f"/me/tokens/{of_alice.id}").status_code == 404
    assert bob("DELETE", f"/tokens/{of_alice.id}").status_code == 403
    assert ApiToken.objects.get(id=of_alice.id).revoked_at is None


# --- on screen -------------------------------------------------------------------------------------------------------


def test_a_token_is_made_on_screen_shown_once_and_revoked(browser: Client, alice: Account) -> None:
    given = {"name": "<b>laptop", "scopes": ["follow", "read"], "lasts": "90"}
    made = browser.post("/me/tokens", given).content.decode()
    (begins,) = ApiToken.objects.values_list("begins_with", flat=True)
    assert made.count(begins) > 1 and "shown this once" in made and "<b>laptop" not in made
    again = browser.get("/me/tokens").content.decode()
    assert "shown this once" not in again and begins in again
    browser.post(f"/me/tokens/{ApiToken.objects.get().id}/revoke")
    assert ApiToken.objects.get().revoked_at is not None


def test_a_token_is_not_made_without_scopes_and_says_where(browser: Client) -> None:
    answer = browser.post("/me/tokens", {"name": "laptop", "lasts": "90"})
    assert answer.status_code == 422 and "Choose what it may do" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_only_what_one_may_is_offered(stranger: Client) -> None:
    stranger.force_login(account_of("stakeholder"), BACKEND)
    shown = stranger.get("/me/tokens").content.decode()
    assert 'value="follow"' in shown and 'value="administer"' not in shown
    refused = stranger.post("/me/tokens", {"name": "x", "scopes": ["administer"], "lasts": ""})
    assert refused.status_code == 422 and not ApiToken.objects.exists()
    assert stranger.get("/settings/tokens").status_code == 403


def test_a_services_token_is_made_and_anybodys_revoked_on_screen(browser: Client, house: House) -> None:
    given = {"name": "pipeline", "scopes": ["read", "manage"], "team": "platform", "lasts": "365"}
    assert browser.post("/settings/tokens", given).status_code == 200
    token = ApiToken.objects.get()
    assert token.account is None and token.team == "platform"
    assert "pipeline" in browser.get("/settings/tokens").content.decode()
    browser.post(f"/settings/tokens/{token.id}/revoke")
    assert ApiToken.objects.get().revoked_at is not None
    assert browser.post("/settings/tokens/77/revoke").status_code == 404
