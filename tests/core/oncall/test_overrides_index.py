"""The index of overrides, by schedule."""

from datetime import UTC, date, datetime, timedelta

from tocsin.core.oncall.overrides import Overrides
from tocsin.core.oncall.schedule import Layer, Override, Rotation, Schedule
from tocsin.core.oncall.shifts import who_is_on_call

NOW = datetime(2026, 6, 8, 12, tzinfo=UTC)
PRIMARY = Schedule("primary", layers=(Layer(Rotation((("alice",),), date(2026, 1, 1))),))


def test_whoever_is_asked_of_one_schedule_pays_nothing_for_the_overrides_of_others() -> None:
    """A page waits for who is on call: after each load of the configuration it would wait for thousands of others."""
    whole_day = (NOW - timedelta(hours=12), NOW + timedelta(hours=12))
    nobody_can_reckon = (datetime(2026, 6, 1), datetime(9999, 12, 31))
    overrides = Overrides(
        [Override("1", "other", "carol", *nobody_can_reckon), Override("2", "primary", "bob", *whole_day)]
    )
    assert who_is_on_call({"primary": PRIMARY}, "primary", NOW, overrides).people == ("bob",)
    assert overrides.of("nobody's") is None
    assert overrides.of("primary") is overrides.of("primary")
