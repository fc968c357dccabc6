"""Pages against shifts and nights, the goals, and the words for it."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.core.oncall.goals import Goals
from tocsin.core.oncall.health import Health, Standing, Verdict, health, said
from tocsin.core.oncall.paged import Paged
from tocsin.core.oncall.seats import Seat
from tocsin.core.people import BusinessHours
from tocsin.core.severity import Urgency

GOALS = Goals()
BEGIN = datetime(2026, 6, 1, 9, tzinfo=UTC)  # a Monday
WEEK = timedelta(weeks=1)
NIGHT, DAY = timedelta(hours=17), timedelta(hours=2)  # 02:00 and 11:00, from 09:00 on


def turns(count: int, person: str = "alice", first: int = 0, step: int = 2) -> list[Seat]:
    """Weeks from Monday 09:00, every other one."""
    return [
        Seat(person, BEGIN + (first + n * step) * WEEK, BEGIN + (first + n * step + 1) * WEEK, "primary")
        for n in range(count)
    ]


def paged(*moments: timedelta, person: str = "alice", count: int = 1) -> list[Paged]:
    return [Paged(person, BEGIN + moment, count=count) for moment in moments]


def of(seats: list[Seat], pages: list[Paged], weeks: int = 8, zone: str = "UTC") -> Health:
    zones = {seat.person: zone for seat in seats}
    return health(seats, pages, zones, BusinessHours(), BEGIN, BEGIN + weeks * WEEK)


def test_pages_are_counted_by_shift() -> None:
    standing = of(turns(2), paged(DAY, DAY, NIGHT)).team
    assert (standing.shifts, standing.pages, standing.pages_per_shift, standing.calm_shifts) == (2, 3, 1.5, 1)


def test_a_month_on_call_counts_as_a_shift_a_week() -> None:
    month = [Seat("alice", BEGIN, BEGIN + 4 * WEEK + timedelta(hours=1))]
    standing = of(month, paged(DAY)).team
    assert (standing.shifts, standing.calm_shifts, standing.longest_run) == (5, 4, 4)


def test_a_page_to_somebody_off_duty_is_told_apart() -> None:
    standing = of(turns(1), [*paged(WEEK + DAY), *paged(DAY, person="dan")]).team
    assert (standing.pages, standing.off_duty) == (0, 2)


@pytest.mark.parametrize(("zone", "broken"), [("UTC", 1), ("America/New_York", 0)])
def test_a_night_is_broken_on_the_clock_of_whoever_was_woken(zone: str, broken: int) -> None:
    """02:00 UTC is 22:00 in New York in summer; 01:59 is still the evening there."""
    just_before = paged(NIGHT - timedelta(minutes=1))
    assert of(turns(1), just_before, zone=zone).team.broken_nights == broken


def test_what_is_of_low_urgency_breaks_no_night() -> None:
    low = [Paged("alice", BEGIN + NIGHT, Urgency.LOW)]
    standing = of(turns(1), low).team
    assert (standing.pages, standing.broken_nights) == (1, 0)


def test_after_hours_are_those_outside_the_teams_business_hours() -> None:
    weeks = of(turns(1), paged(DAY, NIGHT, timedelta(days=5) + DAY), weeks=2).team.weeks
    assert [(week.pages, week.after_hours, week.broken_nights) for week in weeks] == [
        (3, 2, 1),
        (0, 0, 0),
        (0, 0, 0),
    ]
    assert weeks[0].starts_at == datetime(2026, 6, 1, tzinfo=UTC)


def test_people_stand_by_name_and_make_up_the_teams_sums() -> None:
    seats = [*turns(2, "bob"), *turns(2, "alice", first=1)]
    found = of(seats, [*paged(DAY, NIGHT, person="bob"), *paged(WEEK + NIGHT)])
    assert [person for person, _ in found.people] == ["alice", "bob"]
    for name in ("shifts", "pages", "nights", "broken_nights", "after_hours", "night_pages"):
        assert getattr(found.team, name) == sum(getattr(standing, name) for _, standing in found.people), name


def test_weeks_in_a_row_are_those_with_a_day_on_call_or_more() -> None:
    assert of(turns(3), []).team.longest_run == 1  # Monday's handoff at 09:00 is no second week
    assert of(turns(3, step=1), []).team.longest_run == 3


# -- in words ---------------------------------------------------------------------------------------------------------


def nights(counts: list[int]) -> Standing:
    """So many pages in each night from the first on."""
    pages = [
        page for day, count in enumerate(counts) for page in paged(NIGHT + timedelta(days=day), count=count)
    ]
    return of(turns(4), pages).team


@pytest.mark.parametrize(
    ("counts", "verdict", "words"),
    [
        ([], Verdict.CALM, "No night was broken"),
        ([1], Verdict.NOW_AND_THEN, "now and then, which is acceptable"),
        ([1, 0, 0, 1], Verdict.NOW_AND_THEN, "acceptable"),
        ([1, 1, 1, 1, 1], Verdict.TOO_OFTEN, "more than the 1 a shift"),
        ([3, 0, 3], Verdict.TOO_OFTEN, "broken"),
        ([3, 4, 3, 4], Verdict.SYSTEMIC, "This is systemic: 4 nights of one week with 3 pages or more"),
        ([4, 4, 4, 4, 4, 4, 4], Verdict.SYSTEMIC, "7 nights of one week"),
    ],
)
def test_a_night_now_and_then_is_acceptable_and_three_or_four_pages_every_night_are_systemic(
    counts: list[int], verdict: Verdict, words: str
) -> None:
    standing = nights(counts)
    assert standing.verdict(GOALS) is verdict
    assert words in said(standing, GOALS)[0]


def test_the_goals_are_the_teams_own() -> None:
    standing = of(turns(1), paged(DAY, DAY, DAY)).team
    assert "above the goal of 2" in said(standing, GOALS)[1]
    assert "within the goal of 3" in said(standing, Goals(pages_per_shift=3))[1]
    assert nights([1, 1, 1, 1, 1]).verdict(Goals(broken_nights=2)) is Verdict.NOW_AND_THEN


@pytest.mark.parametrize(("early", "late", "word"), [(1, 5, "worse"), (5, 1, "better"), (3, 3, "as it was")])
def test_the_trend_holds_four_weeks_against_the_four_before(early: int, late: int, word: str) -> None:
    pages = [
        page for week in range(8) for page in paged(week * WEEK + NIGHT, count=early if week < 4 else late)
    ]
    standing = of(turns(8, step=1), pages, weeks=8).team
    assert word in said(standing, GOALS)[-1]


def test_nobody_on_call_is_said_so() -> None:
    assert said(of([], []).team, GOALS) == ("Nobody was on call in this time.",)
