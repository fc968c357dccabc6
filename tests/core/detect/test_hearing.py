"""An integration's silence is judged by its own longest one lately."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.detect.hearing import (
    DAY,
    HOUR,
    MINUTE,
    NOTED_EVERY,
    WEEK,
    Heard,
    never_heard,
    silent_unusually,
    spoke,
)

START = 1_000 * DAY


def listening(*gaps: int) -> Heard:
    """Heard at START, and again after each gap."""
    at, known = START, spoke(Heard("prom", since=START - DAY), START)
    for gap in gaps:
        at += gap
        known = spoke(known, at)
    return known


def test_silence_is_unusual_when_it_is_twice_the_longest_lately() -> None:
    known = listening(*[3 * HOUR] * 12)
    assert not silent_unusually(known, known.last_at + 6 * HOUR)
    assert silent_unusually(known, known.last_at + 6 * HOUR + MINUTE)


def test_less_than_an_hour_is_no_silence_for_who_speaks_every_minute() -> None:
    known = listening(*[2 * MINUTE] * 800)
    assert not silent_unusually(known, known.last_at + HOUR)
    assert silent_unusually(known, known.last_at + HOUR + MINUTE)


def test_nobody_knows_what_is_usual_before_a_day_and_ten_times() -> None:
    for gaps in ([MINUTE] * 100, [30 * HOUR] * 3):
        known = listening(*gaps)
        assert not silent_unusually(known, known.last_at + 5 * DAY)


def test_a_weekend_that_was_silent_makes_the_next_one_usual() -> None:
    workdays = [HOUR] * 100
    known = listening(*workdays, 64 * HOUR, *workdays)
    assert not silent_unusually(known, known.last_at + 65 * HOUR)


def test_a_long_silence_is_forgotten_after_two_weeks() -> None:
    known = listening(4 * DAY, *[HOUR] * (24 * 16))
    assert known.usual == HOUR


def test_one_that_was_switched_off_long_ago_is_not_told_of_for_ever() -> None:
    known = listening(*[HOUR] * 30)
    assert silent_unusually(known, known.last_at + 10 * DAY)
    assert not silent_unusually(known, known.last_at + 15 * DAY)


def test_one_that_never_spoke_is_told_of_after_an_hour() -> None:
    new = Heard("prom", since=START)
    assert not never_heard(new, START + HOUR - 1) and never_heard(new, START + HOUR)
    assert not never_heard(spoke(new, START), START + HOUR)
    assert not silent_unusually(new, START + WEEK)


@given(st.lists(st.integers(-DAY, 3 * WEEK), max_size=60))
def test_it_is_noted_once_a_minute_and_never_backwards(gaps: list[int]) -> None:
    at, known = START, Heard("prom", since=START)
    for gap in gaps:
        at += gap
        before, known = known, spoke(known, at)
        if before.last_at:
            assert known is before or known.last_at >= before.last_at + NOTED_EVERY
            assert known is not before or at < before.last_at + NOTED_EVERY
        assert known.usual >= 0 and known.first_at <= known.last_at
