"""A team's chat is told what is going to bite, once each, when its working day begins."""

from datetime import timedelta

import pytest

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.control.requests import AddOverride
from tocsin.core.instants import micros
from tocsin.core.oncall.schedule import OverrideKind
from tocsin.engine import kinds
from tocsin.engine.clock import VirtualClock
from tocsin.engine.consequences import Consequences
from tocsin.engine.oncall.warnings import due, spread
from tocsin.engine.store.memory.store import MemoryStore

HOURS = {"time_zone": "Europe/Berlin", "days": "Mon-Fri", "hours": "09:00-17:00"}
PEOPLE = {
    key: {
        "name": key.title(),
        "contact": {"hook": {"webhook": f"http://127.0.0.1:9911/{key}", "verified": True}},
        "notify": {"high": ["hook"]},
    }
    for key in ("alice", "bob", "carol", "dan")
}
TURNS = {
    "every": "1 week",
    "handoff": "Mon 09:00",
    "from": "2026-06-08",
    "people": ["alice", "bob", "carol", "dan"],
}


def house(**team: object) -> House:
    """Four share one rotation: nothing is to be warned of."""
    clock = VirtualClock(START)
    calm = configured(
        people=PEOPLE,
        teams={"platform": {"members": ["alice", "bob"], "business_hours": HOURS, "chat": "alerts", **team}},
        schedules={
            "platform-primary": {"team": "platform", "layers": [{"rotation": TURNS}]},
            "platform-secondary": None,
        },
        policies={"platform": {"steps": [{"page": "platform-primary"}], "last_resort": ["carol"]}},
    )
    return House(MemoryStore(lambda: micros(clock.now())), clock, calm, Provider())


def a_gap(tocsin: House, weeks: int, hours: int = 0) -> None:
    begin = START + timedelta(weeks=weeks, days=1, hours=hours)
    person = ("alice", "bob", "carol", "dan")[weeks % 4]
    tocsin.ask(
        AddOverride("platform-primary", person, begin + timedelta(hours=4), begin, OverrideKind.REMOVE.value)
    )


def told(tocsin: House) -> list[str]:
    return [heard.message.title for heard in tocsin.posts("alerts") if "On-call" in heard.message.title]


def test_where_nothing_is_wrong_nobody_is_told() -> None:
    tocsin = house()
    tocsin.passes(days=3)
    assert told(tocsin) == []


def test_what_is_new_is_told_once_when_the_working_day_begins() -> None:
    tocsin = house()
    tocsin.passes(hours=2)
    a_gap(tocsin, 2)
    tocsin.passes(hours=20)  # the night after
    assert told(tocsin) == []
    tocsin.passes(hours=4)
    (post,) = [heard for heard in tocsin.posts("alerts") if "On-call" in heard.message.title]
    assert post.message.title == "On-call of platform: 1 thing to look at"
    assert "Nobody is on call on platform-primary from Tue 23 Jun 07:00 for 4 h." in post.message.text
    assert "Free then: carol, alice, bob." in post.message.text
    tocsin.passes(days=3)
    assert len(told(tocsin)) == 1


def test_what_comes_later_is_told_by_itself() -> None:
    tocsin = house()
    a_gap(tocsin, 2)
    tocsin.passes(days=1)
    a_gap(tocsin, 3)
    tocsin.passes(days=1)
    assert told(tocsin) == ["On-call of platform: 1 thing to look at"] * 2


def test_one_transaction_looks_ahead_for_one_team_alone() -> None:
    """After an outage every team is due at once, and pages wait for a transaction that looks at all of them."""
    tocsin = house()
    a_gap(tocsin, 2)
    tocsin.passes(minutes=1)

    def both(owed: Consequences) -> int:
        due(owed, "platform", tocsin.now)
        due(owed, "platform", tocsin.now)
        return len(owed.addresses)

    tocsin.world.engine.decide(both, tocsin.now)
    (timer,) = tocsin.store.read(lambda tx: tx.agenda.pending("platform", [kinds.WARNINGS]))
    assert timer.due_at == micros(tocsin.now + spread("platform"))


def test_a_team_without_a_chat_has_no_timer() -> None:
    tocsin = house(chat=None)
    tocsin.passes(days=1)
    assert told(tocsin) == []


def test_however_many_there_are_each_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.engine.oncall.warnings.MOST_KEPT", 2)
    tocsin = house()
    for weeks in (2, 3, 5):
        a_gap(tocsin, weeks, hours=weeks)  # at one time of day they would be one thing
    tocsin.passes(days=5)
    assert told(tocsin) == ["On-call of platform: 2 things to look at"]
