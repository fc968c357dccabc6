"""Who is on call: layers, restrictions, overrides, secondaries, gaps, the next shift."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tocsin.core.oncall.schedule import (
    Gap,
    Layer,
    Override,
    OverrideKind,
    Restriction,
    Rotation,
    Schedule,
    Shift,
)
from tocsin.core.oncall.shifts import gaps, next_shift, shifts, who_is_on_call

ALICE, BOB, CAROL, DAN = ("alice",), ("bob",), ("carol",), ("dan",)
MICROSECOND = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(*people: tuple[str, ...], **more: object) -> Rotation:
    return Rotation(people, starts=date(2026, 6, 1), handoff_day=0, **more)  # type: ignore[arg-type]


def book(*layers: Layer, time_zone: str = "UTC") -> dict[str, Schedule]:
    """A primary of these layers, its secondary, and the secondary's secondary."""
    return {
        "primary": Schedule("primary", team="platform", time_zone=time_zone, layers=layers),
        "secondary": Schedule("secondary", secondary_of="primary"),
        "tertiary": Schedule("tertiary", secondary_of="secondary"),
    }


def override(
    person: str,
    starts_at: str,
    ends_at: str,
    kind: OverrideKind = OverrideKind.REPLACE,
    replaces: str | None = None,
    schedule: str = "primary",
    id: str = "o1",
) -> Override:
    return Override(id, schedule, person, at(starts_at), at(ends_at), kind, replaces)


def who(schedules: dict[str, Schedule], key: str, when: str, *overrides: Override) -> tuple[str, ...]:
    return who_is_on_call(schedules, key, at(when), overrides).people


# -- layers ---------------------------------------------------------------------------------------------------------


def test_it_names_the_person_the_layer_and_the_end() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)), time_zone="Europe/Berlin")
    on_call = who_is_on_call(schedules, "primary", at("2026-06-03 12:00"), ())
    assert (on_call.people, on_call.by, on_call.until) == (ALICE, "layer 1", at("2026-06-08 07:00"))


def test_a_later_layer_wins_where_it_has_someone() -> None:
    weekend = Layer(weekly(CAROL), name="weekend", restrictions=(Restriction(days=(5, 6)),))
    schedules = book(Layer(weekly(ALICE, BOB), name="week"), weekend)
    assert shifts(schedules, "primary", at("2026-06-05 00:00"), at("2026-06-09 00:00"), ()) == [
        Shift(at("2026-06-05 00:00"), at("2026-06-06 00:00"), ALICE, "week"),
        Shift(at("2026-06-06 00:00"), at("2026-06-08 00:00"), CAROL, "weekend"),
        Shift(at("2026-06-08 00:00"), at("2026-06-08 09:00"), ALICE, "week"),
        Shift(at("2026-06-08 09:00"), at("2026-06-09 00:00"), BOB, "week"),
    ]


def test_a_turn_of_nobody_falls_through_to_the_layer_below() -> None:
    schedules = book(Layer(weekly(DAN)), Layer(weekly(ALICE, ())))
    assert who(schedules, "primary", "2026-06-03 12:00") == ALICE
    assert who(schedules, "primary", "2026-06-10 12:00") == DAN


def test_several_people_share_a_turn() -> None:
    schedules = book(Layer(weekly(("alice", "bob"), ("carol", "dan"))))
    assert who(schedules, "primary", "2026-06-03 12:00") == ("alice", "bob")


def test_follow_the_sun_hands_over_between_zones_through_clock_changes() -> None:
    office = (Restriction(start=time(9), end=time(21)),)
    night = (Restriction(start=time(21), end=time(9)),)
    schedules = book(
        Layer(weekly(ALICE), name="day", restrictions=office, time_zone="Europe/Berlin"),
        Layer(weekly(DAN), name="night", restrictions=night, time_zone="Europe/Berlin"),
    )
    assert gaps(schedules, "primary", at("2026-06-02 00:00"), at("2027-06-02 00:00"), ()) == []
    assert who(schedules, "primary", "2026-10-25 07:59") == DAN
    assert who(schedules, "primary", "2026-10-25 08:00") == ALICE


