"""Restrictions: windows by weekday and local time of day."""

from datetime import UTC, datetime, time
from typing import NamedTuple

from tocsin.core.oncall import restrictions as rules
from tocsin.core.oncall.schedule import Restriction


class Window(NamedTuple):
    is_open: bool
    until: datetime


def window_at(restrictions: tuple[Restriction, ...], time_zone: str, instant: datetime) -> Window:
    return Window(*rules.window_at(restrictions, time_zone, instant))


OFFICE = (Restriction(days=(0, 1, 2, 3, 4), start=time(9), end=time(17)),)
NIGHTS = (Restriction(days=(4,), start=time(22), end=time(6)),)  # Friday night


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def is_open(restrictions: tuple[Restriction, ...], time_zone: str, text: str) -> bool:
    return window_at(restrictions, time_zone, at(text)).is_open


def test_a_window_is_open_from_its_start_to_just_before_its_end() -> None:
    assert not is_open(OFFICE, "Europe/Berlin", "2026-06-05 06:59")
    assert is_open(OFFICE, "Europe/Berlin", "2026-06-05 07:00")
    assert is_open(OFFICE, "Europe/Berlin", "2026-06-05 14:59")
    assert not is_open(OFFICE, "Europe/Berlin", "2026-06-05 15:00")


def test_it_tells_when_it_closes_and_when_it_opens_next() -> None:
    assert window_at(OFFICE, "UTC", at("2026-06-05 12:00")).until == at("2026-06-05 17:00")
    assert window_at(OFFICE, "UTC", at("2026-06-05 17:00")).until == at("2026-06-08 09:00")


def test_an_overnight_window_belongs_to_the_day_it_begins_on() -> None:
    assert not is_open(NIGHTS, "UTC", "2026-06-05 05:59")  # Friday morning
    assert is_open(NIGHTS, "UTC", "2026-06-05 22:00")
    assert is_open(NIGHTS, "UTC", "2026-06-06 05:59")
    assert not is_open(NIGHTS, "UTC", "2026-06-06 06:00")
    assert not is_open(NIGHTS, "UTC", "2026-06-06 22:00")  # Saturday night


def test_an_overnight_window_keeps_its_local_ends_across_a_clock_change() -> None:
    saturday = (Restriction(days=(5,), start=time(22), end=time(6)),)
    spring = window_at(saturday, "Europe/Berlin", at("2026-03-28 21:00"))
    autumn = window_at(saturday, "Europe/Berlin", at("2026-10-24 20:00"))
    assert (spring.is_open, spring.until) == (True, at("2026-03-29 04:00"))  # seven hours
    assert (autumn.is_open, autumn.until) == (True, at("2026-10-25 05:00"))  # nine hours


def test_a_window_over_a_doubled_hour_does_not_close_within_it() -> None:
    early = (Restriction(start=time(1, 30), end=time(2, 30)),)
    window = window_at(early, "America/New_York", at("2026-11-01 05:30"))
    assert (window.is_open, window.until) == (True, at("2026-11-01 07:30"))


def test_several_windows_add_up_and_touching_ones_are_one() -> None:
    both = (
        Restriction(days=(0,), start=time(9), end=time(12)),
        Restriction(days=(0,), start=time(12), end=time(17)),
    )
    assert window_at(both, "UTC", at("2026-06-08 10:00")).until == at("2026-06-08 17:00")


def test_the_same_start_and_end_is_the_whole_day() -> None:
    weekend = (Restriction(days=(5, 6)),)
    assert window_at(weekend, "UTC", at("2026-06-06 00:00")).until == at("2026-06-08 00:00")
    assert not is_open(weekend, "UTC", "2026-06-08 00:00")


def test_a_window_on_no_day_never_opens() -> None:
    window = window_at((Restriction(days=()),), "UTC", at("2026-06-06 00:00"))
    assert not window.is_open
    assert window.until > at("2026-06-06 00:00")
