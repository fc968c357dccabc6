"""With a thumb, at 390 pixels, half asleep: what the incident page shows without scrolling, a silence in two taps, several
incidents at once; in a real Chromium against a real `tocsin serve`."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.tocsin import Tocsin
from tests.web.test_browser import PHONE, Watched, chromium, fires, signed_in, tocsin

DARK = "matchMedia('(prefers-color-scheme: dark)').matches"
__all__ = ["chromium", "signed_in", "tocsin"]  # fixtures
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(params=["light", "dark"])
def phone(request: pytest.FixtureRequest, chromium: Browser, signed_in: Any) -> Iterator[Watched]:
    context = chromium.new_context(
        viewport=PHONE, color_scheme=request.param, storage_state=signed_in, has_touch=True
    )
    yield Watched(context)
    context.close()


@pytest.fixture
def scriptless(chromium: Browser, signed_in: Any) -> Iterator[Page]:
    context = chromium.new_context(viewport=PHONE, storage_state=signed_in, java_script_enabled=False)
    yield context.new_page()
    context.close()


def open_incident(tocsin: Tocsin, page: Page, alertname: str) -> None:
    fires(tocsin, alertname)
    page.goto(tocsin.url)
    link = page.get_by_role("link", name=alertname).first
    link.wait_for()
    page.goto(tocsin.url + str(link.get_attribute("href")))


def test_what_matters_at_3am_is_seen_without_scrolling(tocsin: Tocsin, phone: Watched) -> None:
    open_incident(tocsin, phone.page, "AboveTheFold")
    page = phone.page
    head, acts = page.locator("#incident-head"), page.locator("#incident-acts")
    for seen in (
        page.get_by_role("heading", name="AboveTheFold"),
        head.locator(".severity"),
        head.locator(".state").first,
        head.locator("time").first,
        head.get_by_text("task-api"),
        head.locator(".holder-words"),
        page.get_by_text("Creating a task takes seconds."),
        page.get_by_role("link", name="First step"),
        *(acts.get_by_role("button", name=name) for name in ("Acknowledge", "Escalate", "Resolve")),
    ):
        expect(seen).to_be_in_viewport(ratio=1)
    boxes = [acts.get_by_role("button", name=name).bounding_box() for name in ("Acknowledge", "Resolve")]
    assert all(box is not None and box["height"] >= 44 for box in boxes), "a thumb finds them"
    phone.assert_fits()
    phone.assert_calm()


def test_an_alert_is_silenced_in_two_taps(tocsin: Tocsin, phone: Watched) -> None:
    open_incident(tocsin, phone.page, f"TwoTaps{phone.page.evaluate(DARK)}")
    incident = phone.page.url
    phone.page.locator("#incident-alerts").get_by_role("link", name="Silence", exact=True).tap()
    button = phone.page.get_by_role("button", name="1 h")
    expect(button).to_be_in_viewport(ratio=1)
    phone.assert_fits()
    button.tap()
    expect(phone.page).to_have_url(incident)
    expect(phone.page.locator(".message-success")).to_contain_text("Silenced until")
    expect(phone.page.locator("#incident-alerts")).to_contain_text("silence", ignore_case=True)
    phone.assert_calm()


def test_an_incidents_alerts_are_silenced_in_two_taps_without_javascript(
    tocsin: Tocsin, scriptless: Page
) -> None:
    open_incident(tocsin, scriptless, "Scriptless")
    scriptless.get_by_role("link", name="Silence its alerts").click()
    scriptless.get_by_role("button", name="Until morning").click()
    expect(scriptless.locator(".message-success")).to_contain_text("Silenced until")


def test_several_are_acknowledged_at_once(tocsin: Tocsin, phone: Watched) -> None:
    dark = phone.page.evaluate(DARK)
    names = (f"OneOfTwo{dark}", f"TwoOfTwo{dark}")
    for name in names:
        fires(tocsin, name)
    page = phone.page
    page.goto(f"{tocsin.url}/incidents")
    for name in names:
        row = page.locator(".row", has_text=name).first
        row.wait_for()
        row.get_by_role("checkbox").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("2 chosen")
    fires(tocsin, "Meanwhile")
    page.wait_for_timeout(1_500)
    for name in names:
        expect(page.locator(".row", has_text=name).first.get_by_role("checkbox")).to_be_checked()
    button = page.locator(".bulk-bar").get_by_role("button", name="Acknowledge")
    expect(button).to_be_in_viewport(ratio=1)
    button.tap()
    for name in names:
        expect(page.locator("#told")).to_contain_text(name)
    expect(page.locator(".row", has_text=names[0]).first).to_contain_text("Alice Ames has it")
    phone.assert_fits()
    phone.assert_calm()


def test_several_are_resolved_without_javascript(tocsin: Tocsin, scriptless: Page) -> None:
    fires(tocsin, "ResolvedPlainly")
    page = scriptless
    page.goto(tocsin.url)
    for _ in range(20):
        page.goto(f"{tocsin.url}/incidents")
        if page.locator(".row", has_text="ResolvedPlainly").count():
            break
    page.locator(".row", has_text="ResolvedPlainly").first.get_by_role("checkbox").check()
    page.locator(".bulk-bar").get_by_role("button", name="Resolve").click()
    expect(page.locator("#told")).to_contain_text("ResolvedPlainly")
