from datetime import UTC, datetime

import pytest

from tocsin.core.configuration import TimeInterval, TimeRange
from tocsin.core.detect.time_intervals import contains, muted_by, range_contains


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "instant", "expected"),
    [
        (TimeRange(), "2026-06-14 14:32", True),
        (TimeRange(times=((540, 1020),)), "2026-06-14 09:00", True),
        (TimeRange(times=((540, 1020),)), "2026-06-14 16:59", True),
        (TimeRange(times=((540, 1020),)), "2026-06-14 17:00", False),
        (TimeRange(times=((1080, 1440),)), "2026-06-14 23:59", True),
        (TimeRange(times=((0, 60), (1380, 1440))), "2026-06-14 23:30", True),
        (TimeRange(weekdays=((0, 0),)), "2026-06-14 12:00", True),  # a Sunday
        (TimeRange(weekdays=((1, 5),)), "2026-06-14 12:00", False),
        (TimeRange(days_of_month=((-1, -1),)), "2026-02-28 12:00", True),
        (TimeRange(days_of_month=((-3, -1),)), "2026-02-25 12:00", False),
        (TimeRange(days_of_month=((31, 31),)), "2026-02-28 12:00", False),
        (TimeRange(days_of_month=((28, 31),)), "2026-02-28 12:00", True),
        (TimeRange(days_of_month=((1, -1),)), "2026-02-10 12:00", True),
        (TimeRange(months=((6, 8),)), "2026-06-14 12:00", True),
        (TimeRange(years=((2027, 2028),)), "2026-06-14 12:00", False),
        (TimeRange(times=((540, 600),), location="Europe/Berlin"), "2026-06-14 07:30", True),
        (TimeRange(times=((540, 600),), weekdays=((1, 1),)), "2026-06-14 09:30", False),
    ],
)
def test_a_range_holds_an_instant_when_every_given_field_does(
    entry: TimeRange, instant: str, expected: bool
) -> None:
    assert range_contains(entry, at(instant)) is expected


def test_an_interval_holds_when_any_of_its_ranges_does() -> None:
    interval = TimeInterval("odd", (TimeRange(years=((2000, 2001),)), TimeRange(months=((6, 6),))))
    assert contains(interval, at("2026-06-14 12:00"))
    assert not contains(interval, at("2026-07-14 12:00"))


def test_a_route_is_muted_by_an_active_mute_or_outside_all_its_active_intervals() -> None:
    intervals = {
        "night": TimeInterval("night", (TimeRange(times=((0, 360),)),)),
        "day": TimeInterval("day", (TimeRange(times=((540, 1020),)),)),
    }
    night, day = at("2026-06-14 03:00"), at("2026-06-14 12:00")
    assert muted_by(("night",), (), intervals, night) == "night"
    assert muted_by(("night",), (), intervals, day) is None
    assert muted_by((), ("day",), intervals, night) == "outside day"
    assert muted_by((), ("day",), intervals, day) is None
    assert muted_by((), (), intervals, night) is None
    assert muted_by((), ("unknown",), intervals, day) == "outside unknown"
