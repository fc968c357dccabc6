"""Feeds as others write them, right and wrong, honest and hostile: what is read, what is left out, what is refused."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.feeds import ALICE_AWAY, feed
from tocsin.core.oncall.calendar import Content
from tocsin.engine.oncall import calendars_reading
from tocsin.engine.oncall.calendars_loop import work_out
from tocsin.engine.oncall.calendars_reading import MOST_EVENTS, Refused, Unreadable, content_of

NOW = datetime(2026, 7, 1, tzinfo=UTC)
BERLIN = "DTSTART;TZID=Europe/Berlin"


def read(*events: str, head: str = "") -> Content:
    return content_of(feed(*events, head=head), "hr", NOW)


def starts(content: Content) -> list[str]:
    return [f"{event.starts:%Y-%m-%dT%H:%M}{'Z' if event.starts.tzinfo else ''}" for event in content.events]


def test_a_whole_day_has_no_zone_and_ends_where_it_says() -> None:
    (event,) = read(ALICE_AWAY).events
    assert (event.starts, event.ends, event.all_day) == (datetime(2026, 7, 10), datetime(2026, 7, 12), True)


def test_a_whole_day_without_an_end_is_one_day() -> None:
    (event,) = read("UID:1\nDTSTART;VALUE=DATE:20260710\nSUMMARY:alice").events
    assert event.ends - event.starts == timedelta(days=1)


def test_repetitions_keep_their_wall_time_across_a_clock_change() -> None:
    found = read(f"UID:1\n{BERLIN}:20261023T090000\nDURATION:PT8H\nRRULE:FREQ=DAILY;COUNT=4\nSUMMARY:alice")
    assert starts(found) == [
        "2026-10-23T07:00Z",
        "2026-10-24T07:00Z",
        "2026-10-25T08:00Z",
        "2026-10-26T08:00Z",
    ]


def test_what_was_taken_out_moved_or_called_off_is_not_there() -> None:
    found = read(
        f"UID:1\n{BERLIN}:20260706T090000\nDURATION:PT8H\nRRULE:FREQ=DAILY;COUNT=4\n"
        "EXDATE;TZID=Europe/Berlin:20260707T090000\nSUMMARY:alice",
        f"UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20260708T090000\n{BERLIN}:20260718T090000\nDURATION:PT1H\nSUMMARY:bob",
        f"UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20260709T090000\n{BERLIN}:20260709T090000\nSTATUS:CANCELLED",
        "UID:2\nDTSTART:20260720T090000Z\nDTEND:20260721T090000Z\nSTATUS:CANCELLED\nSUMMARY:carol",
    )
    assert starts(found) == ["2026-07-06T07:00Z", "2026-07-18T07:00Z"]
    assert [event.summary for event in found.events] == ["alice", "bob"]


def test_dates_beside_a_rule_count_too() -> None:
    found = read(
        "UID:1\nDTSTART:20260706T090000Z\nDURATION:PT1H\nRDATE:20260708T090000Z,20260801T090000Z\nSUMMARY:a"
    )
    assert starts(found) == ["2026-07-06T09:00Z", "2026-07-08T09:00Z", "2026-08-01T09:00Z"]


def test_a_zone_of_the_feeds_own_is_understood() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:+0530\n"
        "TZOFFSETTO:+0530\nTZNAME:X\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    found = read("UID:1\nDTSTART;TZID=Ours:20260706T090000\nDURATION:PT1H\nSUMMARY:a", head=zone)
    assert starts(found) == ["2026-07-06T03:30Z"]


def test_a_zone_by_its_windows_name_is_understood_and_an_unknown_one_left_out() -> None:
    found = read(
        "UID:1\nDTSTART;TZID=W. Europe Standard Time:20260706T090000\nDURATION:PT1H\nSUMMARY:a",
        "UID:2\nDTSTART;TZID=Middle Earth:20260706T090000\nDURATION:PT1H\nSUMMARY:b",
    )
    assert starts(found) == ["2026-07-06T07:00Z"]
    assert found.left_out == ("b on 2026-07-06: unknown time zone 'Middle Earth'",)


def test_times_without_a_zone_stay_without_and_the_feeds_zone_is_told() -> None:
    found = read(
        "UID:1\nDTSTART:20260706T090000\nDTEND:20260706T170000\nSUMMARY:a",
        "UID:2\nDTSTART:20260707T090000Z\nDTEND:20260707T170000Z\nSUMMARY:b",
        head="X-WR-TIMEZONE:Europe/Berlin\n",
    )
    assert found.time_zone == "Europe/Berlin"
    assert starts(found) == ["2026-07-06T09:00", "2026-07-07T09:00Z"]


def test_who_is_invited_is_kept_but_not_who_declined() -> None:
    (event,) = read(
        ALICE_AWAY
        + "\nATTENDEE;CN=Alice:mailto:alice@example.com\nATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com"
        "\nATTENDEE;CN=Carol:urn:uuid:1"
    ).events
    assert event.attendees == ("alice@example.com", "Carol")


def test_only_the_time_around_now_is_read() -> None:
    found = read(
        "UID:1\nDTSTART;VALUE=DATE:20200101\nSUMMARY:long ago",
        "UID:2\nDTSTART;VALUE=DATE:20400101\nSUMMARY:far ahead",
        ALICE_AWAY.replace("UID:1", "UID:3"),
    )
    assert [event.summary for event in found.events] == ["alice"]


@pytest.mark.parametrize(
    "event, said",
    [
        ("UID:9\nSUMMARY:no beginning", "no beginning: it has no beginning"),
        ("UID:9\nDTSTART:soon\nSUMMARY:x", "x: it cannot be understood"),
        (
            "UID:9\nDTSTART:20260710T090000Z\nDTEND:later\nSUMMARY:x",
            "x on 2026-07-10: it cannot be understood",
        ),
        ("UID:9\nDTSTART:20260710T090000Z\nDTEND;VALUE=DATE:20260711\nSUMMARY:x", "x on 2026-07-10: it"),
        (
            "UID:9\nDTSTART:20260710T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY\nSUMMARY:x",
            "more than 24 times a day",
        ),
        (
            "UID:9\nDTSTART:20260710T090000Z\nDURATION:PT1S\nRRULE:FREQ=MINUTELY\nSUMMARY:x",
            "more than 24 times a day",
        ),
        (
            "UID:9\nDTSTART:20260710T090000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6;BYMINUTE=1,2,3,4,5\nSUMMARY:x",
            "more than 24 times a day",
        ),
        ("UID:9\nDTSTART:20260710T090000Z\nDURATION:PT1S\nRRULE:FREQ=NEVER\nSUMMARY:x", "x on 2026-07-10"),
    ],
)
def test_one_event_that_is_wrong_costs_no_other(event: str, said: str) -> None:
    found = read(event, ALICE_AWAY)
    assert [each.summary for each in found.events] == ["alice"]
    assert said in found.left_out[0]


@pytest.mark.parametrize(
    "body, said",
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>sign in", "web page"),
        (b"hello", "no calendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:cut", "ends in the middle"),
        (feed(ALICE_AWAY).replace(b"END:VEVENT\r\n", b""), "well formed"),
        (feed(ALICE_AWAY, "BEGIN:VEVENT\nUID:2"), "well formed"),
        (
            feed("UID:1\nDTSTART:20260701T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY"),
            f"more than {MOST_EVENTS:,} events",
        ),
        (b"BEGIN:VCALENDAR\r\n\x00\xff\xfe\r\nEND:VCALENDAR", "well formed"),
    ],
)
def test_what_is_no_whole_calendar_is_refused_in_words_that_hold_nothing_of_it(
    body: bytes, said: str
) -> None:
    with pytest.raises(Unreadable, match=said):
        content_of(body, "hr", NOW)


def test_texts_are_one_line_of_bounded_length() -> None:
    (event,) = read(ALICE_AWAY.replace("alice", "a\\n" + "b" * 5000)).events
    assert len(event.summary) <= 200 and "\n" not in event.summary


def test_the_process_of_its_own_answers_the_same() -> None:
    answer = asyncio.run(work_out(feed(ALICE_AWAY), "hr", NOW))
    assert answer == calendars_reading.Read(read(ALICE_AWAY))
    assert asyncio.run(work_out(b"<html>", "hr", NOW)) == Refused(
        "it is a web page and no calendar; perhaps its address asks for a sign-in now"
    )


def test_an_event_that_never_comes_to_an_end_is_cut_off_and_costs_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = "UID:9\nDTSTART:16010101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nSUMMARY:never"
    answer = asyncio.run(work_out(feed(never, ALICE_AWAY), "hr", NOW))
    assert isinstance(answer, calendars_reading.Read)
    assert [event.summary for event in answer.content.events] == ["alice"]


def test_a_reader_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.engine.oncall.calendars_loop.COMMAND", ("/bin/false",))
    answer = asyncio.run(work_out(b"", "hr", NOW))
    assert isinstance(answer, Refused) and "nobody foresaw" in answer.why


@pytest.mark.parametrize(
    "times",
    [
        "DTSTART;VALUE=DATE:00010101\nDTEND;VALUE=DATE:99991231",
        "DTSTART:00010101T000000\nDTEND:99991231T235959",
        "DTSTART:00010101T000000Z\nDTEND:99991231T235959Z",
    ],
)
def test_what_lasts_for_ever_lasts_as_long_as_every_zone_can_reckon(times: str) -> None:
    (event,) = read(f"UID:1\n{times}\nSUMMARY:alice").events
    assert (event.starts.year, event.ends.year) == (1970, 2200)


def test_a_length_beyond_the_calendar_ends_before_it() -> None:
    found = read("UID:1\nDTSTART:20260706T090000\nDURATION:P2000000D\nSUMMARY:alice")
    assert [event.ends.year for event in found.events] == [2200]
