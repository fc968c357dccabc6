"""What people write for an instant, and how one is shown to them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cli.times import local, parse_future, parse_instant, span

ZONE = "Europe/Berlin"
BERLIN = ZoneInfo(ZONE)
NOW = datetime(2026, 6, 14, 14, 32, tzinfo=BERLIN)  # a Sunday


@pytest.mark.parametrize(("text", "meant"), [
    ("now", "2026-06-14T12:32:00Z"),
    ("2h", "2026-06-14T14:32:00Z"),
    ("in 90m", "2026-06-14T14:02:00Z"),
    ("+1d", "2026-06-15T12:32:00Z"),
    ("30m ago", "2026-06-14T12:02:00Z"),
    ("18:00", "2026-06-14T16:00:00Z"),
    ("09:00", "2026-06-15T07:00:00Z"),
    ("today 09:00", "2026-06-14T07:00:00Z"),
    ("tomorrow 09:00", "2026-06-15T07:00:00Z"),
    ("Tomorrow 9:00", "2026-06-15T07:00:00Z"),
    ("yesterday 22:00", "2026-06-13T20:00:00Z"),
    ("tomorrow", "2026-06-14T22:00:00Z"),
    ("Mon", "2026-06-14T22:00:00Z"),
    ("Mon 09:00", "2026-06-15T07:00:00Z"),
    ("monday 09:00", "2026-06-15T07:00:00Z"),
    ("Sun 18:00", "2026-06-14T16:00:00Z"),
    ("Sun 09:00", "2026-06-21T07:00:00Z"),
    ("2026-07-01", "2026-06-30T22:00:00Z"),
    ("2026-07-01 09:00", "2026-07-01T07:00:00Z"),
    ("2026-07-01T09:00", "2026-07-01T07:00:00Z"),
    ("2026-07-01T09:00:00Z", "2026-07-01T09:00:00Z"),
    ("2026-07-01T09:00:00+05:30", "2026-07-01T03:30:00Z"),
    ("2026-07-01 09:00 America/New_York", "2026-07-01T13:00:00Z"),
    ("tomorrow 09:00 UTC", "2026-06-15T09:00:00Z"),
])  # fmt: skip
def test_an_instant_is_understood(text: str, meant: str) -> None:
    assert parse_instant(text, NOW, ZONE) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "tomorrow noon", "2026-13-01", "12", "a b c", "9999999999w"]
)
def test_what_is_no_instant_says_what_is_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected for example 2h"):
        parse_instant(text, NOW, ZONE)


def test_a_time_that_the_clock_change_skips_is_the_next_that_exists() -> None:
    assert parse_instant("2026-03-29 02:30", NOW, ZONE) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_time_that_happens_twice_is_its_first() -> None:
    assert parse_instant("2026-10-25 02:30", NOW, ZONE) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_end_that_has_passed_is_refused() -> None:
    with pytest.raises(ValueError, match="has passed"):
        parse_future("today 09:00", NOW, ZONE)


@given(st.text(max_size=30))
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    try:
        assert parse_instant(text, NOW, ZONE).tzinfo is UTC
    except ValueError as wrong:
        assert "expected" in str(wrong)


@pytest.mark.parametrize(("instant", "shown"), [
    (NOW - timedelta(minutes=4), "14:28 CEST"),
    (NOW - timedelta(days=1), "Sat 14:32 CEST"),
    (NOW + timedelta(days=3), "Wed 14:32 CEST"),
    (NOW - timedelta(days=40), "2026-05-05 14:32 CEST"),
])  # fmt: skip
def test_an_instant_is_shown_in_local_time_as_short_as_it_can_be(instant: datetime, shown: str) -> None:
    assert local(instant, NOW, ZONE) == shown


@pytest.mark.parametrize(("seconds", "shown"), [
    (0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (7500, "2h 5m"), (273600, "3d 4h"),
])  # fmt: skip
def test_a_length_of_time_is_shown_in_two_units_at_most(seconds: int, shown: str) -> None:
    assert span(timedelta(seconds=seconds)) == shown
