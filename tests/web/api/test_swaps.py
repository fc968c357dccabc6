"""Swaps and cover requests by API."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.scenarios.house import House
from tests.web.api.conftest import Api
from tocsin.core.oncall.seats import seats

PRIMARY = "platform-primary"


@pytest.fixture
def alice(house: House, api_of: Callable[..., Api]) -> Api:
    return api_of("alice", role="responder")


@pytest.fixture
def bob(house: House, api_of: Callable[..., Api]) -> Api:
    return api_of("bob", role="responder")


def shift(house: House, person: str = "alice") -> dict[str, Any]:
    facts, now = house.world.engine.facts.current, house.now
    found = seats(facts.schedules, [PRIMARY], now, now + timedelta(days=30), facts.overrides)
    seat = next(s for s in found if s.person == person and s.starts_at > now)
    return {"schedule": PRIMARY, "starts_at": seat.starts_at.isoformat(), "ends_at": seat.ends_at.isoformat()}


def test_a_shift_is_offered_found_and_taken(house: House, alice: Api, bob: Api) -> None:
    answer = alice("POST", "/swaps", {**shift(house), "ask": ["bob"], "comment": "Theatre"})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert answer.headers["Location"] == f"/api/v1/swaps/{made['id']}"
    assert bob.get("/swaps?state=open")["items"][0]["comment"] == "Theatre"
    taken = bob("POST", f"/swaps/{made['id']}/acceptance", {})
    assert (taken.status_code, taken.json()["accepted_by"]) == (200, "bob")
    assert alice.get(f"/swaps/{made['id']}")["state"] == "accepted"
    at = shift(house, "bob")["starts_at"]
    assert datetime.fromisoformat(at) is not None
    late = bob("POST", f"/swaps/{made['id']}/acceptance", {})
    assert late.status_code == 409 and "has taken it already" in late.json()["detail"]


def test_declining_withdrawing_and_cover(house: House, alice: Api, bob: Api) -> None:
    made = alice("POST", "/swaps", {**shift(house), "ask": ["bob"]}).json()
    assert bob("POST", f"/swaps/{made['id']}/refusal", {}).json()["state"] == "declined"
    made = alice("POST", "/swaps", {**shift(house), "ask": ["bob"]}).json()
    assert alice("POST", f"/swaps/{made['id']}/withdrawal", {}).json()["state"] == "withdrawn"
    asked = alice("POST", "/cover-requests", {**shift(house), "comment": "Fever"})
    assert (asked.status_code, asked.json()["cover"]) == (201, True)
    said = alice("POST", f"/swaps/{asked.json()['id']}/out-of-reach", {})
    assert (said.status_code, said.json()["unreachable"]) == (200, True)


def test_pages_stay_put(house: House, alice: Api) -> None:
    wanted = shift(house)
    begin = datetime.fromisoformat(wanted["starts_at"])
    for hour in range(5):
        times = {
            "starts_at": (begin + timedelta(hours=hour)).isoformat(),
            "ends_at": (begin + timedelta(hours=hour + 1)).isoformat(),
        }
        assert alice("POST", "/swaps", {**wanted, **times}).status_code == 201
    first = alice.get("/swaps?limit=3")
    second = alice.get(f"/swaps?limit=3&cursor={first['next']}")
    found = [each["starts_at"] for each in (*first["items"], *second["items"])]
    assert len(found) == 5 and found == sorted(found, reverse=True) and second["next"] is None


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"schedule": "no-such"}, 422),
        ({"ask": ["nobody"]}, 422),
        ({"starts_at": "2026-06-17T07:00:00"}, 422),
        ({"person": "bob"}, 403),
        ({"comment": "\0"}, 422),
        ({"nonsense": 1}, 422),
    ],
)
def test_bad_wishes_are_refused(house: House, alice: Api, changes: dict[str, Any], status: int) -> None:
    answer = alice("POST", "/swaps", {**shift(house), **changes})
    assert answer.status_code == status, answer.content
    assert alice.get("/swaps")["items"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/swaps/no-such", 404),
        ("/swaps?state=sad", 422),
        ("/swaps?schedule=no-such", 404),
        ("/swaps?cursor=bm9wZQ", 422),
        ("/swaps?cursor=WzEsIlx1MDAwMCJd", 422),
    ],
)
def test_bad_questions_are_refused(house: House, alice: Api, path: str, status: int) -> None:
    assert alice("GET", path).status_code == status
