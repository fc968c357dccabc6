"""Swaps and cover on screen: offered, taken, declined, and what is refused is said where it was typed."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tests.web.test_pages import page
from tocsin.apps.people.models import Account, Membership
from tocsin.control.requests import AskCover, OfferSwap, SwapView, WithdrawSwap
from tocsin.core.oncall.seats import seats
from tocsin.core.oncall.shifts import who_is_on_call

PRIMARY = "platform-primary"
HOSTILE = "<script>alert(1)</script> \u202eevil"


def shift_of(house: House, person: str = "alice") -> tuple[datetime, datetime]:
    """Their next whole shift."""
    facts, now = house.world.engine.facts.current, house.now
    found = seats(facts.schedules, [PRIMARY], now, now + timedelta(days=30), facts.overrides)
    seat = next(s for s in found if s.person == person and s.starts_at > now)
    return seat.starts_at, seat.ends_at


def offered(house: House, comment: str = "Theatre") -> SwapView:
    starts_at, ends_at = shift_of(house)
    made = house.ask(
        OfferSwap("alice", PRIMARY, starts_at, ends_at, ("bob",), comment=comment), "alice", "web"
    )
    assert isinstance(made, SwapView)
    return made


def typed(house: House, **changes: str) -> dict[str, str]:
    """In Berlin, where alice lives."""
    starts_at, ends_at = shift_of(house)
    zone = house.world.engine.facts.current.people["alice"].time_zone
    from tocsin.core.oncall.wall_clock import local_time

    begin, end = (f"{local_time(at, zone):%Y-%m-%dT%H:%M}" for at in (starts_at, ends_at))
    known = {"schedule": PRIMARY, "person": "alice", "starts_at": begin, "ends_at": end, "comment": "Theatre"}
    return {**known, **changes}


@pytest.fixture
def bob(house: House) -> Client:
    account = Account(login="bob@elsewhere.example", name="Bob", person="bob", created_at=house.now)
    account.save()
    Membership(account=account, team="platform", role="responder").save()
    client = Client()
    client.force_login(account, BACKEND)
    return client


def test_a_shift_is_offered_by_a_form_and_taken_by_a_button(
    house: House, browser: Client, bob: Client
) -> None:
    starts_at, ends_at = shift_of(house)
    asked = urlencode(
        {"schedule": PRIMARY, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    )
    assert "Bob Brandt" in page(browser, f"/on-call/swaps/offer?{asked}")
    answer = browser.post("/on-call/swaps/offer", {**typed(house), "ask": "bob"}, follow=True)
    assert "Offered. Bob Brandt is asked." in answer.content.decode()
    assert "Offered to you" in page(bob, "/on-call/swaps")
    swap = answer.redirect_chain[-1][0]
    taken = bob.post(swap, {"do": "accept"}, follow=True)
    assert "You are on call for platform-primary" in taken.content.decode()
    facts = house.world.engine.facts.current
    assert who_is_on_call(facts.schedules, PRIMARY, starts_at, facts.overrides).people == ("bob",)


def test_without_a_shift_ones_own_are_listed_to_choose_from(house: House, browser: Client) -> None:
    shown = page(browser, "/on-call/swaps/offer")
    assert "Which one?" in shown
    assert "/on-call/swaps/offer?schedule=platform-primary&amp;person=alice" in shown


def test_declining_and_withdrawing_are_a_button_each(house: House, browser: Client, bob: Client) -> None:
    swap = offered(house)
    assert (
        "declined by all"
        in bob.post(f"/on-call/swaps/{swap.id}", {"do": "decline"}, follow=True).content.decode()
    )
    again = offered(house)
    assert "Withdraw" in page(browser, "/on-call/swaps")
    assert (
        "withdrawn"
        in browser.post(f"/on-call/swaps/{again.id}", {"do": "withdraw"}, follow=True).content.decode()
    )


def test_cover_is_asked_for_and_who_cannot_be_reached_says_so(
    house: House, browser: Client, bob: Client
) -> None:
    facts = house.world.engine.facts.current
    (who,) = who_is_on_call(facts.schedules, PRIMARY, house.now, facts.overrides).people
    client = browser if who == "alice" else bob
    assert "Ask the team" in page(client, "/on-call/swaps/cover")
    made = house.ask(AskCover(who, PRIMARY), who, "web")
    assert isinstance(made, SwapView)
    assert "Nobody can reach me" in page(client, "/on-call/swaps")
    answer = client.post(f"/on-call/swaps/{made.id}", {"do": "unreachable"}, follow=True)
    assert "next step of the policy" in answer.content.decode()
    facts = house.world.engine.facts.current
    assert who_is_on_call(facts.schedules, PRIMARY, house.now, facts.overrides).people == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schedule": ""}, "Choose the schedule"),
        ({"schedule": "no-such"}, "there is no schedule"),
        ({"starts_at": "soon"}, "Say day and time"),
        ({"ends_at": "2020-01-01T00:00"}, "it must end after it starts"),
        ({"ask": "nobody"}, "neither of its team nor in its turns"),
        ({"back": "nonsense"}, "Choose a shift of the list"),
        ({"expires_at": "2040-01-01T00:00"}, "until the shift begins"),
        ({"person": "bob"}, "does not hold all of that time"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_offered(
    house: House, browser: Client, changes: dict[str, str], said: str
) -> None:
    answer = browser.post("/on-call/swaps/offer", typed(house, **changes))
    assert answer.status_code == 400
    assert said.lower() in answer.content.decode().lower()
    assert "Nothing is offered" in page(browser, "/on-call/swaps")


def test_somebody_elses_shift_is_not_a_responders_to_offer(house: House, bob: Client) -> None:
    answer = bob.post("/on-call/swaps/offer", typed(house))
    assert answer.status_code == 400 and "a shift is its holder" in answer.content.decode()
    swap = offered(house)
    assert bob.post(f"/on-call/swaps/{swap.id}", {"do": "withdraw"}).status_code == 403
    assert "Withdraw" not in page(bob, f"/on-call/swaps/{swap.id}")


def test_who_comes_too_late_is_told_who_has_it(house: House, browser: Client, bob: Client) -> None:
    swap = offered(house)
    bob.post(f"/on-call/swaps/{swap.id}", {"do": "accept"})
    answer = bob.post(f"/on-call/swaps/{swap.id}", {"do": "accept"})
    assert answer.status_code == 409 and "Bob Brandt has taken it already" in answer.content.decode()
    assert browser.post(f"/on-call/swaps/{swap.id}", {"do": "dance"}).status_code == 400


def test_hostile_words_are_only_words(house: House, browser: Client) -> None:
    swap = offered(house, HOSTILE)
    for address in ("/on-call/swaps", f"/on-call/swaps/{swap.id}"):
        shown = page(browser, address)
        assert "<script>alert" not in shown and "\u202e" not in shown


@pytest.mark.parametrize("address", ["/on-call/swaps/no-such", "/on-call/swaps/%00"])
def test_what_is_not_there_is_not_found(house: House, browser: Client, address: str) -> None:
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize("before", ["x", "1.", "99999999999999999999.a", "1.a'b", "1.%00"])
def test_a_broken_page_mark_is_the_first_page(house: House, browser: Client, before: str) -> None:
    assert browser.get("/on-call/swaps", {"before": before}).status_code == 200


def test_the_profile_shows_what_one_was_told_lately(house: House, browser: Client, bob: Client) -> None:
    assert "Told to you lately" not in page(browser, "/me")
    starts_at, ends_at = shift_of(house, "bob")
    house.ask(OfferSwap("bob", PRIMARY, starts_at, ends_at, ("alice",), comment=HOSTILE), "bob", "web")
    shown = page(browser, "/me")
    assert "Bob Brandt offers you a shift" in shown and "<script>alert" not in shown
    assert "offers you a shift" not in page(bob, "/me")


def test_more_swaps_cost_no_more_queries(
    house: House, browser: Client, django_assert_max_num_queries: Any
) -> None:
    starts_at, _ = shift_of(house)
    for hour in range(60):
        begin = starts_at + timedelta(hours=hour)
        made = house.ask(
            OfferSwap("alice", PRIMARY, begin, begin + timedelta(hours=1), ("bob",)), "alice", "web"
        )
        assert isinstance(made, SwapView)
        if hour >= 30:
            house.ask(WithdrawSwap(made.id, "alice"), "alice", "web")
    page(browser, "/on-call/swaps")  # reads the configuration
    with django_assert_max_num_queries(12):
        shown = page(browser, "/on-call/swaps")
    assert shown.count('id="swap-') == 30
    older = re.search(r'href="(/on-call/swaps[?]before=[^"]+)"', shown)
    assert older is not None
    with django_assert_max_num_queries(12):
        assert page(browser, older[1]).count("/on-call/swaps/") >= 10
