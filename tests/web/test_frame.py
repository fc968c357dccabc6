"""The frame: the rooms one may enter and no others, the theme before the first paint, one style sheet and one script."""

import gzip
import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.web.conftest import BACKEND
from tocsin.apps.people.models import Account
from tocsin.core.roles import NOTHING, Grants, grants_of
from tocsin.web.rooms import IN_THE_THUMBS_REACH, ROOMS, address_of, back_at, seen_rooms, settings_at
from tocsin.web.static_files import JOINED, content_of, hashed_name

LARGEST_STYLE, LARGEST_SCRIPT = 24, 10  # KiB, as they go over the wire


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def bottom_bar(html: str) -> list[str]:
    """The words in a phone's bottom bar."""
    bar = html.partition('<nav class="rooms"')[2].partition("</nav>")[0]
    seen = re.sub(
        r'<li class="room-beyond">.*?</li>|<div class="menu-list">.*?</div>', "", bar, flags=re.DOTALL
    )
    return re.findall(r"<span>([^<]+)</span>", seen)


@pytest.fixture
def follower(data: object) -> Client:
    """Signed in as somebody without any role: a stakeholder."""
    account = Account.objects.create(login="dan@example.com", name="Dan", created_at=datetime.now(UTC))
    client = Client()
    client.force_login(account, BACKEND)
    return client


def test_a_phone_has_five_places_at_most_and_the_rest_under_more(browser: Client) -> None:
    words = bottom_bar(page(browser, "/"))
    assert len(words) == IN_THE_THUMBS_REACH
    assert words[0] == "Now" and words[-1] == "More"


def test_an_administrator_is_shown_every_room(browser: Client) -> None:
    html = page(browser, "/")
    for word in ("Now", "Incidents", "Alerts", "On-call", "Services", "Insights", "Settings"):
        assert f"<span>{word}</span>" in html


def test_a_stakeholder_is_shown_only_what_they_may_enter(follower: Client) -> None:
    html = page(follower, "/")
    words = bottom_bar(html)
    assert "Incidents" in words
    assert "Alerts" not in words and "On-call" not in words
    for address in re.findall(r'href="(/[^"]*)"', html.partition("</header>")[0]):
        if not address.startswith("/static/"):
            assert follower.get(address).status_code == 200, address


def test_every_way_in_the_settings_leads_somewhere(browser: Client, follower: Client) -> None:
    for client in (browser, follower):
        ways = re.findall(r'class="card-link" href="([^"]+)"', page(client, "/settings"))
        assert ways
        for address in ways:
            assert client.get(address).status_code == 200, address


def test_a_name_without_an_address_is_left_out() -> None:
    assert address_of("no-such-page") is None


def test_who_may_nothing_sees_no_room() -> None:
    assert seen_rooms(NOTHING, "/") == []
    shown = [each.place.name for _, cards in settings_at(Grants()) for each in cards]
    assert shown == ["api-docs"], "which is for everybody"


@pytest.mark.parametrize(
    "path", ["/", "/incidents/1", "/silences", "/policies/platform", "/me/security", "/insights"]
)
def test_one_always_stands_in_one_room(path: str) -> None:
    grants = grants_of(True, ())
    rooms = seen_rooms(grants, path)
    assert [room.place.word for room in rooms if room.current] != []
    assert len([room for room in rooms if room.current]) == 1


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/people/alice", "/people"),
        ("/people", "/settings"),
        ("/settings/configuration/routes", "/settings/configuration"),
        ("/me/security/app", "/me/security"),
        ("/services/task-api", "/services"),
        ("/services", None),
        ("/settings", None),
        ("/", None),
    ],
)
def test_the_way_back_leads_to_the_nearest_page_above(path: str, above: str | None) -> None:
    found = back_at(path, grants_of(True, ()))
    assert (found.address if found else None) == above


def test_no_first_part_of_an_address_belongs_to_two_rooms() -> None:
    firsts = [first for room in ROOMS for first in room.under]
    assert len(firsts) == len(set(firsts))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_there_before_the_first_paint(
    theme: str, browser: Client, stranger: Client
) -> None:
    for client, address in ((browser, "/"), (stranger, "/sign-in")):
        client.cookies["tocsin_theme"] = theme
        html = page(client, address)
        assert f'<html lang="en" data-theme="{theme}">' in html
        assert f'<meta name="color-scheme" content="{theme}">' in html


@pytest.mark.parametrize("theme", ["", "system", '"><script>', "x" * 3000])
def test_any_other_theme_is_the_systems(theme: str, browser: Client) -> None:
    browser.cookies["tocsin_theme"] = theme
    html = page(browser, "/")
    assert '<html lang="en">' in html
    assert '<meta name="color-scheme" content="light dark">' in html


def test_a_page_asks_for_one_style_sheet_and_one_script(browser: Client) -> None:
    html = page(browser, "/incidents")
    assert re.findall(r'<link rel="stylesheet" href="([^"]+)"', html) == [
        f"/static/{hashed_name('web/house.css')}"
    ]
    assert re.findall(r'<script src="([^"]+)"', html) == [f"/static/{hashed_name('web/house.js')}"]


@pytest.mark.parametrize("name", JOINED)
def test_what_is_joined_is_kept_for_good_and_small(name: str, stranger: Client) -> None:
    answer = stranger.get(f"/static/{hashed_name(name)}", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == content_of(name)
    assert len(body) < (LARGEST_STYLE if name.endswith("css") else LARGEST_SCRIPT) * 1024


def test_what_is_joined_can_only_be_read(stranger: Client) -> None:
    assert stranger.post(f"/static/{hashed_name('web/house.js')}").status_code == 405


def test_no_template_styles_or_scripts_inline(browser: Client) -> None:
    """The policy would refuse it, silently for whoever does not look at the console."""
    html = page(browser, "/design")
    assert " style=" not in html and "<style" not in html
    assert not re.search(r"<script(?! src=)", html) and not re.search(r"\son[a-z]+=", html)
