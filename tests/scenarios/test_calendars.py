"""Calendars that others keep: when they are read, what becomes of what came, and that no mistake takes anybody off call."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.scenarios.conftest import MakeHouse, Stores
from tests.scenarios.house import House
from tests.scenarios.provider import Provider
from tocsin.control.requests import AddLeave, EndLeave, PutNoun, ReadCalendar, Refused, RemoveNoun, Who
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.calendar import CALENDAR_EVENTS, CalendarEvent, Content
from tocsin.engine import kinds
from tocsin.engine.oncall import calendars
from tocsin.engine.oncall.calendars import (
    STANDING,
    TELL_AFTER,
    Arrival,
    CalendarDeparture,
    Came,
    Failed,
    Standing,
    Unchanged,
)
from tocsin.engine.oncall.calendars_loop import CalendarDesk
from tocsin.engine.store.protocol import OnCallRow

HR = {"url": "https://hr.example.com/leave.ics", "for": "leave"}
ROTA = {"url": "https://rota.example.com/shifts.ics", "for": "schedule"}
DRIVEN = {"team": "platform", "time_zone": "UTC", "layers": [{"calendar": "rota"}]}


class Calendars:
    """One node's loop over a house, with whatever comes in its place."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.desk = CalendarDesk(house.world.engine)

    @property
    def facts(self) -> Configuration:
        return self.house.world.engine.facts.current

    def due(self) -> list[CalendarDeparture]:
        return self.desk.depart(self.house.now, 5)

    def brings(self, arrival: Arrival) -> Standing:
        """To the one that is due."""
        (departure,) = self.due()
        return self.settles(departure, arrival)

    def settles(self, departure: CalendarDeparture, arrival: Arrival) -> Standing:
        self.house.world.carry(self.desk.arrived(departure, arrival, self.house.now))
        self.house.world.settle()
        return self.standing(departure.calendar.key)

    def standing(self, key: str = "hr") -> Standing:
        return self.house.store.read(calendars.standings)[key]

    def event(self, summary: str, starts_in: int, days: int = 1) -> CalendarEvent:
        """From a midnight on, in whole days."""
        day = self.house.now.replace(hour=0, minute=0, tzinfo=None) + timedelta(days=starts_in)
        return CalendarEvent(f"{summary}{starts_in}", day, day + timedelta(days=days), summary, all_day=True)

    def came(self, *events: CalendarEvent, key: str = "hr", digest: str = "1") -> Came:
        return Came(Content(key, events), digest, '"7"')


@pytest.fixture
def hr(make_house: MakeHouse) -> Calendars:
    return Calendars(make_house(calendars={"hr": HR}))


@pytest.fixture
def rota(make_house: MakeHouse) -> Calendars:
    house = make_house(calendars={"rota": ROTA}, schedules={"driven": DRIVEN})
    return Calendars(house)


def test_a_calendar_is_read_at_once_and_every_quarter_of_an_hour(hr: Calendars) -> None:
    hr.brings(hr.came(hr.event("bob", 3)))
    assert hr.due() == []
    hr.house.passes(minutes=13)
    assert hr.due() == []
    hr.house.passes(minutes=4)
    (departure,) = hr.due()
    assert (departure.standing.etag, departure.trusted) == ('"7"', True)


def test_its_events_are_leave_and_the_revision_moves_only_with_them(hr: Calendars) -> None:
    before = hr.facts.revision
    hr.brings(hr.came(hr.event("bob", 3, 2)))
    (leave,) = hr.facts.leaves
    assert (leave.person, leave.source, hr.facts.revision) == ("bob", "hr", before + 1)
    for arrival in (Unchanged(), hr.came(hr.event("bob", 3, 2), digest="2"), Failed("it answered 500")):
        hr.house.passes(minutes=17)
        hr.brings(arrival)
    assert hr.facts.revision == before + 1


def test_what_fails_changes_nothing_and_says_since_when_and_why(hr: Calendars) -> None:
    hr.brings(hr.came(hr.event("bob", 3)))
    hr.house.passes(minutes=17)
    since = hr.house.now
    hr.brings(Failed("its server answered 500"))
    hr.house.passes(minutes=7)
    stands = hr.brings(Failed("it is no calendar"))
    assert (stands.state, stands.failing_since, stands.why) == ("failing", since, "it is no calendar")
    assert [leave.person for leave in hr.facts.leaves] == ["bob"]
    hr.house.passes(minutes=7)
    assert hr.brings(Unchanged()).state == "good"


