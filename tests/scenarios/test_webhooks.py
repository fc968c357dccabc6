"""Outgoing webhooks: what each subscription hears, in which order, how often, and that no page ever waits for one."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import structlog

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.control.requests import Act, PutNoun, Refused, RemoveNoun, ResendDelivery, SendTestEvent
from tocsin.core.respond.incident import AddNote, Incident, SetSeverity, Snooze
from tocsin.core.severity import Severity
from tocsin.core.webhooks import Delivery, Webhook
from tocsin.engine import kinds, webhooks
from tocsin.engine.store.memory.webhooks import MemoryWebhooks
from tocsin.engine.store.sql.webhooks import WebhookSql
from tocsin.engine.webhooks import Answered, WebhookDeparture

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


def subscription(**fields: Any) -> dict[str, Any]:
    return {"url": "https://hooks.example.com/tocsin", "secret": SECRET, **fields}


class Receiver:
    """Whoever listens, at all URLs. Works until told otherwise."""

    def __init__(self, house: House) -> None:
        self.heard: list[tuple[datetime, WebhookDeparture]] = []
        self.tried: list[tuple[datetime, WebhookDeparture]] = []
        self.answer = Answered(204)
        self._house = house
        house.world.listen = self

    def __call__(self, departure: WebhookDeparture) -> Answered:
        self.tried.append((self._house.now, departure))
        if self.answer.delivered:
            self.heard.append((self._house.now, departure))
        return self.answer

    def is_down(self, status: int = 503) -> None:
        self.answer = Answered(status, f"answered {status}")

    def works(self) -> None:
        self.answer = Answered(204)

    def events(self, webhook: str = "", incident: int = 0) -> list[str]:
        return [
            each.delivery.event.removeprefix("incident.")
            for _, each in self.heard
            if webhook in ("", each.webhook.key) and incident in (0, each.delivery.incident)
        ]

    def bodies(self) -> list[Any]:
        return [json.loads(each.body) for _, each in self.heard]


def subscribed(make_house: MakeHouse, **fields: Any) -> tuple[House, Receiver]:
    house = make_house(webhooks={"ops": subscription(**fields)})
    return house, Receiver(house)


def test_every_event_of_an_incident_arrives_in_order(make_house: MakeHouse) -> None:
    house, receiver = subscribed(make_house)
    house.fires("DiskFull", severity="critical")
    house.ask(Act((1,), AddNote("", "looking")), "alice")
    house.person("alice").acknowledges(1)
    house.ask(Act((1,), SetSeverity("", Severity.SEV1)), "alice")
    house.ask(Act((1,), Snooze("", house.now + timedelta(hours=1))), "alice")
    house.ends("DiskFull", severity="critical")
    told = receiver.events()
    wanted = ["opened", "step_started", "note_added", "acknowledged", "severity_changed", "snoozed"]
    assert [event for event in told if event in wanted] == wanted
    assert told[-1] in ("mitigated", "resolved")
    entries = [each.delivery.entry for _, each in receiver.heard]
    assert entries == sorted(entries)


def test_a_body_says_what_happened_to_which_incident(make_house: MakeHouse) -> None:
    house, receiver = subscribed(make_house)
    house.fires("DiskFull", severity="critical", service="task-api")
    body = receiver.bodies()[0]
    assert body["type"] == "incident.opened"
    about = body["data"]["incident"]
    assert (about["id"], about["severity"], about["service"], about["team"], about["state"]) == (
        1,
        "SEV2",
        "task-api",
        "platform",
        "detected",
    )
    assert about["url"].endswith("/incidents/1")
    assert body["data"]["change"]["reason"] == "opened_incident"


def test_filters_let_through_what_was_asked_for(make_house: MakeHouse) -> None:
    house = make_house(
        webhooks={
            "opened-only": subscription(events=["incident.opened"]),
            "sev1": subscription(severities=["SEV1"]),
            "billing": subscription(services=["billing"]),
            "platform": subscription(teams=["platform"]),
            "off": subscription(enabled=False),
        }
    )
    receiver = Receiver(house)
    house.fires("DiskFull", severity="critical", service="task-api")
    assert receiver.events("opened-only") == ["opened"]
    assert receiver.events("sev1") == []
    assert receiver.events("billing") == []
    assert "opened" in receiver.events("platform")
    assert receiver.events("off") == []
    house.fires("CardsDeclined", severity="outage", service="billing")
    assert "opened" in receiver.events("sev1", incident=2)
    assert "opened" in receiver.events("billing", incident=2)


def test_a_failure_is_tried_again_under_the_same_id_and_keeps_the_order(make_house: MakeHouse) -> None:
    house, receiver = subscribed(make_house, events=["incident.opened", "incident.acknowledged"])
    receiver.is_down()
    house.fires("DiskFull", severity="critical")
    house.person("alice").acknowledges(1)
    house.passes(seconds=4)
    assert len(receiver.tried) == 1
    house.passes(seconds=2)
    assert len(receiver.tried) == 2
    receiver.works()
    house.passes(seconds=30)
    assert receiver.events() == ["opened", "acknowledged"]
    ids = {each.delivery.message_id for _, each in receiver.tried if each.delivery.event == "incident.opened"}
    assert len(ids) == 1


def test_after_a_day_of_failures_a_delivery_is_given_up(make_house: MakeHouse) -> None:
    house, receiver = subscribed(make_house, events=["incident.opened"])
    receiver.is_down()
    began = house.now
    house.fires("DiskFull", severity="critical")
    house.person("alice").resolves(1)
    house.ends("DiskFull", severity="critical")
    house.passes(hours=25)
    tried = len(receiver.tried)
    assert 6 <= tried <= 9
    assert max(at for at, _ in receiver.tried) - began <= timedelta(hours=24)
    delivery = house.store.read(lambda tx: tx.webhooks.load("ops/1/1"))
    assert delivery is not None and delivery.state == "failed"
    assert len(house.store.read(lambda tx: tx.webhooks.attempts("ops/1/1"))) == tried


def test_when_the_receiver_works_again_what_waits_does_not_wait_longer(make_house: MakeHouse) -> None:
    house, receiver = subscribed(make_house, events=["incident.opened"])
    receiver.is_down()
    house.fires("DiskFull", severity="critical")
    house.passes(hours=3)
    receiver.works()
    house.fires("QueueLong", severity="critical")
    told = sorted(each.delivery.incident for _, each in receiver.heard)
    assert told == sorted(one.id for one in house.incidents())


def test_no_page_waits_for_a_webhook_that_is_down(make_house: MakeHouse) -> None:
    house, receiver = subscribed(make_house)
    receiver.is_down()
    house.fires("DiskFull", severity="critical")
    house.person("alice").was_paged("DiskFull")
    house.passes(minutes=10)
    house.person("bob").was_paged("DiskFull")


def test_without_a_subscription_nothing_is_asked_of_the_store(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the store was asked about webhooks")

    with monkeypatch.context() as patched:
        for table in (WebhookSql, MemoryWebhooks):
            for name in ("owe", "load", "next_waiting", "put", "standing", "record_attempts"):
                patched.setattr(table, name, asked)
        house.fires("DiskFull", severity="critical")
        house.person("alice").acknowledges(1)
        house.ends("DiskFull", severity="critical")
        house.passes(hours=2)
    assert house.store.read(lambda tx: tx.webhooks.load("ops/1/1")) is None
    assert not any(
        kind.startswith("webhook.") for kind in house.store.read(lambda tx: dict(tx.agenda.count()))
    )


def test_what_was_committed_and_not_sent_leaves_after_the_crash_under_the_same_id(
    make_house: MakeHouse,
) -> None:
    house, receiver = subscribed(make_house, events=["incident.opened"])

    def crash(departure: WebhookDeparture) -> Answered:
        receiver.tried.append((house.now, departure))
        raise KeyboardInterrupt

    house.world.listen = crash
    with pytest.raises(KeyboardInterrupt):
        house.fires("DiskFull", severity="critical")
    house.world.listen = receiver
    house.starts_again()
    house.passes(minutes=1)
    first, second = (each.delivery.message_id for _, each in receiver.tried)
    assert first == second and receiver.events() == ["opened"]


def test_many_days_of_failure_switch_it_off_and_tell_the_admins(make_house: MakeHouse, dan: Person) -> None:
    house, receiver = subscribed(make_house, events=["incident.opened"])
    receiver.is_down()
    for day in range(7):
        house.fires(f"Broken{day}", severity="critical")
        house.person("alice").resolves(house.incident().id)
        house.ends(f"Broken{day}", severity="critical")
        house.passes(days=1)
    assert not house.world.engine.facts.current.webhooks["ops"].enabled
    assert any("was switched off" in one.title for one in house.incidents())


def test_a_receiver_that_says_gone_is_switched_off_at_once(make_house: MakeHouse) -> None:
    house, receiver = subscribed(make_house)
    receiver.is_down(410)
    house.fires("DiskFull", severity="critical")
    assert not house.world.engine.facts.current.webhooks["ops"].enabled
    (ticket,) = [one for one in house.incidents() if "was switched off" in one.title]
    assert ticket.kind == "ticket"


def test_a_subscription_made_on_screen_is_tested_and_resent(house: House) -> None:
    receiver = Receiver(house)
    house.ask(PutNoun("webhooks", "mine", subscription()))
    house.ask(SendTestEvent("mine"))
    assert [body["type"] for body in receiver.bodies()] == ["webhook.test"]
    receiver.is_down()
    house.fires("DiskFull", severity="critical")
    house.passes(hours=25)
    assert receiver.events("mine", 1) == []
    receiver.works()
    house.ask(ResendDelivery("mine/1/1"))
    assert receiver.events("mine", 1)[0] == "opened"


def test_what_cannot_be_tested_or_resent_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="no webhook"):
        house.ask(SendTestEvent("nobody"))
    with pytest.raises(Refused, match="no delivery"):
        house.ask(ResendDelivery("nobody/1/1"))


def test_a_removed_subscription_is_owed_nothing_any_more(house: House) -> None:
    receiver = Receiver(house)
    house.ask(PutNoun("webhooks", "mine", subscription()))
    receiver.is_down()
    house.fires("DiskFull", severity="critical")
    house.ask(RemoveNoun("webhooks", "mine"))
    house.passes(minutes=1)
    delivery = house.store.read(lambda tx: tx.webhooks.load("mine/1/1"))
    assert delivery is not None and delivery.state == "dropped"
    assert not any(
        kind.startswith("webhook.") for kind in house.store.read(lambda tx: dict(tx.agenda.count()))
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"secret": "whsec_short"}, "secret"),
        ({"events": ["incident.nothing"]}, "events"),
        ({"teams": ["nobody"]}, "teams"),
        ({"severities": ["SEV9"]}, "severities"),
    ],
)
def test_a_bad_subscription_is_refused_at_its_field(house: House, fields: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        house.ask(PutNoun("webhooks", "mine", subscription(**fields)))
    assert refused.value.field.startswith(field)
    assert "mine" not in house.world.engine.facts.current.webhooks


# --- what cannot be owed ---------------------------------------------------------------------------------------------


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The subscription `odd` breaks whoever asks what it hears. Undone, it is as good as any."""
    hears = Webhook.hears

    def breaks(webhook: Webhook, event: str, incident: Incident, team: str | None) -> bool:
        if webhook.key == "odd":
            raise ZeroDivisionError("an odd subscription")
        return hears(webhook, event, incident, team)

    with monkeypatch.context() as patched, structlog.testing.capture_logs():
        patched.setattr(Webhook, "hears", breaks)
        yield patched


