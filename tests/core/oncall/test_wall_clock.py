"""Local wall time to instants: skipped times move on, doubled ones are the first."""

from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.oncall.wall_clock import instant_of, local_date, window, zone

ZONES = [
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "America/Havana",
]


@pytest.mark.parametrize(
    ("zone_name", "wall", "instant"),
    [
        ("Europe/Berlin", "2026-07-01 09:00", "2026-07-01 07:00"),
        ("Asia/Kathmandu", "2026-07-01 09:00", "2026-07-01 03:15"),
        ("America/New_York", "2026-03-08 01:59", "2026-03-08 06:59"),
        ("America/New_York", "2026-03-08 02:00", "2026-03-08 07:00"),  # skipped until 03:00
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("America/New_York", "2026-03-08 03:00", "2026-03-08 07:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),  # the first of two
        ("America/New_York", "2026-11-01 02:00", "2026-11-01 07:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),  # half an hour is skipped
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),  # and half an hour is doubled
        ("Pacific/Apia", "2011-12-30 09:00", "2011-12-30 10:00"),  # a day that never was
        ("Pacific/Apia", "2011-12-31 00:00", "2011-12-30 10:00"),
        ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30"),  # back for Ramadan
        ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 02:00"),  # and forth after it
    ],
)
def test_a_wall_time_is_the_first_instant_that_shows_it_or_later(
    zone_name: str, wall: str, instant: str
) -> None:
    assert instant_of(datetime.fromisoformat(wall), zone_name) == datetime.fromisoformat(instant + "+00:00")


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2005, 1, 1), datetime(2036, 1, 1)),
)
@settings(max_examples=300, deadline=None)
def test_no_earlier_instant_shows_the_wall_time(zone_name: str, wall: datetime) -> None:
    found = instant_of(wall, zone_name)
    assert found.tzinfo is UTC
    tz = zone(zone_name)

    def shown(instant: datetime) -> datetime:
        return instant.astimezone(tz).replace(tzinfo=None)

    assert shown(found) >= wall
    before = [found - timedelta(microseconds=1)] + [found - timedelta(minutes=5 * n) for n in range(1, 60)]
    assert all(shown(instant) < wall for instant in before)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2010, 1, 1), datetime(2036, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
@settings(max_examples=300, deadline=None)
def test_later_wall_times_are_never_earlier_instants(
    zone_name: str, wall: datetime, later: timedelta
) -> None:
    assert instant_of(wall, zone_name) <= instant_of(wall + later, zone_name)


def test_a_window_that_ends_before_it_starts_runs_overnight() -> None:
    assert window(date(2026, 6, 5), time(22), time(6), "UTC") == (
        datetime(2026, 6, 5, 22, tzinfo=UTC),
        datetime(2026, 6, 6, 6, tzinfo=UTC),
    )


def test_a_window_that_a_clock_change_skips_is_empty() -> None:
    starts_at, ends_at = window(date(2026, 3, 29), time(2), time(3), "Europe/Berlin")
    assert starts_at == ends_at


def test_the_local_date_is_the_zones() -> None:
    assert local_date(datetime(2026, 6, 5, 23, tzinfo=UTC), "Asia/Kathmandu") == date(2026, 6, 6)


@pytest.mark.parametrize(
    "name", ["Europe/Berln", "", "Europe", "../UTC", "/UTC", "zones", "leapseconds", "UTC\0"]
)
def test_an_unknown_zone_is_named_in_the_error(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        zone(name)


def test_every_zone_of_the_package_loads() -> None:
    names = files("tzdata").joinpath("zones").read_text().split()
    assert len(names) > 400
    for name in names:
        zone(name)
