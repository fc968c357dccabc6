"""`/settings/people` and its links: invitations, roles, new passwords, and the end of accounts."""

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import getaddresses

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.providers.smtp import SmtpSink
from tests.scenarios.house import House
from tests.web.conftest import BACKEND, PASSWORD
from tocsin.apps.people import one_time, second_factor
from tocsin.apps.people.models import Account, AuditEntry, Membership, SignInLink, Throttle

NOW = datetime.now(UTC)
SIGN_IN = {"email": "alice@example.com", "password": PASSWORD}
NEW = {"new_password": "a brand new secret", "again": "a brand new secret"}
LINK = re.compile(r"https?://[^\s<]+(/(?:invitation|password/reset)/[\w-]+)")


@pytest.fixture
def admin(alice: Account) -> Client:
    """Alice, signed in a moment ago."""
    client = Client()
    client.post("/sign-in", SIGN_IN)
    return client


@pytest.fixture
def bob() -> Account:
    return _account("bob@example.com", "Bob")


def _account(login: str, name: str = "") -> Account:
    account = Account(login=login, name=name, created_at=NOW)
    account.set_password(PASSWORD)
    account.save()
    return account


def _invite(client: Client, **said: str) -> str:
    """Without a mail server: the path of the link that is shown."""
    answer = client.post("/settings/people/invite", {"email": "carol@example.com", "name": "Carol"} | said)
    found = LINK.search(answer.content.decode())
    assert found, answer.content.decode()
    return found[1]


def _change(client: Client, account: Account, do: str, **said: str) -> str:
    answer = client.post(f"/settings/people/{account.pk}/change", {"do": do} | said, follow=True)
    account.refresh_from_db()
    return answer.content.decode()


# --- invitations -----------------------------------------------------------------------------------------------------


def test_whoever_is_invited_sets_a_password_and_is_in(admin: Client, house: House) -> None:
    path = _invite(admin, email="Carol@Example.com", team="platform", role="observer")
    guest = Client()
    assert "carol@example.com" in guest.get(path).content.decode()
    assert guest.post(path, {"name": "Carol"} | NEW)["location"] == "/me"
    assert guest.get("/").status_code == 200
    carol = Account.objects.get(login="carol@example.com")
    assert [(m.team, m.role, m.origin) for m in carol.memberships.all()] == [
        ("platform", "observer", "people")
    ]
    assert not carol.is_admin


def test_an_invitation_works_once(admin: Client) -> None:
    path = _invite(admin)
    Client().post(path, {"name": "Carol"} | NEW)
    assert Client().get(path).status_code == 410
    assert Client().post(path, {"name": "Mallory"} | NEW).status_code == 410


def test_an_invitation_ends_after_a_week(admin: Client) -> None:
    path = _invite(admin)
    SignInLink.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert Client().get(path).status_code == 410
    assert "invitation over" in admin.get("/settings/people").content.decode()


def test_inviting_again_ends_the_earlier_link(admin: Client) -> None:
    first = _invite(admin)
    carol = Account.objects.get(login="carol@example.com")
    found = LINK.search(_change(admin, carol, "invite-again"))
    assert found and found[1] != first
    assert Client().get(first).status_code == 410
    assert Client().get(found[1]).status_code == 200


def test_a_weak_password_does_not_spend_the_invitation(admin: Client) -> None:
    path = _invite(admin)
    assert (
        Client().post(path, {"name": "Carol", "new_password": "short", "again": "short"}).status_code == 422
    )
    assert Client().post(path, {"name": "Carol"} | NEW).status_code == 302


def test_the_invitation_goes_by_mail_where_there_is_a_server(admin: Client, smtp: SmtpSink) -> None:
    answer = admin.post("/settings/people/invite", {"email": "carol@example.com"}, follow=True)
    assert not LINK.search(answer.content.decode()), "what was sent is not shown as well"
    [letter] = smtp.wait_for(1)
    assert letter.recipients == ["carol@example.com"]
    found = LINK.search(letter.part("plain"))
    assert found
    Client().post(found[1], {"name": "Carol"} | NEW)
    assert Account.objects.get(login="carol@example.com").email_verified_at is not None


def test_a_link_that_was_handed_over_proves_nothing_about_the_address(admin: Client) -> None:
    Client().post(_invite(admin), {"name": "Carol"} | NEW)
    assert Account.objects.get(login="carol@example.com").email_verified_at is None


def test_mail_that_fails_shows_the_link_and_why(admin: Client, smtp: SmtpSink) -> None:
    smtp.reject()
    shown = admin.post("/settings/people/invite", {"email": "carol@example.com"}).content.decode()
    assert "no such user" in shown and LINK.search(shown)
    assert not SignInLink.objects.filter(used_at=None).exclude(sent_to="").exists()


