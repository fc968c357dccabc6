"""Web Push the whole way in Chromium: this browser subscribes, the code arrives encrypted, an incident is pushed, shown by
the service worker and acknowledged from it. Only the push service is the tests' own: a headless browser has none.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Worker, expect

from tests.e2e.programs import answers, eventually, free_port
from tests.e2e.tocsin import Tocsin
from tests.migrated import migrated_directory
from tests.providers.push import PushService, Subscription
from tests.scenarios.house import configured
from tests.web.test_browser import PHONE, _come_in, chromium  # noqa: F401
from tocsin.channels.registry import derived_options
from tocsin.channels.webpush.keys import public_text
from tocsin.core.respond.incident import State

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

SECRET = "of the tests of push"
HOUSE_KEY = public_text(derived_options("webpush", SECRET.encode())["key"])

# What the browser's own push service would answer; everything else on the page is real.
SUBSCRIBES = """
(() => {
  const given = %s;
  const raw = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
  PushManager.prototype.getSubscription = async () => null;
  PushManager.prototype.subscribe = async (options) => {
    const key = btoa(String.fromCharCode(...options.applicationServerKey))
      .replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
    if (key !== given.house) throw new Error("another key of the house");
    return { endpoint: given.endpoint, getKey: (name) => raw(given[name]) };
  };
})();
"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with PushService().in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def tocsin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tocsin]:
    data = migrated_directory(tmp_path_factory.mktemp("pushed") / "data")
    port = free_port()
    told = {
        "TOCSIN_SECRET_KEY": SECRET,
        "TOCSIN_ALLOWED_PRIVATE": "127.0.0.0/8",
        "TOCSIN_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    node = Tocsin(data, told, port)
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
def context(tocsin: Tocsin, chromium: Browser, service: PushService) -> Iterator[BrowserContext]:  # noqa: F811
    made = chromium.new_context(viewport=PHONE)
    made.grant_permissions(["notifications"], origin=tocsin.url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser_of_alice(service: PushService, context: BrowserContext) -> Subscription:
    subscription = service.subscribe("alice", HOUSE_KEY)
    given = {"house": HOUSE_KEY, "endpoint": subscription.endpoint, **subscription.options}
    context.add_init_script(SUBSCRIBES % json.dumps(given))
    return subscription


@pytest.fixture(scope="module")
def page(context: BrowserContext, tocsin: Tocsin, browser_of_alice: Subscription) -> Page:
    return _come_in(context, tocsin)


def test_a_browser_subscribes_is_verified_and_acknowledges_from_its_notification(
    page: Page, tocsin: Tocsin, context: BrowserContext, browser_of_alice: Subscription
) -> None:
    said: list[str] = []
    page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
    page.goto(f"{tocsin.url}/me/contact/add")
    page.get_by_role("button", name="Let this browser ring").click()
    expect(page).to_have_url(re.compile(r"/me/contact/chrome"))
    eventually(lambda: bool(browser_of_alice.shown), "the code arrived")
    code = re.findall(r"\d{6}", browser_of_alice.shown[0]["title"])[0]
    page.get_by_label("The code that came").fill(code)
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".state", has_text="verified").first).to_have_text("verified")

    page.get_by_role("button", name="Send a test page here").click()
    eventually(lambda: len(browser_of_alice.shown) > 1, "the test page arrived")
    pushed = browser_of_alice.shown[-1]
    assert pushed["test"] and pushed["high"] and "SEV2" in pushed["title"]
    incident = int(pushed["url"].rpartition("/")[2])

    worker = _worker(context, page)
    _push(page, tocsin, pushed)
    shown = _shown(worker, pushed["tag"])
    assert shown["title"] == pushed["title"] and "Since " in shown["body"]
    assert [action["action"] for action in shown["actions"]] == ["acknowledge", "open"]
    assert shown["data"]["url"] == f"{tocsin.url}/incidents/{incident}"

    worker.evaluate("(data) => acknowledge(data)", shown["data"])
    answered = _shown(worker, pushed["tag"])
    assert "acknowledged it" in answered["title"], answered
    assert answered["actions"] == []
    assert tocsin.view(incident).incident.state is State.ACKNOWLEDGED
    assert said == []


