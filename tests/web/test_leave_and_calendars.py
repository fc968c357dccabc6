"""Leave on screen, and the calendars that others keep: what people see of them, and who may change what."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tocsin.apps.people.models import Account, Membership
from tocsin.control.requests import PutNoun
from tocsin.core.configuration import Configuration, Origin
from tocsin.core.instants import micros
from tocsin.core.oncall.calendar import CALENDAR_EVENTS, CalendarEvent, Content
from tocsin.engine.oncall.calendars import STANDING, Standing, _row
from tocsin.engine.store.protocol import Entry


def facts_of(house: House) -> Configuration:
    return house.world.engine.facts.current


def text_of(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return str(answer.content.decode())


def day(house: House, ahead: int) -> date:
    return (house.now + timedelta(days=ahead)).date()


def tell(browser: Client, house: House, **changed: str) -> object:
    given = {"person": "alice", "from_day": str(day(house, 2)), "to_day": str(day(house, 3)), **changed}
    return browser.post("/on-call/leave", given)


@pytest.fixture
def bob(house: House) -> Client:
    """A responder, signed in."""
    account = Account.objects.create(login="bob@example.com", name="Bob", created_at=datetime.now(UTC))
    browser = Client()
    browser.force_login(account, BACKEND)
    return browser


# --- leave -----------------------------------------------------------------------------------------------------------


def test_leave_told_on_screen_is_in_force_and_shown(browser: Client, house: House) -> None:
    assert tell(browser, house, comment="Summer").status_code == 302
    (leave,) = facts_of(house).leaves
    assert (leave.person, leave.comment, leave.created_by) == ("alice", "Summer", "alice")
    page = text_of(browser, "/on-call/leave")
    assert "Summer" in page and "Take it back" in page


def test_leave_says_which_shifts_fall_into_it(browser: Client, house: House) -> None:
    tell(browser, house, to_day=str(day(house, 40)))
    assert "leave moves none by itself" in text_of(browser, "/on-call/leave")


def test_a_part_of_a_day_is_in_the_persons_own_time_zone(browser: Client, house: House) -> None:
    tell(browser, house, to_day="", from_time="13:00", to_time="17:30")
    (leave,) = facts_of(house).leaves
    zone = facts_of(house).people["alice"].time_zone
    from tocsin.core.oncall.wall_clock import zone as zone_of

    begins, ends = (at.astimezone(zone_of(zone)) for at in (leave.starts_at, leave.ends_at))
    assert (begins.hour, ends.hour, ends.minute) == (13, 17, 30)


@pytest.mark.parametrize(
    "field, value, said",
    [
        ("person", "zoe", "Choose whose leave"),
        ("from_day", "tomorrow", "Expected a day"),
        ("from_day", "9999-12-31", "Expected a day"),
        ("to_day", "2026-02-30", "Expected a day"),
        ("to_day", "2001-01-01", "before the first"),
        ("from_time", "25:00", "Expected a time"),
    ],
)
def test_what_is_mistyped_is_said_at_its_field_and_nothing_is_saved(
    browser: Client, house: House, field: str, value: str, said: str
) -> None:
    answer = tell(browser, house, **{field: value})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert facts_of(house).leaves == ()


def test_leave_is_taken_back_before_it_begins(browser: Client, house: House) -> None:
    tell(browser, house)
    (leave,) = facts_of(house).leaves
    assert browser.post(f"/on-call/leave/{leave.id}/end").status_code == 302
    assert "Take it back" not in text_of(browser, "/on-call/leave")
    assert facts_of(house).leaves[0].ends_at <= house.now


def test_a_responder_tells_their_own_leave_and_nobody_elses(bob: Client, house: House) -> None:
    tell(bob, house, person="bob")
    refused = tell(bob, house, person="alice")
    assert [leave.person for leave in facts_of(house).leaves] == ["bob"]
    assert "those who manage their team" in refused.content.decode()


def test_a_manager_tells_leave_for_the_team_and_ends_it(bob: Client, house: House) -> None:
    account = Account.objects.get(login="bob@example.com")
    Membership.objects.create(account=account, team="platform", role="manager")
    tell(bob, house, person="alice")
    (leave,) = facts_of(house).leaves
    assert leave.person == "alice" and leave.created_by == "bob"
    bob.post(f"/on-call/leave/{leave.id}/end")
    assert facts_of(house).leaves[0].ends_at <= house.now


# --- calendars -------------------------------------------------------------------------------------------------------

NEW = {"key": "hr", "url": "https://hr.example.com/leave.ics?key=hush", "serves": "leave"}


def test_a_calendar_is_subscribed_to_on_screen_and_its_address_is_not_shown_again(
    browser: Client, house: House
) -> None:
    assert browser.post("/calendars/~new", NEW).status_code == 302
    assert facts_of(house).calendars["hr"].url == NEW["url"]
    page = text_of(browser, "/calendars/hr")
    assert "hr.example.com" in page and "hush" not in page
    assert "hush" not in text_of(browser, "/calendars/hr/edit")


def test_a_change_keeps_the_address_when_none_is_given(browser: Client, house: House) -> None:
    browser.post("/calendars/~new", NEW)
    seen = browser.get("/calendars/hr/edit").context["kept"].seen
    changed = browser.post(
        "/calendars/hr/edit", {"url": "", "serves": "leave", "person": "bob", "seen": seen}
    )
    assert changed.status_code == 302
    assert (facts_of(house).calendars["hr"].url, facts_of(house).calendars["hr"].person) == (
        NEW["url"],
        "bob",
    )


@pytest.mark.parametrize(
    "url, said",
    [
        ("", "Paste the address"),
        ("ftp://hr.example.com/x.ics", "begins with http"),
    ],
)
def test_an_address_that_may_not_be_read_is_refused_at_its_field(
    browser: Client, house: House, url: str, said: str
) -> None:
    answer = browser.post("/calendars/~new", {**NEW, "url": url})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert facts_of(house).calendars == {}


def keep(house: House, content: Content, standing: Standing) -> None:
    """As the loop would."""

    def work(tx) -> None:
        tx.configuration.put(
            [Entry(CALENDAR_EVENTS, content.key, msgspec.json.encode(content), Origin.PEOPLE.value)]
        )
        tx.oncall.put([_row(facts_of(house).calendars[content.key], standing)])
        tx.configuration.bump()

    house.world.engine.store.run(work)
    house.world.engine.facts.reload()


def subscribed(house: House, *events: CalendarEvent, **noun: str) -> None:
    house.ask(PutNoun("calendars", "hr", {"url": NEW["url"], "for": "leave", **noun}))
    keep(
        house,
        Content("hr", events),
        Standing("hr", good_at=house.now, tried_at=house.now, events=len(events)),
    )


def away(house: House, summary: str) -> CalendarEvent:
    starts = datetime.combine(day(house, 5), datetime.min.time())
    return CalendarEvent("1", starts, starts + timedelta(days=3), summary, all_day=True)


def test_leave_of_a_calendar_is_shown_and_cannot_be_ended_here(browser: Client, house: House) -> None:
    subscribed(house, away(house, "Holiday: bob"))
    assert [leave.person for leave in facts_of(house).leaves] == ["bob"]
    page = text_of(browser, "/on-call/leave")
    assert "Holiday: bob" in page and "Take it back" not in page
    refused = browser.post(f"/on-call/leave/{facts_of(house).leaves[0].id}/end", follow=True)
    assert "it comes from the calendar hr" in refused.content.decode()


def test_an_event_that_is_nobodys_is_named_on_the_calendars_page(browser: Client, house: House) -> None:
    subscribed(house, away(house, "Holiday: <b>Zoe</b>"))
    page = text_of(browser, "/calendars/hr")
    assert "Not understood" in page and "Holiday: &lt;b&gt;Zoe" in page
    assert facts_of(house).leaves == ()


def test_a_calendar_that_fails_says_since_when_and_that_the_last_events_stay(
    browser: Client, house: House
) -> None:
    subscribed(house, away(house, "bob"))
    since = house.now - timedelta(hours=3)
    failing = Standing("hr", good_at=since, failing_since=since, why="it did not come within 20 s", events=1)
    keep(house, Content("hr", (away(house, "bob"),)), failing)
    page = text_of(browser, "/calendars/hr")
    assert "failing since" in page and "It did not come within 20 s" in page and "stays in force" in page
    assert "failing since" in text_of(browser, "/calendars")


def test_a_calendar_is_read_at_once_when_somebody_asks(browser: Client, house: House) -> None:
    subscribed(house)
    assert browser.post("/calendars/hr/read", {"do": "as-it-is"}).status_code == 302
    row = house.world.engine.store.read(lambda tx: tx.oncall.load(STANDING, ["hr"]))["hr"]
    assert msgspec.json.decode(row.document, type=Standing).as_it_is
    assert house.world.engine.store.read(lambda tx: tx.agenda.next_due(["calendar"])) == micros(house.now)


def test_who_does_not_manage_it_neither_changes_nor_reads_it_anew(bob: Client, house: House) -> None:
    subscribed(house)
    assert bob.post("/calendars/hr/read").status_code == 403
    assert bob.get("/calendars/hr/edit").status_code == 403
    assert "Read it now" not in text_of(bob, "/calendars/hr")


def test_these_pages_ask_the_database_little_however_much_there_is(browser: Client, house: House) -> None:
    subscribed(house, *(msgspec.structs.replace(away(house, "bob"), uid=str(n)) for n in range(300)))
    for path in ("/on-call/leave", "/calendars", "/calendars/hr", "/calendars/~new"):
        text_of(browser, path)
        with CaptureQueriesContext(connection) as queries:
            text_of(browser, path)
        assert len(queries) <= 12, path
