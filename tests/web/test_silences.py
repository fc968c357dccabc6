"""Silences and maintenance windows on screen: begun in two taps, always with an end, moved and ended again."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.test_pages import page
from tocsin.apps.alerts.ends import end_of, next_morning
from tocsin.control.requests import ListOperational, OperationalView, Refused

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def fire(house: House) -> None:
    house.fires("APIHighLatency", severity="critical", service="task-api", pod="a")
    house.fires("APIHighLatency", severity="critical", service="task-api", pod="b")


def listed(house: House, kind: str = "silences", ended: bool = False) -> list[OperationalView]:
    found = house.ask(ListOperational(kind, ended))
    assert isinstance(found, list)
    return found


def link(shown: str, start: str) -> str:
    (address, *_) = re.findall(rf'href="({re.escape(start)}[^"]*)"', shown)
    return str(address).replace("&amp;", "&")


def ticked(shown: str) -> list[str]:
    boxes = re.findall(r'<input type="checkbox" name="matcher" value="([^"]+)" checked>', shown)
    return [box.replace("&quot;", '"') for box in boxes]


def test_an_alert_is_silenced_in_two_taps(browser: Client, house: House) -> None:
    first = page(browser, link(page(browser, "/alerts"), "/silences/new?alert="))
    matchers = ticked(first)
    assert 'pod="b"' in matchers and 'alertname="APIHighLatency"' in matchers
    assert "<strong>1</strong> alert that fires matches now" in first
    answer = browser.post("/silences/new", {"matcher": matchers, "for": "1h"}, follow=True)
    assert "Silenced until" in answer.content.decode()
    (silence,) = listed(house)
    assert abs(silence.ends_at - house.now - timedelta(hours=1)) < timedelta(minutes=1)
    assert house.why("APIHighLatency") == "silenced"


def test_the_alerts_of_an_incident_are_silenced_in_two_taps_and_one_is_back_there(
    browser: Client, house: House
) -> None:
    first = page(browser, link(page(browser, "/incidents/1"), "/silences/new?incident=1"))
    assert "<strong>2</strong> alerts that fire match now" in first
    form = {"matcher": ticked(first), "for": "4h", "incident": "1", "back": "/incidents/1"}
    answer = browser.post("/silences/new", form)
    assert answer["location"] == "/incidents/1"
    assert "Its incident stays open" in page(browser, "/incidents/1")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"matcher": ['a="b"']}, "it always has an end"),
        ({"matcher": ['a="b"'], "for": "other"}, "it always has an end"),
        ({"matcher": ['a="b"'], "for": "a while"}, "Say how long"),
        ({"matcher": ['a="b"'], "for": "other", "for_other": "0s"}, "It lasts a year at most"),
        ({"matcher": ['a="b"'], "for": "other", "for_other": "9y"}, "It lasts a year at most"),
        ({"matcher": ['a="b"'], "for": "other", "until": "tomorrow"}, "Say day and time"),
        ({"matcher": ['a="b"'], "for": "other", "until": "9999-12-31T23:59"}, "cannot be meant"),
        ({"matcher": ['a="b"'], "for": "other", "until": "2020-01-01T00:00"}, "end"),
        ({"for": "1h"}, "it would silence everything"),
        ({"matcher": ['a=~".*"'], "for": "1h"}, "silence everything"),
        ({"written": "nonsense", "for": "1h"}, "is not a matcher"),
        ({"written": 'a=~"("', "for": "1h"}, "regular expression"),
    ],
)
def test_a_mistake_is_said_and_silences_nothing(
    form: dict[str, object], said: str, browser: Client, house: House
) -> None:
    answer = browser.post("/silences/new", form)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert listed(house) == []


def test_what_is_written_matches_before_it_silences(browser: Client, house: House) -> None:
    shown = browser.post("/silences/new", {"do": "look", "written": 'pod=~"a|b"\nservice="task-api"'})
    assert "<strong>2</strong> alerts that fire match now" in shown.content.decode()
    assert listed(house) == []
    browser.post("/silences/new", {"written": 'pod=~"a|b"\nservice="task-api"', "for": "1h"})
    assert listed(house)[0].what == '{pod=~"a|b",service="task-api"}'


def test_a_silence_is_listed_moved_and_ended(browser: Client, house: House) -> None:
    silence = house.silences('pod="a"', hours=2)
    shown = page(browser, "/silences")
    assert "Running" in shown and "pod=&quot;a&quot;" in shown
    browser.post(f"/silences/{silence}", {"do": "move", "for": "4h"})
    assert abs(listed(house)[0].ends_at - house.now - timedelta(hours=4)) < timedelta(minutes=1)
    browser.post(f"/silences/{silence}", {"do": "end"})
    assert listed(house) == []
    assert "Ended" in page(browser, "/silences")
    refused = browser.post(f"/silences/{silence}", {"do": "move", "for": "4h"})
    assert refused.status_code == 400 and "ended already" in refused.content.decode()


def test_a_silence_that_comes_later_says_so(browser: Client, house: House) -> None:
    begin = (house.now + timedelta(hours=5)).astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M")
    form = {"written": 'pod="a"', "starts_at": begin, "for": "1h"}
    assert "To be silenced until" in browser.post("/silences/new", form, follow=True).content.decode()
    (silence,) = listed(house)
    assert silence.state == "pending" and silence.ends_at - silence.starts_at == timedelta(hours=1)
    assert "Coming" in page(browser, "/silences")


def test_empty_pages_say_what_to_do(browser: Client, house: House) -> None:
    assert "/silences/new" in page(browser, "/silences")
    assert "/maintenance/new" in page(browser, "/maintenance")
    for missing in (
        "/silences/none",
        "/maintenance/none",
        "/silences/new?alert=99",
        "/silences/new?incident=99",
    ):
        assert browser.get(missing).status_code == 404, missing


def test_maintenance_is_planned_listed_moved_and_ended(browser: Client, house: House) -> None:
    assert "task-api" in page(browser, "/maintenance/new")
    form = {"service": ["task-api"], "for": "4h", "comment": "upgrade"}
    assert (
        "Maintenance of task-api until"
        in browser.post("/maintenance/new", form, follow=True).content.decode()
    )
    (window,) = listed(house, "maintenance")
    shown = page(browser, "/maintenance")
    assert "upgrade" in shown and "1 incident of these services is open now" in shown
    browser.post(f"/maintenance/{window.id}", {"do": "move", "for_other": "30m", "for": "other"})
    assert listed(house, "maintenance")[0].ends_at < window.ends_at
    browser.post(f"/maintenance/{window.id}", {"do": "end"})
    assert listed(house, "maintenance") == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"for": "1h"}, "Choose at least one service"),
        ({"service": ["no-such"], "for": "1h"}, "Choose at least one service"),
        ({"service": ["task-api"]}, "it always has an end"),
    ],
)
def test_maintenance_without_a_service_or_an_end_is_refused(
    form: dict[str, object], said: str, browser: Client, house: House
) -> None:
    answer = browser.post("/maintenance/new", form)
    assert answer.status_code == 400 and said in answer.content.decode()
    assert listed(house, "maintenance") == []


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-06-14T03:00", "2026-06-14T08:00"),
        ("2026-06-14T07:45", "2026-06-15T08:00"),
        ("2026-06-14T22:00", "2026-06-15T08:00"),
        ("2026-10-24T23:00", "2026-10-25T08:00"),
    ],
)
def test_until_morning_is_eight_on_the_readers_wall(now: str, morning: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=BERLIN)
    assert next_morning(at, BERLIN) == datetime.fromisoformat(morning).replace(tzinfo=BERLIN)


def test_an_end_is_never_left_out() -> None:
    with pytest.raises(Refused):
        end_of({}, datetime.now(BERLIN), BERLIN)
