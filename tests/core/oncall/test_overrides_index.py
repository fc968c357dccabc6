"""The index of overrides, by schedule."""

from datetime import UTC, date, datetime, time, timedelta

from tocsin.core.oncall.overrides import Overrides
from tocsin.core.oncall.schedule import Layer, Override, OverrideKind, Rotation, Schedule
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


def test_an_answer_that_is_kept_is_what_asking_anew_says_whatever_the_order_of_instants() -> None:
    house = {"primary": weekly_house(), "second": Schedule("second", secondary_of="primary")}
    covers = [
        Override("1", "primary", "carol", MONDAY + HOUR, MONDAY + 3 * HOUR),
        Override("2", "primary", "dan", MONDAY + 2 * HOUR, MONDAY + 4 * HOUR, OverrideKind.ADD),
    ]
    kept = Overrides(covers)
    instants = [MONDAY + step * HOUR / 2 for step in (0, 2, 1, 9, 5, 4, 3, 400, 6, 7, 8, -2, 5)]
    for at in instants:
        for key in house:
            assert who_is_on_call(house, key, at, kept) == who_is_on_call(house, key, at, covers), (key, at)


def test_an_answer_is_kept_for_these_schedules_alone() -> None:
    kept = Overrides()
    before = {"primary": weekly_house()}
    assert who_is_on_call(before, "primary", MONDAY, kept).people == ("alice",)
    after = {"primary": weekly_house(people=(("bob",), ("alice",)))}
    assert who_is_on_call(after, "primary", MONDAY, kept).people == ("bob",)


MONDAY, HOUR = datetime(2026, 6, 8, 7, tzinfo=UTC), timedelta(hours=1)


def weekly_house(people: tuple[tuple[str, ...], ...] = (("alice",), ("bob",))) -> Schedule:
    return Schedule("primary", layers=(Layer(Rotation(people, date(2026, 6, 8), handoff_at=time(7))),))
