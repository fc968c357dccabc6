"""Which constraints and wishes a timeline breaks, where and by how much."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tocsin.core.oncall.seats import Seat
from tocsin.core.oncall.wishes import (
    AtMostInARow,
    AtMostShare,
    Constraint,
    NoNights,
    NotDuring,
    NotOnDays,
    NotTogether,
    RestBetween,
    Wanted,
    Wish,
    Wishes,
    broken,
    cost,
)

BEGIN = datetime(2026, 6, 1, 9, tzinfo=UTC)  # a Monday
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
END = BEGIN + 4 * WEEK
ZONES = {"alice": "Europe/Berlin"}
FIRST = Seat("alice", BEGIN, BEGIN + WEEK)
SECOND = Seat("bob", BEGIN + WEEK, BEGIN + 2 * WEEK)
LAST = Seat("alice", BEGIN + 2 * WEEK, END)
TIMELINE = [FIRST, SECOND, LAST]


@pytest.mark.parametrize(
    ("constraint", "people", "by"),
    [
        (NotDuring("alice", BEGIN + 5 * DAY, BEGIN + 9 * DAY), ["alice"], 2 * DAY),
        (NotDuring("bob", BEGIN, BEGIN + WEEK), [], None),
        (NotOnDays("alice", (5, 6)), ["alice"] * 3, 2 * DAY),
        (NotOnDays("bob", (0,)), ["bob"] * 2, timedelta(hours=15)),
        (NoNights("bob"), ["bob"] * 7, timedelta(hours=8)),
        (NotTogether("alice", "bob"), [], None),
        (AtMostShare(50), ["alice"], WEEK),
        (AtMostShare(50, "bob"), [], None),
        (RestBetween(10 * DAY), ["alice"], 3 * DAY),
        (RestBetween(WEEK), [], None),
        (AtMostInARow(WEEK), ["alice"], WEEK),
        (Wanted("bob", BEGIN, BEGIN + WEEK), ["bob"], WEEK),
        (Wanted("alice", BEGIN, BEGIN + WEEK), [], None),
    ],
)
def test_a_timeline_is_held_against_each_constraint(
    constraint: Constraint, people: list[str], by: timedelta | None
) -> None:
    found = broken(TIMELINE, [constraint], ZONES, BEGIN, END)
    assert [each.person for each in found] == people
    assert (found[0].by if found else None) == by


def test_two_at_the_same_time_break_that_they_must_not() -> None:
    beside = Seat("bob", BEGIN + 6 * DAY, BEGIN + 2 * WEEK)
    (found,) = broken([FIRST, beside], [NotTogether("alice", "bob")], ZONES, BEGIN, END)
    assert (found.starts_at, found.ends_at) == (BEGIN + 6 * DAY, BEGIN + WEEK)


def test_what_lies_outside_the_timeline_breaks_nothing() -> None:
    assert broken(TIMELINE, [NotDuring("alice", END, END + WEEK)], ZONES, BEGIN, END) == []


def test_wishes_cost_their_hours_by_their_weight() -> None:
    wishes = (Wish(NotDuring("alice", BEGIN, BEGIN + DAY), 3), Wish(NotDuring("bob", BEGIN, BEGIN + DAY), 9))
    found = broken(TIMELINE, [wish.constraint for wish in wishes], ZONES, BEGIN, END)
    assert cost(found, wishes) == 72


def test_wishes_are_data_that_can_be_kept() -> None:
    wishes = Wishes((RestBetween(timedelta(hours=11)), AtMostShare(25)), (Wish(NoNights("alice"), 2),))
    assert msgspec.json.decode(msgspec.json.encode(wishes), type=Wishes) == wishes
