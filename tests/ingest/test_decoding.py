"""Instants as senders write them, and the limits on labels."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.detect.signal import Unreadable
from tocsin.core.instants import micros
from tocsin.ingest.decoding import annotations_in, instant, labels_in, lenient_instant

AT = micros(datetime(2026, 6, 14, 14, 32, 0, 123456, tzinfo=UTC))


@pytest.mark.parametrize(
    "written",
    [
        "2026-06-14T14:32:00.123456Z",
        "2026-06-14T14:32:00.123456789Z",
        "2026-06-14t14:32:00.123456z",
        "2026-06-14T16:32:00.123456+02:00",
        "2026-06-14T16:32:00.123456+0200",
        "2026-06-14T09:02:00.123456-05:30",
    ],
)
def test_one_instant_in_many_forms(written: str) -> None:
    assert instant(written) == AT


@pytest.mark.parametrize(
    "written", ["", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00.000Z"]
)
def test_gos_zero_time_is_none(written: str) -> None:
    assert instant(written) is None


@pytest.mark.parametrize(
    "written",
    ["2026-06-14", "2026-06-14T14:32:00", "now", "1718375520", "2026-13-14T14:32:00Z", "2026-W24-7T14:32Z"],
)
def test_other_texts_are_no_instants(written: str) -> None:
    with pytest.raises(ValueError):
        instant(written)


@given(
    st.datetimes(
        timezones=st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
    ).filter(lambda at: at.year > 1)
)
def test_any_instant_in_any_zone_is_exact(at: datetime) -> None:
    assert instant(at.isoformat()) == micros(at)


def test_a_lenient_instant_without_a_zone_is_utc() -> None:
    assert lenient_instant("2026-06-14T14:32:00.123456") == AT
    assert lenient_instant("yesterday") is None
    assert lenient_instant(1718375520) is None


def test_a_label_without_a_value_is_no_label_but_an_annotation_stays() -> None:
    assert labels_in({"alertname": "DiskFull", "node": ""}, "labels") == {"alertname": "DiskFull"}
    assert annotations_in({"summary": ""}, "annotations") == {"summary": ""}


@pytest.mark.parametrize(
    ("labels", "field"),
    [
        ({f"l{n}": "x" for n in range(129)}, "labels"),
        ({"n" * 1025: "x"}, "labels." + "n" * 64),
        ({"": "x"}, "labels."),
        ({"a": "x" * 16385}, "labels.a"),
        ({"a": "x\0y"}, "labels.a"),
        ({"a\0": "x"}, "labels.a\\0"),
    ],
)
def test_labels_beyond_the_limits_are_refused_by_name(labels: dict[str, str], field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        labels_in(labels, "labels")
    assert refused.value.field == field
    assert refused.value.expected


def test_labels_of_any_language_are_taken() -> None:
    labels = {"имя": "Zoë", "名前": "🚒", "a b": "<b>&</b>", "../x": "' OR 1=1 --"}
    assert labels_in(labels, "labels") == labels
