"""Instants and durations come back as they went."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.core.instants import EPOCH, format_duration, instant, micros, parse_duration

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC) | offsets)


@given(instants)
def test_an_instant_comes_back_from_its_microseconds(moment: datetime) -> None:
    back = instant(micros(moment))
    assert back == moment
    assert back.tzinfo is UTC


@given(st.integers(micros(datetime(1, 1, 1, tzinfo=UTC)), micros(datetime(9999, 12, 31, tzinfo=UTC))))
def test_microseconds_come_back_from_their_instant(count: int) -> None:
    assert micros(instant(count)) == count


@given(instants, instants)
def test_microseconds_order_as_their_instants(one: datetime, other: datetime) -> None:
    assert (micros(one) < micros(other)) == (one < other)


def test_microseconds_count_from_the_epoch() -> None:
    assert micros(EPOCH) == 0
    assert micros(EPOCH + timedelta(seconds=1)) == 1_000_000
    assert micros(EPOCH - timedelta(microseconds=1)) == -1


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0", timedelta(0)),
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("10m", timedelta(minutes=10)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        (" 2d ", timedelta(days=2)),
        ("1w", timedelta(days=7)),
        ("1y", timedelta(days=365)),
        ("5ms", timedelta(milliseconds=5)),
        ("1m5ms", timedelta(minutes=1, milliseconds=5)),
        ("1y2w3d4h5m6s7ms", timedelta(days=382, hours=4, minutes=5, seconds=6, milliseconds=7)),
    ],
)
def test_a_duration_is_read_as_prometheus_writes_it(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", " ", "5", "m", "1.5h", "-1m", "1m1h", "1m1m", "1 m", "1h 30m", "1M", "1min", "10m!", "1e3s", "∞"],
)
def test_what_is_no_duration_is_named_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; expected for example 30s, 10m"):
        parse_duration(text)


def test_a_duration_too_long_for_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        parse_duration("99999999999999999999y")


@given(st.integers(0, 10**12).map(lambda count: timedelta(milliseconds=count)))
@example(timedelta(days=10))
@example(timedelta(weeks=2))
@example(timedelta(weeks=1, milliseconds=1))
@example(timedelta(days=365))
def test_a_duration_comes_back_from_its_text(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(st.text(alphabet="0123456789ywdhms", max_size=14))
def test_a_text_is_refused_or_means_the_same_when_written_again(text: str) -> None:
    try:
        duration = parse_duration(text)
    except ValueError:
        return
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize("text", ["0s", "30s", "10m", "1h30m", "2d", "10d", "1w", "2w", "250ms", "1m5ms"])
def test_a_duration_is_written_the_way_people_write_it(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


def test_what_lies_beyond_the_calendar_is_its_end() -> None:
    last = micros(datetime.max.replace(tzinfo=UTC))
    assert instant(last) == instant(last + 1) == instant(2**62) == datetime.max.replace(tzinfo=UTC)
    assert instant(-(2**62)) == datetime.min.replace(tzinfo=UTC)
