"""On-call in Chromium, on a phone and at a desk: an override by a tap and by dragging, a month, a schedule written."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.tocsin import Tocsin
from tests.web.test_browser import DESK, PHONE, Watched, chromium, signed_in, tocsin
from tocsin.cli.door import open_door
from tocsin.control.requests import ListOperational, PutNoun

__all__ = ["chromium", "signed_in", "tocsin"]  # fixtures

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TURNS = {"every": "1 day", "handoff": "09:00", "from": "2026-06-08", "people": ["alice", "bob"]}
SIZES = [pytest.param(PHONE, id="390"), pytest.param(DESK, id="1280")]


@pytest.fixture
def shop(tocsin: Tocsin, request: pytest.FixtureRequest) -> str:
    """A schedule of this test's own, made on screen."""
    name = "shop-" + "".join(c for c in request.node.name if c.isalnum())[-20:].lower()
    door = open_door(None, None, tocsin.data, None, actor="dan")
    layers = [{"name": "days", "rotation": TURNS}]
    door.ask(PutNoun("schedules", name, {"team": "platform", "time_zone": "Europe/Berlin", "layers": layers}))
    return name


@pytest.fixture
def windows(chromium: Browser, signed_in: Any) -> Iterator[Any]:
    contexts = []

    def opened(**options: Any) -> Watched:
        contexts.append(chromium.new_context(storage_state=signed_in, **options))
        return Watched(contexts[-1])

    yield opened
    for context in contexts:
        context.close()


def overrides(tocsin: Tocsin, schedule: str) -> list[str]:
    door = open_door(None, None, tocsin.data, None, actor="dan")
    return [each.what for each in door.ask(ListOperational("overrides")) if schedule in each.what]


@pytest.mark.parametrize("size", SIZES)
def test_a_tap_on_a_shift_puts_somebody_else_there(
    tocsin: Tocsin, shop: str, windows: Any, size: Any
) -> None:
    watched = windows(viewport=size)
    page = watched.page
    page.goto(f"{tocsin.url}/schedules/{shop}")
    page.locator(".agenda:visible").get_by_role("link", name="Override").nth(1).click()
    expect(page.get_by_label("From (Europe/Berlin)")).not_to_have_value("")
    page.get_by_label("Who", exact=True).select_option("carol")
    expect(page.locator("#preview")).to_contain_text("+24 h")
    expect(page.locator("#preview")).to_contain_text("Before")
    page.get_by_label("Take out").check()
    expect(page.get_by_label("Instead of")).to_be_hidden()
    page.get_by_label("Stand in").check()
    page.get_by_label("Why, for the others").fill("Dentist")
    watched.assert_fits()
    page.get_by_role("button", name="Make the override").click()
    expect(page.locator("#overrides")).to_contain_text("Carol Cole for everybody")
    assert overrides(tocsin, shop) == [f"replace: carol on {shop}"]
    page.get_by_role("link", name="End or shorten").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#overrides")).to_contain_text("None now or to come")
    watched.assert_fits()
    watched.assert_calm()


def test_a_stretch_is_chosen_by_dragging_over_the_last_row(tocsin: Tocsin, shop: str, windows: Any) -> None:
    watched = windows(viewport=DESK)
    page = watched.page
    page.goto(f"{tocsin.url}/schedules/{shop}?from=2040-01-02")
    lane = page.locator("[data-choose]")
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    assert box is not None
    day = box["width"] / 14
    page.mouse.move(box["x"] + 2 * day, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 3 * day, box["y"] + 10, steps=4)
    expect(page.locator(".tl-chosen")).to_be_visible()
    expect(page.locator("#tl-says")).to_contain_text("4 Jan")
    page.mouse.move(box["x"] + 4 * day, box["y"] + 10, steps=4)
    page.mouse.up()
    expect(page.get_by_label("From (Europe/Berlin)")).to_have_value("2040-01-04T00:00")
    expect(page.get_by_label("Until (Europe/Berlin)")).to_have_value("2040-01-06T00:00")
    watched.assert_calm()


def test_the_keyboard_walks_along_the_shifts_and_is_told_their_hours(
    tocsin: Tocsin, shop: str, windows: Any
) -> None:
    page = windows(viewport=DESK).page
    page.goto(f"{tocsin.url}/schedules/{shop}?from=2040-01-02")
    page.locator(".tl-link").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tl-link").nth(1)).to_be_focused()
    expect(page.locator("#tl-says")).to_contain_text("Mon 2 Jan 2040, 09:00 to Tue 3 Jan 2040, 09:00")
    page.keyboard.press("Enter")
    expect(page.get_by_label("From (Europe/Berlin)")).to_have_value("2040-01-02T09:00")


def test_an_override_needs_no_script(tocsin: Tocsin, shop: str, windows: Any) -> None:
    page = windows(viewport=PHONE, java_script_enabled=False).page
    page.goto(f"{tocsin.url}/schedules/{shop}")
    page.get_by_role("link", name="Override", exact=True).first.click()
    page.get_by_label("Who", exact=True).select_option("carol")
    page.get_by_role("button", name="Draw it anew").click()
    expect(page.locator("#preview")).to_contain_text("Carol Cole")
    page.get_by_role("button", name="Make the override").click()
    expect(page.locator("#overrides")).to_contain_text("Carol Cole for everybody")


@pytest.mark.parametrize("size", SIZES)
def test_a_month_is_walked_through(tocsin: Tocsin, shop: str, windows: Any, size: Any) -> None:
    watched = windows(viewport=size)
    page = watched.page
    page.goto(f"{tocsin.url}/schedules/{shop}?view=month&from=2026-07-15")
    expect(page.locator(".grid")).to_be_visible()
    expect(page.get_by_role("heading", name="July 2026", exact=True)).to_be_visible()
    page.get_by_role("link", name="Later").click()
    expect(page.get_by_role("heading", name="August 2026", exact=True)).to_be_visible()
    page.locator("a.grid-entry:visible").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Override {shop}")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Today").click()
    expect(page.locator("[aria-current=date]").last).to_be_visible()
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page.locator(".grid-week")).to_be_visible()
    watched.assert_fits()
    watched.assert_calm()


@pytest.mark.parametrize("size", SIZES)
def test_a_layer_is_added_looked_at_and_saved(tocsin: Tocsin, shop: str, windows: Any, size: Any) -> None:
    watched = windows(viewport=size)
    page = watched.page
    page.goto(f"{tocsin.url}/schedules/{shop}/edit")
    page.get_by_role("button", name="Add a layer on top").click()
    layer = page.locator("#layer-1")
    layer.get_by_label("What it is called").fill("weekends")
    layer.get_by_label("Place 1", exact=True).select_option("carol")
    layer.get_by_role("button", name="Take place 2 out").click()
    layer = page.locator("#layer-1")
    layer.locator("summary").click()
    layer.get_by_role("button", name="Only at certain hours").click()
    hours = page.locator("#layer-1 .hours")
    for day in ("Mon", "Tue", "Wed", "Thu", "Fri"):
        hours.get_by_label(day).uncheck()
    for day in ("Sat", "Sun"):
        hours.get_by_label(day).check()
    hours.get_by_label("from", exact=True).fill("00:00")
    hours.get_by_label("to", exact=True).fill("00:00")
    expect(page.locator("#preview .gains")).to_contain_text("Carol Cole")
    expect(page.locator("#preview .gains")).to_contain_text("+")
    watched.assert_fits()
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".message-success")).to_contain_text("is saved")
    expect(page.locator(".tl-layer .tl-name").first).to_contain_text("weekends")
    watched.assert_fits()
    watched.assert_calm()
