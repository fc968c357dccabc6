"""The whole way in a real Chromium against a real `tocsin serve`: phone and desk, light and dark, without scripts too."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.e2e.programs import answers, eventually, free_port, installed
from tests.e2e.tocsin import Tocsin
from tests.migrated import migrated_database, migrated_directory
from tests.postgres import Postgres
from tests.scenarios.house import configured
from tests.web.conftest import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

expect.set_options(timeout=20_000)  # milliseconds; a busy machine is slow, not wrong
PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=860)
LOOKS = [
    pytest.param((size, theme), id=f"{size['width']}-{theme}")
    for size in (PHONE, DESK)
    for theme in ("light", "dark")
]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PAGES = ("/", "/incidents", "/incidents?state=all", "/alerts", "/on-call", "/me", "/me/password", "/design")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = installed("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET, headless=True)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tocsin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tocsin]:
    yield from _served(migrated_directory(tmp_path_factory.mktemp("served") / "data"))


def _served(data: Path, **environment: str) -> Iterator[Tocsin]:
    """A configured node that shows pages."""
    node = Tocsin(data, {"TOCSIN_SECRET_KEY": "of the tests", **environment}, free_port())
    node.start()
    try:
        node.await_ready()
        node.await_that(lambda: (data / "first-admin-link").exists(), "prints the first link")
        node.await_that(lambda: answers(f"{node.url}/sign-in")[0] == 200, "shows pages")
        house = data.with_name("house.yaml")
        house.write_text(configured())
        node.command("apply", str(house), "--yes")
        yield node
    finally:
        node.show()
        node.stop()


@pytest.fixture(scope="module")
def signed_in(tocsin: Tocsin, chromium: Browser) -> Any:
    """The browser's state after the first administrator came."""
    context = chromium.new_context(viewport=PHONE)
    _come_in(context, tocsin)
    state = context.storage_state()
    context.close()
    return state


def _come_in(context: BrowserContext, tocsin: Tocsin) -> Page:
    """By the printed link."""
    page = context.new_page()
    link = (tocsin.data / "first-admin-link").read_text().strip()
    assert link in tocsin.said, "the box is printed"
    page.goto(link)
    page.get_by_label("Your name").fill("Alice")
    page.get_by_label("E-mail address").fill("alice@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page).to_have_url(f"{tocsin.url}/")
    return page


class Watched:
    """A page that fails its test for any error in its console."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.errors: list[str] = []
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def assert_calm(self) -> None:
        assert self.errors == []

    def assert_fits(self) -> None:
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"


def fires(tocsin: Tocsin, alertname: str, status: str = "firing") -> None:
    """Alertmanager's webhook says so."""
    alert = {
        "status": status,
        "labels": {"alertname": alertname, "severity": "critical", "service": "task-api"},
        "annotations": {
            "summary": f"{alertname}: p99 above 2s",
            "description": "Creating a task takes seconds.",
            "runbook_url": "https://runbooks.example.com/task-api",
        },
        "startsAt": "2026-06-14T14:32:00Z",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-06-14T14:58:00Z",
        "generatorURL": "",
        "fingerprint": alertname.encode().hex()[:16],
    }
    common = {
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "",
        "receiver": "tocsin",
    }
    body = {
        "version": "4",
        "groupKey": alertname,
        "status": status,
        "truncatedAlerts": 0,
        "alerts": [alert],
        **common,
    }
    status_code, said = answers(f"{tocsin.url}/in/alertmanager/prom-key", "POST", json.dumps(body).encode())
    assert status_code == 200, said


Window = Callable[[], "Watched"]


@pytest.fixture(params=LOOKS)
def window(request: pytest.FixtureRequest, chromium: Browser, signed_in: Any) -> Iterator[Window]:
    """Opens windows of that size and theme, where somebody is signed in. Each is a context of its own: of two tabs in one
    window the browser hides one, and what is hidden does not listen."""
    size, theme = request.param
    contexts: list[BrowserContext] = []

    def open_window() -> Watched:
        contexts.append(chromium.new_context(viewport=size, color_scheme=theme, storage_state=signed_in))
        return Watched(contexts[-1])

    yield open_window
    for context in contexts:
        context.close()


def test_an_incident_appears_is_acknowledged_and_ends_without_a_reload(
    tocsin: Tocsin, window: Window, request: pytest.FixtureRequest
) -> None:
    alertname = f"Slow{request.node.callspec.id.replace('-', '')}"
    now, other = window(), window()
    now.page.goto(tocsin.url)
    expect(now.page.locator("[data-live-state]")).to_have_attribute("data-state", "live")
    now.page.evaluate("window.neverReloaded = true")

    fires(tocsin, alertname)
    link = now.page.get_by_role("link", name=alertname)
    link.wait_for()
    assert now.page.evaluate("window.neverReloaded")

    other.page.goto(now.page.url.rstrip("/") + str(link.get_attribute("href")))
    expect(other.page.get_by_role("button", name="Acknowledge")).to_be_in_viewport(ratio=1)
    expect(other.page.get_by_role("heading", name=alertname)).to_be_in_viewport(ratio=1)
    expect(other.page.get_by_role("link", name="First step")).to_be_in_viewport(ratio=1)
    other.page.evaluate("window.neverReloaded = true")

    now.page.get_by_role("button", name="Acknowledge incident").first.click()
    expect(other.page.locator(".holder-words")).to_have_text("Alice Ames has it")
    expect(now.page.locator(".message-success")).to_contain_text("alice")
    expect(other.page.get_by_role("button", name="Acknowledge")).to_have_count(0)

    other.page.get_by_text("Write a note").click()
    other.page.get_by_label("Kept on the timeline").fill("Rollback began.")
    other.page.get_by_role("button", name="Write it down").click()
    expect(other.page.locator("#incident-timeline")).to_contain_text("Rollback began.")

    fires(tocsin, alertname, "resolved")
    expect(other.page.locator("#incident-head .state").first).to_have_text("mitigated")
    other.page.get_by_role("button", name="Resolve").click()
    expect(other.page.locator("#incident-head .state").first).to_have_text("resolved")
    assert other.page.evaluate("window.neverReloaded") and now.page.evaluate("window.neverReloaded")
    for watched in (now, other):
        watched.assert_calm()
        watched.assert_fits()


def test_every_page_fits_and_its_console_is_calm(tocsin: Tocsin, window: Window) -> None:
    watched = window()
    fires(tocsin, "VeryLongNameOfAnAlertThatNobodyEverBrokeIntoWordsBecauseItIsOneLabel" * 2)
    for address in (*PAGES, "/incidents/1"):
        watched.page.goto(tocsin.url + address)
        watched.assert_fits()
    watched.assert_calm()


def test_what_somebody_types_survives_an_update(tocsin: Tocsin, window: Window) -> None:
    fires(tocsin, "Typing")
    watched = window()
    watched.page.goto(tocsin.url)
    watched.page.get_by_role("link", name="Typing").first.click()
    watched.page.get_by_text("Write a note").click()
    watched.page.get_by_label("Kept on the timeline").fill("half a sent")
    number = int(watched.page.url.rpartition("/")[2])
    tocsin.command("incidents", "note", str(number), "from the command line")
    expect(watched.page.locator("#incident-timeline")).to_contain_text("from the command line")
    expect(watched.page.get_by_label("Kept on the timeline")).to_have_value("half a sent")
    watched.assert_calm()


def test_buttons_work_without_javascript(tocsin: Tocsin, chromium: Browser, signed_in: Any) -> None:
    fires(tocsin, "Scriptless")
    context = chromium.new_context(viewport=PHONE, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto(tocsin.url)
    page.get_by_role("link", name="Scriptless").first.click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".holder-words")).to_have_text("Alice Ames has it")
    expect(page.locator(".message-success")).to_be_visible()
    page.locator("#do-snooze > summary").click()
    page.get_by_role("button", name="2 h").click()
    expect(page.locator(".holder-words")).to_contain_text("snoozed it until")
    page.get_by_role("button", name="Escalate").click()
    expect(page.locator("#incident-timeline")).to_contain_text("escalated by hand")
    context.close()


