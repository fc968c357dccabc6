"""Calendars, leave and public holidays as written: read, checked, written back, and what they mean once loaded."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from tocsin.config import sealing
from tocsin.config.answers import ConfigFile
from tocsin.config.export import export
from tocsin.config.holidays import countries, holidays_of, place_of, places
from tocsin.config.load import assemble
from tocsin.config.perform import entries_of
from tocsin.config.validate import Checked, check
from tocsin.core.business_hours import next_opening
from tocsin.core.configuration import Configuration, Origin
from tocsin.core.oncall.calendar import CALENDAR_EVENTS, CalendarEvent, Content
from tocsin.core.oncall.shifts import who_is_on_call
from tocsin.engine.store.protocol import Entry

NOW = datetime(2026, 6, 14, 12, tzinfo=UTC)
PEOPLE = """
routes: {ticket: platform}
people:
  alice: {name: Alice Ames, time_zone: Europe/Berlin, holidays: de-by}
  bob: {email: bob@example.com, time_zone: America/New_York}
teams:
  platform: {members: [alice, bob], business_hours: {time_zone: Europe/Berlin, holidays: [DE-BY, 2026-06-15]}}
"""


def checked(text: str, *, store: tuple[Entry, ...] | None = None) -> Checked:
    return check((ConfigFile("x.yaml", PEOPLE + text),), NOW, store=store)


def said(text: str) -> list[tuple[str, str]]:
    return [(p.field, p.message) for p in checked(text).problems]


def loaded(text: str, *more: Entry) -> Configuration:
    found = checked(text)
    assert found.sound, found.problems
    return assemble([*entries_of(found, "tests", NOW), *more]).configuration


def kept(key: str, *events: CalendarEvent) -> Entry:
    return Entry(CALENDAR_EVENTS, key, msgspec.json.encode(Content(key, events)), Origin.PEOPLE.value)


def test_what_is_written_is_read_back_the_same() -> None:
    text = """
calendars:
  hr: {url: {env: HR}, for: leave, team: platform}
  rota: {url: {file: /run/rota}, for: schedule, people_in: [attendee, summary], time_zone: Asia/Tokyo, person: bob}
leaves:
  summer: {person: alice, from: 2026-07-01, to: 2026-07-14, comment: by the sea}
  dentist: {person: bob, from: 2026-07-01T09:00Z, to: 2026-07-01T11:00Z}