def test_one_person_alone_is_one_shift_without_an_end() -> None:
    schedules = book(Layer(weekly(ALICE)))
    assert who_is_on_call(schedules, "primary", at("2026-06-03 12:00"), ()).until is None
    assert len(shifts(schedules, "primary", at("2026-06-03 00:00"), at("2027-06-03 00:00"), ())) == 1


@pytest.mark.parametrize("key", ["nothing", "ring-a", "orphan"])
def test_an_unknown_schedule_a_ring_and_an_orphan_have_nobody(key: str) -> None:
    schedules = {
        "ring-a": Schedule("ring-a", secondary_of="ring-b"),
        "ring-b": Schedule("ring-b", secondary_of="ring-a"),
        "orphan": Schedule("orphan", secondary_of="gone"),
    }
    assert who(schedules, key, "2026-06-03 12:00") == ()
    assert shifts(schedules, key, at("2026-06-03 00:00"), at("2026-06-04 00:00"), ()) == []
    assert next_shift(schedules, key, at("2026-06-03 00:00"), ()) is None


# -- overrides ------------------------------------------------------------------------------------------------------


def test_an_override_wins_at_its_exact_start_and_ends_at_its_exact_end() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)))
    swap = Override("o1", "primary", "dan", at("2026-06-03 12:00:00.000001"), at("2026-06-03 18:00:00.5"))
    for instant, people in [
        (swap.starts_at - MICROSECOND, ALICE),
        (swap.starts_at, DAN),
        (swap.ends_at - MICROSECOND, DAN),
        (swap.ends_at, ALICE),
    ]:
        assert who_is_on_call(schedules, "primary", instant, (swap,)).people == people
    before = who_is_on_call(schedules, "primary", swap.starts_at - MICROSECOND, (swap,))
    during = who_is_on_call(schedules, "primary", swap.starts_at, (swap,))
    assert before.until == swap.starts_at
    assert (during.by, during.until) == ("override o1", swap.ends_at)


def test_an_override_stays_on_its_own_schedule() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)))
    elsewhere = override("dan", "2026-06-03 00:00", "2026-06-04 00:00", schedule="other")
    assert who(schedules, "primary", "2026-06-03 12:00", elsewhere) == ALICE


def test_an_override_covers_a_gap() -> None:
    schedules = book(Layer(weekly(ALICE), restrictions=(Restriction(start=time(9), end=time(17)),)))
    night = override("dan", "2026-06-03 17:00", "2026-06-04 09:00")
    assert who(schedules, "primary", "2026-06-03 23:00", night) == DAN


def test_replacing_one_of_several_leaves_the_others() -> None:
    schedules = book(Layer(weekly(("alice", "bob"))))
    stand_in = override("dan", "2026-06-03 00:00", "2026-06-04 00:00", replaces="alice")
    assert who(schedules, "primary", "2026-06-03 12:00", stand_in) == ("dan", "bob")


def test_replacing_someone_who_is_not_on_call_changes_nothing() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)))
    stand_in = override("dan", "2026-06-03 00:00", "2026-06-10 00:00", replaces="bob")
    assert who(schedules, "primary", "2026-06-03 12:00", stand_in) == ALICE
    assert who(schedules, "primary", "2026-06-09 12:00", stand_in) == DAN


def test_people_are_added_and_removed() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)))
    shadow = override("dan", "2026-06-03 00:00", "2026-06-05 00:00", OverrideKind.ADD)
    away = override("alice", "2026-06-04 00:00", "2026-06-06 00:00", OverrideKind.REMOVE, id="o2")
    assert who(schedules, "primary", "2026-06-03 12:00", shadow, away) == ("alice", "dan")
    assert who(schedules, "primary", "2026-06-04 12:00", shadow, away) == ("dan",)
    assert who(schedules, "primary", "2026-06-05 12:00", shadow, away) == ()
    assert (
        who_is_on_call(schedules, "primary", at("2026-06-04 12:00"), (shadow, away)).by
        == "override o1, override o2"
    )


