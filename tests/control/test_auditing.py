"""Every change leaves exactly one entry: who, through which door, from where, what was before and what is after."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from tests.scenarios.house import House, configured
from tests.scenarios.provider import Provider
from tocsin.config import sealing
from tocsin.config.answers import ConfigFile
from tocsin.control import requests as r
from tocsin.control.actor import Actor
from tocsin.control.auditing import HIDDEN, masked
from tocsin.control.perform import READING
from tocsin.core.instants import micros
from tocsin.core.respond.incident import Acknowledge, AddNote, Resolve
from tocsin.core.severity import Severity
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.protocol import AuditRow

NOW = datetime(2026, 6, 8, 7, 0, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
ALICE = Actor("alice", "web", "192.0.2.7")
SERVICE = {"team": "platform", "policy": "platform"}
WEBHOOK = {"url": "https://93.184.216.34/hook", "secret": "whsec_" + "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}


@pytest.fixture
def house() -> House:
    clock = VirtualClock(NOW)
    house = House(
        MemoryStore(lambda: micros(clock.now())), clock, configured(webhooks={"ops": WEBHOOK}), Provider()
    )
    house.fires("DiskFull", severity="critical")
    return house


def asks(house: House, request: r.Request) -> Any:
    answer = house.performer.perform(request, ALICE, house.now)
    house.world.settle()
    return answer


def log(house: House) -> list[AuditRow]:
    return house.store.read(lambda tx: tx.records.audited(1000))


def a_silence(house: House) -> str:
    return str(asks(house, r.AddSilence(("alertname=Quiet",), SOON)).id)


def a_contact(house: House) -> str:
    asks(house, r.PutContactMethod("alice", "phone", "ntfy", "https://ntfy.example.com/alice-x8Qz"))
    came = [heard for heard in house.provider.heard if "alice-x8Qz" in heard.address]
    return next(
        found[0] for heard in reversed(came) if (found := re.findall(r"\b\d{6}\b", heard.message.title))
    )


def a_draft(house: House, weeks: int = 0) -> str:
    house.passes(weeks=weeks, hours=1)
    return str(asks(house, r.WriteHandoff("platform-primary")).handoff.id)


def a_calendar(house: House) -> str:
    asks(house, r.PutNoun("calendars", "hr", {"url": "https://93.184.216.34/leave.ics", "for": "leave"}))
    return "hr"


def a_closed_month(house: House) -> bool:
    rule = {"team": "platform", "currency": "EUR", "from": "2026-01-01", "per_month": 100}
    asks(house, r.PutNoun("pay", "platform", rule))
    return bool(asks(house, r.ClosePay("platform", "2026-05")))


def a_request_for_another_code(house: House) -> r.Request:
    a_contact(house)
    house.passes(minutes=2)
    return r.SendContactCode("alice", "phone")


@pytest.fixture(autouse=True)
def _keys_of_before() -> Iterator[None]:
    before = sealing._sealer
    sealing.use(())
    yield
    sealing._sealer = before


def a_new_key(house: House) -> r.Request:
    """The house was applied without any, so that its secrets are plain."""
    sealing.use(("k" * 32,))
    return r.RotateSecrets()


def an_offer() -> r.OfferSwap:
    tomorrow = NOW + timedelta(days=1)
    return r.OfferSwap("alice", "platform-primary", tomorrow, tomorrow + timedelta(days=1), ("bob",))


# One example of each request that changes something; what it needs first is done by the example itself.
EXAMPLES: dict[type[Any], Callable[[House], r.Request]] = {
    r.Act: lambda house: r.Act((1,), Acknowledge("")),
    r.SendAlert: lambda house: r.SendAlert({"alertname": "Hello"}),
    r.SendSample: lambda house: r.SendSample("prom"),
    r.TestPage: lambda house: r.TestPage("bob"),
    r.OpenIncident: lambda house: r.OpenIncident("The shop is down", Severity.SEV2, "task-api"),
    r.AddSilence: lambda house: r.AddSilence(("alertname=Quiet",), SOON),
    r.AddMaintenance: lambda house: r.AddMaintenance(("task-api",), SOON),
    r.AddOverride: lambda house: r.AddOverride("platform-primary", "carol", SOON),
    r.EndOperational: lambda house: r.EndOperational("silences", a_silence(house)),
    r.ChangeEnd: lambda house: r.ChangeEnd("silences", a_silence(house), SOON + timedelta(hours=1)),
    r.ApplyConfiguration: lambda house: r.ApplyConfiguration(
        (ConfigFile("more.yaml", "services: {shop: {team: platform, policy: platform}}"),)
    ),
    r.PutNoun: lambda house: r.PutNoun("services", "shop", SERVICE),
    r.RemoveNoun: lambda house: (
        asks(house, r.PutNoun("services", "shop", SERVICE)) and r.RemoveNoun("services", "shop")
    ),
    r.SendTestEvent: lambda house: r.SendTestEvent("ops"),
    r.ResendDelivery: lambda house: r.ResendDelivery("ops/1/1"),
    r.PutContactMethod: lambda house: r.PutContactMethod(
        "alice", "phone", "ntfy", "https://ntfy.example.com/alice-x8Qz"
    ),
    r.RemoveContactMethod: lambda house: a_contact(house) and r.RemoveContactMethod("alice", "phone"),
    r.SendContactCode: a_request_for_another_code,
    r.VerifyContactMethod: lambda house: r.VerifyContactMethod("alice", "phone", a_contact(house)),
    r.OfferSwap: lambda house: an_offer(),
    r.AskCover: lambda house: r.AskCover("alice", "platform-primary"),
    r.AcceptSwap: lambda house: r.AcceptSwap(asks(house, an_offer()).id, "bob"),
    r.DeclineSwap: lambda house: r.DeclineSwap(asks(house, an_offer()).id, "bob"),
    r.WithdrawSwap: lambda house: r.WithdrawSwap(asks(house, an_offer()).id, "alice"),
    r.SayUnreachable: lambda house: r.SayUnreachable(
        asks(house, r.AskCover("alice", "platform-primary")).id, "alice"
    ),
    r.WriteHandoff: lambda house: r.WriteHandoff("platform-primary"),
    r.EditHandoff: lambda house: r.EditHandoff(a_draft(house), "The database sulks.", ""),
    r.OfferHandoff: lambda house: r.OfferHandoff(a_draft(house)),
    r.AcceptHandoff: lambda house: r.AcceptHandoff(a_draft(house, weeks=1)),
    r.AddLeave: lambda house: r.AddLeave("bob", date(2026, 7, 1), date(2026, 7, 14)),
    r.EndLeave: lambda house: r.EndLeave(asks(house, r.AddLeave("bob", ends_at=SOON)).id),
    r.ReadCalendar: lambda house: r.ReadCalendar(a_calendar(house)),
    r.ClosePay: lambda house: r.ClosePay("platform", "2026-05"),
    r.AdjustPay: lambda house: (
        a_closed_month(house) and r.AdjustPay("platform", "2026-05", "bob", "5", "EUR", "late")
    ),
    r.RotateSecrets: a_new_key,
    r.PutPreferences: lambda house: r.PutPreferences("alice", (r.WantedRule("hook"),), time_zone="UTC"),
}


def test_every_request_reads_or_has_an_example_here() -> None:
    assert set(EXAMPLES) | set(READING) == set(get_args(r.Request))
    assert not set(EXAMPLES) & set(READING)


@pytest.mark.parametrize("kind", sorted(EXAMPLES, key=lambda kind: kind.__name__))
def test_each_change_leaves_exactly_one_entry(kind: type[Any], house: House) -> None:
    request = EXAMPLES[kind](house)
    assert type(request) is kind
    before = len(log(house))
    asks(house, request)
    news = log(house)[: len(log(house)) - before]
    assert len(news) == 1, news
    [row] = news
    assert (row.actor, row.via, row.address) == ("alice", "web", "192.0.2.7")
    assert row.what.startswith(kind.__name__)
    assert row.subject
    assert row.before or row.after
    for text in (row.before, row.after):
        assert not text or json.loads(text) is not None


def test_what_changes_nothing_leaves_nothing(house: House) -> None:
    asks(house, r.PutNoun("services", "shop", SERVICE))
    known = a_silence(house)
    asks(house, r.EndOperational("silences", known))
    before = len(log(house))
    asks(house, r.PutNoun("services", "shop", SERVICE))
    asks(house, r.EndOperational("silences", known))
    asks(house, r.ApplyConfiguration((ConfigFile("house.yaml", configured(webhooks={"ops": WEBHOOK})),)))
    asks(house, r.ApplyConfiguration((ConfigFile("broken.yaml", "services: {x: {team: nobody}}"),)))
    for request in (r.Status(), r.ListIncidents(), r.ExportConfiguration()):
        asks(house, request)
    assert len(log(house)) == before


def test_what_is_refused_leaves_nothing(house: House) -> None:
    before = len(log(house))
    for request in (
        r.Act((4711,), Acknowledge("")),
        r.PutNoun("services", "task-api", SERVICE),  # Git's
        r.AddSilence((), SOON),
        r.TestPage("nobody"),
    ):
        with pytest.raises(r.Refused):
            asks(house, request)
    assert len(log(house)) == before


def test_an_act_says_what_became_of_each_incident(house: House) -> None:
    house.fires("Other", severity="critical")
    asks(house, r.Act((1, 2), Acknowledge("")))
    row = log(house)[0]
    assert row.subject == "1,2"
    assert json.loads(row.before)["1"]["state"] == "detected"
    assert json.loads(row.after)["2"]["acknowledged_by"] == "alice"


def test_an_act_keeps_what_was_said_with_it(house: House) -> None:
    asks(house, r.Act((1,), AddNote("", "looks like a full disk")))
    assert "looks like a full disk" in log(house)[0].detail
    asks(house, r.Act((1,), Resolve("", note="emptied it")))
    assert "emptied it" in log(house)[0].detail + log(house)[0].after


def test_an_edit_shows_both_sides_in_their_written_form(house: House) -> None:
    asks(house, r.PutNoun("services", "shop", SERVICE))
    asks(house, r.PutNoun("services", "shop", SERVICE | {"depends_on": ["task-api"]}))
    row = log(house)[0]
    assert "depends_on" not in json.loads(row.before)["services.shop"]
    assert json.loads(row.after)["services.shop"]["depends_on"] in ("task-api", ["task-api"])


SECRETS = {
    "an integration's key": r.PutNoun(
        "integrations", "mine", {"type": "alertmanager", "key": "hunter2-hunter2", "service": "task-api"}
    ),
    "a chat's address": r.PutNoun(
        "chats", "mine", {"webhook": "https://user:hunter2-hunter2@chat.example.com/x"}
    ),
    "a file's content": r.ApplyConfiguration(
        (ConfigFile("more.yaml", "integrations: {more: {type: alertmanager, key: hunter2-hunter2}}"),)
    ),
    "a contact method": r.PutContactMethod(
        "alice", "phone", "ntfy", "https://ntfy.example.com/hunter2-hunter2"
    ),
}


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_ever_in_it(name: str, house: House) -> None:
    asks(house, SECRETS[name])
    row = log(house)[0]
    assert "hunter2" not in repr(row)


def test_a_document_without_a_written_form_is_masked_by_its_names() -> None:
    told = masked(
        {
            "channel": "webhook",
            "address": "https://a.example/?token=1",
            "options": {"secret": "s", "title": "t"},
            "env": "NAME",
            "many": [{"password": "p"}],
        }
    )
    assert told == {
        "channel": "webhook",
        "address": HIDDEN,
        "options": {"secret": HIDDEN, "title": "t"},
        "env": "NAME",
        "many": [{"password": HIDDEN}],
    }


def test_what_is_too_long_stays_json(house: House) -> None:
    text = "\n".join(f"  s{n}: {{team: platform, policy: platform}}" for n in range(3000))
    asks(house, r.ApplyConfiguration((ConfigFile("many.yaml", "services:\n" + text),)))
    row = log(house)[0]
    assert len(row.after) < 33_000
    assert json.loads(row.after)["cut"]
