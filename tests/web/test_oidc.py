"""Signing in by an identity provider: a certified one (npm's oidc-provider), its groups, and whom it may not bring in."""

import http.cookiejar
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPResponse
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers import registry
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.test import Client, override_settings

from tests.providers.smtp import SmtpSink
from tests.scenarios.house import House
from tests.web.conftest import BACKEND, PASSWORD
from tests.web.oidc.running import CLIENT, IdentityProvider, running_provider
from tocsin.apps.people import id_token, oidc, second_factor
from tocsin.apps.people.models import Account, AuditEntry, Membership
from tocsin.core.roles import Membership as Role

NOW = datetime.now(UTC)
BACK = "http://testserver/sign-in/with/oidc/back"
GROUPS = "sre=platform:manager; dev=platform:responder; cn=ops,ou=it=admin; dev=payments:observer"
ALICE = {"sub": "a-1", "email": "alice@example.com", "email_verified": True, "name": "Alice Ames"}
EVE = {"sub": "e-1", "email": "eve@example.com", "email_verified": True, "name": "Eve", "groups": ["dev"]}


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with running_provider(tmp_path_factory.mktemp("idp") / "log", BACK) as provider:
        yield provider


def _said(idp: IdentityProvider, **said: str) -> oidc.Provider:
    environment = {
        "TOCSIN_OIDC_ISSUER": idp.issuer,
        "TOCSIN_OIDC_CLIENT_ID": CLIENT["client_id"],
        "TOCSIN_OIDC_CLIENT_SECRET": CLIENT["client_secret"],
        "TOCSIN_OIDC_NAME": "Example Login",
        "TOCSIN_OIDC_SCOPE": "openid profile email groups",
        "TOCSIN_OIDC_GROUPS": GROUPS,
    }
    provider = oidc.provider_of(environment | {f"TOCSIN_OIDC_{name}": value for name, value in said.items()})
    assert provider is not None
    return provider


def _set_up(provider: oidc.Provider) -> Any:
    app = "allauth.socialaccount.providers.openid_connect"
    apps = [*(each for each in settings.INSTALLED_APPS if each != app), app]
    return override_settings(
        INSTALLED_APPS=apps, OIDC=provider, SOCIALACCOUNT_PROVIDERS=oidc.allauth_providers(provider)
    )


@pytest.fixture(autouse=True)
def set_up(idp: IdentityProvider) -> Iterator[None]:
    with _set_up(_said(idp)):
        registry.loaded = False
        yield