def test_of_two_replacements_at_once_the_later_one_wins() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)))
    carol = override("carol", "2026-06-03 00:00", "2026-06-05 00:00")
    dan = override("dan", "2026-06-04 00:00", "2026-06-06 00:00", id="o2")
    assert who(schedules, "primary", "2026-06-04 12:00", carol, dan) == DAN
    assert who(schedules, "primary", "2026-06-04 12:00", dan, carol) == CAROL


def test_an_override_that_ends_before_it_starts_changes_nothing() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)))
    backwards = override("dan", "2026-06-04 00:00", "2026-06-03 00:00")
    found = shifts(schedules, "primary", at("2026-06-02 00:00"), at("2026-06-06 00:00"), (backwards,))
    assert [shift.people for shift in found] == [ALICE]


# -- secondaries ----------------------------------------------------------------------------------------------------


def test_the_secondary_is_the_next_in_the_primarys_order() -> None:
    schedules = book(Layer(weekly(ALICE, BOB, CAROL)))
    assert who(schedules, "secondary", "2026-06-03 12:00") == BOB
    assert who(schedules, "tertiary", "2026-06-03 12:00") == CAROL
    assert who(schedules, "secondary", "2026-06-17 12:00") == ALICE
    by = who_is_on_call(schedules, "secondary", at("2026-06-03 12:00"), ()).by
    assert by == "secondary of primary"


def test_when_the_secondary_stands_in_as_primary_the_one_after_is_secondary() -> None:
    schedules = book(Layer(weekly(ALICE, BOB, CAROL)))
    swap = override("bob", "2026-06-03 00:00", "2026-06-04 00:00")
    assert who(schedules, "primary", "2026-06-03 12:00", swap) == BOB
    assert who(schedules, "secondary", "2026-06-03 12:00", swap) == CAROL


def test_the_one_who_was_replaced_is_the_last_choice_for_secondary() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)))
    swap = override("bob", "2026-06-03 00:00", "2026-06-04 00:00")
    assert who(schedules, "secondary", "2026-06-03 12:00", swap) == ALICE
    assert who(schedules, "tertiary", "2026-06-03 12:00", swap) == ()


def test_a_stranger_as_primary_leaves_the_secondary_as_it_is() -> None:
    schedules = book(Layer(weekly(ALICE, BOB, CAROL)))
    swap = override("dan", "2026-06-03 00:00", "2026-06-04 00:00")
    assert who(schedules, "secondary", "2026-06-03 12:00", swap) == BOB


def test_nobody_is_secondary_when_there_is_nobody_else() -> None:
    schedules = book(Layer(weekly(ALICE)))
    assert who(schedules, "secondary", "2026-06-03 12:00") == ()


def test_someone_alone_in_the_upper_layer_has_a_secondary_from_the_layer_below() -> None:
    schedules = book(
        Layer(weekly(ALICE, BOB)), Layer(weekly(CAROL), restrictions=(Restriction(days=(5, 6)),))
    )
    assert who(schedules, "primary", "2026-06-06 12:00") == CAROL
    assert who(schedules, "secondary", "2026-06-06 12:00") == ALICE


def test_the_secondary_has_overrides_of_its_own() -> None:
    schedules = book(Layer(weekly(ALICE, BOB, CAROL)))
    swap = override("dan", "2026-06-03 00:00", "2026-06-04 00:00", schedule="secondary")
    assert who(schedules, "secondary", "2026-06-03 12:00", swap) == DAN
    assert who(schedules, "secondary", "2026-06-04 00:00", swap) == BOB


