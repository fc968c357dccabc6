"""The configuration on screen: shown to all who read, changed by who may, mistakes at their field, Git's left alone."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tests.web.test_pages import page
from tocsin.apps.people.models import Account
from tocsin.control.requests import PutNoun
from tocsin.core.configuration import Configuration

SHOWN = (
    "/services",
    "/services/task-api",
    "/policies",
    "/policies/platform",
    "/policies/platform?at=2026-06-10T03:00",
    "/schedules",
    "/schedules/platform-primary",
    "/teams",
    "/teams/platform",
    "/people",
    "/people/alice",
    "/integrations",
    "/integrations/prom",
    "/settings/configuration",
    "/settings/configuration/routes",
    "/settings/configuration/chats",
    "/settings/configuration/chats/alerts",
    "/settings/configuration/routes/~",
    "/settings/configuration/heartbeats",
    "/settings/severities",
    "/settings/configuration/import",
    "/settings/start",
)
MADE = (
    "/services/~new",
    "/policies/~new",
    "/schedules/~new",
    "/teams/~new",
    "/people/~new",
    "/integrations/~new",
    "/heartbeats/~new",
    "/settings/chats/~new",
    "/settings/severities/SEV1/edit",
    "/settings/configuration/heartbeats/~",
    "/settings/configuration/defaults/~",
)
LISTS = ("/services", "/policies", "/schedules", "/teams", "/people", "/integrations")
MOST_QUERIES = 12


def facts(house: House) -> Configuration:
    house.world.engine.facts.reload()
    return house.world.engine.facts.current


def put(house: House, kind: str, name: str, noun: dict[str, Any]) -> None:
    house.ask(PutNoun(kind, name, noun), "alice", "web")


def shown(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def sent(browser: Client, address: str, expected: int = 302, **fields: Any) -> str:
    answer = browser.post(address, fields)
    assert answer.status_code == expected, (answer.status_code, answer.content.decode()[-4000:])
    return answer.content.decode()


def seen(browser: Client, address: str) -> str:
    return shown(browser, address).partition('name="seen" value="')[2].partition('"')[0]


@pytest.fixture
def bob() -> Client:
    """Of the platform team, which nobody leads: he responds and manages nothing."""
    account = Account(login="bob@example.com", name="Bob")
    from django.utils import timezone

    account.created_at = timezone.now()
    account.save()
    client = Client()
    client.force_login(account, BACKEND)
    return client


@pytest.mark.parametrize("address", [*SHOWN, *MADE])
def test_a_page_answers_with_few_queries(address: str, browser: Client, house: House) -> None:
    shown(browser, address)
    with CaptureQueriesContext(connection) as queries:
        shown(browser, address)
    assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]


@pytest.mark.parametrize("address", [*LISTS, *MADE, "/settings/configuration", "/settings/start"])
def test_a_page_of_an_empty_house_answers(address: str, browser: Client) -> None:
    shown(browser, address)


@pytest.mark.parametrize("address", LISTS)
def test_an_empty_list_says_what_to_do_next(address: str, browser: Client) -> None:
    page = shown(browser, address)
    assert 'class="empty"' in page and f'href="{address}/~new"' in page


@pytest.mark.parametrize(
    "address", ["/services/task-api", "/policies/platform", "/teams/platform", "/people/alice"]
)
def test_what_git_keeps_is_read_only_and_says_so(address: str, browser: Client, house: House) -> None:
    page = shown(browser, address)
    assert re.search(r"it comes from <code><bdi>\S+\.yaml line \d+</bdi></code>, kept in Git", page)
    assert f"{address}/edit" not in page and f"{address}/remove" not in page
    assert browser.get(f"{address}/edit").status_code == 403
    assert browser.post(f"{address}/remove").status_code == 403


def test_a_service_is_made_changed_and_removed(browser: Client, house: House) -> None:
    sent(browser, "/services/~new", title="The Shop", team="platform", depends_on=["task-api"])
    made = facts(house).services["the-shop"]
    assert (made.name, made.team, made.depends_on) == ("The Shop", "platform", ("task-api",))
    page = shown(browser, "/services/the-shop")
    assert "Edited on screen" in page and "Alice Ames" in page
    assert "the-shop" in shown(browser, "/services/task-api"), "drawn both ways"
    token = seen(browser, "/services/the-shop/edit")
    sent(
        browser, "/services/the-shop/edit", title="Shop", runbook_url="https://r.example.com/shop", seen=token
    )
    assert facts(house).services["the-shop"].runbook_url == "https://r.example.com/shop"
    assert facts(house).services["the-shop"].team is None
    sent(browser, "/services/the-shop/remove")
    assert "the-shop" not in facts(house).services


@pytest.mark.parametrize(
    ("fields", "at", "said"),
    [
        ({"title": "X", "runbook_url": "not a url"}, "runbook_url", "expected a URL"),
        ({"title": "X", "key": "a/b"}, "key", "cannot be a name"),
        ({"title": "X", "team": "nobody"}, "team", "Select a valid choice"),
        ({"title": "X", "key": "task-api"}, "key", "There is one called task-api already"),
        ({}, "key", "It needs a short name"),
    ],
)
def test_a_mistake_stands_at_its_field(
    fields: dict[str, str], at: str, said: str, browser: Client, house: House
) -> None:
    page = sent(browser, "/services/~new", 422, **fields)
    errors = page.partition(f'id="id_{at}_error"')[2].partition("</ul>")[0]
    assert said in errors
    assert "x" not in facts(house).services


def test_what_somebody_else_changed_meanwhile_is_not_lost_unseen(browser: Client, house: House) -> None:
    put(house, "services", "shop", {"name": "Shop"})
    token = seen(browser, "/services/shop/edit")
    put(house, "services", "shop", {"name": "Store"})
    page = sent(browser, "/services/shop/edit", 422, title="Market", seen=token)
    assert "Somebody changed it while you wrote" in page and "Market" in page
    assert facts(house).services["shop"].name == "Store"


def test_what_is_needed_elsewhere_is_not_removed(browser: Client, house: House) -> None:
    put(house, "services", "shop", {})
    put(house, "services", "till", {"depends_on": ["shop"]})
    answer = browser.post("/services/shop/remove", follow=True)
    assert "services.till names it in depends_on" in answer.content.decode()
    assert "shop" in facts(house).services


# --- who may ---------------------------------------------------------------------------------------------------------


def test_who_manages_nothing_sees_no_buttons_and_changes_nothing(bob: Client, house: House) -> None:
    put(house, "services", "shop", {"team": "platform"})
    page = shown(bob, "/services/shop")
    assert "/services/shop/edit" not in page and "~new" not in shown(bob, "/services")
    assert bob.get("/services/shop/edit").status_code == 403
    assert bob.post("/services/shop/remove").status_code == 403
    assert bob.post("/integrations/prom/reveal").status_code == 403
    assert "shop" in facts(house).services


def test_a_lead_changes_their_teams_things_and_no_others(bob: Client, house: House) -> None:
    put(house, "teams", "shop", {"members": ["bob"], "lead": "bob"})
    put(house, "services", "till", {"team": "shop"})
    put(house, "services", "other", {"team": "platform"})
    sent(bob, "/services/till/edit", title="Till", team="shop", seen=seen(bob, "/services/till/edit"))
    assert facts(house).services["till"].name == "Till"
    assert bob.get("/services/other/edit").status_code == 403
    page = sent(bob, "/services/~new", 422, title="Mine", team="platform")
    assert "permission to manage" in page
    assert "mine" not in facts(house).services


def test_where_others_are_reached_is_shown_as_text_to_administrators_only(
    bob: Client, browser: Client, house: House
) -> None:
    assert "alice@example.com" in shown(browser, "/settings/configuration/people/alice")
    assert bob.get("/settings/configuration/people/alice").status_code == 403
    assert shown(bob, "/settings/configuration/policies/platform")


# --- policies and schedules ------------------------------------------------------------------------------------------


def test_a_policy_is_drawn_for_a_chosen_instant(browser: Client, house: House) -> None:
    page = shown(browser, "/policies/platform?at=2026-06-10T03:00")
    path = page.partition('class="way"')[2].partition("</ol>")[0]
    assert "Alice Ames (platform-primary)" in path and "+10m" in path and "Bob Brandt" in path
    assert "way-last" in path and "Carol Cole" in path
    later = shown(browser, "/policies/platform?at=2026-06-17T03:00")
    assert "Bob Brandt (platform-primary)" in later
    assert "no instant within ten years" in shown(browser, "/policies/platform?at=9999-99-99")


def test_a_policy_is_written_step_by_step_without_a_script(browser: Client, house: House) -> None:
    fields = {
        "key": "shop",
        "team": "",
        "repeat": "1",
        "step": ["0"],
        "to-0": ["person:alice", ""],
        "wait-0": "5",
        "last": ["person:carol", ""],
    }
    page = sent(browser, "/policies/~new", 200, **fields, do="add")
    assert page.count('name="step"') == 2 and "Alice Ames" in page
    fields |= {"step": ["0", "1"], "to-1": ["schedule:platform-primary", "chat:alerts"], "wait-1": "90s"}
    page = sent(browser, "/policies/~new", 200, **fields, do="up:1")
    assert page.index('value="schedule:platform-primary" selected') < page.index(
        'value="person:alice" selected'
    )
    assert "shop" not in facts(house).policies
    sent(browser, "/policies/~new", **fields, do="save")
    made = facts(house).policies["shop"]
    assert [step.wait.total_seconds() for step in made.steps] == [300, 90]
    assert [target.name for target in made.steps[1].targets] == ["platform-primary", "alerts"]
    assert (made.repeat, made.last_resort[0].name) == (1, "carol")


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"last": [""]}, "last-wrong", "last_resort"),
        ({"wait-0": "soon"}, "step-0-wrong", "not a duration"),
        ({"to-0": [""]}, "step-0-wrong", "pages somebody or tells a chat"),
        ({"to-0": ["person:mallory"]}, "step-0-wrong", "unknown person"),
    ],
)
def test_a_mistake_in_a_policy_stands_at_its_step(
    change: dict[str, Any], place: str, said: str, browser: Client, house: House
) -> None:
    fields = {"key": "x", "repeat": "0", "step": ["0"], "to-0": ["person:alice"], "wait-0": "5"}
    fields |= {"last": ["person:carol"], **change}
    page = sent(browser, "/policies/~new", 422, **fields)
    assert said in page.partition(f'id="{place}"')[2].partition("</p>")[0]
    assert "x" not in facts(house).policies


# --- integrations ----------------------------------------------------------------------------------------------------


def test_an_integration_gets_a_key_that_is_shown_only_when_asked_for(browser: Client, house: House) -> None:
    sent(browser, "/integrations/~new", key="mine", type="alertmanager", labels="cluster=eu-1")
    secret = facts(house).integrations["mine"].secret
    assert isinstance(secret, str) and len(secret) >= 24
    assert secret in shown(browser, "/integrations/mine"), "once, right after it was made"
    again = shown(browser, "/integrations/mine")
    assert secret not in again and "YOUR-KEY" in again
    revealed = sent(browser, "/integrations/mine/reveal", 200)
    assert f"/in/alertmanager/{secret}" in revealed
    sent(
        browser, "/integrations/mine/edit", type="alertmanager", seen=seen(browser, "/integrations/mine/edit")
    )
    assert facts(house).integrations["mine"].secret == secret


@pytest.mark.parametrize("name", ["prom", "pd", "raw"])
def test_a_sample_event_takes_the_real_way(name: str, browser: Client, house: House) -> None:
    put(house, "integrations", "raw", {"type": "prometheus", "key": "a-long-raw-key"})
    sent(browser, f"/integrations/{name}/test")
    house.passes(minutes=1)
    (incident,) = house.incidents()
    assert incident.test and "sample event" in (incident.summary + incident.title).lower()
    assert "Nothing came yet" in shown(browser, f"/integrations/{name}"), "its sender said nothing"


# --- as text, import and export --------------------------------------------------------------------------------------


def test_a_mistake_in_text_is_told_by_its_line(browser: Client, house: House) -> None:
    text = "every: 24h\ngrace: soon\nmatchers: ['alertname=\"Watchdog\"']\n"
    page = sent(browser, "/settings/configuration/heartbeats/~", 422, name="dog", text=text)
    assert "Line 2" in page and "not a duration" in page
    sent(browser, "/settings/configuration/heartbeats/~", name="dog", text=text.replace("soon", "10m"))
    assert "dog" in facts(house).heartbeats


@pytest.mark.parametrize("text", ["{", "a: b: c", "&a *a", "\x00", "- " * 50, "!!python/x 1", "x" * 150_000])
def test_text_that_is_no_yaml_is_told_and_not_kept(text: str, browser: Client, house: House) -> None:
    sent(browser, "/settings/configuration/chats/~", 422, name="room", text=text)
    assert "room" not in facts(house).chats


def test_what_is_exported_can_be_brought_in_again_after_its_plan_was_shown(
    browser: Client, house: House
) -> None:
    text = "services:\n  shop: {team: platform}\n  task-api: {name: Changed}\n"
    page = sent(browser, "/settings/configuration/import", 200, text=text, do="plan")
    plan = page.partition('id="plan"')[2]
    assert "services.<bdi>shop" in plan and "comes from Git; change it there" in plan
    assert "shop" not in facts(house).services
    sent(browser, "/settings/configuration/import", text=text, do="apply")
    assert facts(house).services["shop"].team == "platform"
    assert facts(house).services["task-api"].name == ""
    assert "/services/shop/edit" in shown(browser, "/services/shop")
    exported = browser.get("/settings/configuration/export")
    assert exported.headers["content-disposition"] == 'attachment; filename="tocsin.yaml"'
    assert "shop: {team: platform}" in exported.content.decode()
    assert "prom-key" not in exported.content.decode()


def test_an_import_with_mistakes_names_their_lines(browser: Client, house: House) -> None:
    page = sent(browser, "/settings/configuration/import", 422, text="services:\n  shop: {team: nobody}\n")
    assert "line 2" in page and "unknown team" in page


def test_hostile_names_are_shown_as_text(browser: Client, house: House) -> None:
    evil = "<script>alert(1)</script>\u202e"
    put(house, "services", "evil", {"name": evil, "runbook_url": "https://r.example.com/<b>"})
    put(house, "people", "evil", {"name": evil, **json.loads("{}")})
    for address in (
        "/services",
        "/services/evil",
        "/people",
        "/people/evil",
        "/policies/~new",
        "/teams/~new",
    ):
        page = shown(browser, address)
        assert "<script>alert" not in page and "\u202e" not in page, address


def test_a_teams_goals_are_asked_for_and_a_wrong_one_is_shown_at_its_field(
    browser: Client, house: House
) -> None:
    put(house, "teams", "shop", {"members": ["alice"], "goals": {"pages_per_shift": 3}})
    assert 'value="3"' in page(browser, "/teams/shop/edit")
    seen = re.search(r'name="seen" value="([^"]*)"', page(browser, "/teams/shop/edit"))
    assert seen is not None
    form = {
        "seen": seen[1],
        "members": ["alice"],
        "pages_per_shift": "4",
        "calm_shifts": "75%",
        "rest": "12h",
    }
    wrong = browser.post("/teams/shop/edit", {**form, "broken_nights": "many"})
    assert wrong.status_code == 422
    assert "expected a whole number from 0 to 7" in wrong.content.decode()
    assert browser.post("/teams/shop/edit", form).status_code == 302
    goals = facts(house).teams["shop"].goals
    assert (goals.pages_per_shift, goals.calm_shifts, goals.rest, goals.broken_nights) == (
        4,
        75,
        timedelta(hours=12),
        1,
    )
