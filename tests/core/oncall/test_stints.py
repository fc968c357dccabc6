"""Stints: the same shifts as the core's, person by person, under names that last."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from tocsin.core.oncall.schedule import (
    Layer,
    Override,
    OverrideKind,
    Restriction,
    Rotation,
    Schedule,
    Unit,
)
from tocsin.core.oncall.shifts import shifts
from tocsin.core.oncall.stints import Stint, stints, stints_of_layer

BEGIN, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
MONDAY = date(2026, 1, 5)


def weekly(*people: str, **changed: object) -> Rotation:
    return Rotation(tuple((person,) for person in people), MONDAY, handoff_day=0, **changed)  # type: ignore[arg-type]


PRIMARY = Schedule("primary", time_zone="Europe/Berlin", layers=(Layer(weekly("alice", "bob", "carol")),))
NIGHTS = Layer(
    weekly("dan", "alice"),
    name="nights",
    restrictions=(Restriction(start=datetime(1, 1, 1, 22).time(), end=datetime(1, 1, 1, 6).time()),),
)
HOUSES = {
    "one layer": {"primary": PRIMARY},
    "nights above": {"primary": replace(PRIMARY, layers=(*PRIMARY.layers, NIGHTS))},
    "second seat": {"primary": replace(PRIMARY, key="first"), "x": PRIMARY}
    | {"first": replace(PRIMARY, key="first"), "primary": Schedule("primary", secondary_of="first")},
    "alone": {"primary": replace(PRIMARY, layers=(Layer(weekly("alice")),))},
    "beside": {
        "primary": replace(PRIMARY, layers=(*PRIMARY.layers, Layer(weekly("dan", "alice"), beside=True)))
    },
    "shadow": {"primary": replace(PRIMARY, layers=(*PRIMARY.layers, Layer(weekly("dan"), shadow=True)))},
    "daily": {
        "primary": replace(PRIMARY, layers=(Layer(Rotation((("alice",), ("bob",)), MONDAY, unit=Unit.DAY)),))
    },
}


def override(person: str, begins: int, hours: int, **changed: object) -> Override:
    starts_at = BEGIN + timedelta(days=begins, hours=5)
    return Override(
        f"{person}{begins}", "primary", person, starts_at, starts_at + timedelta(hours=hours), **changed
    )  # type: ignore[arg-type]


OVERRIDES = [
    override("bob", 8, 20),
    override("dan", 17, 200),
    override("carol", 40, 5, kind=OverrideKind.ADD),
    override("alice", 60, 5, kind=OverrideKind.REMOVE),
]


def held(found: list[Stint], at: datetime) -> set[tuple[str, bool]]:
    return {(s.person, s.shadow) for s in found if s.starts_at <= at < s.ends_at}


@pytest.mark.parametrize("house", HOUSES)
@pytest.mark.parametrize("overrides", [(), tuple(OVERRIDES)], ids=["plain", "overridden"])
def test_at_every_hour_stints_hold_the_people_of_the_shift(
    house: str, overrides: tuple[Override, ...]
) -> None:
    schedules = HOUSES[house]
    found = stints(schedules, "primary", BEGIN, END, overrides)
    at = BEGIN + timedelta(minutes=1)
    told = shifts(schedules, "primary", BEGIN, END, overrides)
    while at < END:
        (shift, *_) = [s for s in told if s.starts_at <= at < s.ends_at] or [None]
        people = {(p, False) for p in shift.people} | {(p, True) for p in shift.shadows} if shift else set()
        assert held(found, at) == people, at
        at += timedelta(hours=3, minutes=7)


@pytest.mark.parametrize("house", HOUSES)
def test_no_two_stints_of_one_person_have_the_same_name(house: str) -> None:
    found = stints(HOUSES[house], "primary", BEGIN, END, OVERRIDES)
    assert len({(stint.person, stint.shadow, stint.anchor) for stint in found}) == len(found)


@pytest.mark.parametrize("house", HOUSES)
def test_an_override_leaves_the_names_of_all_it_does_not_touch(house: str) -> None:
    before = stints(HOUSES[house], "primary", BEGIN, END, ())
    after = {
        (s.person, s.anchor, s.starts_at, s.ends_at)
        for s in stints(HOUSES[house], "primary", BEGIN, END, OVERRIDES)
    }
    spans = [(o.starts_at, o.ends_at) for o in OVERRIDES]
    for stint in before:
        if all(stint.ends_at <= a or b <= stint.starts_at for a, b in spans):
            assert (stint.person, stint.anchor, stint.starts_at, stint.ends_at) in after


def test_who_is_added_beside_somebody_cuts_nobodys_stint() -> None:
    before = stints(HOUSES["one layer"], "primary", BEGIN, END, ())
    beside = override("dan", 9, 20, kind=OverrideKind.ADD)
    after = stints(HOUSES["one layer"], "primary", BEGIN, END, [beside])
    assert [s.anchor for s in after if s.person != "dan"] == [s.anchor for s in before]


def test_weeks_of_the_same_person_stay_weeks() -> None:
    found = stints(HOUSES["alone"], "primary", BEGIN, END, ())
    assert {s.ends_at - s.starts_at for s in found[1:-1]} <= {timedelta(days=7), timedelta(days=7, hours=-1)}


def test_the_second_part_of_what_an_override_cut_is_called_by_its_beginning() -> None:
    found = [
        s
        for s in stints(HOUSES["one layer"], "primary", BEGIN, END, [override("dan", 10, 24)])
        if s.person == "bob"
    ]
    first = [s for s in found if s.anchor.startswith("turn 20260309")]
    assert len(first) in (0, 2)
    names = {s.anchor for s in found}
    assert len(names) == len(found)


def test_reordering_layers_renames_nothing() -> None:
    layers = (Layer(weekly("alice", "bob")), NIGHTS)
    one = {"primary": replace(PRIMARY, layers=layers)}
    inserted = {
        "primary": replace(
            PRIMARY, layers=(Layer(weekly("carol"), restrictions=(Restriction(days=()),)), *layers)
        )
    }
    assert [(s.person, s.anchor) for s in stints(one, "primary", BEGIN, END, ())] == [
        (s.person, s.anchor) for s in stints(inserted, "primary", BEGIN, END, ())
    ]


def test_a_layer_alone_is_told_turn_by_turn_whoever_wins() -> None:
    found = stints_of_layer(HOUSES["nights above"], "primary", "layer 1", BEGIN, END)
    assert {s.person for s in found} == {"alice", "bob", "carol"}
    assert all(a.ends_at == b.starts_at for a, b in pairwise(found))
    assert stints_of_layer(HOUSES["nights above"], "primary", "nobody's", BEGIN, END) == []