def test_an_override_never_makes_the_primary_their_own_secondary() -> None:
    schedules = book(Layer(weekly(ALICE, BOB, CAROL)))
    both = override("alice", "2026-06-01 00:00", "2026-06-29 00:00", schedule="secondary")
    assert who(schedules, "secondary", "2026-06-03 12:00", both) == BOB
    assert who(schedules, "secondary", "2026-06-10 12:00", both) == ALICE
    primary_too = override("dan", "2026-06-10 00:00", "2026-06-11 00:00", id="o2")
    secondary_too = override("dan", "2026-06-10 00:00", "2026-06-11 00:00", schedule="secondary", id="o3")
    assert who(schedules, "primary", "2026-06-10 12:00", secondary_too, primary_too) == DAN
    assert who(schedules, "secondary", "2026-06-10 12:00", secondary_too, primary_too) == CAROL


# -- next shift and gaps --------------------------------------------------------------------------------------------


def test_the_next_shift_is_that_of_other_people() -> None:
    schedules = book(Layer(weekly(ALICE, ALICE, BOB)))
    assert next_shift(schedules, "primary", at("2026-06-03 12:00"), ()) == Shift(
        at("2026-06-15 09:00"), at("2026-06-22 09:00"), BOB, "layer 1"
    )


def test_the_next_shift_skips_gaps_and_ones_own_return() -> None:
    office = (Restriction(days=(0, 1, 2, 3, 4), start=time(9), end=time(17)),)
    schedules = book(Layer(weekly(ALICE, BOB), restrictions=office))
    following = next_shift(schedules, "primary", at("2026-06-03 12:00"), ())
    assert following is not None
    assert (following.starts_at, following.ends_at) == (at("2026-06-08 09:00"), at("2026-06-08 17:00"))
    assert following.people == BOB


def test_the_next_shift_in_a_gap_is_whoever_comes() -> None:
    schedules = book(Layer(weekly(ALICE), restrictions=(Restriction(start=time(9), end=time(17)),)))
    following = next_shift(schedules, "primary", at("2026-06-03 20:00"), ())
    assert following == Shift(at("2026-06-04 09:00"), at("2026-06-04 17:00"), ALICE, "layer 1")


def test_an_override_is_the_next_shift_and_the_return_after_it() -> None:
    schedules = book(Layer(weekly(ALICE, BOB)))
    swap = override("dan", "2026-06-03 18:00", "2026-06-03 20:00")
    during = next_shift(schedules, "primary", at("2026-06-03 12:00"), (swap,))
    after = next_shift(schedules, "primary", at("2026-06-03 19:00"), (swap,))
    assert during is not None and after is not None
    assert (during.people, during.starts_at, during.ends_at) == (
        DAN,
        at("2026-06-03 18:00"),
        at("2026-06-03 20:00"),
    )
    assert (after.people, after.starts_at) == (ALICE, at("2026-06-03 20:00"))


def test_there_is_no_next_shift_when_one_person_holds_it_for_ever() -> None:
    assert next_shift(book(Layer(weekly(ALICE))), "primary", at("2026-06-03 12:00"), ()) is None


def test_gaps_are_what_no_shift_covers() -> None:
    schedules = book(Layer(weekly(ALICE, BOB), restrictions=(Restriction(start=time(9), end=time(17)),)))
    away = override("alice", "2026-06-03 12:00", "2026-06-03 18:00", OverrideKind.REMOVE)
    assert gaps(schedules, "primary", at("2026-06-03 00:00"), at("2026-06-04 12:00"), (away,)) == [
        Gap(at("2026-06-03 00:00"), at("2026-06-03 09:00")),
        Gap(at("2026-06-03 12:00"), at("2026-06-04 09:00")),
    ]


def test_an_empty_span_has_neither_shifts_nor_gaps() -> None:
    schedules = book(Layer(weekly(ALICE)))
    now = at("2026-06-03 12:00")
    assert shifts(schedules, "primary", now, now, ()) == []
    assert gaps(schedules, "primary", now, now, ()) == []
    assert shifts(schedules, "primary", now, now - timedelta(days=1), ()) == []
