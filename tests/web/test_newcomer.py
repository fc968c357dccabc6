"""A newcomer's way on a phone: from an empty installation to a page that is acknowledged and resolved, all on screen."""

import http.server
import json
import queue
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.programs import answers, free_port
from tests.e2e.tocsin import Tocsin
from tests.migrated import migrated_directory
from tests.web.test_browser import PHONE, _come_in
from tests.web.test_browser import chromium as chromium

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


class Pager:
    """What rings at the newcomers' end: it keeps every message that a webhook brings."""

    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[str, str]] = queue.Queue()
        heard = self.heard

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                heard.put((self.path, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self, who: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{who}"

    def hears(self, who: str, pattern: str) -> re.Match[str]:
        """The next message to them that says so."""
        while True:
            path, body = self.heard.get(timeout=30)
            found = re.search(pattern, body)
            if path == f"/{who}" and found:
                return found


@pytest.fixture
def pager() -> Iterator[Pager]:
    pager = Pager()
    yield pager
    pager.server.shutdown()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Tocsin]:
    """An installation in which nobody and nothing is yet; pages may go to this machine."""
    data = migrated_directory(tmp_path / "data")
    environment = {"TOCSIN_SECRET_KEY": "of the tests", "TOCSIN_ALLOWED_PRIVATE": "127.0.0.0/8"}
    node = Tocsin(data, environment, free_port())
    node.start()
    try:
        node.await_ready()
        node.await_that(lambda: (data / "first-admin-link").exists(), "prints the first link")
        node.await_that(lambda: answers(f"{node.url}/sign-in")[0] == 200, "shows pages")
        yield node
    finally:
        node.show()
        node.stop()


def test_a_newcomer_gets_a_page_without_reading_anything(
    fresh: Tocsin, chromium: Browser, pager: Pager
) -> None:
    context = chromium.new_context(viewport=PHONE)
    page = _come_in(context, fresh)
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)

    page.get_by_role("link", name="Get started").first.click()
    expect(page.get_by_text("0 of 7").first).to_be_visible()

    for name, who in (("Alice Ames", "alice"), ("Bob Brandt", "bob")):
        page.get_by_role("link", name="Add a person").click()
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Short name").fill(who)
        page.get_by_label("E-mail address").fill(f"{who}@example.com")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        _is_reached(page, pager, who)
        page.goto(f"{fresh.url}/settings/start")

    page.get_by_role("link", name="Make a schedule").click()
    page.get_by_label("Short name").fill("primary")
    page.get_by_label("Place 1", exact=True).select_option(label="Alice Ames (alice)")
    page.get_by_label("Place 2", exact=True).select_option(label="Bob Brandt (bob)")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("#schedule-now")).to_contain_text("Alice Ames")

    page.goto(f"{fresh.url}/settings/start")
    page.get_by_role("link", name="Write a policy").click()
    page.get_by_label("Short name").fill("everything")
    page.get_by_label("Page", exact=True).select_option("schedule:primary")
    page.get_by_label("Last resort").select_option("person:bob")
    page.get_by_role("button", name="Draw it anew").click()
    expect(page.locator(".way").first).to_contain_text("Alice Ames (primary)")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".way").first).to_contain_text("Alice Ames (primary)")

    page.get_by_role("link", name="Add an integration").click()  # the next step, said where this one is done
    page.get_by_label("Short name").fill("alertmanager")
    page.get_by_role("button", name="Save").click()
    address = page.locator("#integration-url").inner_text()
    assert re.search(r"/in/alertmanager/[\w-]{24,}$", address), address

    page.goto(f"{fresh.url}/settings/start")
    page.get_by_role("link", name="Choose the default route").click()
    page.get_by_label("Page by the policy").select_option("everything")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("6 of 7").first).to_be_visible()
    page.get_by_role("link", name="Send a sample").click()
    page.get_by_role("button", name="Send a sample event").click()
    expect(page.locator(".message-success")).to_contain_text("on its way")
    pager.hears("alice", "sample event")

    status, said = answers(fresh.url + address.partition(fresh.address)[2], "POST", _alert())
    assert status == 200, said
    number = pager.hears("alice", r"DiskFull[\s\S]*?/incidents/(\d+)").group(1)

    page.goto(f"{fresh.url}/incidents/{number}")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".holder-words")).to_contain_text("Alice Ames has it")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#incident-head .state").first).to_have_text(re.compile("mitigated|resolved"))
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert (wide, errors) == (0, [])
    page.goto(f"{fresh.url}/settings/start")
    expect(page.get_by_text("7 of 7").first).to_be_visible()
    context.close()


def _is_reached(page: Page, pager: Pager, who: str) -> None:
    """Their webhook, proven by the code that it brings."""
    page.get_by_role("link", name="Add a contact method").click()
    page.get_by_role("link", name="Add Webhook").click()
    page.get_by_label("URL").fill(pager.address(who))
    page.get_by_role("button", name="Save and send a code").click()
    code = pager.hears(who, r"\b(\d{6})\b").group(1)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("verified").first).to_be_visible()


def _alert() -> bytes:
    alert = {
        "status": "firing",
        "labels": {"alertname": "DiskFull", "severity": "critical"},
        "annotations": {"summary": "DiskFull on db-1"},
        "startsAt": "2026-06-14T14:32:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": "00000000000000aa",
    }
    body = {
        "version": "4",
        "groupKey": "disk",
        "status": "firing",
        "truncatedAlerts": 0,
        "alerts": [alert],
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "",
        "receiver": "tocsin",
    }
    return json.dumps(body).encode()