def test_names_that_are_headers_stay_out_of_the_letters_head(
    admin: Client, alice: Account, smtp: SmtpSink
) -> None:
    Account.objects.update(name="Alice\r\nBcc: everybody@example.com")
    admin.post("/settings/people/invite", {"email": "carol@example.com"})
    [letter] = smtp.wait_for(1)
    assert letter.mail["Bcc"] is None
    assert getaddresses([letter.mail["To"]]) == [("", "carol@example.com")]


def test_an_address_has_one_account(admin: Client) -> None:
    said = admin.post("/settings/people/invite", {"email": "ALICE@example.com"})
    assert said.status_code == 422 and "account with this address already" in said.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"email": "no"}, {"team": "nowhere"}, {"role": "admin", "team": "platform"}]
)
def test_a_wrong_invitation_makes_nobody(wrong: dict[str, str], admin: Client, house: House) -> None:
    said = admin.post("/settings/people/invite", {"email": "carol@example.com"} | wrong)
    assert said.status_code == 422
    assert Account.objects.count() == 1


def test_a_configured_person_is_filled_in_and_becomes_the_account(admin: Client, house: House) -> None:
    shown = admin.get("/settings/people/invite?person=bob").content.decode()
    assert 'value="bob@example.com"' in shown
    path = _invite(admin, email="bob@example.com")
    bob = Client()
    assert "In the configuration you are" in bob.get(path).content.decode()
    bob.post(path, {"name": "Bob"} | NEW)
    assert "bob" in bob.get("/settings/people").content.decode() or bob.get("/incidents").status_code == 200


def test_whoever_was_invited_and_never_came_cannot_sign_in(admin: Client) -> None:
    _invite(admin)
    for password in ("", "!", "carol@example.com"):
        assert (
            Client().post("/sign-in", {"email": "carol@example.com", "password": password}).status_code == 422
        )


def test_only_the_hash_of_a_link_is_kept(admin: Client) -> None:
    token = _invite(admin).rpartition("/")[2]
    assert token not in SignInLink.objects.get().digest


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/settings/people", "/settings/people/invite", "/settings/people/1"])
def test_accounts_are_for_administrators(page: str, bob: Account) -> None:
    client = Client()
    client.force_login(bob, BACKEND)
    assert client.get(page).status_code == 403


def test_a_manager_cannot_make_administrators(bob: Account, alice: Account) -> None:
    Membership.objects.create(account=bob, team="platform", role="manager")
    client = Client()
    client.force_login(bob, BACKEND)
    assert client.post(f"/settings/people/{bob.pk}/change", {"do": "make-admin"}).status_code == 403


def test_an_old_session_is_asked_before_anything_changes(browser: Client, bob: Account) -> None:
    answer = browser.post(f"/settings/people/{bob.pk}/change", {"do": "make-admin"})
    assert (
        answer["location"] == f"/me/confirm?next=%2Fsettings%2Fpeople%2F{bob.pk}"
        or "/me/confirm" in answer["location"]
    )
    bob.refresh_from_db()
    assert not bob.is_admin


# --- changes ---------------------------------------------------------------------------------------------------------


def test_a_role_is_given_and_taken(admin: Client, bob: Account, house: House) -> None:
    assert "is observer in platform now" in _change(admin, bob, "give-role", team="platform", role="observer")
    assert "is manager in platform now" in _change(admin, bob, "give-role", team="platform", role="manager")
    assert bob.memberships.count() == 1
    _change(admin, bob, "take-role", team="platform")
    assert not bob.memberships.exists()
    whats = AuditEntry.objects.filter(subject=bob.login).order_by("id").values_list("what", flat=True)
    assert list(whats) == ["RoleGiven", "RoleGiven", "RoleTaken"]


@pytest.mark.parametrize(("team", "role"), [("nowhere", "observer"), ("platform", "admin"), ("platform", "")])
def test_a_role_that_is_none_is_refused_at_its_field(
    team: str, role: str, admin: Client, bob: Account, house: House
) -> None:
    answer = admin.post(f"/settings/people/{bob.pk}/change", {"do": "give-role", "team": team, "role": role})
    assert answer.status_code == 422
    assert not bob.memberships.exists()


def test_an_account_is_said_to_be_a_person_whose_address_differs(admin: Client, house: House) -> None:
    work = _account("b.brandt@work.example")
    assert "Bob Brandt (" in _change(admin, work, "link-person", person="bob")
    assert work.person == "bob"
    other = _account("other@work.example")
    assert "Another account is that person" in _change(admin, other, "link-person", person="bob")
    assert "Select a valid choice" in _change(admin, other, "link-person", person="nobody")
    assert other.person is None
    _change(admin, work, "link-person", person="")
    assert work.person is None


