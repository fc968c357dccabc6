"""Offering and accepting a swap in Chromium: phone and desk, without scripts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.e2e.tocsin import Tocsin
from tests.web.test_browser import DESK, PHONE, chromium, signed_in, tocsin
from tocsin.channels.links import sign_offer
from tocsin.cli.door import open_door
from tocsin.control.requests import ListSwaps, OfferSwap, Status, SwapView, Who, WithdrawSwap
from tocsin.core.oncall.schedule import Shift

__all__ = ["chromium", "signed_in", "tocsin"]  # fixtures

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
PRIMARY = "platform-primary"


def next_shift_of(tocsin: Tocsin, person: str) -> Shift:
    """Eight hours in the middle of their next whole week; the other one has the week after."""
    door = open_door(None, None, tocsin.data, None, actor="dan")
    (who,) = door.ask(Who(PRIMARY))
    begin: datetime = who.next_at + timedelta(days=3)
    if who.next_people != (person,):
        begin += timedelta(days=7)
    return Shift(begin, begin + timedelta(hours=8), (person,), "")


def swaps(tocsin: Tocsin) -> list[SwapView]:
    found: list[SwapView] = open_door(None, None, tocsin.data, None, actor="dan").ask(ListSwaps())
    return found


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_a_shift_is_offered_in_three_taps(
    tocsin: Tocsin, chromium: Browser, signed_in: Any, size: ViewportSize
) -> None:
    before = {swap.id for swap in swaps(tocsin)}
    context = chromium.new_context(storage_state=signed_in, viewport=size, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{tocsin.url}/on-call/swaps")
    page.get_by_role("link", name="Offer a shift").first.click()
    page.get_by_role("link", name=PRIMARY).nth(0 if size is PHONE else 1).click()
    page.get_by_label("Bob Brandt").check()
    page.get_by_label("Why, for the others").fill("Theatre")
    page.get_by_role("button", name="Offer it").click()
    expect(page.get_by_role("status").or_(page.get_by_text("Offered.")).first).to_be_visible()
    expect(page.get_by_text("Asked: Bob Brandt")).to_be_visible()
    (made,) = [swap for swap in swaps(tocsin) if swap.id not in before]
    assert (made.person, made.asked, made.comment, made.state) == ("alice", ("bob",), "Theatre", "open")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrawn;")).to_be_visible()
    context.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_what_is_offered_to_somebody_is_taken_by_one_button(
    tocsin: Tocsin, chromium: Browser, signed_in: Any, size: ViewportSize
) -> None:
    shift = next_shift_of(tocsin, "bob")
    if size is DESK:
        shift = Shift(shift.ends_at, shift.ends_at + timedelta(hours=8), shift.people, "")
    door = open_door(None, None, tocsin.data, None, actor="bob")
    made: SwapView = door.ask(OfferSwap("bob", PRIMARY, shift.starts_at, shift.ends_at, ("alice",)))
    context = chromium.new_context(storage_state=signed_in, viewport=size, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{tocsin.url}/on-call/swaps")
    card = page.locator(f"#swap-{made.id}")
    card.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("You are on call for platform-primary").first).to_be_visible()
    (who,) = door.ask(Who(PRIMARY, shift.starts_at))
    assert who.people == ("alice",)
    context.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_the_link_of_a_message_asks_once_more_and_then_takes_it(
    tocsin: Tocsin, chromium: Browser, size: ViewportSize
) -> None:
    """Without being signed in: whoever holds the link holds the right."""
    shift = next_shift_of(tocsin, "bob")
    begin = shift.starts_at + timedelta(hours=24 if size is PHONE else 36)
    door = open_door(None, None, tocsin.data, None, actor="bob")
    made: SwapView = door.ask(OfferSwap("bob", PRIMARY, begin, begin + timedelta(hours=8), ("alice",)))
    token = sign_offer(b"of the tests", "accept_swap", made.id, "alice", begin)
    context = chromium.new_context(viewport=size, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{tocsin.url}/r/{token}")
    expect(page.get_by_text("Bob Brandt: platform-primary")).to_be_visible()
    assert [swap.state for swap in swaps(tocsin) if swap.id == made.id] == ["open"]
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("You are on call for platform-primary")).to_be_visible()
    assert [swap.accepted_by for swap in swaps(tocsin) if swap.id == made.id] == ["alice"]
    page.goto(f"{tocsin.url}/r/{token}")
    expect(page.get_by_text("no longer offered")).to_be_visible()
    context.close()


def test_one_tap_sends_a_test_page(tocsin: Tocsin, chromium: Browser) -> None:
    door = open_door(None, None, tocsin.data, None, actor="dan")
    (who,) = door.ask(Who(PRIMARY))
    token = sign_offer(b"of the tests", "test_page", "bob", "bob", who.until)
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{tocsin.url}/r/{token}")
    page.get_by_role("button", name="Send me a test page").click()
    expect(page.get_by_text("A test page to bob is on its way.")).to_be_visible()
    context.close()


def test_what_is_offered_appears_without_a_reload(tocsin: Tocsin, chromium: Browser, signed_in: Any) -> None:
    shift = next_shift_of(tocsin, "bob")
    begin = shift.starts_at + timedelta(hours=48)
    context = chromium.new_context(storage_state=signed_in, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{tocsin.url}/on-call/swaps")
    expect(page.locator("[data-live-state]")).to_be_visible()
    door = open_door(None, None, tocsin.data, None, actor="bob")
    made: SwapView = door.ask(OfferSwap("bob", PRIMARY, begin, begin + timedelta(hours=8), ("alice",)))
    expect(page.locator(f"#swap-{made.id}")).to_be_visible()
    door.ask(WithdrawSwap(made.id, "bob"))
    expect(page.locator(f"#swap-{made.id}")).not_to_be_attached()
    context.close()


def test_on_a_live_node_every_schedule_has_its_timer(tocsin: Tocsin) -> None:
    door = open_door(None, None, tocsin.data, None, actor="dan")
    tocsin.await_that(
        lambda: door.ask(Status()).agenda.get("oncall.shift") == len(door.ask(Who())),
        "arms the shifts' timers",
    )
