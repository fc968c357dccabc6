"""`/me/security`: second factors, recovery codes, sessions, and the question who sits there before any of it changes."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.test import Client

from tests.web.conftest import BACKEND, PASSWORD
from tests.web.settled import DATA
from tocsin.apps.people import second_factor, sessions
from tocsin.apps.people.models import Account, AuditEntry
from tocsin.config import sealing
from tocsin.config.resealing import reseal
from tocsin.engine.store.open import open_store

SIGN_IN = {"email": "alice@example.com", "password": PASSWORD}
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"


@pytest.fixture
def fresh(alice: Account) -> Client:
    """Signed in a moment ago, by password."""
    client = Client()
    assert client.post("/sign-in", SIGN_IN).status_code == 302
    return client


def _code(secret: str, steps: int = 0) -> str:
    step = int(time.time()) // 30 + steps
    return str(totp.format_hotp_value(totp.hotp_value(secret, step)))


def _set_up(client: Client) -> str:
    """An authenticator app, as its owner sets it up; its secret."""
    shown = client.get("/me/security/app").content.decode()
    assert "data:image/svg+xml;base64," in shown
    secret = str(client.session[totp.SECRET_SESSION_KEY])
    assert (
        client.post("/me/security/app", {"code": _code(secret)})["location"] == "/me/security/recovery-codes"
    )
    return secret


# --- the authenticator app -------------------------------------------------------------------------------------------


def test_after_the_app_is_set_up_the_password_alone_does_not_sign_in(fresh: Client) -> None:
    secret = _set_up(fresh)
    other = Client()
    assert other.post("/sign-in", SIGN_IN)["location"] == "/sign-in/second"
    assert other.get("/").status_code == 302
    assert other.post("/sign-in/second", {"code": "000000"}).status_code == 422
    assert other.get("/").status_code == 302
    assert other.post("/sign-in/second", {"code": _code(secret)})["location"] == "/"
    assert other.get("/").status_code == 200


def test_where_one_wanted_to_be_outlives_the_second_step(fresh: Client) -> None:
    secret = _set_up(fresh)
    other = Client()
    other.post("/sign-in", SIGN_IN | {"next": "/incidents/7"})
    assert other.post("/sign-in/second", {"code": _code(secret)})["location"] == "/incidents/7"


def test_a_code_is_taken_once(fresh: Client, alice: Account) -> None:
    code = _code(_set_up(fresh))
    assert second_factor.take_code(alice, code) is not None
    assert second_factor.take_code(alice, code) is None


def test_an_earlier_code_is_not_taken_after_a_later_one(fresh: Client, alice: Account) -> None:
    secret = _set_up(fresh)
    earlier, later = _code(secret, -1), _code(secret)
    assert second_factor.take_code(alice, later) is not None
    assert second_factor.take_code(alice, earlier) is None


def test_a_clock_half_a_minute_off_does_not_lock_out(fresh: Client, alice: Account) -> None:
    secret = _set_up(fresh)
    assert second_factor.take_code(alice, _code(secret, -1)) is not None
    assert second_factor.take_code(alice, _code(secret, 1)) is not None


@pytest.mark.parametrize("code", ["", "12", "abcdef", "١٢٣٤٥٦", "1" * 40, "' OR 1=1", "\x00"])
def test_what_is_no_code_is_refused(code: str, fresh: Client) -> None:
    _set_up(fresh)
    other = Client()
    other.post("/sign-in", SIGN_IN)
    assert other.post("/sign-in/second", {"code": code}).status_code == 422


def test_guessing_codes_waits_longer_and_longer(fresh: Client) -> None:
    secret = _set_up(fresh)
    other = Client()
    other.post("/sign-in", SIGN_IN)
    for _ in range(5):
        assert other.post("/sign-in/second", {"code": "000000"}).status_code == 422
    refused = other.post("/sign-in/second", {"code": _code(secret)})
    assert refused.status_code == 429
    assert "Too many tries" in refused.content.decode()


def test_the_app_is_not_kept_before_it_shows_the_right_code(fresh: Client) -> None:
    fresh.get("/me/security/app")
    assert fresh.post("/me/security/app", {"code": "000000"}).status_code == 422
    assert not Authenticator.objects.exists()


def test_a_mistyped_code_keeps_the_secret_that_was_scanned(fresh: Client) -> None:
    fresh.get("/me/security/app")
    secret = fresh.session[totp.SECRET_SESSION_KEY]
    fresh.post("/me/security/app", {"code": "000000"})
    assert fresh.post("/me/security/app", {"code": _code(secret)}).status_code == 302


def test_without_the_first_step_there_is_no_second(stranger: Client) -> None:
    assert stranger.get("/sign-in/second")["location"] == "/sign-in"


def test_removing_the_app_takes_its_recovery_codes_along(fresh: Client) -> None:
    _set_up(fresh)
    app = Authenticator.objects.get(type="totp")
    assert fresh.post(f"/me/security/remove/{app.pk}")["location"] == "/me/security"
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(what="AuthenticatorAppRemoved").exists()


def test_nobody_removes_another_ones_factor(fresh: Client) -> None:
    _set_up(fresh)
    app = Authenticator.objects.get(type="totp")
    bob = Account.objects.create(login="bob@example.com", created_at=datetime.now(UTC), password="x")
    other = Client()
    other.force_login(bob, BACKEND)
    _confirmed(other, bob)
    assert other.post(f"/me/security/remove/{app.pk}").status_code == 404
    assert Authenticator.objects.filter(pk=app.pk).exists()


# --- recovery codes --------------------------------------------------------------------------------------------------


def test_a_recovery_code_stands_in_once(fresh: Client, alice: Account) -> None:
    _set_up(fresh)
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    assert code in fresh.get("/me/security/recovery-codes").content.decode()
    first, second = Client(), Client()
    first.post("/sign-in", SIGN_IN)
    assert first.post("/sign-in/second", {"code": code[:4] + " " + code[4:]})["location"] == "/"
    second.post("/sign-in", SIGN_IN)
    assert second.post("/sign-in/second", {"code": code}).status_code == 422


def test_new_recovery_codes_end_the_old(fresh: Client, alice: Account) -> None:
    _set_up(fresh)
    old = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    fresh.post("/me/security/recovery-codes")
    assert second_factor.take_code(alice, old) is None
    assert len(Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()) == 10


# --- asked first -----------------------------------------------------------------------------------------------------

GUARDED = ("/me/security/app", "/me/security/passkeys/add", "/me/security/recovery-codes")


def _confirmed(client: Client, account: Account) -> None:
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(account.pk)
    session.save()


@pytest.mark.parametrize("page", GUARDED)
def test_an_old_session_is_asked_who_sits_there(page: str, browser: Client) -> None:
    assert browser.get(page)["location"].startswith("/me/confirm?next=")


def test_confirming_by_password_goes_on(browser: Client) -> None:
    asked = browser.get("/me/security/app")["location"]
    assert browser.post(asked, {"password": "a guess", "next": "/me/security/app"}).status_code == 422
    assert (
        browser.post(asked, {"password": PASSWORD, "next": "/me/security/app"})["location"]
        == "/me/security/app"
    )
    assert browser.get("/me/security/app").status_code == 200


def test_confirming_leads_nowhere_else(browser: Client) -> None:
    answer = browser.post("/me/confirm", {"password": PASSWORD, "next": "https://evil.example/"})
    assert answer["location"] == "/me/security"


def test_confirming_by_code_goes_on(fresh: Client, alice: Account) -> None:
    secret = _set_up(fresh)
    old = Client()
    old.force_login(alice, BACKEND)
    assert "Confirm by code" in old.get("/me/confirm").content.decode()
    assert (
        old.post("/me/confirm", {"code": _code(secret), "next": "/me/security/recovery-codes"}).status_code
        == 302
    )
    assert old.get("/me/security/recovery-codes").status_code == 200


def test_guessing_the_password_at_the_question_waits_too(browser: Client) -> None:
    for _ in range(5):
        assert browser.post("/me/confirm", {"password": "a guess"}).status_code == 422
    assert browser.post("/me/confirm", {"password": PASSWORD}).status_code == 429


def test_a_confirmation_grows_old(fresh: Client) -> None:
    session = fresh.session
    session["account_authentication_methods"][0]["at"] -= 21 * 60
    session.save()
    assert fresh.get("/me/security/app")["location"].startswith("/me/confirm")


# --- sessions --------------------------------------------------------------------------------------------------------


def test_each_browser_is_listed_with_what_it_is(alice: Account) -> None:
    desk = Client(HTTP_USER_AGENT=CHROME, HTTP_X_FORWARDED_FOR="192.0.2.9")
    phone = Client(HTTP_USER_AGENT=IPHONE, HTTP_X_FORWARDED_FOR="2001:db8::7")
    for client in (desk, phone):
        client.post("/sign-in", SIGN_IN)
    shown = desk.get("/me/security").content.decode()
    for words in ("Chrome on Linux", "Safari on iPhone", "192.0.2.9", "2001:db8::7", "this one"):
        assert words in shown


def test_one_browser_is_signed_out_from_another(alice: Account) -> None:
    desk, phone = Client(HTTP_USER_AGENT=CHROME), Client(HTTP_USER_AGENT=IPHONE)
    for client in (desk, phone):
        client.post("/sign-in", SIGN_IN)
    row = UserSession.objects.get(user_agent=IPHONE)
    desk.post("/me/security/sessions", {"session": row.pk})
    assert phone.get("/").status_code == 302
    assert desk.get("/").status_code == 200


def test_nobody_ends_another_ones_session(fresh: Client) -> None:
    bob = Account.objects.create(login="bob@example.com", created_at=datetime.now(UTC), password="x")
    other = Client()
    other.force_login(bob, BACKEND)
    row = UserSession.objects.get()
    other.post("/me/security/sessions", {"session": row.pk})
    assert fresh.get("/").status_code == 200


def test_all_others_are_signed_out_also_those_that_are_not_listed(fresh: Client, alice: Account) -> None:
    unlisted = Client()
    unlisted.force_login(alice, BACKEND)
    fresh.post("/me/security/sessions", {"session": "others"})
    assert unlisted.get("/").status_code == 302
    assert fresh.get("/").status_code == 200
    assert "this one" in fresh.get("/me/security").content.decode()


@pytest.mark.parametrize("said", ["", "x", "-1", "9" * 30, "²"])
def test_a_session_that_is_none_is_told(said: str, fresh: Client) -> None:
    answer = fresh.post("/me/security/sessions", {"session": said}, follow=True)
    assert "over already" in answer.content.decode()


def test_signing_out_takes_the_session_off_the_list(fresh: Client) -> None:
    fresh.post("/sign-out")
    assert not UserSession.objects.exists()


def test_a_session_from_before_is_listed_once_it_is_used(browser: Client) -> None:
    browser.get("/")
    assert "this one" in browser.get("/me/security").content.decode()


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (CHROME, "Chrome on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("curl/8.0", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_browser_is_called_by_what_it_says(said: str, device: str) -> None:
    assert sessions.device_of(said) == device


def test_the_page_asks_the_database_little(fresh: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _set_up(fresh)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert fresh.get("/me/security").status_code == 200
    assert len(asked) <= 12, [query["sql"] for query in asked]


# --- passkeys, as far as a browser is not needed ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", ["", "null", "[]", "{}", '{"id": 1}', "x" * 50_000, '{"response": {"userHandle": "AA"}}']
)
def test_what_is_no_passkey_signs_nobody_in(said: str, alice: Account, stranger: Client) -> None:
    asked = stranger.get("/sign-in/passkey").json()["publicKey"]
    assert asked["userVerification"] == "required" and asked["challenge"]
    assert stranger.post("/sign-in/passkey", {"credential": said}).status_code == 422
    assert stranger.get("/").status_code == 302


def test_making_a_passkey_demands_that_the_device_knows_its_owner(fresh: Client) -> None:
    shown = fresh.get("/me/security/passkeys/add").content.decode()
    assert "&quot;userVerification&quot;: &quot;required&quot;" in shown
    assert fresh.post("/me/security/passkeys/add", {"name": "Phone", "credential": "{}"}).status_code == 422


def test_no_page_of_signing_in_holds_a_script_of_its_own(fresh: Client, stranger: Client) -> None:
    pages = [
        stranger.get("/sign-in"),
        *(fresh.get(page) for page in (*GUARDED[:2], "/me/security", "/me/confirm")),
    ]
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200
        assert "<script>" not in text and "onclick" not in text and " style=" not in text


def _reseal() -> None:
    """What every start does."""
    store = open_store(DATA, None, on_wake=lambda topics: None)
    store.run(reseal)
    store.close()


# --- at rest ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def keys() -> Iterator[Callable[..., None]]:
    """Change the keys that seal, and put the tests' own back."""
    before = sealing._sealer
    yield lambda *names: sealing.use(names)
    sealing._sealer = before