def test_a_subscription_that_breaks_costs_neither_a_page_nor_another_subscription(
    make_house: MakeHouse, odd: pytest.MonkeyPatch
) -> None:
    house = make_house(webhooks={"odd": subscription(), "ops": subscription(events=["incident.opened"])})
    receiver = Receiver(house)
    house.fires("DiskFull", severity="critical")
    assert [page.message.person for page in house.pages()] == ["alice"]
    assert receiver.events("ops") == ["opened"]
    assert receiver.events("odd") == []
    assert house.world.engine.counters.set_aside.keys() == {"webhook"}


def test_what_a_subscription_missed_by_a_mistake_is_made_good_once_it_is_mended(
    make_house: MakeHouse, odd: pytest.MonkeyPatch
) -> None:
    house = make_house(webhooks={"odd": subscription(events=["incident.opened"])})
    receiver = Receiver(house)
    house.fires("DiskFull", severity="critical")
    house.person("alice").resolves(1)
    house.passes(minutes=5)
    assert receiver.events("odd") == []
    odd.undo()
    house.passes(hours=2)
    assert receiver.events("odd") == ["opened"]


def test_after_a_day_nothing_is_made_good_any_more(make_house: MakeHouse, odd: pytest.MonkeyPatch) -> None:
    house = make_house(webhooks={"odd": subscription(events=["incident.opened"])})
    receiver = Receiver(house)
    house.fires("DiskFull", severity="critical")
    house.person("alice").resolves(1)
    house.ends("DiskFull", severity="critical")
    house.passes(hours=30)
    odd.undo()
    house.passes(hours=24)
    assert receiver.events("odd") == []
    assert kinds.LATE_WEBHOOK not in house.store.read(lambda tx: dict(tx.agenda.count()))