def test_what_the_provider_gave_is_not_taken_here(admin: Client, bob: Account) -> None:
    Membership.objects.create(account=bob, team="platform", role="observer", origin="oidc")
    _change(admin, bob, "take-role", team="platform")
    assert bob.memberships.exists()


def test_somebody_becomes_administrator_and_ends_it(admin: Client, bob: Account) -> None:
    _change(admin, bob, "make-admin")
    assert bob.is_admin
    _change(admin, bob, "end-admin")
    assert not bob.is_admin


@pytest.mark.parametrize("do", ["end-admin", "close"])
def test_the_last_administrator_stays(do: str, admin: Client, alice: Account) -> None:
    assert "Nobody else could administer" in _change(admin, alice, do)
    assert alice.is_admin and alice.is_active


def test_who_was_only_invited_does_not_count_as_the_other_administrator(
    admin: Client, alice: Account
) -> None:
    _invite(admin, admin="on")
    assert Account.objects.filter(is_admin=True).count() == 2
    assert "Nobody else could administer" in _change(admin, alice, "close")


def test_with_another_administrator_one_may_go(admin: Client, alice: Account, bob: Account) -> None:
    _change(admin, bob, "make-admin")
    _change(admin, alice, "end-admin")
    assert not alice.is_admin


def test_a_closed_account_is_out_at_once_and_comes_back_when_reopened(admin: Client, bob: Account) -> None:
    client = Client()
    client.post("/sign-in", {"email": bob.login, "password": PASSWORD})
    _change(admin, bob, "close")
    assert client.get("/").status_code == 302
    assert Client().post("/sign-in", {"email": bob.login, "password": PASSWORD}).status_code == 422
    _change(admin, bob, "reopen")
    assert Client().post("/sign-in", {"email": bob.login, "password": PASSWORD}).status_code == 302


def test_signing_out_everywhere_reaches_every_session(admin: Client, bob: Account) -> None:
    listed, unlisted = Client(), Client()
    listed.post("/sign-in", {"email": bob.login, "password": PASSWORD})
    unlisted.force_login(bob, BACKEND)
    _change(admin, bob, "sign-out")
    assert listed.get("/").status_code == unlisted.get("/").status_code == 302
    assert admin.get("/").status_code == 200


def test_lost_second_factors_are_forgotten(admin: Client, bob: Account) -> None:
    second_factor.add_totp(bob, "JBSWY3DPEHPK3PXP")
    _change(admin, bob, "forget-factors")
    assert not Authenticator.objects.filter(user_id=bob.pk).exists()
    assert Client().post("/sign-in", {"email": bob.login, "password": PASSWORD})["location"] == "/"


def test_an_act_that_is_none_changes_nothing(admin: Client, bob: Account) -> None:
    assert "no such act" in _change(admin, bob, "promote")
    assert admin.post("/settings/people/999999/change", {"do": "close"}).status_code == 404
    assert admin.get("/settings/people/99999999999999999999").status_code == 404


def test_hostile_names_are_shown_as_text(admin: Client, bob: Account) -> None:
    _change(admin, bob, "rename", name="<script>alert(1)</script>\u202egnp")
    for page in ("/settings/people", f"/settings/people/{bob.pk}"):
        shown = admin.get(page).content.decode()
        assert "<script>alert" not in shown and "\u202e" not in shown


def test_the_list_finds_pages_and_asks_little(admin: Client, house: House) -> None:
    Account.objects.bulk_create(
        Account(login=f"person{n:03}@example.com", password="!x", created_at=NOW) for n in range(120)
    )
    admin.get("/")  # the first look after signing in reads the configuration and notes the session
    with CaptureQueriesContext(connection) as asked:
        first = admin.get("/settings/people").content.decode()
    assert len(asked) <= 12, "\n".join(query["sql"][:150] for query in asked)
    assert "person010@" in first and "person110@" not in first
    after = re.search(r'after=([^"]+)"', first)
    assert after
    second = admin.get(f"/settings/people?after={after[1]}").content.decode()
    assert "person049@" in second and "person010@" not in second
    assert "person077@" in admin.get("/settings/people?q=SON077").content.decode()
    assert "Nobody found" in admin.get("/settings/people?q=%00%27").content.decode()


# --- new passwords ---------------------------------------------------------------------------------------------------


def _reset_link(smtp: SmtpSink) -> str:
    [letter] = smtp.wait_for(1)
    found = LINK.search(letter.part("plain"))
    assert found
    return found[1]


