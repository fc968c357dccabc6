"""On call: the right person is paged at handoffs, across daylight saving, under overrides and after edits."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person

HANDOFF = datetime(2026, 6, 15, 7, 0, tzinfo=UTC)  # Monday 09:00 in Berlin: bob's week begins
SECOND = timedelta(seconds=1)


def weekly(*people: str, start: str = "2026-06-08") -> dict[str, Any]:
    """platform-primary as one weekly rotation, handed over on Mondays at 09:00 in Berlin."""
    rotation = {"every": "1 week", "handoff": "Mon 09:00", "from": start, "people": list(people)}
    return {
        "platform-primary": {
            "team": "platform",
            "time_zone": "Europe/Berlin",
            "layers": [{"rotation": rotation}],
        }
    }


def paged_at(house: House, at: datetime, about: str) -> str:
    """Who is paged first for something that fires at that instant."""
    house.until(at)
    before = len(house.pages())
    house.fires(about, severity="critical")
    page = house.pages()[before]
    assert about in page.said
    house.ends(about, severity="critical")
    return page.message.person


def test_the_handoff_happens_at_its_exact_instant(house: House) -> None:
    assert paged_at(house, HANDOFF - SECOND, "Before") == "alice"
    assert paged_at(house, HANDOFF, "After") == "bob"
    house.tells("step_started: Paged bob (platform-primary", incident=2)
    house.tells("step_started: Paged alice (platform-primary", incident=1)


def test_an_escalation_across_a_handoff_pages_who_is_on_call_then(
    house: House, alice: Person, bob: Person
) -> None:
    """At 08:55 alice is primary; five minutes later bob is, and alice becomes his secondary."""
    house.until(HANDOFF - timedelta(minutes=5))
    house.fires("DiskFull", severity="critical")
    alice.was_paged()
    house.passes(minutes=10)
    bob.is_not_paged()
    alice.was_paged(by="mail")
    house.passes(minutes=10)
    bob.was_paged("DiskFull")
    house.tells(
        "step_started: Paged alice (platform-primary",
        "step_timed_out: Alice is being paged already (step 2 of 2)",
        "step_timed_out: Paged bob (platform-primary, step 1 of 2, round 2 of 2)",
    )


def test_an_override_wins_at_its_exact_start_and_ends_at_its_exact_end(house: House) -> None:
    starts_at = datetime(2026, 6, 10, 18, 0, tzinfo=UTC)
    ends_at = starts_at + timedelta(hours=6)
    house.overrides("platform-primary", "carol", starts_at, ends_at)
    assert paged_at(house, starts_at - SECOND, "JustBefore") == "alice"
    assert paged_at(house, starts_at, "AtTheStart") == "carol"
    assert paged_at(house, ends_at - SECOND, "JustBeforeTheEnd") == "carol"
    assert paged_at(house, ends_at, "AtTheEnd") == "alice"


def test_the_secondary_is_never_the_primary_even_under_an_override(
    house: House, alice: Person, bob: Person
) -> None:
    house.overrides("platform-primary", "bob", house.now, house.now + timedelta(hours=4))
    house.fires("DiskFull", severity="critical")
    bob.was_paged()
    house.passes(minutes=10)
    alice.was_paged("DiskFull")
    bob.hears_nothing()


def test_an_override_is_kept_when_the_file_is_applied_again(
    house: House, alice: Person, carol: Person
) -> None:
    house.overrides("platform-primary", "carol", house.now, house.now + timedelta(hours=4))
    house.applies(prune=True)
    house.fires("DiskFull", severity="critical")
    carol.was_paged()
    alice.hears_nothing()


def test_an_override_ended_early_gives_the_shift_back(house: House, alice: Person, carol: Person) -> None:
    override = house.overrides("platform-primary", "carol", house.now, house.now + timedelta(hours=4))
    house.passes(hours=1)
    house.ends_early("overrides", override)
    house.fires("DiskFull", severity="critical")
    alice.was_paged()
    carol.is_not_paged()


def test_the_handoff_keeps_local_time_when_clocks_go_forward(make_house: MakeHouse) -> None:
    """Berlin, 2026-03-29: 09:00 is 08:00 UTC the Monday before, and 07:00 UTC the Monday after."""
    house = make_house(
        at=datetime(2026, 3, 16, 8, 0, tzinfo=UTC), schedules=weekly("alice", "bob", start="2026-03-16")
    )
    winter, summer = datetime(2026, 3, 23, 8, 0, tzinfo=UTC), datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
    assert paged_at(house, winter - SECOND, "A") == "alice"
    assert paged_at(house, winter, "B") == "bob"
    assert paged_at(house, summer - SECOND, "C") == "bob"
    assert paged_at(house, summer, "D") == "alice"


def test_the_handoff_keeps_local_time_when_clocks_go_back(make_house: MakeHouse) -> None:
    """Berlin, 2026-10-25: 09:00 is 07:00 UTC the Monday before, and 08:00 UTC the Monday after."""
    house = make_house(
        at=datetime(2026, 10, 12, 7, 0, tzinfo=UTC), schedules=weekly("alice", "bob", start="2026-10-12")
    )
    summer, winter = datetime(2026, 10, 19, 7, 0, tzinfo=UTC), datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
    assert paged_at(house, summer - SECOND, "A") == "alice"
    assert paged_at(house, summer, "B") == "bob"
    assert paged_at(house, winter - SECOND, "C") == "bob"
    assert paged_at(house, winter, "D") == "alice"


def test_a_handoff_at_a_time_that_does_not_exist_moves_to_the_next_that_does(make_house: MakeHouse) -> None:
    """02:30 does not exist in Berlin on 2026-03-29: the night's turn begins at 03:00 summer time, 01:00 UTC."""
    rotation = {"every": "1 day", "handoff": "02:30", "from": "2026-03-28", "people": ["alice", "bob"]}
    nights = {"team": "platform", "time_zone": "Europe/Berlin", "layers": [{"rotation": rotation}]}
    house = make_house(at=datetime(2026, 3, 28, 12, 0, tzinfo=UTC), schedules={"platform-primary": nights})
    gap_ends = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert paged_at(house, gap_ends - SECOND, "A") == "alice"
    assert paged_at(house, gap_ends, "B") == "bob"


