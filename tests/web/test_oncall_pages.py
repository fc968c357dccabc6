"""The board, a schedule drawn and as a calendar, one's own shifts, and overrides made, looked at, shortened and ended."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tests.web.test_pages import MOST_QUERIES, page
from tocsin.apps.oncall.month import DAY_HEIGHT, grid
from tocsin.apps.oncall.reach import taps
from tocsin.apps.oncall.spans import span_of
from tocsin.apps.people.models import Account, Membership
from tocsin.control.requests import AddOverride, Refused
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.shifts import who_is_on_call
from tocsin.core.oncall.wall_clock import zone
from tocsin.core.people import ContactMethod, Person, Secret
from tocsin.core.roles import Role

BERLIN = zone("Europe/Berlin")
SCHEDULE = "/schedules/platform-primary"
OVERRIDE = f"{SCHEDULE}/override"


def facts(house: House) -> Configuration:
    return house.world.engine.facts.current


def tomorrow(house: House, hour: int) -> datetime:
    here = house.now.astimezone(zone("Europe/Berlin")) + timedelta(days=1)
    return here.replace(hour=hour, minute=0, second=0, microsecond=0)


def field(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def of_role(role: Role) -> Client:
    account = Account(login=f"{role.value}@elsewhere.example", created_at=datetime.now(UTC))
    account.save()
    Membership(account=account, team="platform", role=role.value).save()
    client = Client()
    client.force_login(account, BACKEND)
    return client


# --- the board -------------------------------------------------------------------------------------------------------


def test_the_board_says_who_has_it_and_who_comes_next(browser: Client, house: House) -> None:
    shown = page(browser, "/on-call")
    assert "Alice Ames" in shown and "Bob Brandt" in shown and "then" in shown
    assert 'href="/incidents/new?policy=platform"' in shown
    assert "You are on call" in shown or "You are next" in shown
    report = page(browser, "/incidents/new?policy=platform")
    assert '<option value="platform" selected>' in report


def test_how_to_reach_people_is_for_those_who_may_respond(browser: Client, house: House) -> None:
    assert "mailto:alice@example.com" in page(browser, "/on-call")
    seen = page(of_role(Role.OBSERVER), "/on-call")
    assert "Alice Ames" in seen and "mailto:" not in seen and "/incidents/new?policy" not in seen


def test_a_telephone_number_is_a_button_and_a_secret_never_is() -> None:
    phone = ContactMethod("phone", "sms", "+49 (30) 123-456")
    hidden = ContactMethod("other", "sms", Secret(env="NUMBER"))
    odd = ContactMethod("odd", "sms", "javascript:alert(1)")
    odd_mail = ContactMethod("mail", "email", "x@example.com?bcc=all@example.com")
    found = taps(Person("alice", "Alice", contact=(hidden, odd, odd_mail, phone)))
    assert [tap.address for tap in found] == ["tel:+4930123456", "sms:+4930123456"]


def test_the_board_shows_one_team_alone(browser: Client, house: House) -> None:
    assert "platform-primary" in page(browser, "/on-call?team=platform")
    assert "platform-primary" in page(browser, "/on-call?team=nobody-is-called-so")


@pytest.mark.parametrize(
    "address", ["/on-call", SCHEDULE, f"{SCHEDULE}?view=month", "/on-call/mine", OVERRIDE]
)
def test_a_page_of_on_call_asks_the_database_little(address: str, browser: Client, house: House) -> None:
    page(browser, address)
    with CaptureQueriesContext(connection) as queries:
        page(browser, address)
    assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]


def test_the_old_address_of_the_board_leads_to_it(browser: Client, house: House) -> None:
    assert browser.get("/oncall")["location"] == "/on-call"


# --- one schedule ----------------------------------------------------------------------------------------------------


def test_a_schedule_is_drawn_with_its_layers_its_overrides_and_what_comes_of_them(
    browser: Client, house: House
) -> None:
    house.ask(
        AddOverride("platform-primary", "carol", tomorrow(house, 17), tomorrow(house, 9)), "alice", "web"
    )
    shown = page(browser, SCHEDULE)
    kinds = re.findall(r'class="tl-row tl-(\w+)"', shown)
    assert kinds == ["head", "layer", "override", "final"]
    assert "Carol Cole for everybody" in shown
    assert "by an override" in shown and 'class="now-line"' in shown


def test_a_gap_is_said_loudly(browser: Client, house: House) -> None:
    on_call = who_is_on_call(facts(house).schedules, "platform-primary", tomorrow(house, 9), ())
    taken = AddOverride(
        "platform-primary", on_call.people[0], tomorrow(house, 12), tomorrow(house, 9), kind="remove"
    )
    house.ask(taken, "alice", "web")
    shown = page(browser, SCHEDULE)
    assert "3 h without anybody" in shown and 'class="bar-gap"' in shown and "Fill it" in shown


def test_a_month_names_people_at_every_day(browser: Client, house: House) -> None:
    shown = page(browser, f"{SCHEDULE}?view=month&from=2026-07-01")
    assert "July 2026" in shown
    cells = re.findall(r"<td[^>]*>.*?</td>", shown.partition('class="grid')[2].partition("</table>")[0], re.S)
    assert len(cells) == 35 and all("Ames" in cell or "Brandt" in cell for cell in cells)
    assert "until 09:00" in shown and "from 09:00" in shown
    assert "from=2026-06-01" in shown and "from=2026-08-01" in shown


def test_a_week_draws_each_day_as_long_as_it_is(house: House) -> None:
    now = datetime(2026, 10, 21, 12, tzinfo=UTC)
    span = span_of("week", "", "2026-10-19", BERLIN, now)  # clocks go back on Sunday the 25th
    shown = grid(facts(house), "platform-primary", span, now)
    (days,) = shown.weeks
    assert [sum(block.height for block in day.blocks) for day in days] == [DAY_HEIGHT] * 7
    monday, sunday = days[0], days[6]
    assert monday.blocks[0].height == DAY_HEIGHT * 9 // 24 and monday.blocks[1].hours == "from 09:00"
    assert [block.entry.hours for block in sunday.blocks] == [""]
    assert [day.now for day in days].count(-1) == 6


@pytest.mark.parametrize(
    ("view", "begin", "first", "end"),
    [
        ("", "2026-03-25", date(2026, 3, 25), date(2026, 4, 8)),
        ("week", "2026-03-25", date(2026, 3, 23), date(2026, 3, 30)),
        ("month", "2026-02-10", date(2026, 1, 26), date(2026, 3, 2)),
        ("month", "2026-12-31", date(2026, 11, 30), date(2027, 1, 4)),
        ("nonsense", "the day after", date(2026, 6, 8), date(2026, 6, 22)),
        ("month", "9999-12-31", date(2026, 6, 1), date(2026, 7, 6)),
    ],
)
def test_a_page_shows_whole_days_of_what_its_address_says(
    view: str, begin: str, first: date, end: date
) -> None:
    now = datetime(2026, 6, 10, 12, tzinfo=UTC)
    span = span_of(view, "", begin, zone("Europe/Berlin"), now)
    assert (span.first, span.end) == (first, end)
    assert span.starts_at.astimezone(span.zone).hour == 0 and span.ends_at.astimezone(span.zone).hour == 0


def test_another_look_stays_where_one_is(browser: Client, house: House) -> None:
    span = span_of("month", "", "2026-02-10", BERLIN, datetime(2026, 6, 10, tzinfo=UTC))
    assert span.asks(zone="schedule") == "view=month&from=2026-02-01&zone=schedule"
    shown = page(browser, f"{SCHEDULE}?view=month&from=2026-02-10")
    assert 'href="?view=week&amp;from=2026-02-01"' in shown and 'href="?from=2026-02-01"' in shown
    assert 'href="?view=week"' in page(browser, f"{SCHEDULE}?view=month"), "where today is"


def test_times_are_in_the_readers_zone_or_in_the_schedules(browser: Client, house: House) -> None:
    bob = Account(login="bob@example.com", created_at=datetime.now(UTC))
    bob.save()
    client = Client()
    client.force_login(bob, BACKEND)
    assert "<strong>America/New_York, yours</strong>" in page(client, SCHEDULE)
    theirs = page(client, f"{SCHEDULE}?zone=schedule")
    assert "<strong>Europe/Berlin, the schedule&#x27;s</strong>" in theirs


# --- one's own shifts ------------------------------------------------------------------------------------------------


def test_my_shifts_of_three_months_stand_by_month_with_their_hours(browser: Client, house: House) -> None:
    shown = page(browser, "/on-call/mine")
    assert shown.count('class="my-shift') >= 8
    assert re.search(r"\d+ h still to come", shown)


def test_whoever_is_nobody_is_told_how_to_become_somebody(house: House) -> None:
    assert "You are nobody who takes turns yet" in page(of_role(Role.RESPONDER), "/on-call/mine")


# --- overrides -------------------------------------------------------------------------------------------------------


def test_a_shift_that_was_tapped_stands_in_the_form(browser: Client, house: House) -> None:
    begin, end = tomorrow(house, 9), tomorrow(house, 17)
    asked = {"starts_at": begin.isoformat(), "ends_at": end.isoformat(), "person": "carol"}
    shown = browser.get(OVERRIDE, asked).content.decode()
    assert f'value="{field(begin)}"' in shown and f'value="{field(end)}"' in shown
    assert '<option value="carol" selected>' in shown
    assert "From (Europe/Berlin)" in shown and "+8 h" in shown and "Before" in shown and "After" in shown


def test_looking_changes_nothing_and_saving_does(browser: Client, house: House) -> None:
    said = {
        "kind": "replace",
        "person": "carol",
        "starts_at": field(tomorrow(house, 9)),
        "ends_at": field(tomorrow(house, 17)),
        "comment": "Dentist",
    }
    looked = browser.post(OVERRIDE, {**said, "do": "look"})
    assert looked.status_code == 200 and b"+8 h" in looked.content
    assert facts(house).overrides == ()
    assert browser.post(OVERRIDE, {**said, "do": "save"})["location"] == SCHEDULE
    (made,) = facts(house).overrides
    assert (made.person, made.starts_at, made.comment) == ("carol", tomorrow(house, 9), "Dentist")


def test_an_override_may_come_again(browser: Client, house: House) -> None:
    said = {"kind": "add", "person": "carol", "repeat": "2 week", "repeat_until": "2027-01-31", "do": "save"}
    said |= {"starts_at": field(tomorrow(house, 9)), "ends_at": field(tomorrow(house, 17))}
    browser.post(OVERRIDE, said)
    (made,) = facts(house).overrides
    assert made.repeat is not None and made.repeat.every == 2 and made.repeat.time_zone == "Europe/Berlin"
    assert made.repeat.until == datetime(2027, 1, 31, 23, tzinfo=UTC), "the last day is within"
    assert "every 2 weeks until" in page(browser, SCHEDULE)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"person": ""}, 'id="person-wrong"'),
        ({"person": "mallory"}, 'id="person-wrong"'),
        ({"starts_at": "soon"}, 'id="starts-wrong"'),
        ({"ends_at": "2001-01-01T00:00"}, 'id="ends-wrong"'),
        ({"kind": "dance"}, "Choose what should happen"),
        ({"repeat": "1 fortnight"}, 'id="repeat-wrong"'),
        ({"repeat": "1 day", "repeat_until": "never"}, 'id="until-wrong"'),
    ],
)
def test_a_mistake_stands_at_its_field_and_makes_nothing(
    change: dict[str, str], at: str, browser: Client, house: House
) -> None:
    said = {"kind": "replace", "person": "carol", "do": "save"}
    said |= {"starts_at": field(tomorrow(house, 9)), "ends_at": field(tomorrow(house, 17)), **change}
    answer = browser.post(OVERRIDE, said)
    assert answer.status_code == 400 and at in answer.content.decode()
    assert facts(house).overrides == ()


def test_what_the_machine_process_refuses_for_itself_is_said_too(
    browser: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refused("invalid", "the moon is not full", "moon")

    monkeypatch.setattr("tocsin.apps.oncall.overrides.ask", refuse)
    said = {"kind": "replace", "person": "carol", "do": "save"}
    said |= {"starts_at": field(tomorrow(house, 9)), "ends_at": field(tomorrow(house, 17))}
    assert b"the moon is not full" in browser.post(OVERRIDE, said).content


def test_a_second_one_of_the_same_seat_is_refused_unless_it_goes_on_top(
    browser: Client, house: House
) -> None:
    said = {"kind": "replace", "person": "carol", "do": "save"}
    said |= {"starts_at": field(tomorrow(house, 9)), "ends_at": field(tomorrow(house, 17))}
    browser.post(OVERRIDE, said)
    refused = browser.post(OVERRIDE, {**said, "person": "dan"})
    assert refused.status_code == 400 and b'name="on_top"' in refused.content
    assert browser.post(OVERRIDE, {**said, "person": "dan", "on_top": "yes"}).status_code == 302
    assert len(facts(house).overrides) == 2


def test_taking_the_only_one_out_says_that_nobody_is_left(browser: Client, house: House) -> None:
    person = who_is_on_call(facts(house).schedules, "platform-primary", tomorrow(house, 10), ()).people[0]
    said = {"kind": "remove", "person": person, "do": "look"}
    said |= {"starts_at": field(tomorrow(house, 10)), "ends_at": field(tomorrow(house, 12))}
    assert b"Nobody would be on call" in browser.post(OVERRIDE, said).content


def test_an_override_is_shortened_and_ended(browser: Client, house: House) -> None:
    house.ask(
        AddOverride("platform-primary", "carol", tomorrow(house, 17), tomorrow(house, 9)), "alice", "web"
    )
    (made,) = facts(house).overrides
    one = f"{SCHEDULE}/overrides/{made.id}"
    assert "Carol Cole for everybody" in page(browser, one)
    browser.post(one, {"do": "move", "for": "1h"})
    (shorter,) = facts(house).overrides
    assert shorter.ends_at == tomorrow(house, 10)
    browser.post(one, {"do": "end"})
    assert all(each.ends_at <= house.now for each in facts(house).overrides)
    assert browser.get(f"/schedules/platform-secondary/overrides/{made.id}").status_code == 404


def test_who_only_looks_makes_no_override(house: House) -> None:
    observer = of_role(Role.OBSERVER)
    assert observer.get(OVERRIDE).status_code == 403
    assert OVERRIDE not in page(observer, SCHEDULE)
