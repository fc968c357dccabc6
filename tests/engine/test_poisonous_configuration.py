"""No configuration stops the pager: what no decision could take is refused, and what is broken in the store is left out."""

import pytest
import structlog
from msgspec.structs import replace

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.config.answers import ConfigFile
from tocsin.config.perform import apply_view
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.instants import micros
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory import MemoryStore
from tocsin.engine.store.protocol import Entry, Transaction

ENDLESS = "99999999d"


def house() -> House:
    clock = VirtualClock(START)
    return House(MemoryStore(lambda: micros(clock.now())), clock, configured(), Provider())


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
