"""axe-core finds nothing on any page, on phone and desk, in light and dark; no page is wider than its screen, and none
complains in the console."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, Page

from tests.e2e.tocsin import Tocsin
from tests.web.every_page import ABSENT, NO_PAGE, SIGNED_IN, SIGNED_OUT
from tests.web.test_browser import DESK, PHONE, Watched, chromium, fires, signed_in, tocsin
from tocsin.channels.standard_webhooks import new_secret
from tocsin.cli.door import open_door
from tocsin.control.requests import OfferSwap, PutNoun, Who, WriteHandoff

__all__ = ["chromium", "signed_in", "tocsin"]  # fixtures

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

RULES: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SMALLEST = {"width": 320, "height": 640}  # to which a page of 1280 shrinks at 400 % (WCAG 1.4.10, reflow)
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}  # all that another theme can change
LOOKS = ((PHONE, "light", RULES), (DESK, "light", RULES), (DESK, "dark", COLOURS))
# Of what one template writes again and again, so many stay: axe takes a minute for all of the API's operations.
ENOUGH = """document.querySelectorAll('main .api-docs .card-flush').forEach((card) => {
  [...card.children].slice(2).forEach((one) => one.remove());
})"""
HOSTILE = "Ångström" + "x" * 292
TURNS = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-06-08", "people": ["alice", "bob"]}
MADE_ON_SCREEN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("people", "erin", {"name": HOSTILE, "email": "erin@example.com"}),
    ("teams", "shop", {"name": HOSTILE, "members": ["alice"]}),
    ("schedules", "shop", {"team": "shop", "time_zone": "Europe/Berlin", "layers": [{"rotation": TURNS}]}),
    (
        "policies",
        "shop",
        {"steps": [{"page": {"schedule": "shop"}, "wait": "10m"}], "last_resort": ["carol"]},
    ),
    ("services", "shop", {"name": HOSTILE, "team": "shop", "policy": "shop", "depends_on": ["task-api"]}),
    ("integrations", "shop", {"type": "alertmanager", "key": "shop-key", "service": "shop"}),
    ("heartbeats", "nightly", {"every": "24h", "key": "nightly-key", "labels": {"job": HOSTILE}}),
    ("heartbeats", "watchdog", {"every": "5m", "matchers": ['alertname="Watchdog"']}),
    ("chats", "lounge", {"slack": "https://hooks.invalid/lounge"}),
    (
        "pay",
        "platform",
        {"team": "platform", "currency": "EUR", "from": "2020-01-01", "per_hour": {"weekend": 5}},
    ),
    ("webhooks", "ops", {"url": "https://hooks.invalid/tocsin", "secret": new_secret()}),
)


def addresses(pages: dict[str, tuple[str, ...]]) -> list[str]:
    return [address for given in pages.values() for address in given]


MADE: dict[str, str] = {}  # what only the house knows of itself, to fill in addresses


def _offered(door: Any) -> dict[str, str]:
    """A swap of the next shift, and the address of its first hours."""
    (who,) = door.ask(Who("platform-primary"))
    person, begin = who.next_people[0], who.next_at
    swap = door.ask(OfferSwap(person, "platform-primary", begin, begin + timedelta(hours=8), comment=HOSTILE))
    part = {
        "schedule": "platform-primary",
        "person": person,
        "starts_at": begin.isoformat(),
        "ends_at": (begin + timedelta(hours=8)).isoformat(),
    }
    return {"swap": swap.id, "part": urlencode(part)}


@pytest.fixture(scope="module")
def busy(tocsin: Tocsin) -> Tocsin:
    """Something of everything, and names of hostile length."""
    door = open_door(None, None, tocsin.data, None, actor="dan")
    for kind, name, noun in MADE_ON_SCREEN:
        door.ask(PutNoun(kind, name, noun))
    MADE["handoff"] = door.ask(WriteHandoff("platform-primary")).handoff.id
    MADE.update(_offered(door))
    fires(tocsin, "Slow")
    fires(tocsin, HOSTILE)
    fires(tocsin, "Over")
    tocsin.command("incidents", "ack", "1")
    fires(tocsin, "Over", "resolved")
    return tocsin


@pytest.fixture(scope="module")
def inside(busy: Tocsin, chromium: Browser, signed_in: Any) -> Iterator[Watched]:
    context = chromium.new_context(storage_state=signed_in)
    yield Watched(context)
    context.close()


@pytest.fixture(scope="module")
def outside(busy: Tocsin, chromium: Browser) -> Iterator[Watched]:
    context = chromium.new_context()
    yield Watched(context)
    context.close()


def look_at(watched: Watched, address: str, status: int = 200) -> None:
    """The page in every look, with all that folds open; says all that is wrong at once."""
    page, wrong = watched.page, []
    watched.errors.clear()
    answer = page.goto(address)
    assert answer is not None and answer.status == status, (address, answer and answer.status)
    page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })")
    page.evaluate(ENOUGH)
    for size, theme, rules in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        wrong += [f"{size['width']} {theme}: {each}" for each in violations(page, rules)]
        watched.assert_fits()
    page.set_viewport_size(SMALLEST)
    watched.assert_fits()
    assert wrong == []
    if status == 200:
        watched.assert_calm()


def violations(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    found = Axe().run(page, options=rules).response["violations"]
    return [
        f"{each['id']} at {node['target']}: {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("address", addresses(SIGNED_IN))
def test_nothing_is_in_the_way_on_a_page(address: str, busy: Tocsin, inside: Watched) -> None:
    look_at(inside, busy.url + address.format(**MADE))


@pytest.mark.parametrize("address", addresses(SIGNED_OUT))
def test_nothing_is_in_the_way_before_signing_in(address: str, busy: Tocsin, outside: Watched) -> None:
    outside.page.goto(busy.url + address)
    look_at(outside, busy.url + address, status=410 if "not-any-more" in address else 200)


def test_nothing_is_in_the_way_where_nothing_is(busy: Tocsin, inside: Watched) -> None:
    look_at(inside, busy.url + ABSENT, status=404)


def test_the_menus_that_open_are_as_usable(busy: Tocsin, inside: Watched) -> None:
    inside.page.set_viewport_size(PHONE)
    inside.page.goto(busy.url)
    for menu in ("details.menu", "details.more-rooms"):
        inside.page.locator(f"{menu} > summary").click()
        assert violations(inside.page) == []
        inside.page.keyboard.press("Escape")
        assert inside.page.locator(f"{menu}[open]").count() == 0


def test_every_address_is_looked_at_or_said_to_be_no_page() -> None:
    listed = {*SIGNED_IN, *SIGNED_OUT, *NO_PAGE}
    assert set(names()) - listed == set(), "name them in tests/web/every_page.py"
    assert listed - set(names()) == set(), "these are gone"


def names() -> Iterator[str]:
    """Of every address of ours."""

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
        for each in patterns:
            if isinstance(each, URLResolver):
                yield from () if each.namespace else walk(each.url_patterns)
            else:
                name = each.name or str(each.pattern)
                if name == "api-docs" or not name.startswith("api-"):
                    yield name

    return walk(get_resolver().url_patterns)
