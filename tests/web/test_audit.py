"""The audit log on screen: who may see it, finding in it, and taking it along."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tocsin.apps.audit.actions import record
from tocsin.apps.audit.queries import LOOKED_THROUGH, PAGE, Wanted, find
from tocsin.apps.audit.whence import coming_from
from tocsin.apps.people.models import Account, AuditEntry

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\u202egnp.exe"


def shown(browser: Client, query: str = "") -> str:
    response = browser.get(f"/settings/audit{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_administrators_alone_see_it(house: House, stranger: Client) -> None:
    account = Account(login="carol@example.com", name="Carol", created_at=NOW)
    account.save()
    assert stranger.get("/settings/audit").status_code == 302
    stranger.force_login(account, BACKEND)
    for address in ("/settings/audit", "/settings/audit/export?format=csv"):
        assert stranger.get(address).status_code == 403


def test_an_act_on_screen_is_there_with_its_address(browser: Client, house: House) -> None:
    house.fires("DiskFull", severity="critical")
    browser.post("/incidents/1/act", {"do": "acknowledge"}, HTTP_X_FORWARDED_FOR="192.0.2.7")
    page = shown(browser)
    assert "Acknowledge" in page and "192.0.2.7" in page
    assert "<del>detected</del>" in page.replace("<bdi>", "").replace("</bdi>", "")


def test_what_people_do_to_accounts_is_there_with_its_address(browser: Client, house: House) -> None:
    with coming_from("192.0.2.9", "/me"):
        record("alice", "RoleGiven", "bob@example.com", NOW, before={"role": None}, after={"role": "manager"})
    entry = AuditEntry.objects.get(what="RoleGiven")
    assert (entry.address, entry.via, entry.before) == ("192.0.2.9", "web", '{"role":null}')
    assert "Role given" in shown(browser)


def test_what_comes_by_the_api_is_told_apart(house: House) -> None:
    with coming_from("192.0.2.9", "/api/v1/tokens"):
        record("alice", "TokenMade", "ci", NOW)
    assert AuditEntry.objects.get(what="TokenMade").via == "api"


@pytest.fixture
def log(house: House) -> None:
    for number in range(3):
        record("alice", "RoleGiven", f"one{number}", NOW + timedelta(days=number), after={"role": "manager"})
    record("bob", "TokenMade", "ci", NOW + timedelta(days=9), via="api", detail="100% sure_thing")


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("?person=alice", "one0", "ci"),
        ("?via=api", "ci", "one0"),
        ("?subject=one1", "one1", "one2"),
        ("?text=manager", "one1", "ci"),
        ("?text=sure_thing", "ci", "one1"),
        ("?since=2026-06-15&until=2026-06-15", "one1", "one0"),
    ],
)
def test_it_is_searched_by_person_door_subject_day_and_text(
    query: str, there: str, not_there: str, browser: Client, log: None
) -> None:
    entries = shown(browser, query).partition('aria-label="Entries"')[2]
    assert there in entries and not_there not in entries


@pytest.mark.parametrize(
    "query",
    ["?since=yesterday", "?until=2026-02-31", "?since=9999-12-31&until=9999-12-31", "?until=0001-01-01"],
)
def test_a_day_that_is_none_is_named(query: str, browser: Client, house: House) -> None:
    response = browser.get(f"/settings/audit{query}")
    assert response.status_code in (200, 422)
    if response.status_code == 422:
        assert "Expected a day" in response.content.decode()


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=99999999999999999999", "?text=%00%FF", "?via=%3Cscript%3E"]
)
def test_what_makes_no_sense_is_no_failure(query: str, browser: Client, log: None) -> None:
    assert "<script>" not in shown(browser, query)


def test_hostile_words_stay_words(browser: Client, house: House) -> None:
    record(HOSTILE, "PutNoun", HOSTILE, NOW, HOSTILE, before={HOSTILE: HOSTILE}, after={"x": HOSTILE})
    page = shown(browser)
    assert "<script>alert" not in page and "\u202e" not in page


def test_pages_go_on_with_as_many_queries_as_the_first(browser: Client, house: House) -> None:
    for number in range(2 * PAGE + 5):
        record("alice", "RoleGiven", f"subject-{number}", NOW)
    seen: list[str] = []
    wanted = Wanted()
    while True:
        found = find(wanted)
        seen += [entry.subject for entry in found.entries]
        if found.older is None:
            break
        wanted = Wanted(before=found.older)
    assert len(seen) == len(set(seen)) >= 2 * PAGE + 5
    shown(browser)  # the first page of a session renews it
    with CaptureQueriesContext(connection) as queries:
        shown(browser, f"?before={PAGE}")
    assert len(queries) <= 12


def test_a_search_for_a_text_reads_so_many_entries_and_says_so(browser: Client, house: House) -> None:
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(at=NOW, actor="a", via="web", what="W", subject=f"s{n}", detail="")
            for n in range(LOOKED_THROUGH + 10)
        ],
        batch_size=500,
    )
    first = find(Wanted(text="s1x"))
    assert not first.entries and first.older is not None and not first.looked_at_all
    assert "go on with Older" in shown(browser, "?text=s1x")


def test_the_export_has_every_entry_that_the_filters_find(browser: Client, log: None) -> None:
    response = browser.get("/settings/audit/export?format=csv&person=alice")
    rows = list(csv.DictReader(io.StringIO(b"".join(response).decode())))
    assert [row["subject"] for row in rows] == ["one2", "one1", "one0"]
    lines = b"".join(browser.get("/settings/audit/export?format=jsonl&via=api")).splitlines()
    [told] = [json.loads(line) for line in lines]
    assert told["subject"] == "ci" and told["at"].startswith("2026-06-23")


def test_a_spreadsheet_takes_nothing_for_a_formula(browser: Client, house: House) -> None:
    record("=HYPERLINK(1)", "W", "@x", NOW, "-1+1")
    text = b"".join(browser.get("/settings/audit/export?format=csv")).decode()
    assert "'=HYPERLINK(1)" in text and "'@x" in text and "'-1+1" in text


def test_an_export_in_no_known_form_is_refused(browser: Client, house: House) -> None:
    response = browser.get("/settings/audit/export?format=pdf")
    assert (response.status_code, response.content) == (422, b"format: expected csv or jsonl\n")
