"""Whatever is typed into one's profile: a clear answer, and never a failure of the house."""

import pytest
from django.test import Client

from tests.scenarios.house import House

HOSTILE = (
    "\x00",
    "a\x00b",
    "\u202egnp.exe",
    "<script>alert(1)</script>",
    "x" * 100_000,
    "../../etc/passwd",
    "💥",
    "'; --",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_in_every_field_are_answered(text: str, browser: Client, house: House) -> None:
    before = house.world.engine.facts.current.people["alice"]
    given = {
        "address": text,
        "name": text,
        "option-token": text,
        "code": text,
        "time_zone": text,
        "person": text,
    }
    rules = {"high-by": [text], "high-minutes": [text], "low-by": [text], "low-minutes": [text]}
    hours = {
        "quiet_from": text,
        "quiet_until": text,
        "do": "save",
        "theme": text,
        "next": text,
        "endpoint": text,
    }
    for address in (
        "/me",
        "/me/contact/add/ntfy",
        "/me/contact/add/email",
        "/me/contact/mail",
        "/me/rules",
        "/me/push",
        "/me/theme",
        "/people/bob/rules",
    ):
        for extra in ({}, {"do": "verify"}):
            answer = browser.post(address, {**given, **rules, **hours, **extra})
            assert answer.status_code in (302, 400, 422), (address, answer.status_code)
            assert "<script>alert" not in answer.content.decode()
    assert house.world.engine.facts.current.people["alice"] == before


@pytest.mark.parametrize("name", ["%00", "%ff", "a%2Fb", "%E2%80%AE", "x" * 3000])
def test_hostile_addresses_are_not_found(name: str, browser: Client, house: House) -> None:
    for address in (
        f"/me/contact/{name}",
        f"/me/contact/add/{name}",
        f"/people/{name}/reach",
        f"/calendar/{name}.ics",
    ):
        assert browser.get(address).status_code in (400, 404), address