def test_a_forgotten_password_is_set_anew_by_mail(alice: Account, stranger: Client, smtp: SmtpSink) -> None:
    old = Client()
    old.post("/sign-in", SIGN_IN)
    stranger.post("/password/reset", {"email": " Alice@Example.com"})
    path = _reset_link(smtp)
    assert stranger.get(path).status_code == 200
    assert stranger.post(path, NEW)["location"] == "/sign-in"
    assert old.get("/").status_code == 302, "every session ends"
    assert Client().post("/sign-in", SIGN_IN).status_code == 422
    assert Client().post("/sign-in", SIGN_IN | {"password": NEW["again"]}).status_code == 302
    assert Client().get(path).status_code == 410, "the link works once"
    alice.refresh_from_db()
    assert alice.email_verified_at is not None


def test_nobody_learns_whether_an_address_has_an_account(
    alice: Account, stranger: Client, smtp: SmtpSink
) -> None:
    known = stranger.post("/password/reset", {"email": "alice@example.com"}).content.decode()
    unknown = stranger.post("/password/reset", {"email": "wonda@example.com"}).content.decode()
    assert known.replace("alice@", "wonda@") == unknown
    smtp.wait_for(1)
    time.sleep(0)  # the sender's thread has nothing more to do
    assert [letter.recipients for letter in smtp.letters] == [["alice@example.com"]]


def test_a_closed_account_gets_no_letter(alice: Account, stranger: Client, smtp: SmtpSink) -> None:
    Account.objects.update(is_active=False)
    assert stranger.post("/password/reset", {"email": "alice@example.com"}).status_code == 200
    assert not SignInLink.objects.exists()


def test_asking_again_and_again_waits(alice: Account, stranger: Client, smtp: SmtpSink) -> None:
    for _ in range(5):
        assert stranger.post("/password/reset", {"email": "alice@example.com"}).status_code == 200
    assert stranger.post("/password/reset", {"email": "alice@example.com"}).status_code == 429
    assert Throttle.objects.filter(key__contains="new password").exists()


def test_only_the_latest_link_is_good(alice: Account, stranger: Client, smtp: SmtpSink) -> None:
    for _ in range(2):
        stranger.post("/password/reset", {"email": "alice@example.com"})
    found = [LINK.search(letter.part("plain")) for letter in smtp.wait_for(2)]
    answers = sorted(stranger.get(link[1]).status_code for link in found if link)
    assert answers == [200, 410]


def test_a_new_password_does_not_go_round_the_second_factor(
    alice: Account, stranger: Client, smtp: SmtpSink
) -> None:
    second_factor.add_totp(alice, "JBSWY3DPEHPK3PXP")
    stranger.post("/password/reset", {"email": "alice@example.com"})
    stranger.post(_reset_link(smtp), NEW)
    signed = stranger.post("/sign-in", SIGN_IN | {"password": NEW["again"]})
    assert signed["location"] == "/sign-in/second"


def test_changing_the_password_ends_links_for_a_new_one(
    admin: Client, alice: Account, smtp: SmtpSink
) -> None:
    Client().post("/password/reset", {"email": "alice@example.com"})
    path = _reset_link(smtp)
    admin.post("/me/password", {"password": PASSWORD} | NEW)
    assert Client().get(path).status_code == 410


def test_an_invitation_is_no_link_for_a_new_password(admin: Client) -> None:
    token = _invite(admin).rpartition("/")[2]
    assert Client().get(f"/password/reset/{token}").status_code == 410


def test_without_a_mail_server_the_page_says_who_can_help(stranger: Client, alice: Account) -> None:
    assert "no mail server" in stranger.get("/password/reset").content.decode()
    assert stranger.post("/password/reset", {"email": "alice@example.com"}).status_code == 422
    assert "Forgot" not in stranger.get("/sign-in").content.decode()


def test_an_administrator_makes_the_link_where_there_is_no_mail(admin: Client, bob: Account) -> None:
    found = LINK.search(_change(admin, bob, "password-link"))
    assert found
    assert Client().post(found[1], NEW)["location"] == "/sign-in"
    assert Client().post("/sign-in", {"email": bob.login, "password": NEW["again"]}).status_code == 302


def test_the_letter_names_the_house_by_its_own_address_not_the_requests(
    alice: Account, smtp: SmtpSink
) -> None:
    Client(HTTP_HOST="evil.example").post("/password/reset", {"email": "alice@example.com"})
    [letter] = smtp.wait_for(1)
    assert "evil.example" not in letter.part("plain")


@pytest.mark.parametrize("token", ["x", "%00", "a" * 2000])
@pytest.mark.parametrize("path", ["/invitation/", "/password/reset/"])
def test_a_link_that_is_none_is_over(path: str, token: str, stranger: Client, alice: Account) -> None:
    assert stranger.get(path + token).status_code == 410


def test_a_link_is_spent_by_one_of_two(alice: Account) -> None:
    _, link = one_time.make(alice, one_time.PASSWORD, "alice", NOW)
    assert [one_time.spend(link, NOW), one_time.spend(link, NOW)] == [True, False]
