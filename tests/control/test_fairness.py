"""Fairness, health and warnings as answers, and who may see whose numbers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.control import requests as r
from tocsin.control.authority import authorise
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.oncall.health import Verdict
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Acknowledge
from tocsin.core.roles import EVERYTHING, Grants, Membership, Role, grants_of
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.memory.store import MemoryStore

RESPONDER = grants_of(False, [Membership("platform", Role.RESPONDER)])
MANAGER = grants_of(False, [Membership("platform", Role.MANAGER)])


@pytest.fixture
def house() -> House:
    clock = VirtualClock(START)
    return House(MemoryStore(lambda: micros(clock.now())), clock, configured(), Provider())


def ask(house: House, request: r.Request) -> Any:
    return house.ask(request)


def pages_alice_at_night(house: House) -> None:
    house.until(START + timedelta(hours=18))  # 03:00 in Berlin
    house.fires("DiskFull", severity="critical")
    house.ask(r.Act((1,), Acknowledge("")), actor="alice")
    house.ends("DiskFull", severity="critical")
    house.until(START + timedelta(days=1))


def test_a_page_stands_in_the_ledger_and_breaks_a_night(house: House) -> None:
    pages_alice_at_night(house)
    (ledger,) = ask(house, r.ShowFairness("platform"))
    alice, bob = ledger.people
    assert (alice.name, alice.pages.held, alice.pages.share, alice.pages.owed) == ("Alice Ames", 1, 0.5, 0.5)
    assert (alice.hours.held, bob.hours.held) == (33, 33)  # primary and secondary, from local midnight on
    assert alice.nights.held == 2

    (health,) = ask(house, r.ShowHealth("platform", everyone=True))
    assert (health.whole.verdict, health.whole.numbers.pages) == (Verdict.NOW_AND_THEN, 1)
    assert [person.person for person in health.people] == ["alice", "bob"]


def test_tests_and_test_pages_count_in_neither(house: House) -> None:
    house.sends_test_page("alice")
    house.passes(hours=1)
    (ledger,), (health,) = ask(house, r.ShowFairness()), ask(house, r.ShowHealth())
    assert sum(person.pages.held for person in ledger.people) == 0
    assert (health.whole.numbers.pages, health.whole.numbers.off_duty) == (0, 0)


def test_a_teams_sums_come_without_anybodys_numbers_unless_they_are_asked_for(house: House) -> None:
    house.passes(days=1)
    (sums,) = ask(house, r.ShowHealth("platform"))
    (own,) = ask(house, r.ShowHealth("platform", person="bob"))
    assert ([p.person for p in sums.people], [p.person for p in own.people]) == ([], ["bob"])


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (r.ShowFairness("nobody"), "team"),
        (r.ShowFairness(starts_at=START, ends_at=START), "ends_at"),
        (r.ShowFairness(starts_at=START, ends_at=START + timedelta(days=400)), "ends_at"),
        (r.ShowFairness(starts_at=datetime(1970, 1, 1, tzinfo=UTC)), "starts_at"),
        (r.ShowFairness(ends_at=datetime(1, 1, 2, tzinfo=UTC)), "ends_at"),
        (r.ShowFairness(starts_at=datetime(9999, 12, 30, tzinfo=UTC)), "starts_at"),
        (r.ShowHealth("platform", START + timedelta(days=2), START + timedelta(days=3)), "starts_at"),
        (r.ShowHealth("platform", person="zoe"), "person"),
        (r.ListOnCallWarnings("nobody"), "team"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_name_of_its_field(
    house: House, request_: r.Request, field: str
) -> None:
    with pytest.raises(r.Refused) as refused:
        ask(house, request_)
    assert refused.value.field == field


def test_what_is_to_come_is_in_a_ledger_that_plans(house: House) -> None:
    (ledger,) = ask(house, r.ShowFairness("platform", house.now, house.now + timedelta(weeks=8)))
    assert [person.hours.held for person in ledger.people] == [8 * 168, 8 * 168]


def test_warnings_are_listed_by_team(house: House) -> None:
    found = ask(house, r.ListOnCallWarnings())
    assert {warning.reason for warning in found} == {
        Reason.UNREACHABLE_ON_CALL,
        Reason.MORE_THAN_ONE_WEEK_IN_FOUR,
    }
    assert ask(house, r.ListOnCallWarnings("platform")) == found


@pytest.mark.parametrize(
    ("request_", "grants", "may"),
    [
        (r.ShowHealth("platform"), RESPONDER, True),
        (r.ShowHealth("platform", person="alice"), RESPONDER, True),
        (r.ShowHealth("platform", person="bob"), RESPONDER, False),
        (r.ShowHealth("platform", everyone=True), RESPONDER, False),
        (r.ShowHealth(everyone=True), RESPONDER, False),
        (r.ShowHealth("platform", everyone=True), MANAGER, True),
        (r.ShowHealth("platform", person="bob"), MANAGER, True),
        (r.ShowHealth("billing", everyone=True), MANAGER, False),
        (r.ShowHealth("billing", person="carol"), MANAGER, False),
        (r.ShowHealth(everyone=True), MANAGER, False),
        (r.ShowHealth(everyone=True), EVERYTHING, True),
        (r.ShowFairness("platform"), RESPONDER, True),
        (r.ShowFairness("platform"), grants_of(False, []), False),
    ],
)
def test_how_somebody_fares_is_for_themselves_and_for_who_manages_the_team(
    request_: r.Request, grants: Grants, may: bool
) -> None:
    try:
        authorise(request_, grants, Configuration(), "alice")
        allowed = True
    except r.Refused:
        allowed = False
    assert allowed is may
