"""Business hours: open or not, and when next, across clock changes, nights and holidays."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.business_hours import is_open, next_opening
from tocsin.core.oncall.wall_clock import zone
from tocsin.core.people import BusinessHours

BERLIN = BusinessHours(time_zone="Europe/Berlin")
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "open_then"),
    [
        ("2026-06-05 06:59:59.999999", False),
        ("2026-06-05 07:00", True),  # a Friday, 09:00 in Berlin
        ("2026-06-05 14:59:59.999999", True),
        ("2026-06-05 15:00", False),
        ("2026-06-06 10:00", False),
        ("2026-10-26 07:30", False),  # the Monday after the clock went back
        ("2026-10-26 08:00", True),
    ],
)
def test_hours_include_their_start_and_exclude_their_end(instant: str, open_then: bool) -> None:
    assert is_open(BERLIN, at(instant)) is open_then


def test_the_next_opening_is_now_when_open() -> None:
    assert next_opening(BERLIN, at("2026-06-05 12:00")) == at("2026-06-05 12:00")


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-06-05 05:00", "2026-06-05 07:00"),
        ("2026-06-05 15:00", "2026-06-08 07:00"),  # Friday evening to Monday
        ("2026-03-27 20:00", "2026-03-30 07:00"),  # over the change to summer time
        ("2026-10-23 20:00", "2026-10-26 08:00"),  # and back
    ],
)
def test_the_next_opening_keeps_local_time(instant: str, opening: str) -> None:
    assert next_opening(BERLIN, at(instant)) == at(opening)


def test_a_holiday_is_closed_and_passed_over() -> None:
    hours = BusinessHours(time_zone="Europe/Berlin", holidays=(date(2026, 12, 24), date(2026, 12, 25)))
    assert not is_open(hours, at("2026-12-24 12:00"))
    assert next_opening(hours, at("2026-12-23 20:00")) == at("2026-12-28 08:00")


def test_a_year_of_holidays_is_passed_over() -> None:
    year = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    assert next_opening(BusinessHours(holidays=year), at("2026-01-05 12:00")) == at("2027-01-01 09:00")


def test_hours_on_no_day_never_open() -> None:
    assert next_opening(BusinessHours(days=()), at("2026-06-05 12:00")) is None


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    nights = BusinessHours(days=(4,), start=time(22), end=time(6), holidays=(date(2026, 6, 6),))
    assert is_open(nights, at("2026-06-06 05:59"))
    assert not is_open(nights, at("2026-06-06 06:00"))
    assert next_opening(nights, at("2026-06-06 06:00")) == at("2026-06-12 22:00")


def test_hours_that_start_at_a_skipped_time_start_at_the_next_existing_one() -> None:
    early = BusinessHours(time_zone="America/New_York", days=(6,), start=time(2, 30), end=time(10))
    assert next_opening(early, at("2026-03-07 12:00")) == at("2026-03-08 07:00")


def test_a_day_that_never_was_does_not_open() -> None:
    fridays = BusinessHours(time_zone="Pacific/Apia", days=(4,))  # Apia had no Friday 2011-12-30
    assert next_opening(fridays, at("2011-12-25 00:00")) == at("2012-01-05 19:00")


hours = st.builds(
    BusinessHours,
    time_zone=st.sampled_from(
        ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
    ),
    days=st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
    start=st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15)),
    end=st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15)),
    holidays=st.just((date(2026, 3, 29), date(2026, 10, 26))),
)


@given(
    hours,
    st.sampled_from(["2026-03-0", "2026-03-2", "2026-04-0", "2026-10-2", "2026-11-0"]),
    st.integers(1, 9),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_hours_are_what_the_wall_clock_says(
    hours: BusinessHours, month: str, day: int, data: st.DataObject
) -> None:
    tz = zone(hours.time_zone)
    start = at(f"{month}{day} 00:00") + data.draw(st.integers(0, 1439)) * MINUTE

    # The high-water mark of the wall clock: what it shows, but for an hour that comes twice.
    mark, marks = datetime(1, 1, 1), []
    for n in range(-180, 24 * 60):
        mark = max(mark, (start + n * MINUTE).astimezone(tz).replace(tzinfo=None))
        marks.append(mark)

    def says(mark: datetime) -> bool:
        for back in (0, 1):
            day = mark.date() - timedelta(days=back)
            opens, closes = datetime.combine(day, hours.start), datetime.combine(day, hours.end)
            closes += timedelta(days=1) if closes <= opens else timedelta(0)
            if day.weekday() in hours.days and day not in hours.holidays and opens <= mark < closes:
                return True
        return False

    expected = [says(mark) for mark in marks[180:]]
    assert [is_open(hours, start + n * MINUTE) for n in range(0, 24 * 60, 5)] == expected[::5]
    opening = next_opening(hours, start)
    if any(expected):
        assert opening == start + expected.index(True) * MINUTE
    else:
        assert opening is None or opening >= start + timedelta(days=1)
    assert (opening is None) == (hours.days == ())
    assert opening is None or is_open(hours, opening)