"""
    first = checked(text)
    entries = tuple(entries_of(first, "tests", NOW))
    again = check((ConfigFile("x.yaml", export(entries)),), NOW, store=())
    assert dict(again.nouns) == dict(first.nouns)


def test_days_of_leave_are_the_persons_own() -> None:
    found = loaded("leaves: {summer: {person: bob, from: 2026-07-01, to: 2026-07-02}}")
    (leave,) = found.leaves
    assert (leave.starts_at.isoformat(), leave.ends_at.isoformat()) == (
        "2026-07-01T04:00:00+00:00",
        "2026-07-03T04:00:00+00:00",
    )


@pytest.mark.parametrize(
    "text, field, message",
    [
        ("leaves: {x: {person: bob, from: 2026-07-02, to: 2026-07-01}}", "leaves.x", "'to' must be after"),
        ("leaves: {x: {person: bob, from: 2026-07-02, to: 2026-07-03T00:00Z}}", "leaves.x", "both days"),
        ("leaves: {x: {person: bob, from: 9999-12-31, to: 9999-12-31}}", "leaves.x.from", "expected a da"),
        ("leaves: {x: {person: zoe, from: 2026-07-02, to: 2026-07-03}}", "leaves.x.person", "unknown person"),
        ("leaves: {x: {person: bob, from: soon, to: 2026-07-03}}", "leaves.x.from", "instant"),
        ("leaves: {x: {person: bob, from: 2020-01-01, to: 2020-01-02}}", "leaves.x", "has ended"),
        ("calendars: {x: {for: leave}}", "calendars.x", "'url' is missing"),
        ("calendars: {x: {url: 'ftp://x/y', for: leave}}", "calendars.x.url", "begins with http"),
        (
            "calendars: {x: {url: 'https://x.example/y', for: fun}}",
            "calendars.x.for",
            "expected leave or schedule",
        ),
        (
            "calendars: {x: {url: 'https://x.example/y', for: leave, people_in: []}}",
            "calendars.x",
            "names nothing",
        ),
        (
            "calendars: {x: {url: 'https://x.example/y', for: leave, person: alic}}",
            "calendars.x.person",
            "'alice'",
        ),
        ("calendars: {x: {url: 'https://x.example/y', for: schedule}}", "calendars.x", "no layer"),
        (
            "calendars: {x: {url: 'https://x.example/y', for: leave}}\nschedules: {s: {layers: [{calendar: x}]}}",
            "schedules.s.layers[0].calendar",
            "is for leave",
        ),
        (
            "schedules: {s: {layers: [{calendar: nothing}]}}",
            "schedules.s.layers[0].calendar",
            "unknown calendar",
        ),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(text: str, field: str, message: str) -> None:
    assert any(at == field and message in words for at, words in said(text)), said(text)


def test_the_address_is_sealed_and_never_shown() -> None:
    text = "calendars: {hr: {url: 'https://hr.example.com/hush.ics', for: leave}}"
    before = sealing._sealer
    sealing.use(["k" * 40])
    try:
        entries = entries_of(checked(text), "tests", NOW)
        (entry,) = [entry for entry in entries if entry.kind == "calendars"]
        assert b"hush" not in entry.document
        assert "hush" not in export(entries) and "stored: true" in export(entries)
        assert assemble(entries).configuration.calendars["hr"].url == "https://hr.example.com/hush.ics"
    finally:
        sealing._sealer = before


DRIVEN = """
calendars: {rota: {url: 'https://x.example/y', for: schedule}}
schedules: {s: {time_zone: Europe/Berlin, layers: [{calendar: rota}]}}
"""


def test_a_layer_takes_its_shifts_from_its_calendar_in_the_schedules_zone() -> None:
    day = CalendarEvent("1", datetime(2026, 6, 14), datetime(2026, 6, 16), "bob", all_day=True)
    found = loaded(DRIVEN, kept("rota", day))
    held = who_is_on_call(found.schedules, "s", NOW, ())
    assert held.people == ("bob",)
    assert held.until == datetime(2026, 6, 15, 22, tzinfo=UTC)


def test_events_that_are_nobodys_are_warned_of_by_name() -> None:
    day = CalendarEvent("1", datetime(2026, 6, 14), datetime(2026, 6, 16), "zoe", all_day=True)
    entries = (*entries_of(checked(DRIVEN), "tests", NOW), kept("rota", day))
    found = check((), NOW, store=entries)
    assert any(p.field == "calendars.rota" and "zoe on 2026-06-14" in p.message for p in found.problems)


def test_whoever_is_added_is_recognised_without_reading_the_feed_again() -> None:
    day = CalendarEvent("1", datetime(2026, 6, 14), datetime(2026, 6, 16), "zoe", all_day=True)
    text = "calendars: {hr: {url: 'https://x.example/y', for: leave}}\n"
    assert loaded(text, kept("hr", day)).leaves == ()
    zoe = Entry("people", "zoe", b'{"key":"zoe","name":"Zoe"}')
    assert [leave.person for leave in loaded(text, kept("hr", day), zoe).leaves] == ["zoe"]


# --- public holidays -------------------------------------------------------------------------------------------------


def test_places_are_taken_in_any_case_and_kept_in_one() -> None:
    assert loaded("").people["alice"].holidays == "DE-BY"
    assert [place_of(each) for each in ("de-by", "GB-sct", " us-CA ", "fr")] == [
        "DE-BY",
        "GB-SCT",
        "US-CA",
        "FR",
    ]


@pytest.mark.parametrize(
    "place, near",
    [
        ("Germany", "'DE'"),
        ("DE-BX", "'DE-BY'"),
        ("GB-SCO", "'GB-SCT'"),
        ("nowhere", "DE-BY"),
        ("x" * 999, "such as DE"),
    ],
)
def test_an_unknown_place_is_told_with_the_nearest(place: str, near: str) -> None:
    with pytest.raises(ValueError, match="unknown place") as wrong:
        place_of(place)
    assert near in str(wrong.value)
    problems = check((ConfigFile("x.yaml", f"people: {{zoe: {{holidays: {place}}}}}"),), NOW).problems
    assert problems[0].field == "people.zoe.holidays" and "unknown place" in problems[0].message


def test_what_somebody_names_is_computed_and_nothing_else() -> None:
    found = loaded("").holidays
    assert set(found) == {"DE-BY"}
    assert found["DE-BY"][date(2026, 1, 6)] == "Epiphany"
    assert {day.year for day in found["DE-BY"]} == set(range(2015, 2041))
    assert date(2026, 1, 6) not in holidays_of("DE")


def test_held_pages_wait_for_a_day_that_is_no_public_holiday() -> None:
    hours = loaded("").teams["platform"].business_hours
    # Corpus Christi 2026 is on Thursday, June 4.
    assert next_opening(hours, datetime(2026, 6, 4, 10, tzinfo=UTC)) == datetime(2026, 6, 5, 7, tzinfo=UTC)
    # June 15 is written as a free day.
    assert next_opening(hours, datetime(2026, 6, 13, 10, tzinfo=UTC)) == datetime(2026, 6, 16, 7, tzinfo=UTC)


def test_a_place_that_is_kept_and_no_longer_known_has_no_holidays_and_is_warned_of() -> None:
    entry = Entry("people", "zoe", b'{"key":"zoe","name":"Zoe","holidays":"XX-YY"}')
    assert assemble([entry]).configuration.holidays == {}
    problems = check((), NOW, store=(entry,)).problems
    assert any(p.field == "people.zoe.holidays" and p.level == "warning" for p in problems)


def test_there_is_a_country_to_choose_for_every_code_without_a_part() -> None:
    codes = {code for code, _ in countries()}
    assert len(codes) > 150 and codes <= set(places())
