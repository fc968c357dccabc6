"""No configuration stops the pager: what no decision could take is refused, and what is broken in the store is left out."""

import json

import pytest
import structlog
from msgspec.structs import replace

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.config.answers import ConfigFile
from tocsin.config.perform import apply_view
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.configuration import Origin
from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory import MemoryStore
from tocsin.engine.store.protocol import Entry, Transaction

ENDLESS = "99999999d"


def house(**nouns: object) -> House:
    clock = VirtualClock(START)
    return House(MemoryStore(lambda: micros(clock.now())), clock, configured(**nouns), Provider())


def entries() -> list[Entry]:
    return house().store.read(lambda tx: tx.configuration.entries())


@pytest.mark.parametrize("length", [ENDLESS, "999999999999999999y"])
@pytest.mark.parametrize(
    "nouns",
    [
        {"severities": {"SEV2": {"ack_timeout": ENDLESS}}},
        {"policies": {"platform": {"steps": [{"page": "platform-primary", "wait": ENDLESS}]}}},
        {"defaults": {"close_after": ENDLESS}},
        {"heartbeats": {"watchdog": {"every": ENDLESS, "key": "watchdog-key"}}},
        {"routes": {"chat": "alerts", "group_wait": ENDLESS}},
        {"routes": {"chat": "alerts", "repeat_interval": ENDLESS}},
        {"people": {"alice": {"notify": {"high": [{"after": ENDLESS, "by": "hook"}]}}}},
    ],
    ids=lambda nouns: next(iter(nouns)),
)
def test_a_duration_that_leaves_the_calendar_is_refused(nouns: dict[str, object], length: str) -> None:
    text = configured(**nouns).replace(ENDLESS, length)
    files = (ConfigFile("house.yaml", text),)
    view = house().store.run(lambda tx: apply_view(tx, ApplyConfiguration(files), "tests", START))
    assert not view.applied
    assert any(length in problem.message for problem in view.problems if problem.level == "error")


@pytest.mark.parametrize("document", [b"{}", b"null", b"[1", None], ids=repr)
def test_whatever_entry_is_broken_or_gone_alerts_are_taken_and_somebody_hears_of_them(
    document: bytes | None,
) -> None:
    for entry in entries():
        broken = house()

        def spoil(tx: Transaction, entry: Entry = entry) -> None:
            if document is None:
                tx.configuration.remove([(entry.kind, entry.name)])
            else:
                tx.configuration.put([replace(entry, document=document)])
            tx.configuration.bump()

        with structlog.testing.capture_logs():
            broken.store.run(spoil)
            broken.fires("DiskFull", severity="critical")
            broken.passes(hours=1)
            broken.starts_again()
        what = f"{entry.kind} {entry.name}"
        assert not broken.world.engine.counters.set_aside, what
        if (entry.kind, document) != ("routes", None):  # nothing says any more that this is worth a page
            assert broken.provider.heard, what


ENDS = {"starts_at": "2026-06-08T00:00:00Z", "ends_at": "2026-06-30T00:00:00Z"}
STANDS_IN = {"id": "x", "schedule": "platform-secondary", "person": "bob", **ENDS}
NOON = "2026-06-08T12:00:00"
FIRST, LAST = "0001-01-01T00:00:00", "9999-12-31T23:59:59"
TURNS = {"people": [["carol"]], "starts": "2026-01-01"}
OUT_OF_TIME = {
    "an override without a zone": ("overrides", {**STANDS_IN, "starts_at": FIRST}),
    "an override for ever": (
        "overrides",
        {**STANDS_IN, "starts_at": f"{FIRST}+14:00", "ends_at": f"{LAST}-14:00"},
    ),
    "an override that comes again beyond the calendar": (
        "overrides",
        {**STANDS_IN, "repeat": {"every": 10**9, "time_zone": "Asia/Tokyo"}},
    ),
    "an override that comes again since the first day": (
        "overrides",
        {
            **STANDS_IN,
            "starts_at": f"{FIRST}Z",
            "ends_at": f"{FIRST}Z",
            "repeat": {"time_zone": "America/New_York"},
        },
    ),
    "a layer that nobody drives": (
        "schedules",
        {"key": "x", "time_zone": "Asia/Tokyo", "layers": [{}]},
    ),
    "a layer that ends without a zone": (
        "schedules",
        {"key": "x", "layers": [{"rotation": {**TURNS, "until": LAST}}]},
    ),
    "a former version without a zone": (
        "schedule_versions",
        {"until": LAST, "schedule": {"key": "platform-primary"}},
    ),
    "a calendar of all time": (
        "calendar_events",
        {"key": "rota", "events": [{"uid": "1", "starts": FIRST, "ends": LAST, "summary": "bob"}]},
    ),
    "a calendar in no zone": (
        "calendar_events",
        {
            "key": "rota",
            "time_zone": "No/Where",
            "events": [{"uid": "1", "starts": "2026-06-01T00:00:00", "ends": "2026-06-30T00:00:00"}],
        },
    ),
    "leave without a zone": (
        "leaves",
        {"id": "x", "person": "alice", "starts_at": FIRST, "ends_at": ENDS["ends_at"]},
    ),
}


@pytest.mark.parametrize("kind, document", OUT_OF_TIME.values(), ids=OUT_OF_TIME)
def test_no_time_that_nobody_can_reckon_with_stops_the_pager(kind: str, document: dict[str, object]) -> None:
    spoilt = house(
        calendars={"rota": {"url": "https://rota.example.com/x.ics", "for": "schedule"}},
        schedules={"driven": {"time_zone": "Asia/Tokyo", "layers": [{"calendar": "rota"}]}},
    )
    name = str(document.get("id") or document.get("key") or "x")
    entry = Entry(kind, name, json.dumps(document).encode(), Origin.PEOPLE.value)
    spoilt.store.run(lambda tx: (tx.configuration.put([entry]), tx.configuration.bump()))
    with structlog.testing.capture_logs() as log:
        spoilt.fires("DiskFull", severity="critical")
        spoilt.passes(hours=30)
    assert {(each["kind"], each["name"]) for each in log if "left out" in each["event"]} == {(kind, name)}
    assert not spoilt.world.engine.counters.set_aside
    assert spoilt.provider.heard


def test_what_a_chat_that_is_gone_should_have_heard_the_admins_chat_hears() -> None:
    clock = VirtualClock(START)
    admins = {
        "chats": {"admins": {"webhook": "http://127.0.0.1:9911/admins"}},
        "defaults": {"admin_chat": "admins"},
    }
    gone = House(MemoryStore(lambda: micros(clock.now())), clock, configured(**admins), Provider())
    gone.store.run(
        lambda tx: (tx.configuration.remove([("chats", "alerts-low-priority")]), tx.configuration.bump())
    )
    gone.fires("DiskFull", severity="warning")
    (heard,) = gone.posts("admins")
    assert "DiskFull" in heard.said and "alerts-low-priority" in heard.said
