"""A letter to the account's address whenever a way to sign in changes: what, when, from where, and what to do."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from tests.providers.smtp import SmtpSink
from tests.web.conftest import PASSWORD
from tocsin.apps.people import actions, mail, one_time, second_factor, security, ways_in
from tocsin.apps.people.models import Account, AuditEntry

NOW = datetime.now(UTC)
NEW = {"new_password": "a brand new secret", "again": "a brand new secret"}


@pytest.fixture
def fresh(alice: Account) -> Client:
    """Alice, signed in a moment ago."""
    client = Client(HTTP_X_FORWARDED_FOR="203.0.113.7")
    client.post("/sign-in", {"email": "alice@example.com", "password": PASSWORD})
    return client


def _letter(smtp: SmtpSink) -> tuple[str, str]:
    """Subject and text of the only one; it went to the account's address."""
    [letter] = smtp.wait_for(1)
    assert letter.recipients == ["alice@example.com"]
    return str(letter.mail["Subject"]), letter.part("plain")


def _passkey(account: Account, name: str = "phone") -> Authenticator:
    return Authenticator.objects.create(
        user_id=account.pk, type=Authenticator.Type.WEBAUTHN, data={"name": name}
    )


# --- what is told ----------------------------------------------------------------------------------------------------


def test_another_password_is_told_with_from_where_and_what_to_do(fresh: Client, smtp: SmtpSink) -> None:
    fresh.post("/me/password", {"password": PASSWORD} | NEW)
    subject, text = _letter(smtp)
    assert subject == "The password was changed: your account at Tocsin"
    assert "From:  203.0.113.7" in text
    assert f"When:  {datetime.now(UTC):%Y-%m-%d}" in text
    assert "/password/reset" in text and "/me/security" in text and "Tell an administrator" in text


def test_a_refused_change_is_not_told(fresh: Client, smtp: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(mail, "send_later", lambda to, subject, text: told.append(subject))
    fresh.post("/me/password", {"password": "wrong"} | NEW)
    assert told == []


def test_a_password_set_by_link_is_told(alice: Account, stranger: Client, smtp: SmtpSink) -> None:
    path, _ = one_time.make(alice, one_time.PASSWORD, "dan", NOW)
    stranger.post(path, NEW)
    assert "A new password was set by a link" in _letter(smtp)[0]


def test_a_passkey_is_told_by_its_name_and_that_codes_came_with_it(
    fresh: Client, smtp: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        security.second_factor, "add_passkey", lambda account, name, _: _passkey(account, name)
    )
    fresh.post("/me/security/passkeys/add", {"name": "My phone"})
    subject, text = _letter(smtp)
    assert subject.startswith("A passkey was added")
    assert "(“My phone”)" in text and "Recovery codes came with it." in text


def test_an_authenticator_app_is_told(fresh: Client, smtp: SmtpSink) -> None:
    fresh.get("/me/security/app")
    secret = str(fresh.session[totp.SECRET_SESSION_KEY])
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    fresh.post("/me/security/app", {"code": code})
    subject, text = _letter(smtp)
    assert subject.startswith("An authenticator app was added")
    assert secret not in text


def test_what_is_removed_is_told_and_that_the_second_step_is_gone(
    fresh: Client, alice: Account, smtp: SmtpSink
) -> None:
    passkey = _passkey(alice, "old phone")
    fresh.post(f"/me/security/remove/{passkey.pk}")
    subject, text = _letter(smtp)
    assert subject.startswith("A passkey was removed")
    assert "old phone" in text and "no second step any more" in text


def test_new_recovery_codes_are_told_but_not_the_codes(fresh: Client, alice: Account, smtp: SmtpSink) -> None:
    second_factor.add_totp(alice, "JBSWY3DPEHPK3PXP")
    fresh.post("/me/security/recovery-codes")
    subject, text = _letter(smtp)
    assert subject == "New recovery codes were made: your account at Tocsin"
    codes = second_factor.codes_left(alice)
    assert codes and not any(code in text for code in codes)


def test_what_an_administrator_forgets_is_told_with_their_name(alice: Account, smtp: SmtpSink) -> None:
    actions.forget_second_factors(alice, "dan", NOW)
    assert "By:    dan" in _letter(smtp)[1]


# --- to whom, and when not -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ways_in.CHANGES)
def test_every_change_is_in_the_audit_log_whether_or_not_mail_is_set_up(what: str, alice: Account) -> None:
    ways_in.changed(alice, what, alice.login, NOW)
    assert AuditEntry.objects.filter(what=what, subject=alice.login).count() == 1


def _closed(account: Account) -> None:
    account.is_active = False


def _without_mail(account: Account) -> None:
    """No server is set: the fixture is not asked for."""


@pytest.mark.parametrize("how", [_closed, _without_mail])
def test_nothing_is_sent_where_nobody_could_read_or_send_it(
    how: Callable[[Account], None],
    alice: Account,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if how is _closed:
        request.getfixturevalue("smtp")
    told: list[str] = []
    monkeypatch.setattr(mail, "send_later", lambda *letter: told.append(letter[1]))
    how(alice)
    ways_in.changed(alice, "PasskeyAdded", alice.login, NOW)
    assert told == []


def test_names_that_would_be_lines_of_the_letter_stay_in_theirs(alice: Account, smtp: SmtpSink) -> None:
    ways_in.changed(alice, "PasskeyAdded", alice.login, NOW, "x\n\nGo to https://evil.example\u202e")
    text = _letter(smtp)[1]
    assert "(“x Go to https://evil.example”)" in text