class Stop(urllib.request.HTTPRedirectHandler):
    """Follows the provider's own redirects, and no other's."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if newurl.startswith("http://testserver/"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _at_provider(address: str) -> str:
    """What a browser does there; the address that it is sent back to."""
    opener = urllib.request.build_opener(Stop, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    try:
        answer: HTTPResponse = opener.open(address, timeout=20)
    except urllib.error.HTTPError as error:
        with error:
            assert error.code in (302, 303), error.read().decode()
            return str(error.headers["location"])
    raise AssertionError(answer.read().decode())


def _come(client: Client, idp: IdentityProvider, claims: dict[str, Any] | None, query: str = "") -> Any:
    """The whole way; the answer to coming back."""
    idp.signs_in(claims)
    away = client.get(f"/sign-in/with/oidc{query}")
    assert away.status_code == 302, away.content.decode()
    assert away["location"].startswith(idp.issuer)
    back = urlsplit(_at_provider(away["location"]))
    return client.get(f"{back.path}?{back.query}")


def _roles(account: Account) -> set[tuple[str, str, str]]:
    return {(m.team, m.role, m.origin) for m in account.memberships.all()}


def _account(login: str, verified: bool = True) -> Account:
    account = Account(login=login, created_at=NOW, email_verified_at=NOW if verified else None)
    account.set_password(PASSWORD)
    account.save()
    return account


# --- who comes in ----------------------------------------------------------------------------------------------------


def test_the_sign_in_page_has_its_button(stranger: Client, alice: Account) -> None:
    shown = stranger.get("/sign-in?next=/incidents").content.decode()
    assert "Sign in with <bdi>Example Login</bdi>" in shown
    assert 'href="/sign-in/with/oidc?next=%2Fincidents"' in shown


def test_whoever_a_mapped_group_names_gets_an_account_with_its_roles(
    stranger: Client, idp: IdentityProvider
) -> None:
    assert _come(stranger, idp, EVE, "?next=/incidents")["location"] == "/incidents"
    assert stranger.get("/incidents").status_code == 200
    eve = Account.objects.get(login="eve@example.com")
    assert (eve.name, eve.is_admin, eve.has_usable_password()) == ("Eve", False, False)
    assert _roles(eve) == {("platform", "responder", "oidc"), ("payments", "observer", "oidc")}


def test_a_configured_person_comes_in_as_that_person(
    stranger: Client, idp: IdentityProvider, house: House
) -> None:
    claims = {"sub": "b-1", "email": "Bob@Example.com", "email_verified": True}
    assert _come(stranger, idp, claims)["location"] == "/"
    assert "Bob Brandt" in stranger.get("/").content.decode()


def test_whoever_nobody_knows_is_told_whom_to_ask(stranger: Client, idp: IdentityProvider) -> None:
    answer = _come(stranger, idp, EVE | {"groups": ["marketing"]})
    assert answer.status_code == 403
    assert "Ask an administrator to invite you" in answer.content.decode()
    assert not Account.objects.exists()
    assert stranger.get("/").status_code == 302


def test_anybody_may_come_where_that_is_said(stranger: Client, idp: IdentityProvider) -> None:
    with _set_up(_said(idp, SIGN_UP="anybody")):
        assert _come(stranger, idp, EVE | {"groups": []})["location"] == "/"
    assert _roles(Account.objects.get()) == set()


def test_the_same_identity_is_the_same_account_whatever_its_address_is_now(
    stranger: Client, idp: IdentityProvider
) -> None:
    _come(stranger, idp, EVE)
    _come(Client(), idp, EVE | {"email": "eva@example.org"})
    assert Account.objects.count() == SocialAccount.objects.count() == 1


# --- whose account it is ---------------------------------------------------------------------------------------------


def test_a_verified_address_on_both_sides_is_linked(stranger: Client, idp: IdentityProvider) -> None:
    alice = _account("alice@example.com")
    assert _come(stranger, idp, ALICE)["location"] == "/"
    assert SocialAccount.objects.get().user_id == alice.pk
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD), "the password stays"
    assert AuditEntry.objects.filter(what="ProviderLinked", subject=alice.login).exists()


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "no"}]
)
def test_an_address_that_the_provider_did_not_verify_takes_nothing_over(
    claims: dict[str, Any], stranger: Client, idp: IdentityProvider
) -> None:
    _account("alice@example.com")
    answer = _come(stranger, idp, ALICE | claims)
    assert answer.status_code == 403
    assert not SocialAccount.objects.exists()
    assert stranger.get("/").status_code == 302


def test_an_unverified_address_makes_no_account_that_would_be_a_configured_person(
    stranger: Client, idp: IdentityProvider, house: House
) -> None:
    claims = {"sub": "m-1", "email": "bob@example.com", "email_verified": False, "groups": ["dev"]}
    assert _come(stranger, idp, claims).status_code == 403
    assert not Account.objects.exists()


def test_an_account_whose_address_nobody_verified_is_not_linked_but_told_how(
    stranger: Client, idp: IdentityProvider
) -> None:
    _account("alice@example.com", verified=False)
    answer = _come(stranger, idp, ALICE)
    assert answer.status_code == 403
    assert "never verified" in answer.content.decode()
    assert not SocialAccount.objects.exists()


def test_whoever_was_invited_may_begin_by_the_provider(stranger: Client, idp: IdentityProvider) -> None:
    invited = Account(login="alice@example.com", created_at=NOW)
    invited.set_unusable_password()
    invited.save()
    assert _come(stranger, idp, ALICE)["location"] == "/"
    assert SocialAccount.objects.get().user_id == invited.pk


def test_a_closed_account_stays_closed(stranger: Client, idp: IdentityProvider) -> None:
    _account("alice@example.com")
    Account.objects.update(is_active=False)
    assert _come(stranger, idp, ALICE).status_code == 403
    assert stranger.get("/").status_code == 302


def test_without_an_address_nobody_is_made(stranger: Client, idp: IdentityProvider) -> None:
    assert _come(stranger, idp, {"sub": "n-1", "groups": ["dev"]}).status_code == 403
    assert not Account.objects.exists()


def test_the_second_factor_is_asked_for_all_the_same(stranger: Client, idp: IdentityProvider) -> None:
    second_factor.add_totp(_account("alice@example.com"), "JBSWY3DPEHPK3PXP")
    assert _come(stranger, idp, ALICE)["location"] == "/sign-in/second"
    assert stranger.get("/").status_code == 302


# --- groups ----------------------------------------------------------------------------------------------------------


def test_groups_are_added_and_taken_at_each_sign_in(idp: IdentityProvider) -> None:
    _come(Client(), idp, EVE)
    _come(Client(), idp, EVE | {"groups": ["sre"]})
    eve = Account.objects.get()
    assert _roles(eve) == {("platform", "manager", "oidc")}
    _come(Client(), idp, EVE | {"groups": []})
    assert _roles(eve) == set()


def test_roles_that_people_gave_stay(idp: IdentityProvider) -> None:
    _come(Client(), idp, EVE)
    eve = Account.objects.get()
    Membership.objects.create(account=eve, team="platform", role="observer")
    _come(Client(), idp, EVE | {"groups": []})
    assert _roles(eve) == {("platform", "observer", "people")}


def test_a_group_makes_an_administrator_and_unmakes_one(idp: IdentityProvider, alice: Account) -> None:
    _come(Client(), idp, EVE | {"groups": ["cn=ops,ou=it"]})
    eve = Account.objects.get(login="eve@example.com")
    assert (eve.is_admin, eve.admin_origin) == (True, "oidc")
    _come(Client(), idp, EVE)
    eve.refresh_from_db()
    assert not eve.is_admin


def test_an_administrator_that_people_made_stays_without_the_group(idp: IdentityProvider) -> None:
    alice = _account("alice@example.com")
    _account("dan@example.com")
    Account.objects.update(is_admin=True)
    _come(Client(), idp, ALICE | {"groups": []})
    alice.refresh_from_db()
    assert alice.is_admin


def test_the_last_administrator_is_not_unmade_by_a_group(idp: IdentityProvider) -> None:
    _come(Client(), idp, EVE | {"groups": ["cn=ops,ou=it"]})
    _come(Client(), idp, EVE)
    assert Account.objects.get().is_admin


# --- linking by wish -------------------------------------------------------------------------------------------------


def _link_address(client: Client) -> str:
    shown = client.get("/me/security").content.decode()
    return "?link=" + shown.split("?link=")[1].split('"')[0]


def test_a_signed_in_account_links_an_identity_with_another_address(
    browser: Client, alice: Account, idp: IdentityProvider
) -> None:
    answer = _come(browser, idp, {"sub": "x-1", "email": "ames@work.example"}, _link_address(browser))
    assert answer["location"] == "/me/security"
    assert SocialAccount.objects.get().user_id == alice.pk
    assert _come(Client(), idp, {"sub": "x-1", "email": "ames@work.example"})["location"] == "/"


def test_joining_the_provider_is_told_to_the_accounts_address(idp: IdentityProvider, smtp: SmtpSink) -> None:
    _account("alice@example.com")
    _come(Client(), idp, ALICE)
    [letter] = smtp.wait_for(1)
    assert letter.recipients == ["alice@example.com"]
    assert "(“Example Login”)" in letter.part("plain")


def test_somebody_elses_identity_is_not_linked(
    browser: Client, alice: Account, idp: IdentityProvider
) -> None:
    _come(Client(), idp, EVE)
    answer = _come(browser, idp, EVE, _link_address(browser))
    assert "belongs to another account" in browser.get(answer["location"]).content.decode()
    assert SocialAccount.objects.get().user_id != alice.pk


@pytest.mark.parametrize("token", ["", "x", "e30:1abc:def"])
def test_no_other_page_can_make_a_browser_link(token: str, browser: Client, idp: IdentityProvider) -> None:
    assert browser.get(f"/sign-in/with/oidc?link={token}").status_code == 422


def test_a_link_made_for_one_session_is_nothing_in_another(browser: Client, alice: Account) -> None:
    address = _link_address(browser)
    other = Client()
    other.force_login(alice, BACKEND)
    assert other.get(f"/sign-in/with/oidc{address}").status_code == 422


def test_the_only_way_in_is_not_unlinked(stranger: Client, idp: IdentityProvider) -> None:
    _come(stranger, idp, EVE)
    shown = stranger.post("/me/security/unlink", follow=True).content.decode()
    assert "Set a password first" in shown
    assert SocialAccount.objects.exists()


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_saying_no_there_is_said_here(stranger: Client, idp: IdentityProvider) -> None:
    assert _come(stranger, idp, None).status_code == 422


def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(
    stranger: Client, idp: IdentityProvider
) -> None:
    idp.signs_in(EVE)
    back = urlsplit(_at_provider(stranger.get("/sign-in/with/oidc")["location"]))
    victim = Client()
    assert victim.get(f"{back.path}?{back.query}").status_code == 422
    assert victim.get("/").status_code == 302


@pytest.mark.parametrize("nonce", ["", "another-question"])
def test_an_answer_to_another_question_signs_nobody_in(
    nonce: str, stranger: Client, idp: IdentityProvider
) -> None:
    idp.signs_in(EVE)
    asked = urlsplit(stranger.get("/sign-in/with/oidc")["location"])
    said = parse_qs(asked.query) | {"nonce": [nonce]}
    other = asked._replace(query=urlencode(said if nonce else said | {"nonce": []}, doseq=True))
    back = urlsplit(_at_provider(other.geturl()))
    assert stranger.get(f"{back.path}?{back.query}").status_code == 422
    assert stranger.get("/").status_code == 302


def test_a_token_signed_by_nobody_known_signs_nobody_in(
    stranger: Client, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers_key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    shown = jwt.algorithms.RSAAlgorithm.to_jwk(strangers_key, as_dict=True)
    keys = jwt.PyJWKClient(f"{idp.issuer}/jwks")
    monkeypatch.setattr(keys, "fetch_data", lambda: {"keys": [shown | {"kid": "theirs"}]})
    monkeypatch.setattr(id_token, "keys_at", lambda address: keys)
    assert _come(stranger, idp, EVE).status_code == 422
    assert stranger.get("/").status_code == 302


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y", "?error=access_denied"])
def test_a_made_up_answer_signs_nobody_in(query: str, stranger: Client) -> None:
    assert stranger.get(f"/sign-in/with/oidc/back{query}").status_code == 422


def test_a_provider_that_is_away_is_said(stranger: Client, idp: IdentityProvider) -> None:
    with _set_up(_said(idp, ISSUER="http://127.0.0.1:9")):
        answer = stranger.get("/sign-in/with/oidc")
    assert answer.status_code == 502
    assert "does not answer" in answer.content.decode()


@pytest.mark.parametrize("name", ["google", "x" * 300])
def test_there_is_no_other_provider(name: str, stranger: Client) -> None:
    assert stranger.get(f"/sign-in/with/{name}").status_code == 404
    assert stranger.get(f"/sign-in/with/{name}/back").status_code == 404


def test_no_link_leads_out_of_the_house_by_way_of_the_provider(
    stranger: Client, idp: IdentityProvider
) -> None:
    assert _come(stranger, idp, EVE, "?next=//evil.example/")["location"] == "/"


# --- the environment -------------------------------------------------------------------------------------------------


def test_groups_are_read_with_directories_names() -> None:
    assert oidc.read_groups(GROUPS)["cn=ops,ou=it"] == (Role("", oidc.Role.ADMIN),)
    assert len(oidc.read_groups(GROUPS)["dev"]) == 2


@pytest.mark.parametrize(
    "text", ["sre", "=admin", "sre=platform", "sre=platform:boss", "sre=:manager", "sre=root"]
)
def test_a_mapping_that_cannot_be_meant_is_refused_at_start(text: str) -> None:
    with pytest.raises(oidc.Wrong, match="TOCSIN_OIDC_GROUPS"):
        oidc.read_groups(text)


def test_of_two_roles_in_a_team_the_stronger_holds(idp: IdentityProvider) -> None:
    _, roles = oidc.roles_of(_said(idp), {"sre", "dev"})
    assert Role("platform", oidc.Role.MANAGER) in roles
    assert len(roles) == 2


def test_groups_are_found_inside_other_claims(idp: IdentityProvider) -> None:
    provider = _said(idp, GROUPS_CLAIM="realm_access.roles")
    assert oidc.groups_in(provider, {"id_token": {"realm_access": {"roles": ["sre", 7]}}}) == {"sre"}
    assert oidc.groups_in(provider, {"userinfo": {"realm_access.roles": "dev"}, "id_token": None}) == {"dev"}


@pytest.mark.parametrize("missing", ["TOCSIN_OIDC_CLIENT_ID", "TOCSIN_OIDC_CLIENT_SECRET"])
def test_half_a_setting_is_refused_by_name(missing: str) -> None:
    whole = {
        "TOCSIN_OIDC_ISSUER": "https://login.example.com",
        "TOCSIN_OIDC_CLIENT_ID": "tocsin",
        "TOCSIN_OIDC_CLIENT_SECRET": "x",
    }
    assert oidc.provider_of(whole) is not None
    with pytest.raises(oidc.Wrong, match=missing):
        oidc.provider_of({name: value for name, value in whole.items() if name != missing})
