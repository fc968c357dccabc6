"""Pay on screen: one's own lines, a month that is closed and corrected, and nobody else's pay."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tests.web.test_pages import page
from tocsin.apps.people.models import Account, Membership
from tocsin.control.requests import PayView, PutNoun, ShowPay
from tocsin.core.oncall.pay.rules import Month

RULE = {
    "team": "platform",
    "currency": "EUR",
    "from": "2020-01-01",
    "per_hour": {"weekday": "2.50", "weekend": 5},
}
FORM = {"team": "platform"}


@pytest.fixture(autouse=True)
def rules(house: House) -> None:
    house.ask(PutNoun("pay", "platform", RULE))


def month(house: House, ahead: int) -> str:
    return str(Month(house.now.year, house.now.month).plus(ahead))


def shown(house: House, of: str, person: str | None = None) -> PayView:
    view = house.ask(ShowPay("platform", of, person))
    assert isinstance(view, PayView)
    return view


@pytest.fixture
def bob(house: House) -> Iterator[Client]:
    """A responder of the team who is the configured person bob."""
    account = Account(login="bob@example.com", name="Bob", person="bob", created_at=datetime.now(UTC))
    account.save()
    Membership(account=account, team="platform", role="responder").save()
    client = Client()
    client.force_login(account, BACKEND)
    return client


def test_a_manager_sees_everybody_with_every_line_and_its_reason(browser: Client, house: House) -> None:
    of = month(house, 0)
    text = page(browser, f"/on-call/pay?team=platform&month={of}")
    view = shown(house, of)
    assert view.totals and all(str(total.amount) in text for total in view.totals)
    assert "weekend hours on platform-primary" in text


def test_a_responder_sees_their_own_pay_and_no_one_elses(bob: Client, house: House) -> None:
    of = month(house, 0)
    text = page(bob, f"/on-call/pay?team=platform&month={of}")
    own, others = shown(house, of, "bob"), [t for t in shown(house, of).totals if t.person != "bob"]
    assert own.totals and str(own.totals[0].amount) in text
    assert others and not any(
        str(total.amount) in text for total in others if total.amount != own.totals[0].amount
    )
    assert "Close the month" not in text


def test_a_responder_cannot_close_or_correct(bob: Client, house: House) -> None:
    for act in ("close", "adjust"):
        assert bob.post(f"/on-call/pay/{act}", {**FORM, "month": month(house, -1)}).status_code in (400, 403)
    assert shown(house, month(house, -1)).state == "open"


def test_a_month_that_is_over_is_closed_once_and_then_stays(browser: Client, house: House) -> None:
    of = month(house, -1)
    before = shown(house, of)
    text = browser.post("/on-call/pay/close", {**FORM, "month": of}, follow=True).content.decode()
    assert "The month is closed." in text and "Close the month" not in text
    house.ask(PutNoun("pay", "platform", {**RULE, "per_month": 100}))
    assert shown(house, of).lines == before.lines
    again = browser.post("/on-call/pay/close", {**FORM, "month": of})
    assert again.status_code == 400 and "closed already" in again.content.decode()


def test_a_month_that_runs_cannot_be_closed(browser: Client, house: House) -> None:
    answer = browser.post("/on-call/pay/close", {**FORM, "month": month(house, 0)})
    assert answer.status_code == 400 and "is not over yet" in answer.content.decode()


def test_what_changes_after_the_close_is_shown_and_corrected_with_the_next_month(
    browser: Client, house: House
) -> None:
    closed, now = month(house, -1), month(house, 0)
    browser.post("/on-call/pay/close", {**FORM, "month": closed})
    house.ask(PutNoun("pay", "platform", {**RULE, "per_month": 100}))
    differences = shown(house, now).differences
    assert differences and {each.owed for each in differences} == {100}
    text = page(browser, f"/on-call/pay?team=platform&month={now}")
    assert "would come out otherwise" in text and "Correct by 100" in text
    one = differences[0]
    form = {
        "of": closed,
        "person": one.person,
        "amount": str(one.owed),
        "currency": "EUR",
        "why": "a stipend",
    }
    browser.post("/on-call/pay/adjust", {**FORM, "month": now, **form})
    after = shown(house, now)
    assert [(line.person, line.amount, line.of, line.why) for line in after.lines if line.of] == [
        (one.person, 100, closed, "a stipend")
    ]
    assert one.person not in {each.person for each in after.differences}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("amount", "ten", "expected an amount"),
        ("amount", "1e9", "expected an amount"),
        ("amount", "NaN", "expected an amount"),
        ("currency", "XXX", "expected EUR"),
        ("person", "nobody", "there is no person"),
        ("why", "", "say why"),
    ],
)
def test_a_bad_correction_is_refused_by_its_field(
    browser: Client, house: House, field: str, value: str, said: str
) -> None:
    of = month(house, -1)
    browser.post("/on-call/pay/close", {**FORM, "month": of})
    form = {"person": "bob", "amount": "1", "currency": "EUR", "why": "x", field: value}
    answer = browser.post("/on-call/pay/adjust", {**FORM, "month": of, **form})
    assert answer.status_code == 400 and said in answer.content.decode()
    assert not shown(house, of).adjustments


def test_the_csv_has_a_row_a_line_and_no_formula(browser: Client, house: House) -> None:
    of = month(house, -1)
    browser.post("/on-call/pay/close", {**FORM, "month": of})
    form = {"person": "bob", "amount": "-1.50", "currency": "EUR", "why": "=HYPERLINK(1)"}
    browser.post("/on-call/pay/adjust", {**FORM, "month": of, **form})
    answer = browser.get(f"/on-call/pay/csv?team=platform&month={month(house, 0)}")
    assert answer["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == len(shown(house, month(house, 0)).lines)
    corrected = next(row for row in rows if row["corrects"])
    assert (corrected["amount"], corrected["why"]) == ("-1.50", "'=HYPERLINK(1)")


def test_a_month_that_is_none_shows_this_one(browser: Client, house: House) -> None:
    assert f'value="{month(house, 0)}"' in page(browser, "/on-call/pay?team=platform&month=2026-99")
