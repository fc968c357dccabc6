"""A shadow looks on: told of each page with low urgency, never paged, and no cover for a gap. Overrides that repeat."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.scenarios.conftest import MakeHouse
from tocsin.control.requests import AddOverride, Refused

HANDOFF = datetime(2026, 6, 15, 7, 0, tzinfo=UTC)


def shadowed(*shadow: str, until: str = "2026-06-30T00:00Z") -> dict[str, Any]:
    """alice alone has platform-primary until `until`, and somebody shadows her."""
    rotation = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-06-08"}
    return {
        "platform-primary": {
            "team": "platform",
            "time_zone": "Europe/Berlin",
            "handoff": False,
            "layers": [
                {"rotation": {**rotation, "people": ["alice"], "until": until}},
                {"name": "learning", "shadow": True, "rotation": {**rotation, "people": list(shadow)}},
            ],
        }
    }


def test_a_shadow_is_told_of_the_page_and_never_paged(make_house: MakeHouse) -> None:
    house = make_house(schedules=shadowed("dan"))
    alice = house.person("alice")
    dan = house.person("dan")
    house.fires("DiskFull", severity="critical")
    alice.was_paged("DiskFull")
    dan.was_told("you shadow platform-primary")
    dan.is_not_paged()
    house.tells("step_started: Paged alice (platform-primary", "shadow_told: Told dan: ")


def test_a_shadow_covers_nothing(make_house: MakeHouse) -> None:
    """With nobody but a shadow the step has nobody: the next one follows, and the gap is told."""
    house = make_house(schedules=shadowed("dan", until="2026-06-09T00:00Z"))
    house.until(HANDOFF)
    house.fires("DiskFull", severity="critical")
    house.tells("nobody_on_call: Nobody is on call in platform-primary", "last_resort: ")


def test_a_shadow_who_is_on_call_by_an_override_is_paged_like_anybody(make_house: MakeHouse) -> None:
    house = make_house(schedules=shadowed("bob"))
    alice = house.person("alice")
    bob = house.person("bob")
    house.overrides("platform-primary", "bob", house.now, house.now + timedelta(hours=4))
    house.fires("DiskFull", severity="critical")
    bob.was_paged("DiskFull")
    alice.hears_nothing()
    house.never_tells("shadow_told")


def test_an_override_that_repeats_pages_whom_it_names_each_time(make_house: MakeHouse) -> None:
    """carol has every day's lunch, 12:00 to 13:00 in Berlin; the clock there goes forward in between."""
    house = make_house(at=datetime(2026, 3, 27, 10, 0, tzinfo=UTC), schedules=shadowed("dan"))
    carol = house.person("carol")
    noon = datetime(2026, 3, 27, 11, 0, tzinfo=UTC)
    house.ask(AddOverride("platform-primary", "carol", noon + timedelta(hours=1), noon, repeat="1 day"))
    house.until(datetime(2026, 3, 30, 10, 0, tzinfo=UTC))  # Monday 12:00 in Berlin, an hour earlier in UTC
    house.fires("DiskFull", severity="critical")
    carol.was_paged("DiskFull")


def test_a_second_override_of_the_same_seat_is_refused_and_names_the_field(make_house: MakeHouse) -> None:
    house = make_house(schedules=shadowed("dan"))
    house.overrides("platform-primary", "carol", house.now, house.now + timedelta(hours=4))
    meant = AddOverride("platform-primary", "bob", house.now + timedelta(hours=2))
    with pytest.raises(Refused, match="carol has this seat") as refused:
        house.ask(meant)
    assert (refused.value.code, refused.value.field) == ("invalid", "starts_at")
    house.ask(replace(meant, on_top=True))
    house.fires("DiskFull", severity="critical")
    house.person("bob").was_paged("DiskFull")