def test_the_apps_secret_and_the_recovery_codes_are_sealed_at_rest(
    fresh: Client, keys: Callable[..., None]
) -> None:
    keys("first")
    secret = _set_up(fresh)
    kept = [str(one.data) for one in Authenticator.objects.all()]
    assert len(kept) == 2 and not any(secret in each for each in kept)
    assert all("sealed:" in each for each in kept)


def test_a_changed_key_locks_nobody_out(fresh: Client, alice: Account, keys: Callable[..., None]) -> None:
    keys("first")
    secret = _set_up(fresh)
    keys("second", "first")
    _reseal()
    keys("second")
    assert second_factor.take_code(alice, _code(secret)) is not None


def test_without_the_key_no_code_is_taken_and_no_page_fails(
    fresh: Client, alice: Account, keys: Callable[..., None]
) -> None:
    keys("first")
    secret = _set_up(fresh)
    keys("another")
    assert second_factor.take_code(alice, _code(secret)) is None
    assert (
        fresh.get("/me/security").status_code == fresh.get("/me/security/recovery-codes").status_code == 200
    )
    _reseal()


def test_what_was_kept_plain_is_sealed_at_the_next_start(
    fresh: Client, alice: Account, keys: Callable[..., None]
) -> None:
    keys()
    secret = _set_up(fresh)
    keys("first")
    _reseal()
    assert secret not in str(Authenticator.objects.get(type="totp").data)
    assert second_factor.take_code(alice, _code(secret)) is not None