def test_a_broken_calendar_takes_no_schedule_off_the_air(rota: Calendars) -> None:
    rota.brings(rota.came(rota.event("alice", -1, 3), rota.event("bob", 2, 30), key="rota"))
    for arrival in (
        Failed("it answered 500"),
        rota.came(key="rota", digest="2"),
        Failed("it is no calendar"),
    ):
        rota.house.passes(minutes=17)
        assert rota.brings(arrival).state == "failing"
        (view,) = rota.house.ask(Who("driven"))
        assert view.people == ("alice",) and view.next_people == ("bob",)


def test_one_that_cannot_be_read_for_a_while_has_its_events_when_it_can(rota: Calendars) -> None:
    """Its address is sealed: without the key the entry is left out, and with it everything is as before."""
    rota.brings(rota.came(rota.event("alice", -1, 30), key="rota"))
    engine, store = rota.house.world.engine, rota.house.store
    (entry,) = store.read(lambda tx: tx.configuration.entries(["calendars"]))
    for document in (b"{", entry.document):
        store.run(
            lambda tx: (tx.configuration.put([replace(entry, document=document)]), tx.configuration.bump())  # noqa: B023
        )
        engine.facts.reload()
        rota.desk.depart(rota.house.now, 5)
    (view,) = rota.house.ask(Who("driven"))
    assert view.people == ("alice",)


def test_how_one_stood_that_cannot_be_read_holds_up_no_other(hr: Calendars) -> None:
    hr.brings(hr.came(hr.event("bob", 3)))
    row = OnCallRow(STANDING, "hr", "", "good", 0, 0, b"{", 0)
    hr.house.store.run(lambda tx: tx.oncall.put([row]))
    hr.house.passes(minutes=17)
    assert hr.brings(Unchanged()).state == "good"


def test_a_calendar_that_is_empty_all_at_once_counts_only_when_somebody_says_so(hr: Calendars) -> None:
    hr.brings(hr.came(hr.event("bob", 3)))
    hr.house.passes(minutes=17)
    stands = hr.brings(hr.came(digest="2"))
    assert stands.why == "it holds no event any more, where 1 were still to come"
    hr.house.ask(ReadCalendar("hr", as_it_is=True), "dan")
    stands = hr.brings(hr.came(digest="2"))
    assert (stands.state, stands.as_it_is, hr.facts.leaves) == ("good", False, ())


def test_one_whose_events_are_all_over_may_be_empty(hr: Calendars) -> None:
    hr.brings(hr.came(hr.event("bob", 1)))
    hr.house.passes(days=4)
    assert hr.brings(hr.came(digest="2")).state == "good"


def test_what_is_over_stays_as_it_was_when_the_feed_drops_it(rota: Calendars) -> None:
    rota.brings(rota.came(rota.event("alice", 0, 2), rota.event("bob", 2, 2), key="rota"))
    then = rota.house.now
    rota.house.passes(days=3)
    rota.brings(rota.came(rota.event("bob", -1, 2), rota.event("carol", 1, 2), key="rota", digest="2"))
    (view,) = rota.house.ask(Who("driven", then))
    assert view.people == ("alice",)


def test_what_the_feed_still_reaches_is_as_it_says_now(rota: Calendars) -> None:
    rota.brings(rota.came(rota.event("alice", 0, 2), key="rota"))
    then = rota.house.now
    rota.house.passes(days=1)
    rota.brings(rota.came(rota.event("carol", -1, 2), key="rota", digest="2"))
    (view,) = rota.house.ask(Who("driven", then))
    assert view.people == ("carol",)


def test_admins_are_told_once_after_a_day_of_failing_and_again_after_it_was_good(hr: Calendars) -> None:
    hr.brings(Failed("its server answered 500"))
    hr.house.passes(hours=23)
    hr.brings(Failed("its server answered 500"))
    assert hr.house.incidents() == []
    for _ in range(3):
        hr.house.passes(hours=2)
        hr.brings(Failed("its server answered 500"))
    (ticket,) = hr.house.incidents()
    assert "hr cannot be read" in ticket.title and "hr.example.com" not in ticket.summary
    assert hr.house.person("dan").heard
    hr.house.passes(hours=1)
    hr.brings(hr.came(hr.event("bob", 1)))
    hr.house.passes(hours=1)
    hr.brings(Failed("x"))
    hr.house.passes(seconds=TELL_AFTER.total_seconds())
    hr.brings(Failed("x"))
    assert len(hr.house.incidents()) == 2


def test_a_look_is_one_nodes_at_a_time(hr: Calendars) -> None:
    assert len(hr.due()) == 1
    assert Calendars(hr.house).due() == []
    hr.house.passes(minutes=3)
    assert len(hr.due()) == 1, "whoever took it is gone"


