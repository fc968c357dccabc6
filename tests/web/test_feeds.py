"""Shifts as calendar feeds: read as calendars read them, and compared with what the core says."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
from django.test import Client
from icalendar import Calendar
from msgspec.structs import replace

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tocsin.apps.people.models import Account
from tocsin.apps.profile.feed import PERSON, SCHEDULE, TEAM, Wish, calendar_of
from tocsin.apps.profile.models import Feed
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.shifts import gaps, shifts

Span = tuple[datetime, datetime]
HOUSE = "https://tocsin.example"


def facts_of(house: House) -> Configuration:
    return house.world.engine.facts.current


def made(browser: Client, **wanted: str) -> str:
    """The address of a new feed."""
    answer = browser.post("/me/calendar", wanted)
    assert answer.status_code == 200, answer
    return re.findall(r"/calendar/[\w-]+\.ics", answer.content.decode())[0]


def events(content: bytes) -> dict[str, Span]:
    calendar = Calendar.from_ical(content)
    return {str(e["UID"]): (e["DTSTART"].dt, e["DTEND"].dt) for e in calendar.walk("VEVENT")}


def drawn(house: House, wish: Wish, now: datetime | None = None) -> dict[str, Span]:
    return events(calendar_of(facts_of(house), wish, HOUSE, now or house.now))


# --- addresses -------------------------------------------------------------------------------------------------------


def test_a_feed_is_read_without_signing_in_and_only_when_it_changed(
    browser: Client, stranger: Client, house: House
) -> None:
    address = made(browser)
    answer = stranger.get(address)
    assert answer.headers["content-type"].startswith("text/calendar")
    found = events(answer.content)
    assert len(found) >= 12  # every other week, primary and secondary
    assert max(end for _, end in found.values()) > house.now + timedelta(days=150)
    assert stranger.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    house.overrides("platform-primary", "carol", house.now + timedelta(days=1), house.now + timedelta(days=2))
    assert stranger.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 200


def test_the_address_is_shown_once_and_only_its_digest_kept(browser: Client, house: House) -> None:
    address = made(browser, kind="schedule", subject="platform-primary")
    assert address not in browser.get("/me").content.decode()
    assert address not in browser.get("/schedules/platform-primary").content.decode()
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    assert token not in repr(list(Feed.objects.values()))


def test_a_renewed_revoked_or_guessed_address_is_worth_nothing(
    browser: Client, stranger: Client, house: House
) -> None:
    first = made(browser)
    feed = Feed.objects.get()
    again = browser.post(f"/me/calendar/{feed.pk}/renew").content.decode()
    second = re.findall(r"/calendar/[\w-]+\.ics", again)[0]
    assert [stranger.get(each).status_code for each in (first, second)] == [404, 200]
    browser.post(f"/me/calendar/{feed.pk}/revoke")
    assert stranger.get(second).status_code == 404
    assert stranger.get(f"/calendar/{'x' * 5000}.ics").status_code == 404


def test_nobody_renews_or_revokes_another_accounts_feed(browser: Client, house: House) -> None:
    made(browser)
    account = Account.objects.create(login="bob@example.com", created_at=datetime.now(UTC))
    bob = Client()
    bob.force_login(account, BACKEND)
    for number in (Feed.objects.get().pk, 10**30):
        assert bob.post(f"/me/calendar/{number}/revoke").status_code == 404
    assert Feed.objects.count() == 1


def test_a_closed_account_or_one_that_may_not_read_any_more_shows_nothing(
    browser: Client, stranger: Client, house: House, alice: Account
) -> None:
    addresses = [made(browser), made(browser, kind="team", subject="platform")]
    Account.objects.update(is_active=False)
    assert [stranger.get(each).status_code for each in addresses] == [404, 404]
    Account.objects.update(is_active=True, is_admin=False, person="", login="nobody@example.com")
    assert [stranger.get(each).status_code for each in addresses] == [404, 404]


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "schedule", "subject": "nothing"},
        {"kind": "schedule", "subject": "platform-primary", "layer": "no such layer"},
        {"kind": "team", "subject": ""},
        {"kind": "house", "subject": "platform"},
    ],
)
def test_what_is_not_there_has_no_feed(browser: Client, house: House, wanted: dict[str, str]) -> None:
    assert browser.post("/me/calendar", wanted).status_code == 404
    assert browser.post("/me/calendar", {"reminder": "7"}).status_code == 400
    assert Feed.objects.count() == 0


def test_the_pages_show_ones_own_feeds_of_what_they_are_about(browser: Client, house: House) -> None:
    made(browser, kind="schedule", subject="platform-primary", reminder="60")
    assert "an hour before" in browser.get("/schedules/platform-primary").content.decode()
    assert "never read" not in browser.get("/schedules/platform-secondary").content.decode()
    assert "never read" not in browser.get("/teams/platform").content.decode()
    assert "platform-primary" in browser.get("/me").content.decode()


# --- what calendars read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", [Wish(SCHEDULE, "platform-primary"), Wish(SCHEDULE, "platform-secondary")])
def test_a_feed_read_and_expanded_by_a_calendar_is_what_the_core_says(house: House, wish: Wish) -> None:
    facts, now = facts_of(house), house.now.replace(minute=0, second=0)
    begin, end = now, now + timedelta(days=120)
    house.overrides(wish.subject, "carol", now + timedelta(days=3), now + timedelta(days=4))
    facts = facts_of(house)
    calendar = Calendar.from_ical(calendar_of(facts, wish, HOUSE, now))
    told = [
        (e.start, e.end, str(e["SUMMARY"])) for e in recurring_ical_events.of(calendar).between(begin, end)
    ]
    at = begin + timedelta(minutes=30)
    while at < end:
        said = {summary for starts, ends, summary in told if starts <= at < ends}
        held = [
            f"On call: {facts.people[person].name} ({wish.subject})"
            for shift in shifts(facts.schedules, wish.subject, at, at + timedelta(minutes=1), facts.overrides)
            for person in shift.people
        ]
        assert said == set(held), at
        at += timedelta(hours=5)


def test_an_override_moves_an_events_end_and_keeps_its_name(house: House) -> None:
    wish = Wish(PERSON, "alice")
    before = drawn(house, wish)
    uid, (starts_at, ends_at) = next(
        (uid, span)
        for uid, span in before.items()
        if span[0] > house.now and span[1] - span[0] > timedelta(days=3)
    )
    for schedule in ("platform-primary", "platform-secondary"):
        house.overrides(schedule, "carol", ends_at - timedelta(days=1), ends_at)
    assert drawn(house, wish)[uid] == (starts_at, ends_at - timedelta(days=1))


def test_neighbours_that_become_the_same_persons_keep_their_names(house: House) -> None:
    wish = Wish(SCHEDULE, "platform-primary")
    before = drawn(house, wish)
    facts = facts_of(house)
    starts_at, ends_at = next(
        span
        for span in before.values()
        if span[0] > house.now
        and shifts(facts.schedules, "platform-primary", *span, facts.overrides)[0].people != ("alice",)
    )
    house.overrides("platform-primary", "alice", starts_at, ends_at)
    after = drawn(house, wish)
    kept = {uid for uid, span in before.items() if span != (starts_at, ends_at)}
    assert {uid: after[uid] for uid in kept} == {uid: before[uid] for uid in kept}


def test_an_event_keeps_its_name_and_beginning_from_day_to_day(house: House) -> None:
    wish = Wish(PERSON, "alice")
    today, later = drawn(house, wish), drawn(house, wish, house.now + timedelta(days=1, hours=5))
    both = set(today) & set(later)
    assert len(both) >= len(today) - 3
    assert all(today[uid] == later[uid] for uid in both)


def test_a_team_feed_holds_all_of_its_schedules(house: House) -> None:
    team = drawn(house, Wish(TEAM, "platform"))
    of = [key for key, schedule in facts_of(house).schedules.items() if schedule.team == "platform"]
    assert of and all(drawn(house, Wish(SCHEDULE, key)).items() <= team.items() for key in of)


def test_hours_without_anybody_are_events_if_asked_for(house: House) -> None:
    start = house.now + timedelta(days=2)
    facts = facts_of(house)
    (held,) = shifts(facts.schedules, "platform-primary", start, start + timedelta(hours=1), facts.overrides)
    from tocsin.control.requests import AddOverride

    house.ask(
        AddOverride("platform-primary", held.people[0], start + timedelta(hours=1), start, kind="remove")
    )
    facts = facts_of(house)
    (gap,) = gaps(facts.schedules, "platform-primary", house.now, start + timedelta(days=1), facts.overrides)
    asked = calendar_of(facts, Wish(SCHEDULE, "platform-primary", gaps=True), HOUSE, house.now)
    nobody = [e for e in Calendar.from_ical(asked).walk("VEVENT") if str(e["SUMMARY"]).startswith("Nobody")]
    assert [(e["DTSTART"].dt, e["DTEND"].dt) for e in nobody] == [(gap.starts_at, gap.ends_at)]
    assert b"Nobody" not in calendar_of(facts, Wish(SCHEDULE, "platform-primary"), HOUSE, house.now)


def test_reminders_ring_before_a_shift(house: House) -> None:
    content = calendar_of(facts_of(house), Wish(PERSON, "alice", reminder=60), HOUSE, house.now)
    alarms = Calendar.from_ical(content).walk("VALARM")
    assert alarms and {alarm["TRIGGER"].dt for alarm in alarms} == {-timedelta(hours=1)}


def test_the_text_is_folded_escaped_and_the_same_twice(house: House) -> None:
    facts = facts_of(house)
    alice = replace(facts.people["alice"], name='Alice; "Ames", \\ x\r\nBEGIN:VEVENT\r\n' + "ü" * 60)
    facts = replace(facts, people={**facts.people, "alice": alice})
    wish = Wish(SCHEDULE, "platform-primary", reminder=15)
    content = calendar_of(facts, wish, HOUSE, house.now)
    assert content == calendar_of(facts, wish, HOUSE, house.now)
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75 and b"\n" not in b"".join(lines)
    assert lines.count(b"BEGIN:VEVENT") == len(Calendar.from_ical(content).walk("VEVENT"))