def test_a_store_that_does_not_take_deliveries_costs_no_page(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, receiver = subscribed(make_house, events=["incident.opened"])
    with monkeypatch.context() as broken, structlog.testing.capture_logs():
        for table in (MemoryWebhooks, WebhookSql):
            broken.setattr(table, "owe", raising(ZeroDivisionError("not taken")))
        house.fires("DiskFull", severity="critical")
        house.fires("Payments", severity="critical", service="billing")
        assert len(house.pages()) == 2
        assert receiver.events() == []
    house.passes(minutes=10)
    told = sorted(each.delivery.incident for _, each in receiver.heard)
    assert told == sorted(one.id for one in house.incidents())


def test_a_delivery_that_cannot_be_read_is_given_up_and_the_next_one_leaves(make_house: MakeHouse) -> None:
    house, receiver = subscribed(make_house, events=["incident.opened", "incident.note_added"])
    receiver.is_down()
    house.fires("DiskFull", severity="critical")
    opened = house.store.read(lambda tx: tx.webhooks.next_waiting("ops", 1))[0]
    spoil(house, msgspec.structs.replace(opened, id="ops/1/0", entry=0, document=b"{"))
    house.ask(Act((1,), AddNote("", "looking")), "alice")
    receiver.works()
    house.passes(minutes=1)
    assert receiver.events() == ["opened", "note_added"]
    spoiled = house.store.read(lambda tx: tx.webhooks.load("ops/1/0"))
    assert spoiled is not None and spoiled.state == "failed"


def raising(error: Exception) -> Callable[..., Any]:
    def broken(*given: object) -> None:
        raise error

    return broken


def spoil(house: House, delivery: Delivery) -> None:
    house.store.run(lambda tx: webhooks.owe_deliveries(tx, [delivery]))