def test_two_nodes_never_read_the_same_calendar_together(make_house: MakeHouse, stores: Stores) -> None:
    first = make_house(calendars={"hr": HR})
    if stores.kind != "postgresql":
        pytest.skip("only PostgreSQL has two nodes")
    second = House(stores.another(), first.clock, None, Provider(), node="two")
    assert [len(Calendars(house).due()) for house in (first, second)] == [1, 0]


def test_what_comes_late_is_discarded(hr: Calendars) -> None:
    (late,) = hr.due()
    hr.house.passes(minutes=3)
    hr.brings(hr.came(hr.event("bob", 3)))
    hr.settles(late, hr.came(hr.event("carol", 3), digest="2"))
    assert [leave.person for leave in hr.facts.leaves] == ["bob"]


def test_another_address_is_read_at_once_and_the_old_ones_answer_is_not_taken(make_house: MakeHouse) -> None:
    house = make_house()
    house.ask(PutNoun("calendars", "hr", HR), "dan")
    hr = Calendars(house)
    hr.brings(hr.came(hr.event("bob", 3)))
    house.passes(minutes=17)
    (late,) = hr.due()
    house.ask(PutNoun("calendars", "hr", {**HR, "url": "https://new.example.com/leave.ics"}), "dan")
    (fresh,) = hr.due()
    assert (fresh.standing.etag, fresh.trusted) == ("", False)
    hr.settles(late, hr.came(hr.event("carol", 3), digest="2"))
    assert [leave.person for leave in hr.facts.leaves] == ["bob"], "until the new one was read"
    hr.settles(fresh, hr.came(hr.event("dan", 3), digest="3"))
    assert [leave.person for leave in hr.facts.leaves] == ["dan"]


def test_a_removed_calendar_leaves_nothing_behind(make_house: MakeHouse) -> None:
    house = make_house()
    house.ask(PutNoun("calendars", "hr", HR), "dan")
    hr = Calendars(house)
    hr.brings(hr.came(hr.event("bob", 3)))
    house.ask(RemoveNoun("calendars", "hr"), "dan")
    assert hr.due() == [] and hr.facts.leaves == ()

    def left(tx: Any) -> tuple[Any, Any, Any]:
        return (
            tx.configuration.entries((CALENDAR_EVENTS,)),
            tx.oncall.load(STANDING, ["hr"]),
            tx.agenda.subjects(kinds.CALENDAR),
        )

    assert house.store.run(left) == ([], {}, [])


def test_a_calendar_that_a_layer_names_is_not_removed(make_house: MakeHouse) -> None:
    house = make_house()
    house.ask(PutNoun("calendars", "rota", ROTA), "dan")
    house.ask(PutNoun("schedules", "driven", DRIVEN), "dan")
    with pytest.raises(Refused, match="names it"):
        house.ask(RemoveNoun("calendars", "rota"), "dan")


# --- leave by hand ---------------------------------------------------------------------------------------------------


def test_whole_days_are_the_persons_own(make_house: MakeHouse) -> None:
    house = make_house()
    view = house.ask(AddLeave("alice", datetime(2026, 7, 1).date(), datetime(2026, 7, 2).date()), "alice")
    assert (view.starts_at.isoformat(), view.ends_at.isoformat()) == (
        "2026-06-30T22:00:00+00:00",
        "2026-07-02T22:00:00+00:00",
    )
    assert view.state == "pending"
    ended = house.ask(EndLeave(view.id), "alice")
    assert ended.state == "ended"
    assert [leave.ends_at for leave in house.world.engine.facts.current.leaves] == [house.now]


@pytest.mark.parametrize(
    "request_, field",
    [
        (AddLeave("zoe", datetime(2026, 7, 1).date()), "person"),
        (AddLeave("alice"), "ends_at"),
        (AddLeave("alice", to_day=datetime(2026, 7, 1).date()), "from_day"),
        (AddLeave("alice", datetime(2026, 7, 2).date(), datetime(2026, 7, 1).date()), "to_day"),
        (AddLeave("alice", datetime(2026, 7, 2).date(), datetime(2028, 7, 1).date()), "to_day"),
        (AddLeave("alice", datetime(9999, 12, 31).date()), "from_day"),
        (AddLeave("alice", datetime(1, 1, 1).date()), "from_day"),
        (EndLeave("nothing"), "id"),
        (ReadCalendar("nothing"), "calendar"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    make_house: MakeHouse, request_: Any, field: str
) -> None:
    house = make_house()
    with pytest.raises(Refused) as refused:
        house.ask(request_, "dan")
    assert refused.value.field == field
    assert house.world.engine.facts.current.leaves == ()
