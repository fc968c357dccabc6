"""Outgoing webhooks by API: subscribed, tried, looked through, sent again, and nobody's but the administrators'."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.house import House
from tests.scenarios.test_webhooks import Receiver
from tests.web.api.conftest import Api
from tocsin.core.roles import Permission

URL = "https://hooks.example.com/tocsin"


def subscribe(api: Api, **fields: Any) -> Any:
    return api("POST", "/webhooks", {"name": "ops", "url": URL, **fields})


def test_a_subscription_is_made_with_a_secret_shown_once(api: Api, house: House) -> None:
    made = subscribe(api, events=["incident.opened"], severities=["SEV1"])
    assert made.status_code == 201 and made["Location"] == "/api/v1/webhooks/ops"
    assert made["Cache-Control"] == "no-store"
    secret = made.json()["secret"]
    kept = house.world.engine.facts.current.webhooks["ops"]
    assert (kept.secret, kept.events) == (secret, ("incident.opened",))
    assert secret not in str(api.get("/webhooks")) + str(api.get("/webhooks/ops")) + str(
        made.json()["webhook"]
    )


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"url": "ftp://example.com"}, "#/url"),
        ({"events": ["incident.nothing"]}, "#/events"),
        ({"teams": ["nobody"]}, "#/teams"),
        ({"name": "a/b"}, "#/name"),
        ({"secret": "mine"}, "#/secret"),
    ],
)
def test_mistakes_name_their_field_and_nothing_is_kept(
    fields: dict[str, Any], pointer: str, api: Api, house: House
) -> None:
    answer = subscribe(api, **fields)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer), answer.json()
    assert house.world.engine.facts.current.webhooks == {}


def test_a_name_is_taken_once(api: Api) -> None:
    subscribe(api)
    assert subscribe(api).status_code == 409


def test_whoever_brings_their_own_secret_puts_it(api: Api, house: House) -> None:
    secret = "whsec_YW4gZXhhbXBsZSBvZiAyNCBieXRlcyBhbmQgbW9yZQ=="
    put = api("PUT", "/webhooks/ops", {"url": URL, "secret": secret, "services": ["task-api"]})
    assert put.status_code == 201 and secret not in put.content.decode()
    assert api("PUT", "/webhooks/ops", {"url": URL, "secret": {"stored": True}}).status_code == 200
    assert house.world.engine.facts.current.webhooks["ops"].secret == secret


def test_a_new_secret_signs_beside_the_old_for_a_day(api: Api, house: House) -> None:
    before = subscribe(api).json()["secret"]
    new = api("POST", "/webhooks/ops/secret")
    assert new.status_code == 200
    kept = house.world.engine.facts.current.webhooks["ops"]
    assert (kept.secret, kept.previous_secret) == (new.json()["secret"], before)
    assert kept.previous_until is not None
    assert timedelta(hours=23) < kept.previous_until - house.now < timedelta(hours=25)


def test_a_test_is_sent_and_read_with_its_answer(api: Api, house: House) -> None:
    receiver = Receiver(house)
    subscribe(api)
    assert api("POST", "/webhooks/ops/test").status_code == 202
    assert [body["type"] for body in receiver.bodies()] == ["webhook.test"]
    (one,) = api.get("/webhooks/ops/deliveries")["items"]
    assert (one["event"], one["state"], one["incident"]) == ("webhook.test", "delivered", None)
    shown = api.get(f"/webhooks/ops/deliveries/{one['id']}")
    assert [each["status"] for each in shown["attempts"]] == [204]
    assert shown["payload"]["type"] == "webhook.test"


def test_what_failed_is_found_and_sent_again(api: Api, house: House) -> None:
    receiver = Receiver(house)
    subscribe(api, events=["incident.opened"])
    receiver.is_down()
    house.fires("DiskFull", severity="critical")
    assert api.get("/webhooks/ops/state")["state"] == "failing"
    assert api.get("/webhooks/ops/state")["waiting"] == 1
    house.passes(hours=25)
    receiver.works()
    (failed,) = api.get("/webhooks/ops/deliveries?state=failed")["items"]
    assert failed["id"] == "incident-1-1" and failed["retry_at"] is None
    assert api("POST", "/webhooks/ops/deliveries/incident-1-1/resend").status_code == 202
    assert receiver.events() == ["opened"]
    assert api.get("/webhooks/ops/deliveries?state=failed")["items"] == []
    assert api.get("/webhooks/ops/state")["state"] == "working"


def test_the_log_pages_newest_first(api: Api, house: House) -> None:
    Receiver(house)
    subscribe(api, events=["incident.opened"])
    for number in range(5):
        house.fires(f"Disk{number}", severity="critical")
        house.passes(seconds=1)
    seen, cursor = [], ""
    while True:
        page = api.get(f"/webhooks/ops/deliveries?limit=2&cursor={cursor}")
        seen += [each["incident"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "path",
    ["/webhooks/x", "/webhooks/x/state", "/webhooks/x/deliveries", "/webhooks/ops/deliveries/incident-9-9"],
)
def test_what_is_not_there_is_a_404(path: str, api: Api) -> None:
    subscribe(api)
    assert api("GET", path).status_code == 404


@pytest.mark.parametrize("delivery", ["1/1", "incident-1", "incident-1-1-1", "test-", "ops/1/1", "x"])
def test_only_a_webhook_id_names_a_delivery(delivery: str, api: Api, house: House) -> None:
    Receiver(house)
    subscribe(api)
    house.fires("DiskFull", severity="critical")
    assert api("GET", f"/webhooks/ops/deliveries/{delivery}").status_code == 404


def test_nobody_else_reads_or_changes_them(api: Api, api_of: Callable[..., Api]) -> None:
    subscribe(api)
    manager = api_of("somebody", role="manager")
    for method, path, body in (
        ("GET", "/webhooks", None),
        ("GET", "/webhooks/ops", None),
        ("GET", "/webhooks/ops/deliveries", None),
        ("POST", "/webhooks", {"name": "mine", "url": URL}),
        ("POST", "/webhooks/ops/secret", None),
        ("POST", "/webhooks/nope/secret", None),
        ("POST", "/webhooks/ops/test", None),
        ("PUT", "/webhooks/ops", {"url": URL, "secret": {"stored": True}}),
        ("DELETE", "/webhooks/ops", None),
    ):
        assert manager(method, path, body).status_code == 403, (method, path)


def test_an_administrators_narrow_token_is_as_narrow(
    api: Api, api_of: Callable[..., Api], alice: Any
) -> None:
    from tests.web.api.conftest import token_of

    subscribe(api)
    reader = Api(token_of(alice, Permission.READ, Permission.MANAGE))
    assert reader("GET", "/webhooks").status_code == 403
    assert reader("POST", "/webhooks/ops/secret").status_code == 403