def test_a_person_removed_from_a_rotation_leaves_the_rest_in_order(make_house: MakeHouse) -> None:
    house = make_house(schedules=weekly("alice", "bob", "carol", "dan"))
    assert paged_at(house, HANDOFF, "WeekTwo") == "bob"
    house.applies(schedules=weekly("alice", "bob", "dan"))
    turns = [paged_at(house, HANDOFF + timedelta(weeks=week, hours=1), f"Week{week}") for week in range(4)]
    assert turns == ["bob", "dan", "alice", "bob"]


def test_a_person_who_left_the_company_hears_nothing_and_the_next_step_comes_at_once(
    make_house: MakeHouse,
) -> None:
    house = make_house(schedules=weekly("alice", "bob"))
    alice, bob = house.person("alice"), house.person("bob")
    house.fires("DiskFull", severity="critical")
    alice.was_paged(by="hook")
    house.applies(
        prune=True,
        people={"alice": None},
        teams={"platform": {"members": ["bob"]}},
        schedules=weekly("bob"),
    )
    house.passes(minutes=9)
    alice.hears_nothing()  # the mail rule of a minute ago was hers, and she is gone
    house.passes(minutes=11)
    bob.was_paged("DiskFull")


def test_a_restricted_layer_leaves_the_night_to_the_layer_below(make_house: MakeHouse) -> None:
    night = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-06-08", "people": ["carol"]}
    day = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-06-08", "people": ["alice"]}
    hours = [{"days": "Mon-Fri", "from": "08:00", "to": "18:00"}]
    schedule = {
        "team": "platform",
        "time_zone": "Europe/Berlin",
        "layers": [{"rotation": night}, {"rotation": day, "restrictions": hours}],
    }
    house = make_house(schedules={"platform-primary": schedule})
    evening = datetime(2026, 6, 9, 16, 0, tzinfo=UTC)  # Tuesday 18:00 in Berlin
    assert paged_at(house, evening - SECOND, "Afternoon") == "alice"
    assert paged_at(house, evening, "Evening") == "carol"
    assert paged_at(house, datetime(2026, 6, 10, 6, 0, tzinfo=UTC), "Morning") == "alice"