def test_a_link_that_does_not_count_any_more_says_so_and_acknowledges_nothing(
    page: Page, tocsin: Tocsin, context: BrowserContext
) -> None:
    worker = _worker(context, page)
    data = {"ack": f"{tocsin.url}/r/forged", "url": f"{tocsin.url}/", "title": "[SEV1] it burns", "tag": "t"}
    worker.evaluate("(data) => acknowledge(data)", data)
    shown = _shown(worker, "t")
    assert shown["title"] == "Not acknowledged" and "not valid" in shown["body"]
    assert [action["title"] for action in shown["actions"]] == ["Try again", "Open"]


def test_a_push_that_cannot_be_read_still_rings_and_leads_only_into_the_house(
    page: Page, tocsin: Tocsin, context: BrowserContext
) -> None:
    worker = _worker(context, page)
    _push(page, tocsin, "no JSON")
    assert _shown(worker, "unread")["data"]["url"] == f"{tocsin.url}/"
    _push(
        page,
        tocsin,
        {"title": "x", "body": "", "tag": "evil", "url": "https://evil.example/", "ack": "//evil.example/r"},
    )
    shown = _shown(worker, "evil")
    assert shown["data"]["url"] == f"{tocsin.url}/" and shown["data"]["ack"] == ""


def test_without_a_network_the_app_says_so(page: Page, tocsin: Tocsin, context: BrowserContext) -> None:
    page.goto(tocsin.url)
    _worker(context, page)
    context.set_offline(True)
    try:
        page.goto(f"{tocsin.url}/on-call")
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    finally:
        context.set_offline(False)
    page.goto(f"{tocsin.url}/on-call")
    expect(page.get_by_role("heading", name="No connection")).to_have_count(0)


def test_the_app_can_be_installed(page: Page, tocsin: Tocsin, context: BrowserContext) -> None:
    page.goto(tocsin.url)
    devtools = context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == [] and found["url"] == f"{tocsin.url}/manifest.webmanifest"
    said = json.loads(found["data"])
    assert said["display"] == "standalone" and {icon["sizes"] for icon in said["icons"]} >= {
        "192x192",
        "512x512",
    }
    for icon in said["icons"]:
        answer = context.request.get(tocsin.url + icon["src"])
        assert answer.ok and answer.headers["content-type"] == icon["type"]


def _worker(context: BrowserContext, page: Page) -> Worker:
    """The active service worker of this window."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    eventually(lambda: bool(context.service_workers), "a service worker runs")
    return context.service_workers[-1]


def _push(page: Page, tocsin: Tocsin, said: Any) -> None:
    """As the browser's push service delivers it."""
    devtools = page.context.new_cdp_session(page)
    found: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(
            each["registrationId"] for each in told["registrations"] if not each["isDeleted"]
        ),
    )
    devtools.send("ServiceWorker.enable")
    for _ in range(50):
        if found:
            break
        page.wait_for_timeout(50)
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": f"{tocsin.url}/",
            "registrationId": found[-1],
            "data": said if isinstance(said, str) else json.dumps(said),
        },
    )
    page.wait_for_timeout(300)
    devtools.detach()


def _shown(worker: Worker, tag: str) -> dict[str, Any]:
    """The one notification of that tag."""
    shown: list[dict[str, Any]] = worker.evaluate(
        """async () => (await self.registration.getNotifications()).map((each) => ({
            title: each.title, body: each.body, tag: each.tag, data: each.data,
            actions: each.actions.map((one) => ({ action: one.action, title: one.title })),
        }))"""
    )
    (found,) = (each for each in shown if each["tag"] == tag)
    return found
