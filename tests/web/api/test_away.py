"""Leave, calendars, feeds and public holidays by API."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.api.conftest import Api
from tocsin.core.configuration import Configuration

Token = Callable[..., Api]


def facts_of(house: House) -> Configuration:
    return house.world.engine.facts.current


def test_leave_is_told_listed_read_and_ended(api: Api, house: House) -> None:
    first = (house.now + timedelta(days=3)).date()
    made = api("POST", "/leaves", {"person": "bob", "from_day": str(first), "to_day": str(first)})
    assert made.status_code == 201
    told = made.json()
    assert (told["person"], told["state"]) == ("bob", "pending")
    assert made.headers["Location"].endswith(told["id"])
    assert api.get("/leaves?person=bob")["items"] == [told] == [api.get(f"/leaves/{told['id']}")]
    assert api.get("/leaves?person=alice")["items"] == []
    assert api("DELETE", f"/leaves/{told['id']}").json()["state"] == "ended"
    assert api.get("/leaves")["items"] == []
    assert len(api.get("/leaves?ended=true")["items"]) == 1


def test_pages_of_leave_follow_each_other(api: Api, house: House) -> None:
    for day in (3, 1, 2):
        api("POST", "/leaves", {"person": "bob", "from_day": str((house.now + timedelta(days=day)).date())})
    page = api.get("/leaves?limit=2")
    rest = api.get(f"/leaves?limit=2&cursor={page['next']}")
    starts = [each["starts_at"] for each in (*page["items"], *rest["items"])]
    assert starts == sorted(starts) and len(starts) == 3 and rest["next"] is None


@pytest.mark.parametrize(
    "body, status",
    [
        ({"person": "zoe", "from_day": "2026-07-01"}, 422),
        ({"person": "bob"}, 422),
        ({"person": "bob", "from_day": "soon"}, 422),
        ({"person": "bob", "ends_at": "2026-07-01T00:00:00"}, 422),
        ({"person": "bob", "from_day": "2026-07-01", "sick": True}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, house: House, body: dict[str, object], status: int) -> None:
    assert api("POST", "/leaves", body).status_code == status
    assert facts_of(house).leaves == ()
    assert api("GET", "/leaves?team=nothing").status_code == 404
    assert api("DELETE", "/leaves/nothing").status_code == 404


def test_others_leave_is_their_managers(api_of: Token, house: House) -> None:
    day = str((house.now + timedelta(days=3)).date())
    assert api_of("bob")("POST", "/leaves", {"person": "alice", "from_day": day}).status_code == 403


def test_a_calendar_is_put_read_and_says_how_it_stands(api: Api, house: House) -> None:
    noun = {"url": "https://hr.example.com/hush.ics", "for": "leave"}
    assert api("PUT", "/calendars/hr", noun).status_code == 201
    assert "hush" not in repr(api.get("/calendars/hr"))
    assert api.get("/calendars/hr/state")["state"] == "new"
    assert api("POST", "/calendars/hr/read", {}).status_code == 200
    assert api("POST", "/calendars/nothing/read", {}).status_code == 404
    assert api("DELETE", "/calendars/hr").status_code == 204


def test_a_feeds_address_is_answered_once_and_works_until_it_is_revoked(api: Api, house: House) -> None:
    made = api("POST", "/me/feeds", {"kind": "schedule", "subject": "platform-primary", "reminder": 60})
    assert made.status_code == 201
    told = made.json()
    path = "/calendar/" + told["url"].rpartition("/")[2]
    assert Client().get(path).status_code == 200
    assert [each.get("url") for each in api.get("/me/feeds")["items"]] == [None]
    assert api("DELETE", f"/me/feeds/{told['id']}").status_code == 204
    assert Client().get(path).status_code == 404
    assert api("DELETE", f"/me/feeds/{told['id']}").status_code == 404


@pytest.mark.parametrize(
    "body, status",
    [
        ({"kind": "schedule", "subject": "nothing"}, 404),
        ({"kind": "team", "subject": "platform", "layer": "x"}, 422),
        ({"kind": "person", "subject": "bob"}, 422),
        ({"kind": "house"}, 422),
        ({"kind": "team", "subject": "platform", "reminder": 7}, 422),
    ],
)
def test_a_feed_of_what_is_not_there_is_not_made(
    api: Api, house: House, body: dict[str, object], status: int
) -> None:
    assert api("POST", "/me/feeds", body).status_code == status
    assert api.get("/me/feeds")["items"] == []


def test_public_holidays_of_a_place_and_a_year(api: Api, house: House) -> None:
    found = api.get("/holidays/de-by?year=2026")
    assert (found["place"], found["year"]) == ("DE-BY", 2026)
    assert {"date": "2026-01-06", "name": "Epiphany"} in found["items"]
    assert api("GET", "/holidays/atlantis").status_code == 404
    assert api("GET", "/holidays/DE?year=1999").status_code == 422
