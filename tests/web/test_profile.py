"""One's own profile: contact methods, rules, quiet hours, theme; and what others may not do to it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tocsin.apps.people.models import Account
from tocsin.core.people import QuietHours
from tocsin.core.respond.delivery import Failed, Rejected

TOPIC = "https://ntfy.example.com/alice-x8Qz41"
ADDED = {"address": TOPIC, "name": "phone"}


def page(browser: Client, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def person(house: House, key: str = "alice"):  # type: ignore[no-untyped-def]
    return house.world.engine.facts.current.people[key]


def code(house: House, part: str) -> str:
    came = [heard for heard in house.provider.heard if part in heard.address]
    return re.findall(r"\b\d{6}\b", came[-1].message.title)[0]


def signed_in(login: str) -> Client:
    account, _ = Account.objects.get_or_create(
        login=login, defaults={"created_at": datetime(2026, 6, 1, tzinfo=UTC)}
    )
    client = Client()
    client.force_login(account, BACKEND)
    return client


@pytest.fixture
def bobs(house: House) -> Client:
    """Signed in as bob, who is no administrator."""
    return signed_in("bob@example.com")


# --- contact methods -------------------------------------------------------------------------------------------------


def test_every_channel_that_has_a_form_is_offered(browser: Client, house: House) -> None:
    shown = page(browser, "/me/contact/add")
    for expected in ("ntfy", "E-mail", "Webhook", "This browser or app", 'data-push="'):
        assert expected in shown, expected
    assert "terminal" not in shown.lower()


def test_a_contact_method_is_added_verified_tested_and_removed(browser: Client, house: House) -> None:
    answer = browser.post("/me/contact/add/ntfy", ADDED)
    assert answer.status_code == 302 and answer.headers["Location"] == "/me/contact/phone"
    shown = page(browser, "/me/contact/phone")
    assert "not verified, used all the same" in shown and "The code that came" in shown
    browser.post("/me/contact/phone", {"do": "verify", "code": code(house, TOPIC)})
    assert person(house).method("phone").verified
    tested = browser.post("/me/contact/phone", {"do": "test"})
    assert tested.headers["Location"].startswith("/incidents/")
    assert "[TEST]" in house.provider.heard[-1].message.title and house.provider.heard[-1].method == "phone"
    browser.post("/me/contact/phone", {"do": "remove"})
    assert person(house).method("phone") is None


def test_a_topic_is_not_shown_whole(browser: Client, house: House) -> None:
    browser.post("/me/contact/add/ntfy", ADDED)
    assert TOPIC not in page(browser, "/me") + page(browser, "/me/contact/phone")


def test_a_wrong_code_is_said_at_its_field(browser: Client, house: House) -> None:
    browser.post("/me/contact/add/ntfy", ADDED)
    wrong = "000000" if code(house, TOPIC) != "000000" else "000001"
    answer = browser.post("/me/contact/phone", {"do": "verify", "code": wrong})
    assert answer.status_code == 422 and "4 tries left" in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"address": "nonsense", "name": "phone"}, "begins with http"),
        ({"address": TOPIC, "name": "mail"}, "there is a contact method of that name"),
        ({"address": TOPIC, "name": "a/b"}, "letters, digits, spaces"),
        ({"address": "http://169.254.169.254/latest", "name": "phone"}, "not public"),
        ({"address": "<script>alert(1)</script>", "name": "phone"}, "begins with http"),
    ],
)
def test_what_cannot_work_is_said_and_nothing_is_kept(
    given: dict[str, str], said: str, browser: Client, house: House
) -> None:
    before = person(house)
    answer = browser.post("/me/contact/add/ntfy", given)
    assert answer.status_code == 422
    assert said in answer.content.decode() and "<script>alert" not in answer.content.decode()
    assert person(house) == before


def test_a_method_from_git_can_be_changed_here_and_says_so(browser: Client, house: House) -> None:
    assert "comes from the configuration in Git" in page(browser, "/me/contact/mail")
    browser.post("/me/contact/mail", {"do": "save", "address": "ames@example.com"})
    assert "Pages go to <bdi>ames@example.com</bdi> once you enter the code" in page(
        browser, "/me/contact/mail"
    )
    browser.post("/me/contact/mail", {"do": "verify", "code": code(house, "ames@example.com")})
    assert person(house).method("mail").address == "ames@example.com"


def test_an_unknown_method_channel_or_deed_is_a_clear_answer(browser: Client, house: House) -> None:
    assert browser.get("/me/contact/fax").status_code == 404
    assert browser.get("/me/contact/add/fax").status_code == 404
    assert browser.get("/me/contact/add/console").status_code == 404
    assert browser.post("/me/contact/mail", {"do": "explode"}).status_code == 400


def test_only_administrators_change_how_somebody_else_is_reached(
    browser: Client, bobs: Client, house: House
) -> None:
    for address in ("/people/alice/reach", "/people/alice/rules", "/people/alice/contact/mail"):
        assert bobs.get(address).status_code == 403
    assert bobs.post("/people/alice/contact/add/ntfy", ADDED).status_code == 403
    assert bobs.post("/people/alice/contact/mail", {"do": "remove"}).status_code == 403
    assert "Bob Brandt" in page(browser, "/people/bob/reach")
    browser.post("/people/bob/contact/add/email", {"address": "bob@example.com", "name": "mail"})
    assert person(house, "bob").method("mail") is not None
    assert page(bobs, "/people/bob/reach")
    assert browser.get("/people/mallory/reach").status_code == 404


def test_who_is_nobody_is_asked_who_they_are(house: House) -> None:
    stranger = signed_in("somebody@example.com")
    assert "Who you are on call" in page(stranger, "/me")
    for address in ("/me/contact/add", "/me/contact/add/ntfy", "/me/rules"):
        assert stranger.get(address).headers["Location"] == "/me"


# --- rules -----------------------------------------------------------------------------------------------------------


def rules(**changed: object) -> dict[str, object]:
    return {
        "do": "save",
        "high-by": ["mail", "hook", ""],
        "high-minutes": ["0", "1", ""],
        "low-by": ["mail", ""],
        "low-minutes": ["5", ""],
        "quiet_from": "22:00",
        "quiet_until": "07:00",
        "time_zone": "",
        **changed,
    }


def test_rules_quiet_hours_and_zone_are_saved_without_scripts(browser: Client, house: House) -> None:
    assert 'name="high-by"' in page(browser, "/me/rules")
    assert browser.post("/me/rules", rules(time_zone="Asia/Tokyo")).headers["Location"] == "/me"
    known = person(house)
    assert [(rule.by, rule.after) for rule in known.notify_high] == [
        ("mail", timedelta(0)),
        ("hook", timedelta(minutes=1)),
    ]
    assert [(rule.by, rule.after) for rule in known.notify_low] == [("mail", timedelta(minutes=5))]
    assert known.quiet == QuietHours(datetime(2026, 1, 1, 22).time(), datetime(2026, 1, 1, 7).time())
    assert known.time_zone == "Asia/Tokyo"
    shown = page(browser, "/me")
    assert "Quiet hours from 22:00 to 07:00 in Asia/Tokyo" in shown and "+1m" in shown


def test_more_rows_keep_what_was_typed(browser: Client, house: House) -> None:
    before = person(house)
    shown = browser.post("/me/rules", rules(do="more")).content.decode()
    assert shown.count('name="high-by"') == 4 and 'value="22:00"' in shown
    assert person(house) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"high-by": [""], "high-minutes": [""]}, "at least one rule is needed"),
        ({"high-by": ["fax"], "high-minutes": ["0"]}, "there is no contact method"),
        ({"high-minutes": ["0", "x", ""]}, "expected whole minutes"),
        ({"high-minutes": ["0", "99999", ""]}, "expected whole minutes"),
        ({"quiet_until": ""}, "expected a time of day"),
        ({"quiet_until": "22:00"}, "may not last all day"),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
    ],
)
def test_bad_rules_are_said_where_they_stand_and_change_nothing(
    changed: dict[str, object], said: str, browser: Client, house: House
) -> None:
    before = person(house)
    answer = browser.post("/me/rules", rules(**changed))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert person(house) == before


def test_rows_that_do_not_match_are_a_bad_request(browser: Client, house: House) -> None:
    assert browser.post("/me/rules", rules(**{"high-minutes": ["0"]})).status_code == 400


# --- this browser ----------------------------------------------------------------------------------------------------


def test_the_theme_is_in_the_first_answer_and_kept_by_the_browser(browser: Client, house: House) -> None:
    answer = browser.post("/me/theme", {"theme": "dark", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/me"
    assert browser.cookies["tocsin_theme"]["httponly"]
    assert 'data-theme="dark"' in page(browser, "/me")
    assert browser.post("/me/theme", {"theme": "pink"}).status_code == 400


def test_the_profile_asks_the_database_little(browser: Client, house: House) -> None:
    browser.post("/me/contact/add/ntfy", ADDED)
    for address in ("/me", "/me/contact/phone", "/me/contact/add", "/me/rules", "/people/bob/reach"):
        page(browser, address)
        with CaptureQueriesContext(connection) as queries:
            page(browser, address)
        assert len(queries) <= 12, address


def test_what_was_done_is_in_the_audit_log_without_the_code(browser: Client, house: House) -> None:
    from tocsin.apps.people.models import AuditEntry

    browser.post("/me/contact/add/ntfy", {**ADDED, "option-token": "tk_very_secret"})
    sent = code(house, TOPIC)
    browser.post("/me/contact/phone", {"do": "verify", "code": sent})
    told = [f"{e.what} {e.detail} {e.before} {e.after}" for e in AuditEntry.objects.all()]
    assert any("PutContactMethod" in each for each in told)
    assert any("VerifyContactMethod" in each for each in told)
    assert not any(sent in each or "tk_very_secret" in each or TOPIC in each for each in told)


# --- what became of it -----------------------------------------------------------------------------------------------


def test_a_contact_method_says_what_became_of_its_last_message(browser: Client, house: House) -> None:
    assert "Nothing was sent here yet" in page(browser, "/me/contact/hook")
    house.fires("DiskFull", severity="critical")
    assert "delivered." in page(browser, "/me/contact/hook")
    assert page(browser, "/me").count("Nothing was sent here yet") == 1, "the mail is not due yet"


def test_a_message_that_failed_says_why_and_when_it_is_tried_again(browser: Client, house: House) -> None:
    house.provider.answers("9911/alice", Failed("the other end <b>hung up</b>\u202e"))
    house.fires("DiskFull", severity="critical")
    shown = page(browser, "/me")
    assert "not delivered" in shown and "&lt;b&gt;hung up" in shown and "\u202e" not in shown
    assert "It is tried again" in shown
    house.provider.answers("9911/alice", Rejected("no such room"))
    house.passes(minutes=2)
    again = page(browser, "/me/contact/hook")
    assert "no such room" in again and "It is tried again" not in again
