"""Fairness, health and warnings on screen and by API, and whose numbers nobody else sees."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.scenarios.house import House
from tests.web.api.conftest import Api, token_of
from tests.web.conftest import BACKEND
from tests.web.test_pages import page
from tocsin.apps.incidents.models import Page
from tocsin.apps.oncall.paged import received
from tocsin.apps.people.models import Account, Membership
from tocsin.control.requests import AddOverride, PutNoun, Who
from tocsin.core.instants import micros
from tocsin.core.oncall.schedule import OverrideKind
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Incident
from tocsin.core.respond.page import Page as CorePage
from tocsin.core.roles import Permission
from tocsin.core.severity import Severity, Urgency

PAGES = ("/on-call/fairness", "/on-call/health")
MOST_QUERIES = 12


def account(person: str, role: str) -> Client:
    made = Account(login=f"{person}@example.org", name=person, person=person, created_at=datetime.now(UTC))
    made.save()
    Membership(account=made, team="platform", role=role).save()
    client = Client()
    client.force_login(made, BACKEND)
    return client


@pytest.fixture
def bob(house: House) -> Iterator[Client]:
    yield account("bob", "responder")


@pytest.fixture
def carol(house: House) -> Iterator[Client]:
    yield account("carol", "manager")


def pages(house: House, count: int, since: timedelta = timedelta(days=200)) -> None:
    """So many pages of the last weeks, by turns to alice and bob, the last one a test."""

    def work(tx) -> None:
        first, step = house.now - since, since / count
        about = [
            Incident(
                id=n,
                title="Slow",
                opened_at=first + n * step,
                severity=Severity.SEV2,
                service="task-api",
                team="platform",
                test=n == count,
            )
            for n in range(1, count + 1)
        ]
        tx.incidents.put(about)
        tx.pages.put(
            [
                CorePage(
                    each.id,
                    1,
                    ("alice", "bob")[each.id % 2],
                    (Urgency.HIGH, Urgency.LOW)[each.id % 3 == 0],
                    each.opened_at,
                    Reason.STEP_STARTED,
                )
                for each in about
            ]
        )

    house.store.run(work)


# -- what is counted --------------------------------------------------------------------------------------------------


def test_pages_are_counted_as_the_engine_counts_them(house: House) -> None:
    pages(house, 60)
    since, until = house.now - timedelta(days=100), house.now
    theirs = house.store.read(lambda tx: tx.pages.received(["alice", "bob"], micros(since), micros(until)))
    assert len(theirs) > 25
    assert sorted(received(["alice", "bob"], since, until)) == theirs


@pytest.mark.parametrize("address", PAGES)
def test_a_year_of_pages_takes_as_few_queries_as_none(browser: Client, house: House, address: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(browser, address)
        return len(queries)

    asked()
    before = asked()
    pages(house, 2000, timedelta(days=365))
    assert (asked(), before <= MOST_QUERIES) == (before, True)


# -- fairness ---------------------------------------------------------------------------------------------------------


def test_fairness_is_drawn_and_stands_in_numbers(browser: Client, house: House) -> None:
    shown = page(browser, "/on-call/fairness?of=nights")
    assert "share-held" in shown
    assert shown.index("Alice Ames") < shown.index("Bob Brandt")
    assert '<th scope="row"><bdi title="bob">' in shown
    assert "The upright line is the fair share" in shown


def test_fairness_looks_ahead_when_asked(browser: Client, house: House) -> None:
    today = house.now.date()
    shown = page(browser, f"/on-call/fairness?from={today}&to={today + timedelta(days=55)}")
    assert "Coming 8 weeks" in shown
    assert 'aria-current="page">Coming 8 weeks' in shown


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("team=nobody", "team"),
        ("from=tomorrow", "from"),
        ("from=0001-01-01", "from"),
        ("to=2026-02-31", "to"),
        ("from=2026-06-01&to=2026-05-01", "to"),
        ("from=2020-01-01&to=2026-01-01", "to"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(
    browser: Client, house: House, address: str, query: str, field: str
) -> None:
    answer = browser.get(f"{address}?{query}")
    assert answer.status_code == 400
    said = {"team": 'id="refused"', "from": 'id="from-wrong"', "to": 'id="to-wrong"'}
    assert said[field] in answer.content.decode()


# -- whose numbers ----------------------------------------------------------------------------------------------------


def test_a_responder_sees_themselves_and_the_teams_sums_and_nobody_else(bob: Client, house: House) -> None:
    shown = page(bob, "/on-call/health?team=platform")
    assert '<h2 id="mine">You</h2>' in shown
    assert "all together" in shown
    assert "Everybody, by name" not in shown
    assert "Alice Ames" not in shown


def test_who_manages_the_team_sees_everybody_by_name(carol: Client, house: House) -> None:
    shown = page(carol, "/on-call/health?team=platform")
    assert "Everybody, by name" in shown
    assert shown.index("Alice Ames") < shown.index("Bob Brandt")


def test_by_api_everybody_is_told_as_much_as_on_screen(bob: Client, carol: Client, house: House) -> None:
    for login, people in (("bob", ["bob"]), ("carol", ["alice", "bob"])):
        whose = Account.objects.get(login=f"{login}@example.org")
        (item,) = Api(token_of(whose, Permission.READ, Permission.MANAGE)).get("/on-call/health")["items"]
        assert [each["person"] for each in item["people"]] == people
        assert item["whole"]["verdict"] == "calm"


def test_the_ledger_by_api_is_the_one_on_screen(carol: Client, house: House) -> None:
    api = Api(token_of(Account.objects.get(login="carol@example.org"), Permission.READ))
    (item,) = api.get("/on-call/fairness?team=platform")["items"]
    assert [each["name"] for each in item["people"]] == ["Alice Ames", "Bob Brandt"]
    assert sum(each["hours"]["owed"] for each in item["people"]) == pytest.approx(0, abs=0.02)
    assert api("GET", "/on-call/fairness?team=nobody").status_code == 404
    wrong = api("GET", "/on-call/fairness?starts_at=2026-06-02T00:00:00Z&ends_at=2026-06-01T00:00:00Z")
    assert (wrong.status_code, "ends_at" in wrong.content.decode()) == (422, True)


def test_warnings_by_api_are_of_all_teams_or_one(carol: Client, house: House) -> None:
    api = Api(token_of(Account.objects.get(login="carol@example.org"), Permission.READ))
    reasons = {each["reason"] for each in api.get("/on-call/warnings")["items"]}
    assert reasons == {"unreachable_on_call", "more_than_one_week_in_four"}
    assert len(api.get("/on-call/warnings?team=platform")["items"]) == 3
    assert api("GET", "/on-call/warnings?team=nobody").status_code == 404


def test_orm_pages_have_when_they_began(house: House) -> None:
    pages(house, 3)
    assert Page.objects.filter(begun_at__gt=0).count() == 3


# -- warnings ---------------------------------------------------------------------------------------------------------

REACHABLE = {
    "contact": {"hook": {"webhook": "https://hooks.invalid/x", "verified": True}},
    "notify": {"high": ["hook"]},
}
TURNS = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-01-05", "people": ["erin", "frank"]}


@pytest.fixture
def shop(house: House) -> House:
    """Two who can be reached take turns, and tomorrow nobody is there for four hours."""
    for person in ("erin", "frank"):
        house.ask(PutNoun("people", person, {**REACHABLE, "name": person.title()}))
    house.ask(PutNoun("teams", "shop", {"members": ["erin", "frank"]}))
    house.ask(PutNoun("schedules", "shop", {"team": "shop", "layers": [{"rotation": TURNS}]}))
    begin = house.now + timedelta(days=1)
    on_call = house.ask(Who("shop", begin))
    assert isinstance(on_call, list)
    gone = on_call[0].people[0]
    house.ask(AddOverride("shop", gone, begin + timedelta(hours=4), begin, OverrideKind.REMOVE.value))
    return house


@pytest.mark.parametrize("address", ["/on-call?team=shop", "/schedules/shop"])
def test_a_gap_is_shown_with_who_could_stand_in(browser: Client, shop: House, address: str) -> None:
    shown = page(browser, address)
    assert "Before it bites" in shown
    assert "Nobody is on call on shop from" in shown
    assert "More than one week in four on call" in shown
    assert re.search(r"/schedules/shop/override\?person=(erin|frank)&amp;starts_at=", shown)
    assert "Share the rotation: one for this team and platform (2 more people) is 25 % each." in shown


def test_whoever_only_reads_is_offered_no_override(shop: House) -> None:
    shown = page(account("zoe", "observer"), "/schedules/shop")
    assert "Before it bites" in shown
    assert "/override?person=" not in shown


def test_the_override_that_is_offered_is_filled_in(browser: Client, shop: House) -> None:
    offered = re.search(
        r'href="(/schedules/shop/override\?[^"]*)"',
        page(browser, "/schedules/shop?").split("Before it bites")[1],
    )
    assert offered is not None
    form = page(browser, offered[1].replace("&amp;", "&"))
    assert re.search(r'<option value="(erin|frank)" selected', form)
