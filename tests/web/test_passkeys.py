"""Passkeys in a real Chromium with its virtual authenticator, against a real `tocsin serve`; and the provider's button."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.programs import answers, free_port, installed
from tests.e2e.tocsin import Tocsin
from tests.migrated import migrated_directory
from tests.web.conftest import PASSWORD
from tests.web.oidc.running import CLIENT, IdentityProvider, running_provider
from tests.web.test_browser import PHONE, QUIET, Watched

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

EVE = {"sub": "e-1", "email": "eve@example.com", "email_verified": True, "name": "Eve", "groups": ["dev"]}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = installed("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET, headless=True)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    return tmp_path_factory.mktemp("passkeys"), free_port()


@pytest.fixture(scope="module")
def idp(home: tuple[Path, int]) -> Iterator[IdentityProvider]:
    folder, port = home
    back = f"http://localhost:{port}/sign-in/with/oidc/back"
    with running_provider(folder / "idp.log", back) as provider:
        yield provider


@pytest.fixture(scope="module")
def node(home: tuple[Path, int], idp: IdentityProvider) -> Iterator[Tocsin]:
    folder, port = home
    data = migrated_directory(folder / "data")
    environment = {
        "TOCSIN_SECRET_KEY": "of the tests",
        "TOCSIN_OIDC_ISSUER": idp.issuer,
        "TOCSIN_OIDC_CLIENT_ID": CLIENT["client_id"],
        "TOCSIN_OIDC_CLIENT_SECRET": CLIENT["client_secret"],
        "TOCSIN_OIDC_NAME": "Example Login",
        "TOCSIN_OIDC_SCOPE": "openid profile email groups",
        "TOCSIN_OIDC_GROUPS": "dev=platform:responder",
    }
    node = Tocsin(data, environment, port)
    node.start()
    try:
        node.await_ready()
        node.await_that(lambda: (data / "first-admin-link").exists(), "prints the first link")
        node.await_that(lambda: answers(f"{node.url}/sign-in")[0] == 200, "shows pages")
        yield node
    finally:
        node.show()
        node.stop()


@pytest.fixture(scope="module")
def house(node: Tocsin) -> str:
    """Passkeys want a name, not a number."""
    return f"http://localhost:{node.port}"


@pytest.fixture(scope="module")
def administrator(node: Tocsin, house: str, chromium: Browser) -> str:
    """Alice came by the printed link."""
    context = chromium.new_context()
    page = context.new_page()
    link = (node.data / "first-admin-link").read_text().strip()
    page.goto(link.replace("127.0.0.1", "localhost"))
    page.get_by_label("Your name").fill("Alice")
    page.get_by_label("E-mail address").fill("alice@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page).to_have_url(f"{house}/")
    context.close()
    return "alice@example.com"


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE)
    yield context
    context.close()


def _with_authenticator(watched: Watched, verified: bool = True) -> None:
    """The phone's own, with a fingerprint that is known."""
    session = watched.page.context.new_cdp_session(watched.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _sign_in(page: Page, house: str, email: str) -> None:
    page.goto(f"{house}/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def _sign_out(page: Page) -> None:
    page.locator(".menu > summary").click()
    page.get_by_role("banner").get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in")


def test_a_passkey_is_added_signs_in_alone_and_is_the_second_step_of_a_password(
    administrator: str, house: str, phone: BrowserContext
) -> None:
    watched = Watched(phone)
    page = watched.page
    _with_authenticator(watched)
    _sign_in(page, house, administrator)
    expect(page).to_have_url(f"{house}/")

    page.goto(f"{house}/me/security")
    page.get_by_role("link", name="Add a passkey").click()
    watched.assert_fits()
    page.get_by_label("Name").fill("My phone")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    code = page.locator("#recovery-codes").inner_text().split()[0]
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("My phone")).to_be_visible()
    watched.assert_fits()

    _sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{house}/")

    _sign_out(page)
    _sign_in(page, house, administrator)
    expect(page).to_have_url(f"{house}/sign-in/second")
    watched.assert_fits()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page).to_have_url(f"{house}/")

    _sign_out(page)  # without the device, a recovery code
    _sign_in(page, house, administrator)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(f"{house}/")

    page.goto(f"{house}/me/security")
    page.locator(".confirm summary").first.click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("Removed.")).to_be_visible()
    expect(page.get_by_text("My phone")).to_have_count(0)
    watched.assert_calm()


def test_a_device_without_its_passkey_is_told_so_and_may_use_the_password(
    administrator: str, house: str, phone: BrowserContext
) -> None:
    watched = Watched(phone)
    page = watched.page
    _with_authenticator(watched)
    page.goto(f"{house}/sign-in?next=/incidents")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[data-passkey-said]")).to_contain_text("Nothing was chosen")
    page.get_by_label("E-mail address").fill(administrator)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{house}/incidents")


def test_the_providers_button_leads_there_and_back(
    administrator: str, house: str, idp: IdentityProvider, phone: BrowserContext
) -> None:
    watched = Watched(phone)
    page = watched.page
    idp.signs_in(EVE)
    page.goto(f"{house}/sign-in?next=/incidents")
    watched.assert_fits()
    page.get_by_role("link", name="Sign in with Example Login").click()
    expect(page).to_have_url(f"{house}/incidents")
    page.goto(f"{house}/me/security")
    expect(page.get_by_text("Linked")).to_be_visible()
    page.goto(f"{house}/me/security/app")  # signing in a moment ago is confirmation enough
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    watched.assert_fits()
    watched.assert_calm()


def test_without_scripts_nothing_asks_for_a_passkey(
    administrator: str, house: str, chromium: Browser
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{house}/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    _sign_in(page, house, administrator)
    expect(page).to_have_url(f"{house}/")
    context.close()
