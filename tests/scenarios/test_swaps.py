"""Swaps and cover requests: offered, taken, declined and run out, with everybody told; two who take it at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.scenarios.conftest import Stores
from tests.scenarios.house import START, House, configured
from tests.scenarios.person import SECRET, Person
from tests.scenarios.provider import Crash, Provider
from tocsin.channels.links import LinkClaims, verify
from tocsin.control.actor import Actor
from tocsin.control.oncall import offered
from tocsin.control.oncall import swaps as control
from tocsin.control.requests import (
    AcceptSwap,
    AskCover,
    DeclineSwap,
    EndOperational,
    ListOperational,
    ListSwaps,
    OfferSwap,
    PartWanted,
    Refused,
    Request,
    SayUnreachable,
    SwapView,
    WithdrawSwap,
)
from tocsin.core.instants import micros
from tocsin.core.oncall.shifts import who_is_on_call
from tocsin.engine.clock import VirtualClock
from tocsin.engine.oncall import swaps as stored_swaps
from tocsin.engine.store.protocol import OnCallRow

PRIMARY = "platform-primary"
WEDNESDAY = START + timedelta(days=2)
DAY = timedelta(days=1)


def asks(house: House, request: Request, who: str) -> SwapView:
    answer = house.ask(request, who, "web")
    assert isinstance(answer, SwapView)
    return answer


def alice_offers(house: House, *ask: str, **more: Any) -> str:
    return asks(house, OfferSwap("alice", PRIMARY, WEDNESDAY, WEDNESDAY + DAY, ask, **more), "alice").id


def on_call(house: House, at: datetime, schedule: str = PRIMARY) -> tuple[str, ...]:
    facts = house.world.engine.facts.current
    return who_is_on_call(facts.schedules, schedule, at, facts.overrides).people


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as why:
        act()
    return why.value


def test_one_that_cannot_be_read_stops_no_other(house: House) -> None:
    span = micros(WEDNESDAY), micros(WEDNESDAY + DAY)
    broken = OnCallRow("swap", "x", PRIMARY, "open", *span, b"{", 0)
    house.store.run(lambda tx: tx.oncall.put([broken]))
    offered_id = alice_offers(house, "bob")
    (listed,) = house.ask(ListSwaps())
    assert listed.id == offered_id


def test_a_shift_is_offered_and_taken_and_the_schedule_follows(
    house: House, alice: Person, bob: Person
) -> None:
    swap = alice_offers(house, "bob", comment="Theatre")
    asked = bob.was_told("Alice Ames offers you a shift")
    assert "platform-primary from Wed 10 Jun 03:00 until Thu 11 Jun 03:00 (America/New_York)" in asked.said
    assert "Theatre" in asked.said
    assert [button.label for button in asked.message.buttons] == ["Take it", "Decline"]
    view = asks(house, AcceptSwap(swap, "bob"), "bob")
    assert (view.state, view.accepted_by) == ("accepted", "bob")
    told = alice.was_told("Bob Brandt takes your shift")
    assert "You are on call for platform-secondary then" in told.said
    assert on_call(house, WEDNESDAY) == ("bob",)
    assert on_call(house, WEDNESDAY, "platform-secondary") == ("alice",)
    assert on_call(house, WEDNESDAY + DAY) == ("alice",)
    made = house.ask(ListOperational("overrides"))
    assert [each.comment for each in made] == [f"swap {swap}"]  # type: ignore[attr-defined]


def test_the_button_of_the_message_takes_it(house: House, bob: Person) -> None:
    swap = alice_offers(house, "bob")
    take, _ = bob.was_told("offers you a shift").message.buttons
    claims = verify(SECRET, take.url.rpartition("/")[2], house.now)
    assert isinstance(claims, LinkClaims)
    facts = house.world.engine.facts.current
    question = house.store.read(
        lambda tx: offered.question_of(tx, facts, claims.action, claims.subject, claims.person, house.now)
    )
    assert (question.title, question.button) == ("Take this shift?", "Take it")
    house.ask(offered.request_of(claims.action, claims.subject, claims.person), claims.person, "link")
    assert on_call(house, WEDNESDAY) == ("bob",)
    question = house.store.read(
        lambda tx: offered.question_of(tx, facts, claims.action, swap, claims.person, house.now)
    )
    assert question.button == ""


def test_a_shift_in_return_changes_hands_in_the_same_moment(house: House) -> None:
    theirs = START + timedelta(days=8)
    swap = alice_offers(house, "bob", back=PartWanted(PRIMARY, theirs, theirs + DAY))
    asks(house, AcceptSwap(swap, "bob"), "bob")
    assert (on_call(house, WEDNESDAY), on_call(house, theirs)) == (("bob",), ("alice",))


def test_what_the_schedule_refuses_changes_nothing_at_all(house: House, alice: Person) -> None:
    theirs = START + timedelta(days=8)
    swap = alice_offers(house, "bob", back=PartWanted(PRIMARY, theirs, theirs + DAY))
    house.overrides(PRIMARY, "carol", theirs, theirs + DAY)
    alice.new()
    why = refused(lambda: asks(house, AcceptSwap(swap, "bob"), "bob"))
    assert "Bob Brandt does not hold all of that time" in why.message
    assert on_call(house, WEDNESDAY) == ("alice",)
    alice.hears_nothing()
    assert house.store.run(lambda tx: stored_swaps.load(tx, swap)).is_open  # type: ignore[union-attr]


def test_everybody_declines(house: House, alice: Person) -> None:
    swap = alice_offers(house)
    assert asks(house, DeclineSwap(swap, "bob"), "bob").state == "declined"
    alice.was_told("Nobody takes your shift")
    assert refused(lambda: asks(house, AcceptSwap(swap, "bob"), "bob")).code == "conflict"


def test_a_withdrawn_offer_is_told_and_taken_by_nobody(house: House, bob: Person) -> None:
    swap = alice_offers(house, "bob")
    bob.new()
    asks(house, WithdrawSwap(swap, "alice"), "alice")
    bob.was_told("is no longer offered")
    assert "withdrawn" in refused(lambda: asks(house, AcceptSwap(swap, "bob"), "bob")).message


def test_who_said_nothing_is_reminded_until_it_runs_out(make_house: Callable[..., House]) -> None:
    house = make_house()
    alice, bob = house.person("alice"), house.person("bob")
    friday = START + timedelta(days=4)
    asks(house, OfferSwap("alice", PRIMARY, friday, friday + DAY, ("bob",)), "alice")
    bob.was_told("offers you a shift")
    house.passes(days=1)
    bob.was_told("still waits for your answer")
    house.until(friday - DAY)
    bob.was_told("still waits for your answer")
    house.until(friday)
    alice.was_told("Nobody took your shift")
    assert [view.state for view in house.ask(ListSwaps("alice"))] == ["expired"]  # type: ignore[attr-defined]
    assert on_call(house, friday) == ("alice",)


def test_an_outage_loses_no_reminder_and_tells_none_twice(house: House, bob: Person) -> None:
    friday = START + timedelta(days=4)
    asks(house, OfferSwap("alice", PRIMARY, friday, friday + DAY, ("bob",)), "alice")
    bob.new()
    house.stops()
    house.passes(hours=26)
    house.starts_again()
    house.passes(minutes=10)  # what is overdue waits a moment for the senders' news
    bob.was_told("still waits for your answer")
    house.starts_again()
    house.passes(hours=1)
    bob.hears_nothing()


def test_cover_is_asked_of_everybody_at_any_hour_and_silence_is_told_to_the_lead(
    make_house: Callable[..., House],
) -> None:
    house = make_house(teams={"platform": {"members": ["alice", "bob"], "lead": "carol"}})
    bob, carol = house.person("bob"), house.person("carol")
    view = asks(house, AskCover("alice", comment="Fever"), "alice")
    assert (view.starts_at, view.ends_at) == (START, START + DAY)
    assert bob.was_told("Can you cover for Alice Ames?").message.urgency == "high"
    carol.was_told("Nobody covers Alice Ames's shift yet")  # it runs already
    assert on_call(house, house.now) == ("alice",)
    asks(house, AcceptSwap(view.id, "carol"), "carol")
    assert on_call(house, house.now) == ("carol",)
    bob.was_told("shift is taken")


def test_who_cannot_be_reached_is_off_at_once_and_the_next_step_is_paged(
    house: House, alice: Person, bob: Person, dan: Person
) -> None:
    view = asks(house, AskCover("alice", PRIMARY), "alice")
    assert on_call(house, house.now) == ("alice",)
    asks(house, SayUnreachable(view.id, "alice"), "alice")
    dan.was_told("Nobody is on call: platform-primary")
    assert on_call(house, house.now) == ()
    house.fires("DiskFull", severity="critical")
    bob.was_paged("DiskFull")
    alice.is_not_paged()
    house.tells("nobody_on_call")
    house.passes(minutes=1)
    asks(house, AcceptSwap(view.id, "bob"), "bob")
    assert on_call(house, house.now) == ("bob",)


def test_the_same_time_is_not_offered_twice(house: House) -> None:
    alice_offers(house, "bob")
    assert refused(lambda: alice_offers(house, "bob")).field == "starts_at"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (OfferSwap("nobody", PRIMARY, WEDNESDAY, WEDNESDAY + DAY), "person"),
        (OfferSwap("alice", "no-such", WEDNESDAY, WEDNESDAY + DAY), "schedule"),
        (OfferSwap("alice", PRIMARY, WEDNESDAY, WEDNESDAY), "ends_at"),
        (OfferSwap("alice", PRIMARY, START - DAY, START - DAY / 2), "ends_at"),
        (OfferSwap("alice", PRIMARY, WEDNESDAY, WEDNESDAY + 100 * DAY), "ends_at"),
        (OfferSwap("alice", PRIMARY, START + 400 * DAY, START + 401 * DAY), "starts_at"),
        (OfferSwap("alice", PRIMARY, WEDNESDAY, WEDNESDAY + DAY, ("alice",)), "ask"),
        (OfferSwap("alice", PRIMARY, WEDNESDAY, WEDNESDAY + DAY, ("dan",)), "ask"),
        (OfferSwap("bob", PRIMARY, WEDNESDAY, WEDNESDAY + DAY), "starts_at"),
        (OfferSwap("alice", PRIMARY, WEDNESDAY, WEDNESDAY + DAY, expires_at=WEDNESDAY + DAY), "expires_at"),
        (
            OfferSwap(
                "alice", PRIMARY, WEDNESDAY, WEDNESDAY + DAY, ("bob",), PartWanted(PRIMARY, WEDNESDAY, START)
            ),
            "back.ends_at",
        ),
        (AskCover("carol"), "schedule"),
        (AskCover("alice", "no-such"), "schedule"),
        (AcceptSwap("no-such", "bob"), "id"),
    ],
)
def test_a_bad_wish_names_its_field(house: House, request_: Request, field: str) -> None:
    assert refused(lambda: house.ask(request_, "alice", "web")).field == field


def test_two_who_take_it_at_once_one_has_it_and_the_other_is_told(stores: Stores) -> None:
    clock = VirtualClock(START)
    nouns = {"teams": {"platform": {"members": ["alice", "bob", "carol"]}}}
    provider = Provider()
    one = House(stores.make(clock), clock, configured(**nouns), provider)
    two = one if stores.kind != "postgresql" else House(stores.another(), clock, None, provider, node="two")
    swap = alice_offers(one)

    def takes(house: House, who: str) -> str:
        try:
            house.performer.perform(AcceptSwap(swap, who), Actor(who, "web"), house.now)
        except Refused as why:
            assert "has taken it already" in why.message
            return ""
        return who

    with ThreadPoolExecutor(2) as threads:
        works = [threads.submit(takes, one, "bob"), threads.submit(takes, two, "carol")]
        winners = [work.result() for work in works]
    (winner,) = [who for who in winners if who]
    one.world.configuration_changed()
    assert on_call(one, WEDNESDAY) == (winner,)
    assert len(one.world.engine.facts.current.overrides) == 1


def test_an_accepted_swap_is_ended_as_any_override_is(house: House) -> None:
    view = asks(house, AcceptSwap(alice_offers(house, "bob"), "bob"), "bob")
    house.ask(EndOperational("overrides", view.overrides[0]), "alice", "web")
    assert on_call(house, WEDNESDAY) == ("alice",)


@pytest.mark.parametrize("line", ["write", "_seat"])
def test_a_crash_between_its_lines_changes_nothing_and_it_can_be_taken_again(
    house: House, alice: Person, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    swap = alice_offers(house, "bob")
    done = getattr(control, line)

    def dies(*given: Any) -> None:
        done(*given)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(control, line, dies)
        with pytest.raises(Crash):
            asks(house, AcceptSwap(swap, "bob"), "bob")
    house.starts_again()
    alice.hears_nothing()
    assert on_call(house, WEDNESDAY) == ("alice",)
    assert asks(house, AcceptSwap(swap, "bob"), "bob").state == "accepted"
    alice.was_told("Bob Brandt takes your shift")
    alice.hears_nothing()