def test_the_same_on_postgresql(chromium: Browser, postgres: Postgres, tmp_path: Path) -> None:
    for node in _served(tmp_path / "data", TOCSIN_DATABASE_URL=migrated_database(postgres)):
        context = chromium.new_context(viewport=PHONE)
        page = _come_in(context, node)
        fires(node, "OnPostgres")
        page.get_by_role("link", name="OnPostgres").click()
        page.get_by_role("button", name="Acknowledge").click()
        expect(page.locator(".holder-words")).to_have_text("Alice Ames has it")
        for address in (
            *PAGES,
            "/incidents?text=onpostgres&service=task-api&severity=SEV2",
            "/alerts?reason=opened_incident",
        ):
            assert page.goto(node.url + address).status == 200  # type: ignore[union-attr]
        context.close()


def test_signing_out_and_in_again(tocsin: Tocsin, chromium: Browser, signed_in: Any) -> None:
    context = chromium.new_context(viewport=DESK, storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{tocsin.url}/sign-in")
    expect(page).to_have_url(f"{tocsin.url}/")
    fresh = chromium.new_context(viewport=DESK).new_page()
    fresh.goto(f"{tocsin.url}/on-call")
    fresh.get_by_label("E-mail address").fill("alice@example.com")
    fresh.get_by_label("Password").fill(PASSWORD)
    fresh.get_by_role("button", name="Sign in", exact=True).click()
    expect(fresh).to_have_url(f"{tocsin.url}/on-call")
    fresh.locator("details.menu summary").click()
    fresh.get_by_role("button", name="Sign out").click()
    expect(fresh).to_have_url(f"{tocsin.url}/sign-in")
    fresh.context.close()
    context.close()


def test_the_keyboard_reaches_the_content_first(tocsin: Tocsin, chromium: Browser, signed_in: Any) -> None:
    context = chromium.new_context(viewport=DESK, storage_state=signed_in)
    page = context.new_page()
    page.goto(tocsin.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    context.close()


def test_the_other_processes_end_with_the_machine_process(tmp_path: Path) -> None:
    data = migrated_directory(tmp_path / "data")
    node = Tocsin(data, {"TOCSIN_SECRET_KEY": "of the tests"}, free_port())
    node.start()
    node.await_ready()
    node.await_that(lambda: answers(f"{node.url}/sign-in")[0] == 200, "shows pages")
    children = _children(node.process.pid)
    assert len(children) == 2, "the front and the people process"
    node.kill()
    eventually(lambda: not any(_alive(pid) for pid in children), "they have ended")


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    direct = [int(child) for child in listed]
    return direct + [below for child in direct for below in _children(child)]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
