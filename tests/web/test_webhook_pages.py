"""Webhooks on screen: subscribe, see the secret once, test, read the log, send again, rotate, switch off, remove."""

import re
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.scenarios.house import House
from tests.scenarios.test_webhooks import Receiver
from tests.web.conftest import BACKEND
from tocsin.apps.people.models import Account

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


def subscribe(browser: Client, **fields: Any) -> Any:
    given = {"name": "ops", "url": "https://hooks.example.com/tocsin", **fields}
    return browser.post("/settings/webhooks/new", given)


def test_an_empty_room_says_how_to_begin(browser: Client, house: House) -> None:
    assert "Nobody listens yet" in browser.get("/settings/webhooks").content.decode()


def test_the_secret_is_shown_once_and_never_again(browser: Client, house: House) -> None:
    made = subscribe(browser)
    assert made.status_code == 200
    (secret,) = set(SECRET.findall(made.content.decode()))
    assert made["Cache-Control"] == "no-store"
    assert house.world.engine.facts.current.webhooks["ops"].secret == secret
    for address in ("/settings/webhooks", "/settings/webhooks/ops", "/settings/webhooks/ops/edit"):
        page = browser.get(address)
        assert page.status_code == 200
        assert "whsec_" not in page.content.decode()


def test_the_secret_does_not_stand_in_the_database_in_the_clear(browser: Client, house: House) -> None:
    (secret,) = set(SECRET.findall(subscribe(browser).content.decode()))
    documents = house.store.read(lambda tx: b"".join(entry.document for entry in tx.configuration.entries()))
    assert b'"sealed"' in documents
    assert secret.encode() not in documents
    audited = house.store.read(lambda tx: repr(tx.records.audited()))
    assert secret not in audited


def test_what_is_ticked_is_what_it_hears(browser: Client, house: House) -> None:
    subscribe(
        browser, events=["incident.opened"], severities=["SEV1"], teams=["platform"], services=["task-api"]
    )
    webhook = house.world.engine.facts.current.webhooks["ops"]
    assert (webhook.events, webhook.severities, webhook.teams, webhook.services) == (
        ("incident.opened",),
        ("SEV1",),
        ("platform",),
        ("task-api",),
    )
    assert browser.post("/settings/webhooks/ops/edit", {"url": webhook.url}).status_code == 302
    changed = house.world.engine.facts.current.webhooks["ops"]
    assert changed.events == () and changed.secret == webhook.secret


def test_mistakes_stand_at_their_fields_and_nothing_is_kept(browser: Client, house: House) -> None:
    for fields, said in (
        ({"url": "ftp://example.com"}, "http"),
        ({"name": "new"}, "Choose another name"),
        ({"name": "a/b"}, "Choose another name"),
        ({"events": ["incident.nothing"]}, "incident.nothing"),
        ({"url": ""}, "required"),
    ):
        answer = subscribe(browser, **fields)
        assert answer.status_code == 422, fields
        assert said in answer.content.decode()
    assert house.world.engine.facts.current.webhooks == {}


def test_a_test_is_sent_and_stands_in_the_log_with_its_answer(browser: Client, house: House) -> None:
    receiver = Receiver(house)
    subscribe(browser)
    assert browser.post("/settings/webhooks/ops/act", {"do": "test"}).status_code == 302
    assert [body["type"] for body in receiver.bodies()] == ["webhook.test"]
    page = browser.get("/settings/webhooks/ops").content.decode()
    assert "webhook.test" in page
    (rest,) = re.findall(r'/deliveries/(test/[0-9a-f]+)"', page)
    shown = browser.get(f"/settings/webhooks/ops/deliveries/{rest}").content.decode()
    assert "204" in shown and "webhook.test" in shown


def test_what_failed_is_sent_again_by_a_button(browser: Client, house: House) -> None:
    receiver = Receiver(house)
    subscribe(browser, events=["incident.opened"])
    receiver.is_down()
    house.fires("DiskFull", severity="critical")
    house.passes(hours=25)
    receiver.works()
    shown = browser.get("/settings/webhooks/ops/deliveries/1/1").content.decode()
    assert "503" in shown and "Send again" in shown
    browser.post("/settings/webhooks/ops/act", {"do": "resend", "delivery": "ops/1/1"})
    assert receiver.events() == ["opened"]


def test_after_a_rotation_both_secrets_sign(browser: Client, house: House) -> None:
    subscribe(browser)
    before = house.world.engine.facts.current.webhooks["ops"].secret
    turned = browser.post("/settings/webhooks/ops/act", {"do": "rotate"})
    (secret,) = set(SECRET.findall(turned.content.decode()))
    webhook = house.world.engine.facts.current.webhooks["ops"]
    assert (webhook.secret, webhook.previous_secret) == (secret, before)
    assert webhook.previous_until is not None
    assert "signs too" in browser.get("/settings/webhooks/ops").content.decode()


def test_it_is_switched_off_and_on_and_removed(browser: Client, house: House) -> None:
    subscribe(browser)
    for do, enabled in (("off", False), ("on", True)):
        browser.post("/settings/webhooks/ops/act", {"do": do})
        assert house.world.engine.facts.current.webhooks["ops"].enabled is enabled
    browser.post("/settings/webhooks/ops/act", {"do": "remove"})
    assert house.world.engine.facts.current.webhooks == {}
    assert browser.get("/settings/webhooks/ops").status_code == 404


def test_an_unknown_act_and_anothers_delivery_are_refused(browser: Client, house: House) -> None:
    subscribe(browser)
    assert browser.post("/settings/webhooks/ops/act", {"do": "dance"}).status_code == 400
    answer = browser.post("/settings/webhooks/ops/act", {"do": "resend", "delivery": "x/1/1"}, follow=True)
    assert "Nothing was changed" in answer.content.decode()


def test_only_administrators_see_webhooks(house: House, alice: Account) -> None:
    member = Client()
    alice.is_admin = False
    alice.save()
    member.force_login(alice, BACKEND)
    for address in ("/settings/webhooks", "/settings/webhooks/new", "/settings/webhooks/ops"):
        assert member.get(address).status_code == 403


def test_the_pages_ask_the_database_little(browser: Client, house: House) -> None:
    Receiver(house)
    for number in range(8):
        subscribe(browser, name=f"hook-{number}")
    for number in range(10):
        house.fires(f"Disk{number}", severity="critical")
    for address in ("/settings/webhooks", "/settings/webhooks/hook-1"):
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        assert len(queries) <= 12, [query["sql"] for query in queries]


def test_hostile_names_and_answers_are_only_text(browser: Client, house: House) -> None:
    receiver = Receiver(house)
    subscribe(browser)
    from tocsin.engine.webhooks import Answered

    receiver.answer = Answered(500, "<script>x()</script>", "<img src=x onerror=y()>")
    browser.post("/settings/webhooks/ops/act", {"do": "test"})
    page = browser.get("/settings/webhooks/ops").content.decode()
    (rest,) = re.findall(r'/deliveries/(test/[0-9a-f]+)"', page)
    shown = browser.get(f"/settings/webhooks/ops/deliveries/{rest}").content.decode()
    assert "<script>x" not in shown and "<img src=x" not in shown and "&lt;img" in shown
