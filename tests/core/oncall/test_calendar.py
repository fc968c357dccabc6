"""Whose the events of somebody else's calendar are, and when: word for word, never guessed, in the right zone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tocsin.core.oncall.calendar import (
    MOST_AT_ONCE,
    Calendar,
    CalendarEvent,
    Content,
    PeopleIn,
    Serves,
    Told,
    layer_events,
    leaves_of,
    understood,
    web_address,
)
from tocsin.core.people import Person

PEOPLE = {
    "alice": Person("alice", "Alice Ames", "alice@example.com", "Europe/Berlin"),
    "bob": Person("bob", "Bob Burns", "bob@example.com", "America/New_York"),
    "sam1": Person("sam1", "Sam Smith"),
    "sam2": Person("sam2", "Sam Smith"),
}
LEAVE = Calendar("hr", "https://hr.example.com/x.ics", Serves.LEAVE)
SHIFTS = replace(LEAVE, serves=Serves.SCHEDULE)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def event(summary: str = "", *attendees: str, description: str = "", **changed: object) -> CalendarEvent:
    return CalendarEvent("u", NOON, NOON + timedelta(hours=1), summary, description, attendees, **changed)  # type: ignore[arg-type]


def whose(one: CalendarEvent, calendar: Calendar = SHIFTS) -> list[str]:
    return [each.people[0] for each in read(calendar, one).told]


def read(calendar: Calendar, *events: CalendarEvent, zone: str = "UTC", members: object = None):
    return understood(calendar, Content("hr", events), PEOPLE, members, zone)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "summary, people",
    [
        ("alice", ["alice"]),
        ("  ALICE   ames ", ["alice"]),
        ("Alice@Example.com", ["alice"]),
        ("mailto:alice@example.com", ["alice"]),
        ("Alice Ames - Vacation", ["alice"]),
        ("Vacation: Alice Ames", ["alice"]),
        ("Alice Ames (primary)", ["alice"]),
        ("[L1] alice", ["alice"]),
        ("alice, bob", ["alice", "bob"]),
        ("On call: Alice Ames and bob", ["alice", "bob"]),
        ("alice & bob", ["alice", "bob"]),
        ("alicex", []),
        ("not alice", []),
        ("Ames", []),
        ("", []),
    ],
)
def test_a_title_names_people_word_for_word(summary: str, people: list[str]) -> None:
    assert whose(event(summary)) == people


@pytest.mark.parametrize(
    "one, said",
    [
        (event("Sam Smith"), "may be any of sam1, sam2"),
        (event("alice, zoe"), "'zoe' is nobody here"),
        (event("Company party"), "Company party on 2026-07-01: it names nobody"),
        (event("", "zoe@example.com"), "'zoe@example.com' is nobody here"),
    ],
)
def test_what_is_nobodys_for_sure_counts_for_nobody_and_is_told_of(one: CalendarEvent, said: str) -> None:
    found = read(SHIFTS, one)
    assert found.told == () and said in found.unclear[0]


def test_the_first_place_that_names_somebody_counts() -> None:
    assert whose(event("alice", "bob@example.com")) == ["alice"]
    assert whose(event("Primary", "bob@example.com")) == ["bob"]
    assert whose(event("Primary", description="alice")) == ["alice"]
    only = replace(SHIFTS, people_in=(PeopleIn.ATTENDEE,))
    assert whose(event("alice", "bob@example.com"), only) == ["bob"]


def test_all_who_are_invited_to_a_shift_have_it_but_not_to_somebodys_leave() -> None:
    both = event("Primary", "alice@example.com", "bob@example.com")
    assert whose(both) == ["alice", "bob"]
    assert whose(both, LEAVE) == [] and "several attendees" in read(LEAVE, both).unclear[0]
    assert whose(event("Off", "bob@example.com"), LEAVE) == ["bob"]


def test_a_calendar_of_one_person_needs_no_names() -> None:
    assert whose(event("Dentist"), replace(LEAVE, person="bob")) == ["bob"]
    assert whose(event("Dentist"), replace(LEAVE, person="gone")) == []


def test_of_a_teams_leave_only_its_members_counts_and_others_is_no_warning() -> None:
    found = read(LEAVE, event("alice"), event("bob"), members=frozenset({"bob"}))
    assert [leave.person for leave in leaves_of(LEAVE, found.told)] == ["bob"]
    assert found.unclear == ()


def test_webcal_is_https() -> None:
    assert web_address("webcal://x.example/a") == "https://x.example/a"
    assert web_address("http://x.example/a") == "http://x.example/a"


# --- zones -----------------------------------------------------------------------------------------------------------

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Santiago",
    "UTC",
)


@given(
    st.dates(datetime(2020, 1, 1).date(), datetime(2035, 12, 31).date()),
    st.integers(1, 5),
    st.sampled_from(ZONES),
    st.sampled_from([LEAVE, SHIFTS]),
)
def test_a_whole_day_is_as_long_as_the_clocks_of_its_zone_make_it(day, days, zone, calendar) -> None:
    starts = datetime(day.year, day.month, day.day)
    one = CalendarEvent("u", starts, starts + timedelta(days=days), "alice", all_day=True)
    people = {"alice": replace(PEOPLE["alice"], time_zone=zone)}
    (told,) = understood(calendar, Content("hr", (one,)), people, None, zone).told
    for at, local in ((told.starts_at, one.starts), (told.ends_at, one.ends)):
        shown = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert shown == local or local < shown <= local + timedelta(hours=1)  # a midnight that was skipped
        before = (at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert before < local


def test_a_day_of_leave_is_the_persons_own_and_one_of_shifts_the_schedules() -> None:
    day = datetime(2026, 7, 1)
    one = CalendarEvent("u", day, day + timedelta(days=1), "bob", all_day=True)
    (leave,) = read(LEAVE, one, zone="Asia/Tokyo").told
    (shift,) = read(SHIFTS, one, zone="Asia/Tokyo").told
    assert leave.starts_at == datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert shift.starts_at == datetime(2026, 6, 30, 15, tzinfo=UTC)


def test_the_calendars_own_zone_goes_over_the_feeds_and_that_over_the_schedules() -> None:
    one = CalendarEvent("u", datetime(2026, 7, 1, 9), datetime(2026, 7, 1, 17), "bob")
    content = Content("hr", (one,), "Europe/Berlin")
    (told,) = understood(SHIFTS, content, PEOPLE, None, "Asia/Tokyo").told
    assert told.starts_at.hour == 7
    (told,) = understood(replace(SHIFTS, time_zone="UTC"), content, PEOPLE, None, "Asia/Tokyo").told
    assert told.starts_at.hour == 9


# --- layers ----------------------------------------------------------------------------------------------------------


def held(person: str, begins: int, ends: int, level: int = 0) -> Told:
    return Told(event(), (person,), NOON + timedelta(hours=begins), NOON + timedelta(hours=ends), level)


@given(
    st.lists(
        st.builds(
            lambda person, begins, length, level: held(person, begins, begins + length, level),
            st.sampled_from(["alice", "bob", "carol"]),
            st.integers(0, 20),
            st.integers(1, 10),
            st.integers(0, 2),
        ),
        max_size=8,
    )
)
def test_at_each_hour_the_highest_level_counts_and_nothing_overlaps(told: list[Told]) -> None:
    found = layer_events(told)
    for one, following in pairwise(found):
        assert one[1] <= following[0]
        assert one[1] < following[0] or one[2] != following[2]
    for hour in range(32):
        at = NOON + timedelta(hours=hour)
        present = [each for each in told if each.starts_at <= at < each.ends_at]
        highest = max((each.level for each in present), default=0)
        people = tuple(sorted({each.people[0] for each in present if each.level == highest}))
        assert next((p for a, b, p in found if a <= at < b), ()) == people


def test_a_feed_that_names_everybody_at_once_puts_only_the_first_on_call() -> None:
    """Else a stranger's mistake would cost each load of the configuration seconds, and page a thousand people."""
    found = layer_events(held(f"p{n:04}", 0, n + 1) for n in range(5_000))
    assert len(found) < 5_100 and all(len(people) <= MOST_AT_ONCE for _, _, people in found)
    assert found[0][2] == tuple(f"p{n:04}" for n in range(MOST_AT_ONCE))
    assert (found[0][0], found[-1][1]) == (NOON, NOON + timedelta(hours=5_000))
